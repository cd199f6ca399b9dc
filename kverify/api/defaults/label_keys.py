"""``matchLabelKeys`` and ``mismatchLabelKeys``, which the API server turns into label selector requirements when a pod
is created: ``mutatePodAffinity`` and ``mutateTopologySpreadConstraints`` in pkg/registry/core/pod/strategy.go.

Keys the pod has no label for are skipped, and so is a term without a label selector, which selects nothing anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from attrs import evolve

from kverify.api.types.affinity import (
    PodAffinity,
    PodAffinityTerm,
    PodAntiAffinity,
    TopologySpreadConstraint,
    WeightedPodAffinityTerm,
)
from kverify.api.types.meta import LabelSelector, LabelSelectorRequirement
from kverify.api.types.pod import PodSpec

A = TypeVar("A", PodAffinity, PodAntiAffinity)


def merge_affinity_keys(spec: PodSpec, labels: Mapping[str, str]) -> PodSpec:
    """``spec`` as the API server stores it for a pod with ``labels``. Merging twice changes nothing in meaning."""
    affinity = spec.affinity
    if affinity is None or (affinity.pod_affinity is None and affinity.pod_anti_affinity is None):
        return spec
    return evolve(
        spec,
        affinity=evolve(
            affinity,
            pod_affinity=_merge(affinity.pod_affinity, labels) if affinity.pod_affinity else None,
            pod_anti_affinity=_merge(affinity.pod_anti_affinity, labels) if affinity.pod_anti_affinity else None,
        ),
    )


def merge_spread_keys(spec: PodSpec, labels: Mapping[str, str]) -> PodSpec:
    """The same for spread constraints, since ``MatchLabelKeysInPodTopologySpreadSelectorMerge``."""
    constraints = tuple(_merge_constraint(constraint, labels) for constraint in spec.topology_spread_constraints)
    return evolve(spec, topology_spread_constraints=constraints)


def _merge_constraint(constraint: TopologySpreadConstraint, labels: Mapping[str, str]) -> TopologySpreadConstraint:
    selector = _extended(constraint.label_selector, labels, (constraint.match_label_keys, "In"))
    return evolve(constraint, label_selector=selector)


def _merge(affinity: A, labels: Mapping[str, str]) -> A:
    return evolve(
        affinity,
        required_during_scheduling_ignored_during_execution=tuple(
            _merge_term(term, labels) for term in affinity.required_during_scheduling_ignored_during_execution
        ),
        preferred_during_scheduling_ignored_during_execution=tuple(
            _merge_weighted(term, labels) for term in affinity.preferred_during_scheduling_ignored_during_execution
        ),
    )


def _merge_weighted(weighted: WeightedPodAffinityTerm, labels: Mapping[str, str]) -> WeightedPodAffinityTerm:
    return evolve(weighted, pod_affinity_term=_merge_term(weighted.pod_affinity_term, labels))


def _merge_term(term: PodAffinityTerm, labels: Mapping[str, str]) -> PodAffinityTerm:
    added = ((term.match_label_keys, "In"), (term.mismatch_label_keys, "NotIn"))
    return evolve(term, label_selector=_extended(term.label_selector, labels, *added))


def _extended(
    selector: LabelSelector | None, labels: Mapping[str, str], *added: tuple[tuple[str, ...], str]
) -> LabelSelector | None:
    if selector is None:
        return None
    expressions = tuple(
        LabelSelectorRequirement(key=key, operator=operator, values=(labels[key],))
        for keys, operator in added
        for key in keys
        if key in labels
    )
    return evolve(selector, match_expressions=selector.match_expressions + expressions) if expressions else selector
