"""What a real API server picks by itself: addresses, ports and uids. Both sides are compared with one word for each."""

from __future__ import annotations

import ipaddress
from typing import Any

import attrs

from kverify.api.defaults import apply_defaults
from kverify.api.registry import AnyObject
from kverify.api.types.batch import Job
from kverify.api.types.service import Service

ADDRESS = "10.96.0.1"
NODE_PORT = 30000
UID = "00000000-0000-0000-0000-000000000000"
_ADDRESSES = ipaddress.ip_network("10.96.0.0/16")
_UIDS = ("batch.kubernetes.io/controller-uid", "controller-uid")


def allocate(obj: AnyObject) -> AnyObject:
    """``obj`` with what the recorded cluster (IPv4 only) gives a new or changed object; what is there stays."""
    if isinstance(obj, Job) and not obj.metadata.uid:
        # The selector and the labels of the template are generated from the uid; the job's are copied from there.
        copied = obj.metadata.labels == obj.spec.template.metadata.labels
        metadata = attrs.evolve(obj.metadata, uid=UID, labels={} if copied else obj.metadata.labels)
        return apply_defaults(attrs.evolve(obj, metadata=metadata))
    if not isinstance(obj, Service) or obj.spec.type == "ExternalName":
        return obj
    spec = obj.spec
    address = spec.cluster_ip or ADDRESS
    ports = spec.ports
    if spec.type == "NodePort" or (spec.type == "LoadBalancer" and spec.allocate_load_balancer_node_ports is not False):
        ports = tuple(attrs.evolve(port, node_port=port.node_port or NODE_PORT + i) for i, port in enumerate(ports))
    health = spec.health_check_node_port
    if spec.type == "LoadBalancer" and spec.external_traffic_policy == "Local":
        health = health or NODE_PORT + len(ports)
    spec = attrs.evolve(
        spec,
        health_check_node_port=health,
        cluster_ip=address,
        cluster_ips=spec.cluster_ips or (address,),
        ip_families=spec.ip_families or ("IPv4",),
        ip_family_policy=spec.ip_family_policy or "SingleStack",
        ports=ports,
    )
    return attrs.evolve(obj, spec=spec)


def without_choices(obj: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """A plain object with ``allocated`` for what the server chose: addresses and node ports that the manifest does not
    give, and the uid by which a Job finds its pods."""
    if obj.get("kind") == "Service":
        return _service(obj, given)
    return _job(obj) if obj.get("kind") == Job.__name__ else obj


def _service(obj: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    spec, wanted = dict(obj.get("spec") or {}), given.get("spec") or {}
    if spec.get("clusterIP") != wanted.get("clusterIP") and _is_allocated(spec.get("clusterIP")):
        spec["clusterIP"] = "allocated"
        spec["clusterIPs"] = ["allocated" if _is_allocated(ip) else ip for ip in spec.get("clusterIPs") or ()]
    if spec.get("healthCheckNodePort") and spec["healthCheckNodePort"] != wanted.get("healthCheckNodePort"):
        spec["healthCheckNodePort"] = "allocated"
    named = {port.get("nodePort") for port in wanted.get("ports") or ()}
    spec["ports"] = [
        {**port, "nodePort": "allocated"} if port.get("nodePort") and port["nodePort"] not in named else port
        for port in spec.get("ports") or ()
    ]
    if not spec["ports"]:
        del spec["ports"]
    return {**obj, "spec": spec}


def _is_allocated(address: Any) -> bool:
    try:
        return ipaddress.ip_address(address) in _ADDRESSES
    except ValueError:
        return False


def _job(obj: dict[str, Any]) -> dict[str, Any]:
    """The uid stands in labels and in the selector."""

    def cleared(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: "allocated" if key in _UIDS else cleared(item) for key, item in value.items()}
        return [cleared(item) for item in value] if isinstance(value, list) else value

    result: dict[str, Any] = cleared(obj)
    return result
