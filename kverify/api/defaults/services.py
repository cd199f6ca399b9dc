"""Services: defaults, and what an update takes over from the stored object.

Sources: ``SetDefaults_Service`` in ``pkg/apis/core/v1/defaults.go``, ``normalizeClusterIPs``, ``patchAllocatedValues``
and ``defaultOnRead`` in ``pkg/registry/core/service/storage/storage.go``, ``dropTypeDependentFields`` in
``pkg/registry/core/service/strategy.go``. Addresses, IP families and node ports that a server would allocate are
left absent.
"""

from __future__ import annotations

from typing import Any

import attrs

from kverify.api.types.service import ClientIPConfig, Service, ServicePort, ServiceSpec, SessionAffinityConfig

AFFINITY_SECONDS = 10800
_NODE_PORT_TYPES = ("NodePort", "LoadBalancer")


def is_headless(spec: ServiceSpec) -> bool:
    return spec.cluster_ips == ("None",)


def is_exposed(spec: ServiceSpec) -> bool:
    """``ExternallyAccessible``: reachable from outside of the cluster."""
    return spec.type in _NODE_PORT_TYPES or (spec.type == "ClusterIP" and bool(spec.external_ips))


def needs_health_check(spec: ServiceSpec) -> bool:
    """Whether the load balancer asks a port of its own where local endpoints are (``NeedsHealthCheck``)."""
    return spec.type == "LoadBalancer" and spec.external_traffic_policy == "Local"


def default_service(obj: Service) -> Service:
    spec = attrs.evolve(obj.spec, type=obj.spec.type or "ClusterIP")
    affinity = spec.session_affinity or "None"
    internal = spec.internal_traffic_policy
    if spec.type == "ExternalName":
        internal = None
    elif internal is None and spec.type in ("ClusterIP", *_NODE_PORT_TYPES):
        internal = "Cluster"
    allocate = spec.allocate_load_balancer_node_ports
    spec = attrs.evolve(
        spec,
        session_affinity=affinity,
        session_affinity_config=_session_affinity(affinity, spec.session_affinity_config),
        ports=tuple(_service_port(port) for port in spec.ports),
        external_traffic_policy=spec.external_traffic_policy or ("Cluster" if is_exposed(spec) else None),
        internal_traffic_policy=internal,
        allocate_load_balancer_node_ports=True if spec.type == "LoadBalancer" and allocate is None else allocate,
    )
    if spec.cluster_ip and not spec.cluster_ips:
        spec = attrs.evolve(spec, cluster_ips=(spec.cluster_ip,))
    return attrs.evolve(obj, spec=spec)


def _session_affinity(affinity: str, given: SessionAffinityConfig | None) -> SessionAffinityConfig | None:
    if affinity == "None":
        return None
    if affinity == "ClientIP" and (given is None or given.client_ip is None or given.client_ip.timeout_seconds is None):
        return SessionAffinityConfig(client_ip=ClientIPConfig(timeout_seconds=AFFINITY_SECONDS))
    return given


def _service_port(port: ServicePort) -> ServicePort:
    target = port.target_port if port.target_port not in (None, 0, "") else port.port
    return attrs.evolve(port, protocol=port.protocol or "TCP", target_port=target)


def prepare_service(new: Service, old: Service) -> Service:
    """``new`` as an update of ``old`` stores it, before it is validated: values that were allocated stay where they
    are not given, and values that the new type has no use for go where they were not changed. Both are defaulted.
    """
    spec = _drop_useless(new.spec, old.spec)
    if "ExternalName" not in (spec.type, old.spec.type):
        spec = _keep_cluster_ips(spec, old.spec)
    if spec.type in _NODE_PORT_TYPES and old.spec.type in _NODE_PORT_TYPES:
        spec = _keep_node_ports(spec, old.spec)
    if needs_health_check(spec) and needs_health_check(old.spec) and not spec.health_check_node_port:
        spec = attrs.evolve(spec, health_check_node_port=old.spec.health_check_node_port)
    return attrs.evolve(new, spec=spec)


def _keep_cluster_ips(new: ServiceSpec, old: ServiceSpec) -> ServiceSpec:
    """Also ``initIPFamilyFields``: a policy that is not given stays, and SingleStack gives up the second family."""
    given_families = new.ip_families
    kept = attrs.evolve(
        new,
        cluster_ip=new.cluster_ip or old.cluster_ip,
        cluster_ips=new.cluster_ips or (old.cluster_ips if new.cluster_ip in (None, "", old.cluster_ip) else ()),
        ip_family_policy=new.ip_family_policy if new.ip_family_policy is not None else old.ip_family_policy,
        ip_families=given_families or old.ip_families,
    )
    changed = kept.cluster_ip != old.cluster_ip and kept.cluster_ips in ((), old.cluster_ips)
    if changed and kept.cluster_ip:
        kept = attrs.evolve(kept, cluster_ips=(kept.cluster_ip,))
    if kept.ip_family_policy == "SingleStack":
        if kept.cluster_ips == old.cluster_ips:
            kept = attrs.evolve(kept, cluster_ips=kept.cluster_ips[:1])
        if kept.ip_families == old.ip_families:
            kept = attrs.evolve(kept, ip_families=kept.ip_families[:1])
    return kept


def _keep_node_ports(new: ServiceSpec, old: ServiceSpec) -> ServiceSpec:
    used = {port.node_port for port in old.ports} & {port.node_port for port in new.ports}
    by_name = {port.name or "": port.node_port for port in old.ports}
    ports = []
    for port in new.ports:
        before = by_name.get(port.name or "")
        ports.append(port if port.node_port or before in used else attrs.evolve(port, node_port=before))
    return attrs.evolve(new, ports=tuple(ports))


def _drop_useless(new: ServiceSpec, old: ServiceSpec) -> ServiceSpec:
    drop: dict[str, Any] = {}
    if new.type == "ExternalName" != old.type:
        if (new.cluster_ip, new.cluster_ips) == (old.cluster_ip, old.cluster_ips):
            drop |= {"cluster_ip": None, "cluster_ips": ()}
        if new.ip_families == old.ip_families:
            drop["ip_families"] = ()
        if new.ip_family_policy == old.ip_family_policy:
            drop["ip_family_policy"] = None
    if old.type in _NODE_PORT_TYPES and new.type not in _NODE_PORT_TYPES:
        before = {port.node_port for port in old.ports}
        if {port.node_port for port in new.ports if port.node_port} <= before:
            drop["ports"] = tuple(attrs.evolve(port, node_port=None) for port in new.ports)
    if is_exposed(old) and not is_exposed(new) and new.external_traffic_policy == old.external_traffic_policy:
        drop["external_traffic_policy"] = None
    same_port = new.health_check_node_port == old.health_check_node_port
    if needs_health_check(old) and not needs_health_check(new) and same_port:
        drop["health_check_node_port"] = None
    if old.type == "LoadBalancer" != new.type:
        for name in ("allocate_load_balancer_node_ports", "load_balancer_class"):
            if getattr(new, name) == getattr(old, name):
                drop[name] = None
    return attrs.evolve(new, **drop)
