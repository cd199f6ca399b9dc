"""Services (``core/v1``)."""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from kverify.api.base import Int32, IntOrString, mapping, named
from kverify.api.meta import Condition, ObjectMeta
from kverify.api.source import NOWHERE, Source


@frozen(kw_only=True)
class ServicePort:
    name: str | None = None
    protocol: str | None = None
    app_protocol: str | None = None
    port: Int32 = 0
    target_port: IntOrString | None = None
    node_port: Int32 | None = None


@frozen(kw_only=True)
class ClientIPConfig:
    timeout_seconds: Int32 | None = None


@frozen(kw_only=True)
class SessionAffinityConfig:
    client_ip: ClientIPConfig | None = named("clientIP")


@frozen(kw_only=True)
class ServiceSpec:
    ports: tuple[ServicePort, ...] = ()
    selector: Mapping[str, str] = mapping()
    cluster_ip: str | None = named("clusterIP")
    cluster_ips: tuple[str, ...] = named("clusterIPs", ())
    type: str | None = None
    external_ips: tuple[str, ...] = named("externalIPs", ())
    session_affinity: str | None = None
    load_balancer_ip: str | None = named("loadBalancerIP")
    load_balancer_source_ranges: tuple[str, ...] = ()
    external_name: str | None = None
    external_traffic_policy: str | None = None
    health_check_node_port: Int32 | None = None
    publish_not_ready_addresses: bool | None = None
    session_affinity_config: SessionAffinityConfig | None = None
    ip_families: tuple[str, ...] = ()
    ip_family_policy: str | None = None
    allocate_load_balancer_node_ports: bool | None = None
    load_balancer_class: str | None = None
    internal_traffic_policy: str | None = None
    traffic_distribution: str | None = None


@frozen(kw_only=True)
class PortStatus:
    port: Int32 = 0
    protocol: str = ""
    error: str | None = None


@frozen(kw_only=True)
class LoadBalancerIngress:
    ip: str | None = None
    hostname: str | None = None
    ip_mode: str | None = None
    ports: tuple[PortStatus, ...] = ()


@frozen(kw_only=True)
class LoadBalancerStatus:
    ingress: tuple[LoadBalancerIngress, ...] = ()


@frozen(kw_only=True)
class ServiceStatus:
    load_balancer: LoadBalancerStatus = LoadBalancerStatus()
    conditions: tuple[Condition, ...] = ()


@frozen(kw_only=True)
class Service:
    api_version: str = "v1"
    kind: str = "Service"
    metadata: ObjectMeta = ObjectMeta()
    spec: ServiceSpec = ServiceSpec()
    status: ServiceStatus = ServiceStatus()
    source: Source = field(default=NOWHERE, eq=False, repr=False)
