"""Nodes (``core/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from kverify.api.base import EMPTY, Int32, Int64, Time, api_field
from kverify.api.object import KubeObject
from kverify.api.quantity import Quantity


@frozen(kw_only=True)
class Taint:
    effect: str = ""
    key: str = ""
    time_added: Time | None = None
    value: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True)
class ConfigMapNodeConfigSource:
    kubelet_config_key: str = ""
    name: str = ""
    namespace: str = ""
    resource_version: str | None = api_field(None, omit_zero=True)
    uid: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True)
class NodeConfigSource:
    config_map: ConfigMapNodeConfigSource | None = None
    pass


@frozen(kw_only=True)
class NodePodPreemptionPolicy:
    disable_resize_preemption: tuple[str, ...] = api_field((), list_type="set")
    pass


@frozen(kw_only=True)
class NodeSpec:
    config_source: NodeConfigSource | None = None
    external_id: str | None = api_field(None, json="externalID", omit_zero=True)
    pod_cidr: str | None = api_field(None, json="podCIDR", omit_zero=True)
    pod_cidrs: tuple[str, ...] = api_field((), json="podCIDRs", list_type="set", patch="merge")
    provider_id: str | None = api_field(None, json="providerID", omit_zero=True)
    taints: tuple[Taint, ...] = ()
    unschedulable: bool | None = api_field(None, omit_zero=True)
    pod_preemption_policy: NodePodPreemptionPolicy | None = None


@frozen(kw_only=True)
class NodeAddress:
    address: str = ""
    type: str = ""


@frozen(kw_only=True)
class NodeCondition:
    last_heartbeat_time: Time | None = None
    last_transition_time: Time | None = None
    message: str | None = api_field(None, omit_zero=True)
    reason: str | None = api_field(None, omit_zero=True)
    status: str = ""
    type: str = ""


@frozen(kw_only=True)
class NodeConfigStatus:
    active: NodeConfigSource | None = None
    assigned: NodeConfigSource | None = None
    error: str | None = api_field(None, omit_zero=True)
    last_known_good: NodeConfigSource | None = None


@frozen(kw_only=True)
class DaemonEndpoint:
    port: Int32 = api_field(0, json="Port")
    pass


@frozen(kw_only=True)
class NodeDaemonEndpoints:
    kubelet_endpoint: DaemonEndpoint = DaemonEndpoint()
    pass


@frozen(kw_only=True)
class NodeFeatures:
    supplemental_groups_policy: bool | None = None
    pass


@frozen(kw_only=True)
class ContainerImage:
    names: tuple[str, ...] = ()
    size_bytes: Int64 | None = api_field(None, omit_zero=True)


@frozen(kw_only=True)
class NodeSwapStatus:
    capacity: Int64 | None = None
    pass


@frozen(kw_only=True)
class NodeSystemInfo:
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


@frozen(kw_only=True)
class NodeRuntimeHandlerFeatures:
    recursive_read_only_mounts: bool | None = None
    user_namespaces: bool | None = None


@frozen(kw_only=True)
class NodeRuntimeHandler:
    features: NodeRuntimeHandlerFeatures | None = None
    name: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True)
class AttachedVolume:
    device_path: str = ""
    name: str = ""


@frozen(kw_only=True)
class NodeStatus:
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


@frozen(kw_only=True)
class Node(KubeObject):
    api_version: str = "v1"
    kind: str = "Node"
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()
