"""Services (``ValidateService``)."""

from __future__ import annotations

from kverify.api.types.service import Service, ServicePort, ServiceSpec
from kverify.api.validation import formats
from kverify.api.validation.containers import PROTOCOLS
from kverify.api.validation.metadata import check_format, check_labels, check_metadata
from kverify.api.validation.probes import check_port_number_or_name
from kverify.api.validation.report import DUPLICATE, OUT_OF_RANGE, SUSPICIOUS, Path, Report
from kverify.api.validation.texts import check_address, check_address_range
from kverify.api.versions import relaxed_service_names

TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
TRAFFIC_DISTRIBUTIONS = ("PreferClose", "PreferSameZone", "PreferSameNode")
MAX_AFFINITY_SECONDS = 86400
NODE_PORTS = range(30000, 32768)


def check_service(service: Service, report: Report) -> None:
    rule = formats.dns_label if relaxed_service_names(report.version) else formats.dns_label_1035
    check_metadata(service.metadata, Path().child("metadata"), report, rule, namespaced=True)
    spec, path = service.spec, Path().child("spec")
    headless = spec.cluster_ip == "None"
    if not spec.ports and not headless and spec.type != "ExternalName":
        report.required(path.child("ports"), "The service has no ports.", "add a port, or set clusterIP: None")
    _check_type(spec, path, report)
    _check_ports(spec, path.child("ports"), report)
    check_labels(spec.selector, path.child("selector"), report)
    _check_affinity(spec, path, report)
    _check_addresses(spec, path, report)
    _check_load_balancer(spec, path, report)
    _check_policies(spec, path, report)


def _check_type(spec: ServiceSpec, path: Path, report: Report) -> None:
    report.choice(path.child("type"), spec.type, TYPES)
    if spec.type == "ExternalName":
        if spec.cluster_ip:
            here = path.child("clusterIP").printed(str(path.child("clusterIPs").index(0)))
            report.forbidden(here, "An ExternalName service has no cluster IP.", "remove clusterIP")
        name = (spec.external_name or "").removesuffix(".")
        if not name:
            report.required(path.child("externalName"), "An ExternalName service needs externalName.")
        else:
            check_format(name, path.child("externalName"), report, formats.dns_subdomain)
    elif spec.type in ("NodePort", "LoadBalancer") and spec.cluster_ip == "None":
        here = path.child("clusterIP").printed(str(path.child("clusterIPs").index(0)))
        report.invalid(here, f"A {spec.type} service cannot be headless.", "remove clusterIP: None")


def _check_ports(spec: ServiceSpec, path: Path, report: Report) -> None:
    names: set[str] = set()
    numbers: set[tuple[int, str | None]] = set()
    node_ports: set[tuple[int, str | None]] = set()
    for here, port in path.each(spec.ports):
        name = here.child("name")
        if port.name:
            check_format(port.name, name, report, formats.dns_label)
            if port.name in names:
                report.error(DUPLICATE, name, f"Two ports are named {port.name!r}.", "rename one of them")
            names.add(port.name)
        elif len(spec.ports) > 1:
            report.required(name, "With several ports each one needs a name.", "name it")
        _check_port(port, here, report)
        key = (port.port, port.protocol)
        if key in numbers:
            report.error(DUPLICATE, here, f"Port {port.port}/{port.protocol} is listed twice.", "remove one of them")
        numbers.add(key)
        if not port.node_port:
            continue
        place = here.child("nodePort")
        if spec.type == "ClusterIP":
            report.forbidden(place, "A ClusterIP service has no node ports.", "set type: NodePort, or remove nodePort")
        elif port.node_port not in NODE_PORTS:
            message = f"Node port {port.node_port} is outside the default range 30000-32767."
            report.warn(SUSPICIOUS, place, message, "choose one inside, unless the API server has another range")
        if (port.node_port, port.protocol) in node_ports:
            report.error(DUPLICATE, place, f"Node port {port.node_port} is used twice.")
        node_ports.add((port.node_port, port.protocol))


def _check_port(port: ServicePort, path: Path, report: Report) -> None:
    report.between(path.child("port"), port.port, 1, 65535)
    report.choice(path.child("protocol"), port.protocol, PROTOCOLS)
    if port.target_port is not None:
        check_port_number_or_name(port.target_port, path.child("targetPort"), report)
    if port.app_protocol:
        check_format(port.app_protocol, path.child("appProtocol"), report, formats.qualified_name)
    report.between(path.child("nodePort"), port.node_port, 0, 65535)


def _check_affinity(spec: ServiceSpec, path: Path, report: Report) -> None:
    report.choice(path.child("sessionAffinity"), spec.session_affinity, ("ClientIP", "None"))
    config = spec.session_affinity_config
    if spec.session_affinity == "ClientIP" and config is not None and config.client_ip is not None:
        seconds = config.client_ip.timeout_seconds
        if seconds is not None and not 0 < seconds <= MAX_AFFINITY_SECONDS:
            here = path.child("sessionAffinityConfig", "clientIP", "timeoutSeconds")
            report.error(OUT_OF_RANGE, here, f"{seconds} is not between 1 and {MAX_AFFINITY_SECONDS}.")


def _check_addresses(spec: ServiceSpec, path: Path, report: Report) -> None:
    place = path.child("clusterIPs")
    for index, address in enumerate(spec.cluster_ips):
        printed = place.index(index)
        here = path.child("clusterIP").printed(str(printed)) if index == 0 and spec.cluster_ip else printed
        if address not in ("", "None"):
            check_address(address, here, report)
    if spec.cluster_ip and spec.cluster_ips and spec.cluster_ip != spec.cluster_ips[0]:
        report.invalid(place.index(0), "clusterIPs must begin with clusterIP.")
    for here, address in path.child("externalIPs").each(spec.external_ips):
        if check_address(address, here, report):
            check_format(address, here, report, formats.non_special_ip)
    if spec.external_ips:
        report.warn(SUSPICIOUS, path.child("externalIPs"), "externalIPs is deprecated and unsafe to rely on.")
    report.choice(
        path.child("ipFamilyPolicy"), spec.ip_family_policy, ("SingleStack", "PreferDualStack", "RequireDualStack")
    )
    families = path.child("ipFamilies")
    for index, family in enumerate(spec.ip_families):
        report.choice(families.index(index), family, ("IPv4", "IPv6"))
        if family in spec.ip_families[:index]:
            report.error(DUPLICATE, families.index(index), f"{family} is listed twice.")


def _check_load_balancer(spec: ServiceSpec, path: Path, report: Report) -> None:
    balanced = spec.type == "LoadBalancer"
    for name, value in (
        ("loadBalancerClass", spec.load_balancer_class),
        ("allocateLoadBalancerNodePorts", spec.allocate_load_balancer_node_ports),
    ):
        if value is not None and not balanced:
            message = f"{name} is for type LoadBalancer only."
            report.forbidden(path.child(name), message, "remove it, or set type: LoadBalancer")
    if spec.load_balancer_class is not None and balanced:
        check_format(spec.load_balancer_class, path.child("loadBalancerClass"), report, formats.qualified_name)
    # The API server prints the Go name of this field.
    printed = path.child("loadBalancerSourceRanges").printed(f"{path}.LoadBalancerSourceRanges")
    if spec.load_balancer_source_ranges and not balanced:
        message = "loadBalancerSourceRanges is for type LoadBalancer only."
        report.forbidden(printed, message, "remove it, or set type: LoadBalancer")
    else:
        for here, value in printed.each(spec.load_balancer_source_ranges):
            check_address_range(value, here, report, trim=True)


def _check_policies(spec: ServiceSpec, path: Path, report: Report) -> None:
    external = path.child("externalTrafficPolicy")
    exposed = spec.type in ("NodePort", "LoadBalancer") or (spec.type == "ClusterIP" and bool(spec.external_ips))
    if spec.external_traffic_policy and not exposed:
        message = "externalTrafficPolicy is for services reachable from outside."
        report.invalid(external, message, "remove it, or set type: LoadBalancer or NodePort")
    else:
        report.choice(external, spec.external_traffic_policy, ("Cluster", "Local"))
    report.choice(path.child("internalTrafficPolicy"), spec.internal_traffic_policy, ("Cluster", "Local"))
    if spec.health_check_node_port and not (spec.type == "LoadBalancer" and spec.external_traffic_policy == "Local"):
        message = "healthCheckNodePort needs type LoadBalancer and externalTrafficPolicy Local."
        report.invalid(path.child("healthCheckNodePort"), message, "remove it")
    report.choice(path.child("trafficDistribution"), spec.traffic_distribution, TRAFFIC_DISTRIBUTIONS)
