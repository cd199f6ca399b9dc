"""What a change of some objects can be felt by, through what objects say of each other.

An object feels a change of whatever it refers to, and of what refers to it to select, to scale or to bound it: a
Deployment feels its ConfigMap, its autoscaler and its budget, and, through a budget, the other Deployments under it;
through a claim those that use it as well. It feels a change of pods that its affinity or spread constraints look at.
In a namespace with a quota every object that makes pods feels every other. What is not in a namespace (nodes, classes,
priorities, definitions) may be felt by everything.

That others take up more or less room is left out: everything would feel everything. What all workloads need together
is asked in any case.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from kverify.api.types.meta import LabelSelector
from kverify.api.types.pod import PodSpec
from kverify.cluster.bundle import Bundle
from kverify.cluster.objects import Key, key_of, namespace_of, templates_of
from kverify.cluster.references.graph import graph

_BOTH_WAYS = frozenset(("selects", "scales", "is governed by"))
"""Relations whose target feels who refers to it."""

_SHARED = frozenset(("PersistentVolumeClaim", "ResourceClaim"))
"""What its users may have to wait for each other for: each of them feels the others."""

_WHOLE_NAMESPACE = frozenset(("LimitRange", "Namespace", "ResourceQuota"))


def affected(bundle: Bundle, changed: Collection[Key]) -> frozenset[Key] | None:
    """The keys of what can feel a change of ``changed``, those themselves included; None for everything."""
    if any(not key.namespace and key.kind != "Namespace" for key in changed):
        return None
    references = graph(bundle)
    seen = _seen(bundle)
    whole = {namespace_of(item) for item in bundle.of_kind("ResourceQuota")}
    makers: dict[str, list[Key]] = {}
    for item in bundle.objects:
        if any(templates_of(item)):
            makers.setdefault(namespace_of(item), []).append(key_of(item))
    found: set[Key] = set()
    waiting = list(changed)
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        if one in references:
            waiting += references.predecessors(one)
            for target, edge in references[one].items():
                if target.kind in _SHARED or any(r.relation in _BOTH_WAYS for r in edge["references"]):
                    waiting.append(target)
        if one.kind in _WHOLE_NAMESPACE:
            waiting += makers.get(one.name if one.kind == "Namespace" else one.namespace, ())
        elif one.namespace in whole and one in makers.get(one.namespace, ()):
            waiting += makers[one.namespace]
        waiting += seen.get(one, ())
    return frozenset(found)


def _seen(bundle: Bundle) -> Mapping[Key, Collection[Key]]:
    """Which objects' pods look at each other's, in either direction: an anti-affinity also keeps away those who do not
    know of it."""
    namespaces = {namespace_of(item) for item in bundle.objects}
    found: dict[Key, set[Key]] = {}
    for item in bundle.objects:
        for _, template in templates_of(item):
            for spaces, selector in _terms(template.spec, namespace_of(item), namespaces):
                for space in spaces:
                    for other in bundle.templates_matching(space, selector):
                        found.setdefault(key_of(item), set()).add(key_of(other))
                        found.setdefault(key_of(other), set()).add(key_of(item))
    return {key: sorted(others) for key, others in found.items()}


def _terms(
    spec: PodSpec, namespace: str, every: Collection[str]
) -> Iterator[tuple[Collection[str], LabelSelector | None]]:
    """The selectors of pods that decide where a pod may be, with the namespaces in which they look."""
    affinity = spec.affinity
    for half in () if affinity is None else (affinity.pod_affinity, affinity.pod_anti_affinity):
        for term in () if half is None else half.required_during_scheduling_ignored_during_execution:
            yield every if term.namespace_selector is not None else term.namespaces or (namespace,), term.label_selector
    for constraint in spec.topology_spread_constraints:
        yield (namespace,), constraint.label_selector
