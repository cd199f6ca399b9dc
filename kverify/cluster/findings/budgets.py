"""Budgets that count pods of which nobody says how many there should be (KV2011)."""

from __future__ import annotations

from collections.abc import Iterator

from kverify.api.registry import AnyObject
from kverify.api.types.pod import Pod
from kverify.api.types.policy import PodDisruptionBudget
from kverify.cluster.bundle import Bundle
from kverify.cluster.codes import SCALELESS
from kverify.cluster.findings.selectors import labels_path
from kverify.cluster.objects import budget_field, describe, ends, namespace_of
from kverify.manifest.diagnostics import Diagnostic, Related, Severity

_SHOWN = 3


def scaleless_budgets(bundle: Bundle) -> Iterator[Diagnostic]:
    """Each budget that the disruption controller cannot compute, and so lets no pod go."""
    for budget in bundle.of_kind(PodDisruptionBudget):
        culprits = scaleless(bundle, budget)
        if culprits and (bundle.is_wanted(budget) or any(map(bundle.is_wanted, culprits))):
            yield _told(budget, culprits)


def scaleless(bundle: Bundle, budget: PodDisruptionBudget) -> tuple[AnyObject, ...]:
    """What leaves a budget without a number: it is a share of the replicas of everything that makes its pods.

    Kinds without a scale make that an error; Pods that nobody owns are left out, and where there are no others the
    number is 0 (``getExpectedScale`` and ``updatePdbStatus`` in pkg/controller/disruption/disruption.go). Only
    ``minAvailable`` as a number needs no replicas.
    """
    spec, namespace = budget.spec, namespace_of(budget)
    if spec.max_unavailable is None and not isinstance(spec.min_available, str):
        return ()
    others = bundle.foreign_matching(namespace, spec.selector)
    found = tuple(item for item in others if item.kind == "DaemonSet" or ends(item))
    makers = bundle.templates_matching(namespace, spec.selector)
    bare = tuple(item for item in makers if isinstance(item, Pod) and bundle.adopter(item) is None)
    return found or (bare if len(bare) == len(makers) and not others else ())


def _told(budget: PodDisruptionBudget, culprits: tuple[AnyObject, ...]) -> Diagnostic:
    path, _ = budget_field(budget)
    names = " and ".join(map(describe, culprits[:_SHOWN]))
    has = "has none" if len(culprits) == 1 else "have none"
    when = ", while its pods are there" if all(map(ends, culprits)) else ""
    what = "A percentage" if budget.spec.max_unavailable is None else "maxUnavailable"
    return Diagnostic(
        id=SCALELESS,
        severity=Severity.WARNING,
        message=f"{what} is counted from the scale of what makes the pods, and {names} {has}: the budget lets no pod "
        f"go{when}.",
        span=budget.source.span(path),
        path=path,
        object=describe(budget),
        mend="say minAvailable as a number, or leave those pods out of the selector",
        related=tuple(
            Related(item.source.span(labels_path(item)), f"pods of {describe(item)}", labels_path(item))
            for item in culprits[:_SHOWN]
        ),
    )
