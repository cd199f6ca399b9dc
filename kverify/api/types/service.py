"""Services (``core/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from kverify.api.base import EMPTY, Int32, IntOrString, Typed, api_field
from kverify.api.object import KubeObject
from kverify.api.types.meta import Condition


@frozen(kw_only=True, eq=False, repr=False)
class ServicePort(Typed):
    app_protocol: str | None = None
    name: str | None = api_field(None, omit_zero=True)
    node_port: Int32 | None = api_field(None, omit_zero=True)
    port: Int32 = 0
    protocol: str | None = api_field(None, omit_zero=True)
    target_port: IntOrString | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ClientIPConfig(Typed):
    timeout_seconds: Int32 | None = None
    pass


@frozen(kw_only=True, eq=False, repr=False)
class SessionAffinityConfig(Typed):
    client_ip: ClientIPConfig | None = api_field(None, json="clientIP")
    pass


@frozen(kw_only=True, eq=False, repr=False)
class ServiceSpec(Typed):
    allocate_load_balancer_node_ports: bool | None = None
    cluster_ip: str | None = api_field(None, json="clusterIP", omit_zero=True)
    cluster_ips: tuple[str, ...] = api_field((), json="clusterIPs")
    external_ips: tuple[str, ...] = api_field((), json="externalIPs")
    external_name: str | None = api_field(None, omit_zero=True)
    external_traffic_policy: str | None = api_field(None, omit_zero=True)
    health_check_node_port: Int32 | None = api_field(None, omit_zero=True)
    internal_traffic_policy: str | None = None
    ip_families: tuple[str, ...] = ()
    ip_family_policy: str | None = None
    load_balancer_class: str | None = None
    load_balancer_ip: str | None = api_field(None, json="loadBalancerIP", omit_zero=True)
    load_balancer_source_ranges: tuple[str, ...] = ()
    ports: tuple[ServicePort, ...] = api_field(
        (), list_type="map", list_keys=("port", "protocol"), patch="merge", merge_key="port"
    )
    publish_not_ready_addresses: bool | None = api_field(None, omit_zero=True)
    selector: Mapping[str, str] = api_field(EMPTY, map_type="atomic")
    session_affinity: str | None = api_field(None, omit_zero=True)
    session_affinity_config: SessionAffinityConfig | None = None
    traffic_distribution: str | None = None
    type: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class PortStatus(Typed):
    error: str | None = None
    port: Int32 = 0
    protocol: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class LoadBalancerIngress(Typed):
    hostname: str | None = api_field(None, omit_zero=True)
    ip: str | None = api_field(None, omit_zero=True)
    ip_mode: str | None = None
    ports: tuple[PortStatus, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class LoadBalancerStatus(Typed):
    ingress: tuple[LoadBalancerIngress, ...] = ()
    pass


@frozen(kw_only=True, eq=False, repr=False)
class ServiceStatus(Typed):
    conditions: tuple[Condition, ...] = api_field(
        (), list_type="map", list_keys=("type",), patch="merge", merge_key="type"
    )
    load_balancer: LoadBalancerStatus = LoadBalancerStatus()


@frozen(kw_only=True, eq=False, repr=False)
class Service(KubeObject):
    api_version: str = "v1"
    kind: str = "Service"
    spec: ServiceSpec = ServiceSpec()
    status: ServiceStatus = ServiceStatus()
