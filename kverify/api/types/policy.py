"""Pod disruption budgets and evictions (``policy/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from kverify.api.base import EMPTY, Int32, Int64, IntOrString, Time, Typed, api_field
from kverify.api.object import KubeObject
from kverify.api.types.meta import Condition, LabelSelector


@frozen(kw_only=True, eq=False, repr=False)
class PodDisruptionBudgetSpec(Typed):
    max_unavailable: IntOrString | None = None
    min_available: IntOrString | None = None
    selector: LabelSelector | None = api_field(None, patch="replace")
    unhealthy_pod_eviction_policy: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class PodDisruptionBudgetStatus(Typed):
    conditions: tuple[Condition, ...] = api_field(
        (), list_type="map", list_keys=("type",), patch="merge", merge_key="type"
    )
    current_healthy: Int32 = 0
    desired_healthy: Int32 = 0
    disrupted_pods: Mapping[str, Time] = api_field(EMPTY)
    disruptions_allowed: Int32 = 0
    expected_pods: Int32 = 0
    observed_generation: Int64 | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class PodDisruptionBudget(KubeObject):
    api_version: str = "policy/v1"
    kind: str = "PodDisruptionBudget"
    spec: PodDisruptionBudgetSpec = PodDisruptionBudgetSpec()
    status: PodDisruptionBudgetStatus = PodDisruptionBudgetStatus()


@frozen(kw_only=True, eq=False, repr=False)
class Preconditions(Typed):
    resource_version: str | None = None
    uid: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class DeleteOptions(Typed):
    api_version: str | None = api_field(None, omit_zero=True)
    kind: str | None = api_field(None, omit_zero=True)
    dry_run: tuple[str, ...] = ()
    grace_period_seconds: Int64 | None = None
    ignore_store_read_error_with_cluster_breaking_potential: bool | None = None
    orphan_dependents: bool | None = None
    preconditions: Preconditions | None = None
    propagation_policy: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class Eviction(KubeObject):
    api_version: str = "policy/v1"
    kind: str = "Eviction"
    delete_options: DeleteOptions | None = None
