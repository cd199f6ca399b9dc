"""References that lead nowhere: selectors without pods, keys that nobody wrote. Warnings with the likely meaning."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping

from kverify.api.registry import AnyObject
from kverify.api.types.config import ConfigMap, Secret
from kverify.api.types.meta import LabelSelector
from kverify.api.types.pod import Pod
from kverify.api.types.policy import PodDisruptionBudget
from kverify.api.types.service import Service
from kverify.cluster.bundle import Bundle
from kverify.cluster.fields import MODELLED
from kverify.cluster.objects import controller_of, describe, namespace_of
from kverify.cluster.references import Reference, keys_of, missing_keys
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.manifest.nodes import FieldPath, format_path

SERVICE = "KV2001"
BUDGET = "KV2002"
MISSING_KEY = "KV2003"

POD_MAKERS = frozenset(("Deployment", "ReplicaSet", "Pod"))


def dangling(bundle: Bundle, diagnostics: Iterable[Diagnostic] = ()) -> tuple[Diagnostic, ...]:
    """Warnings for what the wanted objects refer to and nothing answers to.

    KV2001: a Service selects no pod of the input. KV2002: a PodDisruptionBudget protects none. KV2003: a pod needs a
    key of a ConfigMap or Secret that is in the input without it.

    ``diagnostics`` are those of reading the bundle: nothing is said of selectors in a namespace where something that
    makes pods was refused, because the pods they look for may be its.
    """
    refused = [d for d in diagnostics if d.refuses]
    return (
        *(d for d in _selectors(bundle) if not any(_may_hide_pods(r, d) for r in refused)),
        *(_missing_key(*row) for row in missing_keys(bundle)),
    )


def _may_hide_pods(refused: Diagnostic, warning: Diagnostic) -> bool:
    """The refused object may have been the one the selector of ``warning`` is for."""
    kind, _, name = refused.object.partition(" ")
    if kind in MODELLED - POD_MAKERS:
        return False
    place = name.rpartition("/")[0]
    return not place or place == warning.object.partition(" ")[2].rpartition("/")[0]


def _selectors(bundle: Bundle) -> Iterator[Diagnostic]:
    for item in bundle.wanted:
        namespace = namespace_of(item)
        if isinstance(item, Service) and item.spec.selector and item.spec.type != "ExternalName":
            if not _selects(bundle, namespace, item.spec.selector):
                yield _nothing(
                    bundle, item, SERVICE, item.spec.selector, ("spec", "selector"), "so it has no endpoints"
                )
        elif isinstance(item, PodDisruptionBudget) and not _selects(bundle, namespace, item.spec.selector):
            selector = item.spec.selector
            if selector is None:
                yield _without_selector(item)
            else:
                path = ("spec", "selector", "matchLabels") if selector.match_labels else ("spec", "selector")
                yield _nothing(bundle, item, BUDGET, selector.match_labels, path, "so it protects nothing")


def _selects(bundle: Bundle, namespace: str, selector: LabelSelector | Mapping[str, str] | None) -> bool:
    if bundle.templates_matching(namespace, selector) or bundle.foreign_matching(namespace, selector):
        return True
    return any(not _templated(bundle, pod) for pod in bundle.live_pods_matching(namespace, selector))


def _templated(bundle: Bundle, pod: Pod) -> bool:
    """The pod's controller is in the input, so its template speaks for its pods: those to come have the new labels."""
    owner = controller_of(pod)
    found = bundle.find(owner.kind, namespace_of(pod), owner.name) if owner is not None else None
    if found is None:
        return False
    above = controller_of(found)
    return above is None or bundle.find(above.kind, namespace_of(pod), above.name) is not None


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
    candidates = bundle.pod_labels(namespace)
    elsewhere = _elsewhere(bundle, namespace, pairs)
    wrong, mend = "", f"pods with these labels are in namespace {elsewhere}"
    if not elsewhere:
        wrong, mend = _nearest(pairs, candidates)
    place = (*path, wrong) if wrong else path
    return Diagnostic(
        id=id,
        severity=Severity.WARNING,
        message=f"No pod of the input in namespace {namespace} has {_text(pairs) or 'such labels'}, {consequence}.",
        span=item.source.span(place),
        path=format_path(place),
        object=describe(item),
        mend=mend,
    )


def _text(pairs: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in pairs.items())


def _nearest(pairs: Mapping[str, str], candidates: Iterable[Mapping[str, str]]) -> tuple[str, str]:
    """The key of the pair that most likely is wrong and what was likely meant, from the labels that come closest."""
    best: tuple[float, str, str] = (0.0, "", "")
    for labels in candidates:
        missed = [(key, value) for key, value in pairs.items() if labels.get(key) != value]
        if not missed:
            continue
        key, value = missed[0]
        score, meant = _closest(key, value, labels)
        score += len(pairs) - len(missed)
        if score > best[0]:
            best = score, key, f"did you mean {meant}?"
    return best[1], best[2]


def _closest(key: str, value: str, labels: Mapping[str, str]) -> tuple[float, str]:
    """The label that resembles ``key=value`` most, with a score below 1; labels that hardly resemble it score 0."""
    best: tuple[float, str] = (0.0, "")
    for other, held in labels.items():
        keys = difflib.SequenceMatcher(None, key.lower(), other.lower()).ratio()
        values = difflib.SequenceMatcher(None, value.lower(), held.lower()).ratio()
        # The same key with another value is worth telling even if the values have nothing in common.
        score = 0.5 + values / 3 if other == key else (keys + values) / 2.5 if keys > 0.7 or held == value else 0.0
        if score > best[0]:
            best = score, f"{other}: {held}"
    return best


def _elsewhere(bundle: Bundle, namespace: str, pairs: Mapping[str, str]) -> str:
    return next(
        (name for name in bundle.namespaces if name != namespace and pairs and bundle.templates_matching(name, pairs)),
        "",
    )


def _missing_key(reference: Reference, target: ConfigMap | Secret) -> Diagnostic:
    keys = keys_of(target)
    near = difflib.get_close_matches(reference.item, keys, 1)
    known = f"it has {', '.join(sorted(keys)[:5])}" if keys else "it has no keys"
    return Diagnostic(
        id=MISSING_KEY,
        severity=Severity.WARNING,
        message=f"{describe(target)} has no key {reference.item}, so the container cannot start.",
        span=reference.by.source.span(reference.path),
        path=reference.path,
        object=describe(reference.by),
        mend=f"did you mean {near[0]}?" if near else known,
    )
