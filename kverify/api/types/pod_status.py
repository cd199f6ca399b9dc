"""What a kubelet reports of a pod (``core/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from kverify.api.base import EMPTY, Int32, Int64, Time, Typed, api_field
from kverify.api.quantity import Quantity
from kverify.api.types.claim import VolumeHealthCondition
from kverify.api.types.container import ResourceRequirements


@frozen(kw_only=True, eq=False, repr=False)
class PodCondition(Typed):
    last_probe_time: Time | None = None
    last_transition_time: Time | None = None
    message: str | None = api_field(None, omit_zero=True)
    reason: str | None = api_field(None, omit_zero=True)
    status: str = ""
    type: str = ""
    observed_generation: Int64 | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class ResourceHealth(Typed):
    health: str | None = api_field(None, omit_zero=True)
    resource_id: str = api_field("", json="resourceID")
    message: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class ResourceStatus(Typed):
    name: str = ""
    resources: tuple[ResourceHealth, ...] = api_field((), list_type="map", list_keys=("resourceID",))


@frozen(kw_only=True, eq=False, repr=False)
class ContainerStateRunning(Typed):
    started_at: Time | None = None
    pass


@frozen(kw_only=True, eq=False, repr=False)
class ContainerStateTerminated(Typed):
    container_id: str | None = api_field(None, json="containerID", omit_zero=True)
    exit_code: Int32 = 0
    finished_at: Time | None = None
    message: str | None = api_field(None, omit_zero=True)
    reason: str | None = api_field(None, omit_zero=True)
    signal: Int32 | None = api_field(None, omit_zero=True)
    started_at: Time | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ContainerStateWaiting(Typed):
    message: str | None = api_field(None, omit_zero=True)
    reason: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class ContainerState(Typed):
    running: ContainerStateRunning | None = None
    terminated: ContainerStateTerminated | None = None
    waiting: ContainerStateWaiting | None = None


@frozen(kw_only=True, eq=False, repr=False)
class LinuxContainerUser(Typed):
    gid: Int64 = 0
    supplemental_groups: tuple[Int64, ...] = ()
    uid: Int64 = 0


@frozen(kw_only=True, eq=False, repr=False)
class ContainerUser(Typed):
    linux: LinuxContainerUser | None = None
    pass


@frozen(kw_only=True, eq=False, repr=False)
class ImageVolumeStatus(Typed):
    image_ref: str = ""
    pass


@frozen(kw_only=True, eq=False, repr=False)
class VolumeStatus(Typed):
    image: ImageVolumeStatus | None = None
    pass


@frozen(kw_only=True, eq=False, repr=False)
class VolumeMountStatus(Typed):
    mount_path: str = ""
    name: str = ""
    read_only: bool | None = api_field(None, omit_zero=True)
    recursive_read_only: str | None = None
    volume_status: VolumeStatus | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ContainerStatus(Typed):
    allocated_resources: Mapping[str, Quantity] = api_field(EMPTY)
    allocated_resources_status: tuple[ResourceStatus, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name"
    )
    container_id: str | None = api_field(None, json="containerID", omit_zero=True)
    image: str = ""
    image_id: str = api_field("", json="imageID")
    last_state: ContainerState = ContainerState()
    name: str = ""
    ready: bool = False
    resources: ResourceRequirements | None = None
    restart_count: Int32 = 0
    started: bool | None = None
    state: ContainerState = ContainerState()
    user: ContainerUser | None = None
    volume_mounts: tuple[VolumeMountStatus, ...] = api_field(
        (), list_type="map", list_keys=("mountPath",), patch="merge", merge_key="mountPath"
    )
    stop_signal: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class HostIP(Typed):
    ip: str = ""
    pass


@frozen(kw_only=True, eq=False, repr=False)
class PodIP(Typed):
    ip: str = ""
    pass


@frozen(kw_only=True, eq=False, repr=False)
class PodResourceClaimStatus(Typed):
    name: str = ""
    resource_claim_name: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ContainerExtendedResourceRequest(Typed):
    container_name: str = ""
    request_name: str = ""
    resource_name: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class PodExtendedResourceClaimStatus(Typed):
    request_mappings: tuple[ContainerExtendedResourceRequest, ...] = api_field((), null=True)
    resource_claim_name: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class NodeAllocatableMappedResources(Typed):
    name: str = ""
    quantity: Quantity | None = None


@frozen(kw_only=True, eq=False, repr=False)
class NodeAllocatableOverheadResources(Typed):
    name: str = ""
    per_container: Quantity | None = None
    per_pod: Quantity | None = None


@frozen(kw_only=True, eq=False, repr=False)
class NodeAllocatableResourceClaimStatus(Typed):
    containers: tuple[str, ...] = api_field((), list_type="set")
    resource_claim_name: str = ""
    resources: Mapping[str, Quantity] = api_field(EMPTY, null=True)
    mapping: tuple[NodeAllocatableMappedResources, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name"
    )
    overhead: tuple[NodeAllocatableOverheadResources, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name"
    )


@frozen(kw_only=True, eq=False, repr=False)
class PodVolumeHealth(Typed):
    health_conditions: tuple[VolumeHealthCondition, ...] = api_field(
        (), list_type="map", list_keys=("status", "reason"), patch="merge", merge_key="status"
    )
    last_transition_time: Time | None = None
    name: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class PodStatus(Typed):
    conditions: tuple[PodCondition, ...] = api_field(
        (), list_type="map", list_keys=("type",), patch="merge", merge_key="type"
    )
    container_statuses: tuple[ContainerStatus, ...] = ()
    ephemeral_container_statuses: tuple[ContainerStatus, ...] = ()
    host_ip: str | None = api_field(None, json="hostIP", omit_zero=True)
    host_ips: tuple[HostIP, ...] = api_field((), json="hostIPs", patch="merge", merge_key="ip")
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    message: str | None = api_field(None, omit_zero=True)
    nominated_node_name: str | None = api_field(None, omit_zero=True)
    phase: str | None = api_field(None, omit_zero=True)
    pod_ip: str | None = api_field(None, json="podIP", omit_zero=True)
    pod_ips: tuple[PodIP, ...] = api_field(
        (), json="podIPs", list_type="map", list_keys=("ip",), patch="merge", merge_key="ip"
    )
    qos_class: str | None = api_field(None, omit_zero=True)
    reason: str | None = api_field(None, omit_zero=True)
    resize: str | None = api_field(None, omit_zero=True)
    resource_claim_statuses: tuple[PodResourceClaimStatus, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge,retainKeys", merge_key="name"
    )
    start_time: Time | None = None
    observed_generation: Int64 | None = api_field(None, omit_zero=True)
    extended_resource_claim_status: PodExtendedResourceClaimStatus | None = None
    allocated_resources: Mapping[str, Quantity] = api_field(EMPTY)
    resources: ResourceRequirements | None = None
    node_allocatable_resource_claim_statuses: tuple[NodeAllocatableResourceClaimStatus, ...] = api_field(
        (), list_type="map", list_keys=("resourceClaimName",), patch="merge", merge_key="resourceClaimName"
    )
    volume_health: tuple[PodVolumeHealth, ...] = api_field((), list_type="map", list_keys=("name",))
