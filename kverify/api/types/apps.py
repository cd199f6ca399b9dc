"""Deployments, replica sets, stateful sets and daemon sets (``apps/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from attrs import frozen

from kverify.api.base import Int32, Int64, IntOrString, Json, Time, Typed, api_field
from kverify.api.object import KubeObject
from kverify.api.types.claim import PersistentVolumeClaim
from kverify.api.types.meta import LabelSelector
from kverify.api.types.pod import PodTemplateSpec


@frozen(kw_only=True, eq=False, repr=False)
class ControllerRevision(KubeObject):
    api_version: str = "apps/v1"
    kind: str = "ControllerRevision"
    data: Json | None = None
    revision: Int64 = 0


@frozen(kw_only=True, eq=False, repr=False)
class RollingUpdateDaemonSet(Typed):
    max_surge: IntOrString | None = None
    max_unavailable: IntOrString | None = None


@frozen(kw_only=True, eq=False, repr=False)
class DaemonSetUpdateStrategy(Typed):
    rolling_update: RollingUpdateDaemonSet | None = None
    type: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class DaemonSetSpec(Typed):
    min_ready_seconds: Int32 = api_field(0, omit_zero=True)
    revision_history_limit: Int32 | None = None
    selector: LabelSelector | None = api_field(None, null=True)
    template: PodTemplateSpec = PodTemplateSpec()
    update_strategy: DaemonSetUpdateStrategy = DaemonSetUpdateStrategy()


@frozen(kw_only=True, eq=False, repr=False)
class DaemonSetCondition(Typed):
    last_transition_time: Time | None = None
    message: str | None = api_field(None, omit_zero=True)
    reason: str | None = api_field(None, omit_zero=True)
    status: str = ""
    type: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class DaemonSetStatus(Typed):
    collision_count: Int32 | None = None
    conditions: tuple[DaemonSetCondition, ...] = api_field(
        (), list_type="map", list_keys=("type",), patch="merge", merge_key="type"
    )
    current_number_scheduled: Int32 = 0
    desired_number_scheduled: Int32 = 0
    number_available: Int32 | None = api_field(None, omit_zero=True)
    number_misscheduled: Int32 = 0
    number_ready: Int32 = 0
    number_unavailable: Int32 | None = api_field(None, omit_zero=True)
    observed_generation: Int64 | None = api_field(None, omit_zero=True)
    updated_number_scheduled: Int32 | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class DaemonSet(KubeObject):
    api_version: str = "apps/v1"
    kind: str = "DaemonSet"
    spec: DaemonSetSpec = DaemonSetSpec()
    status: DaemonSetStatus = DaemonSetStatus()


@frozen(kw_only=True, eq=False, repr=False)
class RollingUpdateDeployment(Typed):
    max_surge: IntOrString | None = None
    max_unavailable: IntOrString | None = None


@frozen(kw_only=True, eq=False, repr=False)
class DeploymentStrategy(Typed):
    rolling_update: RollingUpdateDeployment | None = None
    type: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class DeploymentSpec(Typed):
    min_ready_seconds: Int32 = api_field(0, omit_zero=True)
    paused: bool | None = api_field(None, omit_zero=True)
    progress_deadline_seconds: Int32 | None = None
    replicas: Int32 | None = None
    revision_history_limit: Int32 | None = None
    selector: LabelSelector | None = api_field(None, null=True)
    strategy: DeploymentStrategy = api_field(DeploymentStrategy(), patch="retainKeys")
    template: PodTemplateSpec = PodTemplateSpec()


@frozen(kw_only=True, eq=False, repr=False)
class DeploymentCondition(Typed):
    last_transition_time: Time | None = None
    last_update_time: Time | None = None
    message: str | None = api_field(None, omit_zero=True)
    reason: str | None = api_field(None, omit_zero=True)
    status: str = ""
    type: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class DeploymentStatus(Typed):
    available_replicas: Int32 | None = api_field(None, omit_zero=True)
    collision_count: Int32 | None = None
    conditions: tuple[DeploymentCondition, ...] = api_field(
        (), list_type="map", list_keys=("type",), patch="merge", merge_key="type"
    )
    observed_generation: Int64 | None = api_field(None, omit_zero=True)
    ready_replicas: Int32 | None = api_field(None, omit_zero=True)
    replicas: Int32 | None = api_field(None, omit_zero=True)
    unavailable_replicas: Int32 | None = api_field(None, omit_zero=True)
    updated_replicas: Int32 | None = api_field(None, omit_zero=True)
    terminating_replicas: Int32 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class Deployment(KubeObject):
    api_version: str = "apps/v1"
    kind: str = "Deployment"
    spec: DeploymentSpec = DeploymentSpec()
    status: DeploymentStatus = DeploymentStatus()


@frozen(kw_only=True, eq=False, repr=False)
class ReplicaSetSpec(Typed):
    min_ready_seconds: Int32 = api_field(0, omit_zero=True)
    replicas: Int32 | None = None
    selector: LabelSelector | None = api_field(None, null=True)
    template: PodTemplateSpec = PodTemplateSpec()


@frozen(kw_only=True, eq=False, repr=False)
class ReplicaSetCondition(Typed):
    last_transition_time: Time | None = None
    message: str | None = api_field(None, omit_zero=True)
    reason: str | None = api_field(None, omit_zero=True)
    status: str = ""
    type: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class ReplicaSetStatus(Typed):
    available_replicas: Int32 | None = api_field(None, omit_zero=True)
    conditions: tuple[ReplicaSetCondition, ...] = api_field(
        (), list_type="map", list_keys=("type",), patch="merge", merge_key="type"
    )
    fully_labeled_replicas: Int32 | None = api_field(None, omit_zero=True)
    observed_generation: Int64 | None = api_field(None, omit_zero=True)
    ready_replicas: Int32 | None = api_field(None, omit_zero=True)
    replicas: Int32 = 0
    terminating_replicas: Int32 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ReplicaSet(KubeObject):
    api_version: str = "apps/v1"
    kind: str = "ReplicaSet"
    spec: ReplicaSetSpec = ReplicaSetSpec()
    status: ReplicaSetStatus = ReplicaSetStatus()


@frozen(kw_only=True, eq=False, repr=False)
class StatefulSetOrdinals(Typed):
    start: Int32 = 0
    pass


@frozen(kw_only=True, eq=False, repr=False)
class StatefulSetPersistentVolumeClaimRetentionPolicy(Typed):
    when_deleted: str | None = api_field(None, omit_zero=True)
    when_scaled: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class RollingUpdateStatefulSetStrategy(Typed):
    max_unavailable: IntOrString | None = None
    partition: Int32 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class StatefulSetUpdateStrategy(Typed):
    rolling_update: RollingUpdateStatefulSetStrategy | None = None
    type: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class StatefulSetSpec(Typed):
    min_ready_seconds: Int32 = api_field(0, omit_zero=True)
    ordinals: StatefulSetOrdinals | None = None
    persistent_volume_claim_retention_policy: StatefulSetPersistentVolumeClaimRetentionPolicy | None = None
    pod_management_policy: str | None = api_field(None, omit_zero=True)
    replicas: Int32 | None = None
    revision_history_limit: Int32 | None = None
    selector: LabelSelector | None = api_field(None, null=True)
    service_name: str | None = api_field(None, omit_zero=True)
    template: PodTemplateSpec = PodTemplateSpec()
    update_strategy: StatefulSetUpdateStrategy = StatefulSetUpdateStrategy()
    volume_claim_templates: tuple[PersistentVolumeClaim, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class StatefulSetCondition(Typed):
    last_transition_time: Time | None = None
    message: str | None = api_field(None, omit_zero=True)
    reason: str | None = api_field(None, omit_zero=True)
    status: str = ""
    type: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class StatefulSetStatus(Typed):
    available_replicas: Int32 = 0
    collision_count: Int32 | None = None
    conditions: tuple[StatefulSetCondition, ...] = api_field(
        (), list_type="map", list_keys=("type",), patch="merge", merge_key="type"
    )
    current_replicas: Int32 | None = api_field(None, omit_zero=True)
    current_revision: str | None = api_field(None, omit_zero=True)
    observed_generation: Int64 | None = api_field(None, omit_zero=True)
    ready_replicas: Int32 | None = api_field(None, omit_zero=True)
    replicas: Int32 = 0
    update_revision: str | None = api_field(None, omit_zero=True)
    updated_replicas: Int32 | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class StatefulSet(KubeObject):
    api_version: str = "apps/v1"
    kind: str = "StatefulSet"
    spec: StatefulSetSpec = StatefulSetSpec()
    status: StatefulSetStatus = StatefulSetStatus()
