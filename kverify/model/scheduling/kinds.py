"""Which pods the filters cannot tell apart.

Every pod of a StatefulSet has labels, a host name and a name of its own, and most often nobody asks for them. What is
left out here is what no filter looks at: labels that no selector names, and most of the spec of pods that are bound.
"""

from __future__ import annotations

from attrs import evolve

from kverify.api.types.meta import LabelSelector
from kverify.api.types.pod import PodSpec
from kverify.model.scheduling.framework import PodGroup, PodInfo


def selected_keys(pod: PodInfo) -> frozenset[str]:
    """The labels of pods that the required terms and the spread constraints of ``pod`` look at, by key."""
    found: set[str] = set()
    for term in (*pod.affinity, *pod.anti_affinity):
        found |= _keys(term.selector)
    for constraint in pod.spec.topology_spread_constraints:
        found |= _keys(constraint.label_selector)
        found.update(constraint.match_label_keys)
    return frozenset(found)


def _keys(selector: LabelSelector | None) -> set[str]:
    if selector is None:
        return set()
    return {*selector.match_labels, *(requirement.key for requirement in selector.match_expressions)}


def waiting(pod: PodInfo, selected: frozenset[str]) -> PodInfo:
    """``pod`` without what makes no difference to where it may go, where pods select by the labels ``selected``.

    The name of a pod matters to ephemeral volumes.
    """
    spec = pod.spec
    if spec.hostname is not None or spec.subdomain is not None:
        spec = evolve(spec, hostname=None, subdomain=None)
    return evolve(pod, name=pod.name if spec.volumes else "", labels=_chosen(pod, selected), spec=spec)


def bound(group: PodGroup, selected: frozenset[str]) -> PodGroup:
    """``group`` without what makes no difference to other pods once its pods are bound."""
    pod = group.pod
    alike = evolve(
        pod,
        name=pod.name if pod.spec.volumes else "",
        labels=_chosen(pod, selected),
        spec=PodSpec(volumes=pod.spec.volumes),
        priority=0,
        affinity=(),
    )
    return evolve(group, pod=alike)


def _chosen(pod: PodInfo, selected: frozenset[str]) -> dict[str, str]:
    return {key: value for key, value in pod.labels.items() if key in selected}
