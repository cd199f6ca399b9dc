"""Defaults of networking kinds: endpoints, endpoint slices, ingress classes and network policies.

Sources: ``defaults.go`` of ``pkg/apis/{core,discovery,networking}/v1``, ``dropTopologyOnV1`` in
``pkg/registry/discovery/endpointslice/strategy.go``, ``RepackSubsets`` in ``pkg/api/v1/endpoints/util.go``.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kverify.api.types.discovery import EndpointPort as SlicePort
from kverify.api.types.discovery import EndpointSlice
from kverify.api.types.endpoints import EndpointAddress, EndpointPort, Endpoints, EndpointSubset
from kverify.api.types.networking import IngressClass, NetworkPolicy, NetworkPolicyPort


def default_endpoints(obj: Endpoints) -> Endpoints:
    """Subsets are packed again: one for each set of addresses, ready where any subset says so.

    A server sorts subsets and ports by a hash of their Go values; here they stay in the order of the text.
    """
    subsets = tuple(attrs.evolve(subset, ports=tuple(map(_port, subset.ports))) for subset in obj.subsets)
    return attrs.evolve(obj, subsets=repack(subsets))


def _port(port: EndpointPort) -> EndpointPort:
    return attrs.evolve(port, protocol=port.protocol or "TCP")


def repack(subsets: tuple[EndpointSubset, ...]) -> tuple[EndpointSubset, ...]:
    """``RepackSubsets``."""
    by_port: dict[EndpointPort | None, dict[EndpointAddress, bool]] = {}
    for subset in subsets:
        for port in subset.ports or (None,):
            known = by_port.setdefault(port, {})
            for address in subset.addresses:
                known[address] = True
            for address in subset.not_ready_addresses:
                known.setdefault(address, False)
    by_addresses: dict[frozenset[tuple[EndpointAddress, bool]], list[EndpointPort]] = {}
    for port, known in by_port.items():
        by_addresses.setdefault(frozenset(known.items()), []).extend(() if port is None else (port,))
    return tuple(
        EndpointSubset(
            addresses=_sorted(address for address, ready in addresses if ready),
            not_ready_addresses=_sorted(address for address, ready in addresses if not ready),
            ports=tuple(ports),
        )
        for addresses, ports in by_addresses.items()
    )


def _sorted(addresses: Iterable[EndpointAddress]) -> tuple[EndpointAddress, ...]:
    return tuple(sorted(addresses, key=_address_key))


def _address_key(address: EndpointAddress) -> tuple[bytes, str]:
    """``LessEndpointAddress``: by the text of the address, then by what it belongs to."""
    return address.ip.encode(), (address.target_ref.uid or "") if address.target_ref is not None else ""


def default_endpoint_slice(obj: EndpointSlice) -> EndpointSlice:
    endpoints = tuple(attrs.evolve(endpoint, deprecated_topology={}) for endpoint in obj.endpoints)
    return attrs.evolve(obj, endpoints=endpoints, ports=tuple(map(_slice_port, obj.ports)))


def _slice_port(port: SlicePort) -> SlicePort:
    return attrs.evolve(port, name=port.name or "", protocol=port.protocol if port.protocol is not None else "TCP")


def default_ingress_class(obj: IngressClass) -> IngressClass:
    parameters = obj.spec.parameters
    if parameters is None or parameters.scope is not None:
        return obj
    scoped = attrs.evolve(parameters, scope="Cluster")
    return attrs.evolve(obj, spec=attrs.evolve(obj.spec, parameters=scoped))


def default_network_policy(obj: NetworkPolicy) -> NetworkPolicy:
    """Every policy without types is one of ingress, and of egress when it has egress rules."""
    spec = obj.spec
    ingress = tuple(attrs.evolve(rule, ports=tuple(map(_policy_port, rule.ports))) for rule in spec.ingress)
    egress = tuple(attrs.evolve(rule, ports=tuple(map(_policy_port, rule.ports))) for rule in spec.egress)
    types = spec.policy_types or (("Ingress", "Egress") if spec.egress else ("Ingress",))
    return attrs.evolve(obj, spec=attrs.evolve(spec, ingress=ingress, egress=egress, policy_types=types))


def _policy_port(port: NetworkPolicyPort) -> NetworkPolicyPort:
    return attrs.evolve(port, protocol=port.protocol if port.protocol is not None else "TCP")
