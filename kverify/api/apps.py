"""Deployments and ReplicaSets (``apps/v1``)."""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from attrs import field, frozen

from kverify.api.base import Int32, Int64, IntOrString
from kverify.api.meta import Condition, LabelSelector, ObjectMeta
from kverify.api.pod import PodTemplateSpec
from kverify.api.source import NOWHERE, Source


@frozen(kw_only=True)
class RollingUpdateDeployment:
    max_unavailable: IntOrString | None = None
    max_surge: IntOrString | None = None


@frozen(kw_only=True)
class DeploymentStrategy:
    type: str | None = None
    rolling_update: RollingUpdateDeployment | None = None


@frozen(kw_only=True)
class DeploymentSpec:
    """After defaulting ``replicas``, ``strategy.type`` and the numbers are set; with RollingUpdate both
    ``strategy.rolling_update.max_surge`` and ``.max_unavailable`` are."""

    replicas: Int32 | None = None
    selector: LabelSelector | None = None
    template: PodTemplateSpec = PodTemplateSpec()
    strategy: DeploymentStrategy = DeploymentStrategy()
    min_ready_seconds: Int32 | None = None
    revision_history_limit: Int32 | None = None
    paused: bool | None = None
    progress_deadline_seconds: Int32 | None = None


@frozen(kw_only=True)
class DeploymentStatus:
    observed_generation: Int64 | None = None
    replicas: Int32 | None = None
    updated_replicas: Int32 | None = None
    ready_replicas: Int32 | None = None
    available_replicas: Int32 | None = None
    unavailable_replicas: Int32 | None = None
    terminating_replicas: Int32 | None = None
    conditions: tuple[Condition, ...] = ()
    collision_count: Int32 | None = None


@frozen(kw_only=True)
class Deployment:
    api_version: str = "apps/v1"
    kind: str = "Deployment"
    metadata: ObjectMeta = ObjectMeta()
    spec: DeploymentSpec = DeploymentSpec()
    status: DeploymentStatus = DeploymentStatus()
    source: Source = field(default=NOWHERE, eq=False, repr=False)


@frozen(kw_only=True)
class ReplicaSetSpec:
    replicas: Int32 | None = None
    min_ready_seconds: Int32 | None = None
    selector: LabelSelector | None = None
    template: PodTemplateSpec = PodTemplateSpec()


@frozen(kw_only=True)
class ReplicaSetStatus:
    replicas: Int32 | None = None
    fully_labeled_replicas: Int32 | None = None
    ready_replicas: Int32 | None = None
    available_replicas: Int32 | None = None
    terminating_replicas: Int32 | None = None
    observed_generation: Int64 | None = None
    conditions: tuple[Condition, ...] = ()


@frozen(kw_only=True)
class ReplicaSet:
    api_version: str = "apps/v1"
    kind: str = "ReplicaSet"
    metadata: ObjectMeta = ObjectMeta()
    spec: ReplicaSetSpec = ReplicaSetSpec()
    status: ReplicaSetStatus = ReplicaSetStatus()
    source: Source = field(default=NOWHERE, eq=False, repr=False)
