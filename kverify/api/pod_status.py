"""What the cluster reports about a pod (``core/v1``); read when live objects are given."""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from kverify.api.base import Int32, Int64, Opaque, Time, mapping, named, opaque
from kverify.api.container import ResourceRequirements
from kverify.api.meta import Condition
from kverify.api.quantity import Quantity


@frozen(kw_only=True)
class ContainerStateWaiting:
    reason: str | None = None
    message: str | None = None


@frozen(kw_only=True)
class ContainerStateRunning:
    started_at: Time | None = None


@frozen(kw_only=True)
class ContainerStateTerminated:
    exit_code: Int32 = 0
    signal: Int32 | None = None
    reason: str | None = None
    message: str | None = None
    started_at: Time | None = None
    finished_at: Time | None = None
    container_id: str | None = named("containerID")


@frozen(kw_only=True)
class ContainerState:
    waiting: ContainerStateWaiting | None = None
    running: ContainerStateRunning | None = None
    terminated: ContainerStateTerminated | None = None


@frozen(kw_only=True)
class VolumeMountStatus:
    name: str = ""
    mount_path: str = ""
    read_only: bool | None = None
    recursive_read_only: str | None = None
    volume_status: Opaque | None = opaque()


@frozen(kw_only=True)
class ContainerStatus:
    """``user``, ``allocatedResourcesStatus`` and ``volumeMounts[].volumeStatus`` are opaque: no rule reads them."""

    name: str = ""
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()
    ready: bool = False
    restart_count: Int32 = 0
    image: str = ""
    image_id: str = named("imageID", "")
    container_id: str | None = named("containerID")
    started: bool | None = None
    allocated_resources: Mapping[str, Quantity] = mapping()
    resources: ResourceRequirements | None = None
    volume_mounts: tuple[VolumeMountStatus, ...] = ()
    user: Opaque | None = opaque()
    allocated_resources_status: tuple[Opaque, ...] = ()
    stop_signal: str | None = None


@frozen(kw_only=True)
class PodIP:
    ip: str = ""


@frozen(kw_only=True)
class HostIP:
    ip: str = ""


@frozen(kw_only=True)
class PodResourceClaimStatus:
    name: str = ""
    resource_claim_name: str | None = None


@frozen(kw_only=True)
class PodStatus:
    """Opaque, because no rule reads them: ``extendedResourceClaimStatus``, ``nodeAllocatableResourceClaimStatuses``
    and ``volumeHealth``."""

    observed_generation: Int64 | None = None
    phase: str | None = None
    conditions: tuple[Condition, ...] = ()
    message: str | None = None
    reason: str | None = None
    nominated_node_name: str | None = None
    host_ip: str | None = named("hostIP")
    host_ips: tuple[HostIP, ...] = named("hostIPs", ())
    pod_ip: str | None = named("podIP")
    pod_ips: tuple[PodIP, ...] = named("podIPs", ())
    start_time: Time | None = None
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    qos_class: str | None = None
    ephemeral_container_statuses: tuple[ContainerStatus, ...] = ()
    resize: str | None = None
    resource_claim_statuses: tuple[PodResourceClaimStatus, ...] = ()
    extended_resource_claim_status: Opaque | None = opaque()
    allocated_resources: Mapping[str, Quantity] = mapping()
    resources: ResourceRequirements | None = None
    node_allocatable_resource_claim_statuses: tuple[Opaque, ...] = ()
    volume_health: tuple[Opaque, ...] = ()
