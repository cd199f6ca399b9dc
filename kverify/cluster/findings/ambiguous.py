"""Two answers where there can be one (KV2006, KV2008): selectors of two controllers, two budgets, scalers or routes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kverify.api.registry import AnyObject
from kverify.api.types.pod import Pod
from kverify.api.types.policy import PodDisruptionBudget
from kverify.cluster.bundle import Bundle
from kverify.cluster.codes import AMBIGUOUS, OVERLAP
from kverify.cluster.findings.selectors import labels_path
from kverify.cluster.objects import Key, adopts, controller_of, describe, key_of, namespace_of, selector_of
from kverify.cluster.references.graph import needed_by
from kverify.manifest.diagnostics import Diagnostic, Related, Severity

_SHOWN = 3
_CLASS = "kubernetes.io/ingress.class"
"""What said the class before ``spec.ingressClassName`` did; controllers still read it."""
_CANARY = "nginx.ingress.kubernetes.io/canary"


def ambiguous(bundle: Bundle) -> Iterator[Diagnostic]:
    """Everything of which there is one too many, each told once, at the later of the two."""
    yield from _overlapping(bundle)
    yield from _budgets(bundle)
    yield from _scalers(bundle)
    yield from _routes(bundle)


def _overlapping(bundle: Bundle) -> Iterator[Diagnostic]:
    """Controllers whose selectors match the pods of another one, or Pods that nobody owns.

    Owner references keep controllers from each other's pods (pkg/controller/controller_ref_manager.go), but pods
    without an owner are adopted, and whatever counts pods by the same selector (an autoscaler) counts all
    (https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector).
    """
    told: set[frozenset[int]] = set()
    for item in bundle.wanted:
        selector = selector_of(item)
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
        told.update(frozenset((id(item), id(other))) for other in others)
        bare = [other for other in others if isinstance(other, Pod)]
        adopted = [pod for pod in bare if adopts(item, pod)]
        owned = [other for other in others if not isinstance(other, Pod)]
        if owned:
            message = (
                f"The selector also matches the pods of {_names(owned)}: an autoscaler that counts by it counts them "
                "too, and pods that lose their owner are adopted by the other one."
            )
            yield _overlap(
                item, message, owned, "give each workload a label of its own, in its selector and its template"
            )
        if adopted:
            message = (
                f"The selector also matches {_names(adopted)}, which nobody owns: {describe(item)} may adopt it, and "
                "then counts it as one of its replicas."
            )
            yield _overlap(item, message, adopted, "give the Pod other labels")
        if counted := [pod for pod in bare if pod not in adopted]:
            message = f"The selector also matches {_names(counted)}: an autoscaler that counts by it counts it too."
            yield _overlap(item, message, counted, "give the Pod other labels")


def _names(others: Sequence[AnyObject]) -> str:
    return " and ".join(map(describe, others[:_SHOWN]))


def _overlap(item: AnyObject, message: str, others: Sequence[AnyObject], mend: str) -> Diagnostic:
    # A ReplicationController without a selector has that of its template's labels.
    document = item.source.document
    written = document is None or document.node(("spec", "selector")) is not None
    path = "spec.selector" if written else labels_path(item)
    return Diagnostic(
        id=OVERLAP,
        severity=Severity.WARNING,
        message=message,
        span=item.source.span(path),
        path=path,
        object=describe(item),
        mend=mend,
        related=tuple(
            Related(
                other.source.span(labels_path(other)),
                f"the labels of {describe(other)}" if isinstance(other, Pod) else f"pods of {describe(other)}",
                labels_path(other),
            )
            for other in others[:_SHOWN]
        ),
    )


def _stays(item: AnyObject) -> bool:
    """Pods of Jobs end by themselves, and nobody adopts them."""
    return item.kind not in ("Job", "CronJob", "PodTemplate")


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
    """Pods that two autoscalers measure: neither of them does more than keep its bounds (``AmbiguousSelector`` in
    pkg/controller/podautoscaler/horizontal.go)."""
    scaled: dict[Key, AnyObject] = {}
    measured: dict[int, AnyObject] = {}
    for item in bundle.of_kind("HorizontalPodAutoscaler"):
        target = next((need.target for need in needed_by(item) if need.relation == "scales"), None)
        if target is None:
            continue
        first = scaled.setdefault(target, item)
        shared, mend = f"{describe(first)} scales the same object", "put the metrics of both into one autoscaler"
        if first is item and (owner := bundle.get(target)) is not None:
            namespace, selector = namespace_of(owner), selector_of(owner)
            pods = (*bundle.templates_matching(namespace, selector), *bundle.foreign_matching(namespace, selector))
            for made in pods:
                if (first := measured.setdefault(id(made), item)) is not item:
                    shared = f"{describe(first)} measures the pods of {describe(made)} too"
                    mend = "give each workload a label of its own, in its selector and its template"
                    break
        if first is not item and (bundle.is_wanted(item) or bundle.is_wanted(first)):
            message = f"{shared}, so neither of the two follows its metrics (AmbiguousSelector)."
            yield _second(item, "spec.scaleTargetRef", message, mend, first)


def _routes(bundle: Bundle) -> Iterator[Diagnostic]:
    """The same host and path in two Ingresses of one class: which one answers is up to the controller. Canaries of
    ingress-nginx are meant to be such."""
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

    if not isinstance(item, Ingress) or item.metadata.annotations.get(_CANARY) == "true":
        return
    spec = item.spec
    served_by = spec.ingress_class_name or item.metadata.annotations.get(_CLASS, "")
    for number, rule in enumerate(spec.rules):
        for position, path in enumerate(rule.http.paths if rule.http is not None else ()):
            here = f"spec.rules[{number}].http.paths[{position}]"
            yield here, (served_by, rule.host or "", path.path or "/", path.path_type or "")


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
