"""Nodes (``core/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from kverify.api.base import EMPTY, Int32, Int64, Time, Typed, api_field
from kverify.api.object import KubeObject
from kverify.api.quantity import Quantity


@frozen(kw_only=True, eq=False, repr=False)
class Taint(Typed):
    effect: str = ""
    key: str = ""
    time_added: Time | None = None
    value: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class ConfigMapNodeConfigSource(Typed):
    kubelet_config_key: str = ""
    name: str = ""
    namespace: str = ""
    resource_version: str | None = api_field(None, omit_zero=True)
    uid: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class NodeConfigSource(Typed):
    config_map: ConfigMapNodeConfigSource | None = None
    pass


@frozen(kw_only=True, eq=False, repr=False)
class NodePodPreemptionPolicy(Typed):
    disable_resize_preemption: tuple[str, ...] = api_field((), list_type="set")
    pass


@frozen(kw_only=True, eq=False, repr=False)
class NodeSpec(Typed):
    config_source: NodeConfigSource | None = None
    external_id: str | None = api_field(None, json="externalID", omit_zero=True)
    pod_cidr: str | None = api_field(None, json="podCIDR", omit_zero=True)
    pod_cidrs: tuple[str, ...] = api_field((), json="podCIDRs", list_type="set", patch="merge")
    provider_id: str | None = api_field(None, json="providerID", omit_zero=True)
    taints: tuple[Taint, ...] = ()
    unschedulable: bool | None = api_field(None, omit_zero=True)
    pod_preemption_policy: NodePodPreemptionPolicy | None = None


@frozen(kw_only=True, eq=False, repr=False)
class NodeAddress(Typed):
    address: str = ""
    type: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class NodeCondition(Typed):
    last_heartbeat_time: Time | None = None
    last_transition_time: Time | None = None
    message: str | None = api_field(None, omit_zero=True)
    reason: str | None = api_field(None, omit_zero=True)
    status: str = ""
    type: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class NodeConfigStatus(Typed):
    active: NodeConfigSource | None = None
    assigned: NodeConfigSource | None = None
    error: str | None = api_field(None, omit_zero=True)
    last_known_good: NodeConfigSource | None = None


@frozen(kw_only=True, eq=False, repr=False)
class DaemonEndpoint(Typed):
    port: Int32 = api_field(0, json="Port")
    pass


@frozen(kw_only=True, eq=False, repr=False)
class NodeDaemonEndpoints(Typed):
    kubelet_endpoint: DaemonEndpoint = DaemonEndpoint()
    pass


@frozen(kw_only=True, eq=False, repr=False)
class NodeFeatures(Typed):
    supplemental_groups_policy: bool | None = None
    pass


@frozen(kw_only=True, eq=False, repr=False)
class ContainerImage(Typed):
    names: tuple[str, ...] = ()
    size_bytes: Int64 | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class NodeSwapStatus(Typed):
    capacity: Int64 | None = None
    pass


@frozen(kw_only=True, eq=False, repr=False)
class NodeSystemInfo(Typed):
    architecture: str = ""
    boot_id: str = api_field("", json="bootID")
    container_runtime_version: str = ""
    kernel_version: str = ""
    kube_proxy_version: str = ""
    kubelet_version: str = ""
    machine_id: str = api_field("", json="machineID")
    operating_system: str = ""
    os_image: str = ""
    system_uuid: str = api_field("", json="systemUUID")
    swap: NodeSwapStatus | None = None
    running_in_user_namespace: bool | None = None


@frozen(kw_only=True, eq=False, repr=False)
class NodeRuntimeHandlerFeatures(Typed):
    recursive_read_only_mounts: bool | None = None
    user_namespaces: bool | None = None


@frozen(kw_only=True, eq=False, repr=False)
class NodeRuntimeHandler(Typed):
    features: NodeRuntimeHandlerFeatures | None = None
    name: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class AttachedVolume(Typed):
    device_path: str = ""
    name: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class NodeStatus(Typed):
    addresses: tuple[NodeAddress, ...] = api_field(
        (), list_type="map", list_keys=("type",), patch="merge", merge_key="type"
    )
    allocatable: Mapping[str, Quantity] = api_field(EMPTY)
    capacity: Mapping[str, Quantity] = api_field(EMPTY)
    conditions: tuple[NodeCondition, ...] = api_field(
        (), list_type="map", list_keys=("type",), patch="merge", merge_key="type"
    )
    config: NodeConfigStatus | None = None
    daemon_endpoints: NodeDaemonEndpoints = NodeDaemonEndpoints()
    features: NodeFeatures | None = None
    images: tuple[ContainerImage, ...] = ()
    node_info: NodeSystemInfo = NodeSystemInfo()
    phase: str | None = api_field(None, omit_zero=True)
    runtime_handlers: tuple[NodeRuntimeHandler, ...] = ()
    volumes_attached: tuple[AttachedVolume, ...] = ()
    volumes_in_use: tuple[str, ...] = ()
    declared_features: tuple[str, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class Node(KubeObject):
    api_version: str = "v1"
    kind: str = "Node"
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()
