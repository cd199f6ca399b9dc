"""Nodes and namespaces (``core/v1``)."""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from kverify.api.base import Opaque, Time, mapping, named, opaque
from kverify.api.meta import Condition, ObjectMeta
from kverify.api.quantity import Quantity
from kverify.api.source import NOWHERE, Source


@frozen(kw_only=True)
class Taint:
    key: str = ""
    value: str | None = None
    effect: str = ""
    time_added: Time | None = None


@frozen(kw_only=True)
class NodeSpec:
    """Opaque: ``configSource`` (removed from the kubelet in 1.22) and ``podPreemptionPolicy`` (in-place resizing)."""

    pod_cidr: str | None = named("podCIDR")
    pod_cidrs: tuple[str, ...] = named("podCIDRs", ())
    provider_id: str | None = named("providerID")
    unschedulable: bool | None = None
    taints: tuple[Taint, ...] = ()
    config_source: Opaque | None = opaque()
    external_id: str | None = named("externalID")
    pod_preemption_policy: Opaque | None = opaque()


@frozen(kw_only=True)
class NodeAddress:
    type: str = ""
    address: str = ""


@frozen(kw_only=True)
class ContainerImage:
    names: tuple[str, ...] = ()
    size_bytes: int | None = None


@frozen(kw_only=True)
class AttachedVolume:
    name: str = ""
    device_path: str = ""


@frozen(kw_only=True)
class NodeStatus:
    """Opaque, because no rule reads them: ``daemonEndpoints``, ``nodeInfo``, ``config``, ``runtimeHandlers`` and
    ``features``."""

    capacity: Mapping[str, Quantity] = mapping()
    allocatable: Mapping[str, Quantity] = mapping()
    phase: str | None = None
    conditions: tuple[Condition, ...] = ()
    addresses: tuple[NodeAddress, ...] = ()
    daemon_endpoints: Opaque | None = opaque()
    node_info: Opaque | None = opaque()
    images: tuple[ContainerImage, ...] = ()
    volumes_in_use: tuple[str, ...] = ()
    volumes_attached: tuple[AttachedVolume, ...] = ()
    config: Opaque | None = opaque()
    runtime_handlers: tuple[Opaque, ...] = ()
    features: Opaque | None = opaque()
    declared_features: tuple[str, ...] = ()


@frozen(kw_only=True)
class Node:
    api_version: str = "v1"
    kind: str = "Node"
    metadata: ObjectMeta = ObjectMeta()
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()
    source: Source = field(default=NOWHERE, eq=False, repr=False)


@frozen(kw_only=True)
class NamespaceSpec:
    finalizers: tuple[str, ...] = ()


@frozen(kw_only=True)
class NamespaceStatus:
    phase: str | None = None
    conditions: tuple[Condition, ...] = ()


@frozen(kw_only=True)
class Namespace:
    api_version: str = "v1"
    kind: str = "Namespace"
    metadata: ObjectMeta = ObjectMeta()
    spec: NamespaceSpec = NamespaceSpec()
    status: NamespaceStatus = NamespaceStatus()
    source: Source = field(default=NOWHERE, eq=False, repr=False)
