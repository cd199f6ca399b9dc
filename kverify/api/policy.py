"""Pod disruption budgets (``policy/v1``)."""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from kverify.api.base import Int32, Int64, IntOrString, mapping
from kverify.api.meta import Condition, LabelSelector, ObjectMeta
from kverify.api.source import NOWHERE, Source


@frozen(kw_only=True)
class PodDisruptionBudgetSpec:
    """In ``policy/v1`` an absent selector matches no pod and an empty one every pod of the namespace."""

    min_available: IntOrString | None = None
    selector: LabelSelector | None = None
    max_unavailable: IntOrString | None = None
    unhealthy_pod_eviction_policy: str | None = None


@frozen(kw_only=True)
class PodDisruptionBudgetStatus:
    observed_generation: Int64 | None = None
    disrupted_pods: Mapping[str, str] = mapping()
    disruptions_allowed: Int32 = 0
    current_healthy: Int32 = 0
    desired_healthy: Int32 = 0
    expected_pods: Int32 = 0
    conditions: tuple[Condition, ...] = ()


@frozen(kw_only=True)
class PodDisruptionBudget:
    api_version: str = "policy/v1"
    kind: str = "PodDisruptionBudget"
    metadata: ObjectMeta = ObjectMeta()
    spec: PodDisruptionBudgetSpec = PodDisruptionBudgetSpec()
    status: PodDisruptionBudgetStatus = PodDisruptionBudgetStatus()
    source: Source = field(default=NOWHERE, eq=False, repr=False)
