"""Endpoints and endpoint slices (``ValidateEndpoints``, ``pkg/apis/discovery/validation/validation.go``)."""

from __future__ import annotations

from kverify.api.types.discovery import Endpoint, EndpointHints, EndpointSlice
from kverify.api.types.endpoints import EndpointAddress, EndpointPort, Endpoints
from kverify.api.validation import formats
from kverify.api.validation.containers import PROTOCOLS
from kverify.api.validation.metadata import check_format, check_metadata
from kverify.api.validation.report import DUPLICATE, IMMUTABLE, OUT_OF_RANGE, SUSPICIOUS, Path, Report
from kverify.api.validation.texts import check_address, is_ipv6
from kverify.api.versions import deprecated

ADDRESS_TYPES = ("FQDN", "IPv4", "IPv6")
MAX_ENDPOINTS = 1000
MAX_ADDRESSES = 100
MAX_PORTS = 20000
MAX_HINTS = 8

_METADATA = Path().child("metadata")


def check_endpoints(endpoints: Endpoints, report: Report) -> None:
    check_metadata(endpoints.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    if deprecated("Endpoints", report.version):
        message = "Endpoints are deprecated since Kubernetes 1.33."
        report.warn(SUSPICIOUS, Path().child("apiVersion"), message, "use EndpointSlice of discovery.k8s.io/v1")
    for here, subset in Path().child("subsets").each(endpoints.subsets):
        if not subset.addresses and not subset.not_ready_addresses:
            report.required(here, "The subset has no addresses.", "add addresses or notReadyAddresses")
        for name, addresses in (("addresses", subset.addresses), ("notReadyAddresses", subset.not_ready_addresses)):
            for place, address in here.child(name).each(addresses):
                _check_endpoint_address(address, place, report)
        for place, port in here.child("ports").each(subset.ports):
            _check_port(port, place, report, named=len(subset.ports) > 1)


def _check_endpoint_address(address: EndpointAddress, path: Path, report: Report) -> None:
    if check_address(address.ip, path.child("ip"), report):
        check_format(address.ip, path.child("ip"), report, formats.non_special_ip)
    if address.hostname:
        check_format(address.hostname, path.child("hostname"), report, formats.dns_label)
    if address.node_name is not None:
        check_format(address.node_name, path.child("nodeName"), report, formats.dns_subdomain)


def _check_port(port: EndpointPort, path: Path, report: Report, *, named: bool) -> None:
    if port.name:
        check_format(port.name, path.child("name"), report, formats.dns_label)
    elif named:
        report.required(path.child("name"), "With several ports each one needs a name.", "name it")
    report.between(path.child("port"), port.port, 1, 65535)
    report.choice(path.child("protocol"), port.protocol, PROTOCOLS)
    if port.app_protocol is not None:
        check_format(port.app_protocol, path.child("appProtocol"), report, formats.qualified_name)


def check_endpoint_slice(endpoints: EndpointSlice, report: Report) -> None:
    check_metadata(endpoints.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    kind, here = endpoints.address_type, Path().child("addressType")
    if not kind:
        report.required(here, "The slice does not say what its addresses are.", "set addressType: IPv4")
    else:
        report.choice(here, kind, ADDRESS_TYPES)
    if kind == "FQDN" and deprecated("FQDN endpoints", report.version):
        # The API server prints a spec that slices do not have.
        report.warn(SUSPICIOUS, here.printed("spec.addressType"), "Endpoints of type FQDN are deprecated.")
    place = Path().child("endpoints")
    if len(endpoints.endpoints) > MAX_ENDPOINTS:
        _too_many(place, len(endpoints.endpoints), MAX_ENDPOINTS, report)
    else:
        for path, endpoint in place.each(endpoints.endpoints):
            _check_endpoint(endpoint, kind, path, report)
    _check_slice_ports(endpoints, Path().child("ports"), report)


def _too_many(path: Path, count: int, limit: int, report: Report) -> None:
    report.error(OUT_OF_RANGE, path, f"{path} has {count} items; the limit is {limit}.")


def _check_endpoint(endpoint: Endpoint, kind: str, path: Path, report: Report) -> None:
    addresses = path.child("addresses")
    if not endpoint.addresses:
        report.required(addresses, "The endpoint has no address.")
    elif len(endpoint.addresses) > MAX_ADDRESSES:
        _too_many(addresses, len(endpoint.addresses), MAX_ADDRESSES, report)
    for here, address in addresses.each(endpoint.addresses):
        _check_slice_address(address, kind, here, report)
    if endpoint.node_name is not None:
        check_format(endpoint.node_name, path.child("nodeName"), report, formats.dns_subdomain)
    if endpoint.hostname is not None:
        check_format(endpoint.hostname, path.child("hostname"), report, formats.dns_label)
    if endpoint.hints is not None:
        _check_hints(endpoint.hints, path.child("hints"), report)


def _check_slice_address(address: str, kind: str, path: Path, report: Report) -> None:
    if kind == "FQDN":
        check_format(address, path, report, formats.fully_qualified)
    elif kind in ("IPv4", "IPv6") and check_address(address, path, report):
        if is_ipv6(address) != (kind == "IPv6"):
            report.invalid(path, f"{address} is no {kind} address.", "put it into a slice of its own")
        check_format(address, path, report, formats.non_special_ip)


def _check_hints(hints: EndpointHints, path: Path, report: Report) -> None:
    """Zones are label values and nodes are named like nodes; none is named twice."""
    zones = [zone.name for zone in hints.for_zones]
    nodes = [node.name for node in hints.for_nodes]
    for place, names, rule in (
        (path.child("forZones"), zones, formats.label_value),
        (path.child("forNodes"), nodes, formats.dns_subdomain),
    ):
        if len(names) > MAX_HINTS:
            _too_many(place, len(names), MAX_HINTS, report)
            continue
        for index, name in enumerate(names):
            here = place.index(index).child("name")
            if name in names[:index]:
                report.error(DUPLICATE, here, f"{name!r} is named twice.", "remove one of them")
            check_format(name, here, report, rule)


def _check_slice_ports(endpoints: EndpointSlice, path: Path, report: Report) -> None:
    if len(endpoints.ports) > MAX_PORTS:
        _too_many(path, len(endpoints.ports), MAX_PORTS, report)
        return
    names: set[str] = set()
    for here, port in path.each(endpoints.ports):
        name = port.name or ""
        if name:
            check_format(name, here.child("name"), report, formats.dns_label)
        if name in names:
            what = f"named {name!r}" if name else "without a name"
            report.error(DUPLICATE, here.child("name"), f"Two ports are {what}.", "rename one of them")
        names.add(name)
        if port.protocol is not None and port.protocol not in PROTOCOLS:
            report.unsupported(here.child("protocol"), port.protocol, PROTOCOLS)
        if port.app_protocol is not None:
            check_format(port.app_protocol, here.child("appProtocol"), report, formats.qualified_name)


def update_endpoint_slice(new: EndpointSlice, old: EndpointSlice, report: Report) -> None:
    if new.address_type != old.address_type:
        message = "The address type of a slice cannot be changed."
        report.error(IMMUTABLE, Path().child("addressType"), message, "make another slice")
