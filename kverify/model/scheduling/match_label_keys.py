"""``matchLabelKeys`` and ``mismatchLabelKeys`` of pod affinity.

The scheduler ignores both. The API server turns them into label selector requirements when a pod is created:
``applyMatchLabelKeysAndMismatchLabelKeys`` in pkg/registry/core/pod/strategy.go. Keys the pod has no label for are
skipped, and so is a term without a label selector, which selects nothing anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from attrs import evolve

from kverify.api.types.affinity import PodAffinity, PodAffinityTerm, PodAntiAffinity, WeightedPodAffinityTerm
from kverify.api.types.meta import LabelSelectorRequirement
from kverify.api.types.pod import PodSpec

A = TypeVar("A", PodAffinity, PodAntiAffinity)


def merge_match_label_keys(spec: PodSpec, labels: Mapping[str, str]) -> PodSpec:
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
    if term.label_selector is None:
        return term
    added = tuple(
        LabelSelectorRequirement(key=key, operator=operator, values=(labels[key],))
        for keys, operator in ((term.match_label_keys, "In"), (term.mismatch_label_keys, "NotIn"))
        for key in keys
        if key in labels
    )
    if not added:
        return term
    expressions = term.label_selector.match_expressions + added
    return evolve(term, label_selector=evolve(term.label_selector, match_expressions=expressions))
