"""Two answers where there can be one (KV2006, KV2008): selectors of two controllers, two budgets, scalers or routes."""

from __future__ import annotations

from collections.abc import Iterator

from kverify.api.object import KubeObject
from kverify.api.registry import AnyObject
from kverify.api.types.meta import LabelSelector
from kverify.api.types.policy import PodDisruptionBudget
from kverify.cluster.bundle import Bundle
from kverify.cluster.codes import AMBIGUOUS, OVERLAP
from kverify.cluster.findings.selectors import labels_path
from kverify.cluster.objects import Key, controller_of, describe, key_of, namespace_of
from kverify.cluster.references.graph import needed_by
from kverify.manifest.diagnostics import Diagnostic, Related, Severity

_SHOWN = 3
_CONTROLLERS = frozenset({"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController"})


def ambiguous(bundle: Bundle) -> Iterator[Diagnostic]:
    """Everything of which there is one too many, each told once, at the later of the two."""
    yield from _overlapping(bundle)
    yield from _budgets(bundle)
    yield from _scalers(bundle)
    yield from _routes(bundle)


def _overlapping(bundle: Bundle) -> Iterator[Diagnostic]:
    """Controllers whose selectors match the pods of another one.

    Owner references keep most controllers from each other's pods, but they adopt pods that nobody owns, and whatever
    counts pods by the same selector (autoscalers, budgets) counts both
    (https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector).
    """
    told: set[frozenset[int]] = set()
    for item in bundle.wanted:
        selector = _selector_of(item)
        if selector is None or controller_of(item) is not None:
            continue
        namespace = namespace_of(item)
        found = (
            *bundle.templates_matching(namespace, selector, 2 * _SHOWN),
            *bundle.foreign_matching(namespace, selector, 2 * _SHOWN),
        )
        others = [
            other
            for other in found
            if key_of(other) != key_of(item) and frozenset((id(item), id(other))) not in told and _stays(other)
        ]
        if not others:
            continue
        told.update(frozenset((id(item), id(other))) for other in others)
        names = " and ".join(map(describe, others[:_SHOWN]))
        yield Diagnostic(
            id=OVERLAP,
            severity=Severity.WARNING,
            message=f"The selector also matches the pods of {names}, so both count and may adopt them.",
            span=item.source.span("spec.selector"),
            path="spec.selector",
            object=describe(item),
            mend="give each workload a label of its own, in its selector and its template",
            related=tuple(
                Related(other.source.span(labels_path(other)), f"pods of {describe(other)}", labels_path(other))
                for other in others[:_SHOWN]
            ),
        )


def _stays(item: AnyObject) -> bool:
    """Pods of Jobs end by themselves, and nobody adopts them."""
    return item.kind not in ("Job", "CronJob", "PodTemplate")


def _selector_of(item: AnyObject) -> LabelSelector | None:
    if item.kind not in _CONTROLLERS or not isinstance(item, KubeObject):
        return None
    selector = getattr(getattr(item, "spec", None), "selector", None)
    if isinstance(selector, LabelSelector):
        return selector
    return LabelSelector(match_labels=selector) if selector else None


def _budgets(bundle: Bundle) -> Iterator[Diagnostic]:
    """Pods that two budgets protect cannot be evicted at all: the eviction API answers 500."""
    protectors: dict[int, PodDisruptionBudget] = {}
    for budget in bundle.of_kind(PodDisruptionBudget):
        doubled: tuple[AnyObject, PodDisruptionBudget] | None = None
        namespace, selector = namespace_of(budget), budget.spec.selector
        for item in (*bundle.templates_matching(namespace, selector), *bundle.foreign_matching(namespace, selector)):
            first = protectors.setdefault(id(item), budget)
            if first is not budget:
                doubled = item, first
                break
        if doubled is not None and (bundle.is_wanted(budget) or bundle.is_wanted(doubled[1])):
            item, first = doubled
            yield _second(
                budget,
                "spec.selector",
                f"Pods of {describe(item)} are protected by {describe(first)} too, and pods with two budgets cannot be "
                "evicted.",
                "let one budget cover the pods",
                first,
            )


def _scalers(bundle: Bundle) -> Iterator[Diagnostic]:
    scaled: dict[Key, AnyObject] = {}
    for item in bundle.of_kind("HorizontalPodAutoscaler"):
        target = next((need.target for need in needed_by(item) if need.relation == "scales"), None)
        first = scaled.setdefault(target, item) if target is not None else item
        if first is not item and (bundle.is_wanted(item) or bundle.is_wanted(first)):
            message = f"{describe(first)} scales the same object, and the two undo each other's work."
            yield _second(item, "spec.scaleTargetRef", message, "put the metrics of both into one autoscaler", first)


def _routes(bundle: Bundle) -> Iterator[Diagnostic]:
    """The same host and path in two Ingresses of one class: which one answers is up to the controller."""
    taken: dict[tuple[str, ...], AnyObject] = {}
    for item in bundle.of_kind("Ingress"):
        for path, route in _routes_of(item):
            first = taken.setdefault(route, item)
            if first is not item and (bundle.is_wanted(item) or bundle.is_wanted(first)):
                host = route[1] or "every host"
                message = f"{describe(first)} routes {host}{route[2]} too; which of the two answers is left open."
                yield _second(item, path, message, "keep one of the two", first)


def _routes_of(item: AnyObject) -> Iterator[tuple[str, tuple[str, ...]]]:
    from kverify.api.types.networking import Ingress

    if not isinstance(item, Ingress):
        return
    spec = item.spec
    for number, rule in enumerate(spec.rules):
        for position, path in enumerate(rule.http.paths if rule.http is not None else ()):
            here = f"spec.rules[{number}].http.paths[{position}]"
            yield here, (spec.ingress_class_name or "", rule.host or "", path.path or "/", path.path_type or "")


def _second(item: AnyObject, path: str, message: str, mend: str, first: AnyObject) -> Diagnostic:
    return Diagnostic(
        id=AMBIGUOUS,
        severity=Severity.WARNING,
        message=message,
        span=item.source.span(path),
        path=path,
        object=describe(item),
        mend=mend,
        related=(Related(first.source.span(path), f"this is {describe(first)}", path),),
    )
