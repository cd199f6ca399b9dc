"""Affinity, tolerations and topology spread constraints (``core/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from kverify.api.base import Int32, Int64, Typed, api_field
from kverify.api.types.meta import LabelSelector


@frozen(kw_only=True, eq=False, repr=False)
class NodeSelectorRequirement(Typed):
    key: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class NodeSelectorTerm(Typed):
    ATOMIC: ClassVar[bool] = True
    match_expressions: tuple[NodeSelectorRequirement, ...] = ()
    match_fields: tuple[NodeSelectorRequirement, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class PreferredSchedulingTerm(Typed):
    preference: NodeSelectorTerm = NodeSelectorTerm()
    weight: Int32 = 0


@frozen(kw_only=True, eq=False, repr=False)
class NodeSelector(Typed):
    ATOMIC: ClassVar[bool] = True
    node_selector_terms: tuple[NodeSelectorTerm, ...] = api_field((), null=True)


@frozen(kw_only=True, eq=False, repr=False)
class NodeAffinity(Typed):
    preferred_during_scheduling_ignored_during_execution: tuple[PreferredSchedulingTerm, ...] = ()
    required_during_scheduling_ignored_during_execution: NodeSelector | None = None


@frozen(kw_only=True, eq=False, repr=False)
class PodAffinityTerm(Typed):
    label_selector: LabelSelector | None = None
    match_label_keys: tuple[str, ...] = ()
    mismatch_label_keys: tuple[str, ...] = ()
    namespace_selector: LabelSelector | None = None
    namespaces: tuple[str, ...] = ()
    topology_key: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class WeightedPodAffinityTerm(Typed):
    pod_affinity_term: PodAffinityTerm = PodAffinityTerm()
    weight: Int32 = 0


@frozen(kw_only=True, eq=False, repr=False)
class PodAffinity(Typed):
    preferred_during_scheduling_ignored_during_execution: tuple[WeightedPodAffinityTerm, ...] = ()
    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class PodAntiAffinity(Typed):
    preferred_during_scheduling_ignored_during_execution: tuple[WeightedPodAffinityTerm, ...] = ()
    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class Affinity(Typed):
    node_affinity: NodeAffinity | None = None
    pod_affinity: PodAffinity | None = None
    pod_anti_affinity: PodAntiAffinity | None = None


@frozen(kw_only=True, eq=False, repr=False)
class Toleration(Typed):
    effect: str | None = api_field(None, omit_zero=True)
    key: str | None = api_field(None, omit_zero=True)
    operator: str | None = api_field(None, omit_zero=True)
    toleration_seconds: Int64 | None = None
    value: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class TopologySpreadConstraint(Typed):
    label_selector: LabelSelector | None = None
    match_label_keys: tuple[str, ...] = ()
    max_skew: Int32 = 0
    min_domains: Int32 | None = None
    node_affinity_policy: str | None = None
    node_taints_policy: str | None = None
    topology_key: str = ""
    when_unsatisfiable: str = ""
