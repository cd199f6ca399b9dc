"""Selectors that find no pod of the input (KV2001, KV2002, KV2007), with the label that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping

from attrs import frozen

from kverify.api.object import KubeObject, OtherObject
from kverify.api.registry import TYPED, AnyObject
from kverify.api.types.meta import LabelSelector
from kverify.api.types.pod import Pod
from kverify.api.types.policy import PodDisruptionBudget
from kverify.api.types.service import Service
from kverify.cluster.bundle import Bundle
from kverify.cluster.codes import BUDGET, NETWORK_POLICY, SERVICE
from kverify.cluster.findings.names import misspelled
from kverify.cluster.objects import (
    controller_of,
    describe,
    endpoint_labels,
    keyed,
    namespace_of,
    owner_key,
    template_labels,
    templates_of,
)
from kverify.cluster.references.existence import Boundary
from kverify.manifest.diagnostics import Diagnostic, Related, Severity
from kverify.manifest.nodes import FieldPath, format_path

POD_MAKERS = frozenset(
    ("CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "ReplicationController", "StatefulSet")
)
_ALIKE = 0.6
_OTHER_KINDS = frozenset(kind for _, kind in TYPED) - POD_MAKERS


@frozen
class Selecting:
    """Selectors that find no pod: reported, or taken to find pods that the input does not have (sentences)."""

    diagnostics: tuple[Diagnostic, ...]
    assumed: tuple[str, ...]


def selecting_nothing(bundle: Bundle, refused: Collection[Diagnostic], boundary: Boundary) -> Selecting:
    """Each selector of a wanted object that finds no pod, unless a refused object may have made some.

    It is reported where something speaks for a mistake: labels that are nearly right, the same labels in another
    namespace, or that the input has the pods of the namespace (or a dump of the cluster's) and nothing of a custom kind
    that may make more of them. Otherwise the pods are assumed to be there. In a closed world all is reported.
    """
    diagnostics: list[Diagnostic] = []
    assumed: list[str] = []
    makers = {
        namespace_of(item)
        for item in bundle.wanted
        if isinstance(item, OtherObject) and not any(True for _ in template_labels(item))
    }
    dumped = any(item.kind in POD_MAKERS for item in bundle.existing)
    for warning in _selectors(bundle):
        if any(_may_hide_pods(problem, warning) for problem in refused):
            continue
        namespace = keyed(warning.object)[0].namespace
        known = dumped or any(True for _ in bundle.pods_labelled_like(namespace, {}))
        if warning.mend or boundary.closed or (known and namespace not in makers):
            diagnostics.append(warning)
        else:
            assumed.append(f"assumed to exist: pods that {warning.object} selects")
    return Selecting(tuple(diagnostics), tuple(assumed))


def _may_hide_pods(refused: Diagnostic, warning: Diagnostic) -> bool:
    """The refused object may have been the one the selector of ``warning`` is for."""
    kind, _, name = refused.object.partition(" ")
    if kind in _OTHER_KINDS:
        return False
    place = name.rpartition("/")[0]
    return not place or place == warning.object.partition(" ")[2].rpartition("/")[0]


def _selectors(bundle: Bundle) -> Iterator[Diagnostic]:
    for item in bundle.wanted:
        namespace = namespace_of(item)
        if isinstance(item, Service):
            labels = endpoint_labels(item)
            if labels is not None and not _selects(bundle, namespace, labels):
                yield _nothing(bundle, item, SERVICE, labels, ("spec", "selector"), "so it has no endpoints")
        elif isinstance(item, PodDisruptionBudget) and not _selects(bundle, namespace, item.spec.selector):
            selector = item.spec.selector
            if selector is None:
                yield _without_selector(item)
            else:
                path = ("spec", "selector", "matchLabels") if selector.match_labels else ("spec", "selector")
                yield _nothing(bundle, item, BUDGET, selector.match_labels, path, "so it protects nothing")
        elif item.kind == "NetworkPolicy" and isinstance(item, KubeObject):
            yield from _network_policy(bundle, item)


def _network_policy(bundle: Bundle, item: KubeObject) -> Iterator[Diagnostic]:
    from kverify.api.types.networking import NetworkPolicy

    assert isinstance(item, NetworkPolicy)
    selector = item.spec.pod_selector
    if not selector.is_empty and not _selects(bundle, namespace_of(item), selector):
        path = ("spec", "podSelector", "matchLabels") if selector.match_labels else ("spec", "podSelector")
        yield _nothing(bundle, item, NETWORK_POLICY, selector.match_labels, path, "so it restricts nothing")


def _selects(bundle: Bundle, namespace: str, selector: LabelSelector | Mapping[str, str] | None) -> bool:
    if bundle.templates_matching(namespace, selector) or bundle.foreign_matching(namespace, selector):
        return True
    return any(not _templated(bundle, pod) for pod in bundle.live_pods_matching(namespace, selector))


def _templated(bundle: Bundle, pod: Pod) -> bool:
    """The pod's controller is in the input, so its template speaks for its pods: those to come have the new labels."""
    owner = controller_of(pod)
    found = bundle.get(owner_key(owner, pod)) if owner is not None else None
    if found is None:
        return False
    above = controller_of(found)
    return above is None or bundle.get(owner_key(above, found)) is not None


def _without_selector(item: PodDisruptionBudget) -> Diagnostic:
    return Diagnostic(
        id=BUDGET,
        severity=Severity.WARNING,
        message="The budget has no selector, so it protects nothing.",
        span=item.source.span("spec"),
        path="spec.selector",
        object=describe(item),
        mend="give it the selector of the workload, or {} for every pod of the namespace",
    )


def _nothing(
    bundle: Bundle, item: AnyObject, id: str, pairs: Mapping[str, str], path: FieldPath, consequence: str
) -> Diagnostic:
    namespace = namespace_of(item)
    wrong, mend = "", ""
    related: tuple[Related, ...] = ()
    elsewhere = bundle.pods_elsewhere(namespace, pairs)
    if elsewhere is not None:
        place, other = elsewhere
        mend = f"pods with these labels are in namespace {place}"
        related = (Related(other.source.span("metadata.name"), f"{describe(other)} makes such pods"),)
    else:
        wrong, mend, near = _nearest(pairs, bundle.pods_labelled_like(namespace, pairs))
        if near is not None:
            where = labels_path(near)
            related = (Related(near.source.span(where), f"the labels of {describe(near)}", where),)
    here = (*path, wrong) if wrong else path
    return Diagnostic(
        id=id,
        severity=Severity.WARNING,
        message=f"No pod of the input in namespace {namespace} has {_text(pairs) or 'such labels'}, {consequence}.",
        span=item.source.span(here),
        path=format_path(here),
        object=describe(item),
        mend=mend,
        related=related,
    )


def labels_path(item: AnyObject) -> str:
    """Where the labels of the pods of an object stand."""
    path = next((path for path, _ in templates_of(item)), "" if isinstance(item, Pod) else "spec.template")
    return f"{path}.metadata.labels".lstrip(".")


def _text(pairs: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in pairs.items())


def _nearest(
    pairs: Mapping[str, str], candidates: Iterable[tuple[Mapping[str, str], AnyObject]]
) -> tuple[str, str, AnyObject | None]:
    """The key of the pair that most likely is wrong, what was likely meant, and whose labels come closest."""
    best: tuple[float, str, str, AnyObject | None] = (0.0, "", "", None)
    for labels, item in candidates:
        missed = [(key, value) for key, value in pairs.items() if labels.get(key) != value]
        if not missed:
            continue
        key, value = missed[0]
        score, meant = _closest(key, value, labels)
        score += len(pairs) - len(missed)
        if score > best[0]:
            if meant:
                mend = f"did you mean {meant}?"
            else:
                mend = "" if key in labels else f"drop {key} here, or label the pods {key}: {value}"
            best = score, key, mend, item
    return best[1:]


def _closest(key: str, value: str, labels: Mapping[str, str]) -> tuple[float, str]:
    """The label that resembles ``key=value`` most, with a score below 1; labels that hardly resemble it score 0.

    The same key with a value that has nothing in common with this one is worth telling, but it is not what was meant:
    another workload of the same application has such a label.
    """
    best: tuple[float, str] = (0.0, "")
    for other, held in labels.items():
        keys = difflib.SequenceMatcher(None, key.lower(), other.lower()).ratio()
        values = difflib.SequenceMatcher(None, value.lower(), held.lower()).ratio()
        score = 0.5 + values / 3 if other == key else (keys + values) / 2.5 if keys > 0.7 or held == value else 0.0
        if score > best[0]:
            alike = held == value or (values >= _ALIKE and misspelled(value, held))
            best = score, f"{other}: {held}" if alike else ""
    return best
