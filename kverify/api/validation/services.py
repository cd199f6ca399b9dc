"""Services: ``ValidateService`` and what the allocators refuse before it runs.

Sources: ``pkg/apis/core/validation/validation.go``, ``pkg/registry/core/service/storage/{storage,alloc}.go``,
``pkg/api/service/warnings.go``. Which addresses and IP families a cluster has is not in a manifest, so a cluster IP
outside the service range and dual stack on a cluster without it are not refused here.
"""

from __future__ import annotations

from kverify.api.defaults.services import is_exposed, is_headless, needs_health_check
from kverify.api.types.service import Service, ServicePort, ServiceSpec
from kverify.api.validation import formats
from kverify.api.validation.containers import PROTOCOLS
from kverify.api.validation.load_balancers import check_load_balancer
from kverify.api.validation.metadata import check_format, check_labels, check_metadata
from kverify.api.validation.probes import check_port_number_or_name
from kverify.api.validation.report import DUPLICATE, IMMUTABLE, OUT_OF_RANGE, SUSPICIOUS, Path, Report
from kverify.api.validation.texts import check_address, is_ipv6
from kverify.api.versions import deprecated, enabled
from kverify.manifest.diagnostics import Severity

TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
FAMILIES = ("IPv4", "IPv6")
FAMILY_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
TRAFFIC_POLICIES = ("Cluster", "Local")
TRAFFIC_DISTRIBUTIONS = ("PreferClose", "PreferSameZone", "PreferSameNode")
TOPOLOGY_HINTS = "service.kubernetes.io/topology-aware-hints"
TOPOLOGY_MODE = "service.kubernetes.io/topology-mode"
MAX_AFFINITY_SECONDS = 86400
NODE_PORTS = range(30000, 32768)
"""``--service-node-port-range`` unless somebody sets it."""

_METADATA = Path().child("metadata")
_SPEC = Path().child("spec")


def check_service(service: Service, report: Report) -> None:
    relaxed = enabled("RelaxedServiceNameValidation", report.version)
    rule = formats.dns_label if relaxed else formats.dns_label_1035
    check_metadata(service.metadata, _METADATA, report, rule, namespaced=True)
    spec = service.spec
    _check_annotations(service, report)
    if not spec.ports and not is_headless(spec) and spec.type != "ExternalName":
        report.required(_SPEC.child("ports"), "The service has no ports.", "add a port, or set clusterIP: None")
    _check_type(spec, report)
    _check_ports(spec, _SPEC.child("ports"), report)
    check_labels(spec.selector, _SPEC.child("selector"), report)
    _check_affinity(spec, report)
    if spec.type != "ExternalName":
        _check_stack(spec, report)
    _check_external_ips(spec, report)
    check_load_balancer(service, report)
    _check_policies(spec, report)
    _warn_ignored(spec, report)


def update_service(new: Service, old: Service, report: Report) -> None:
    """``ValidateServiceUpdate``; ``new`` has taken over what stays where it is not given."""
    spec, before = new.spec, old.spec
    if "ExternalName" not in (spec.type, before.type):
        _update_cluster_ips(spec, before, report)
        _update_families(spec, before, report)
    if "LoadBalancer" == spec.type == before.type and spec.load_balancer_class != before.load_balancer_class:
        _immutable(_SPEC.child("loadBalancerClass"), "The load balancer class", report)
    if needs_health_check(spec) and needs_health_check(before):
        port = spec.health_check_node_port or 0
        if before.health_check_node_port and port != before.health_check_node_port:
            _immutable(_SPEC.child("healthCheckNodePort"), "The health check port", report)


def _update_cluster_ips(spec: ServiceSpec, before: ServiceSpec, report: Report) -> None:
    if is_headless(spec) and is_headless(before):
        return
    place, old, new = _SPEC.child("clusterIPs"), before.cluster_ips, spec.cluster_ips
    if len(old) == len(new):
        for index, (was, now) in enumerate(zip(old, new, strict=True)):
            if was != now:
                _immutable(_cluster_ip(spec, index), f"The cluster IP {was}", report)
    elif old and not new:
        _immutable(place.index(0), f"The cluster IP {old[0]}", report)
    elif is_headless(spec):
        # A server has allocated an address that the old manifest does not show.
        _immutable(_cluster_ip(spec, 0), "The cluster IP", report)
    elif old and new and old[0] != new[0]:
        _immutable(_cluster_ip(spec, 0), f"The cluster IP {old[0]}", report)
    if len(old) > len(new) == 1 and spec.ip_family_policy != "SingleStack":
        _single_stack(report)


def _update_families(spec: ServiceSpec, before: ServiceSpec, report: Report) -> None:
    """``validateUpgradeDowngradeIPFamilies``: the primary family stays as long as the service is not headless."""
    if is_headless(spec) or is_headless(before) or not before.ip_families or not spec.ip_families:
        return
    old, new = before.ip_families, spec.ip_families
    changed = old != new if len(old) == len(new) else old[0] != new[0]
    if changed:
        _immutable(_SPEC.child("ipFamilies").index(0), f"The IP family {old[0]}", report)
    if len(old) > len(new) and spec.ip_family_policy != "SingleStack":
        _single_stack(report)


def _single_stack(report: Report) -> None:
    here = _SPEC.child("ipFamilyPolicy")
    report.invalid(here, "The second IP family is given up, which has to be said.", "set ipFamilyPolicy: SingleStack")


def _immutable(path: Path, what: str, report: Report) -> None:
    report.error(IMMUTABLE, path, f"{what} cannot be changed.", "delete the Service and create it again")


def _check_annotations(service: Service, report: Report) -> None:
    annotations = service.metadata.annotations
    hints, mode = annotations.get(TOPOLOGY_HINTS), annotations.get(TOPOLOGY_MODE)
    place = _METADATA.child("annotations")
    if hints is not None and mode is not None and hints != mode:
        message = f"The annotations {TOPOLOGY_MODE} and {TOPOLOGY_HINTS} contradict each other."
        report.invalid(place.key(TOPOLOGY_MODE), message, f"remove {TOPOLOGY_HINTS}")
    if hints is not None:
        message = f"The annotation {TOPOLOGY_HINTS} is deprecated."
        report.warn(SUSPICIOUS, place.key(TOPOLOGY_HINTS), message, f"use {TOPOLOGY_MODE}")


def _check_type(spec: ServiceSpec, report: Report) -> None:
    report.choice(_SPEC.child("type"), spec.type, TYPES)
    place = _SPEC.child("clusterIPs")
    if spec.type == "ExternalName":
        if spec.cluster_ips:
            here = (_SPEC.child("clusterIP") if spec.cluster_ip else place).printed(str(place))
            report.forbidden(here, "An ExternalName service has no cluster IP.", "remove clusterIP")
        if spec.ip_families:
            report.forbidden(_SPEC.child("ipFamilies"), "An ExternalName service has no IP families.", "remove it")
        if spec.ip_family_policy is not None:
            report.forbidden(_SPEC.child("ipFamilyPolicy"), "An ExternalName service has no IP families.", "remove it")
        name = (spec.external_name or "").removesuffix(".")
        if not name:
            report.required(_SPEC.child("externalName"), "An ExternalName service needs externalName.")
        else:
            check_format(name, _SPEC.child("externalName"), report, formats.dns_subdomain)
    elif spec.type in ("NodePort", "LoadBalancer") and is_headless(spec):
        report.invalid(_cluster_ip(spec, 0), f"A {spec.type} service cannot be headless.", "remove clusterIP: None")


def _cluster_ip(spec: ServiceSpec, index: int) -> Path:
    """``clusterIPs[index]``; the first one is mostly written as ``clusterIP``."""
    printed = _SPEC.child("clusterIPs").index(index)
    return _SPEC.child("clusterIP").printed(str(printed)) if index == 0 and spec.cluster_ip else printed


def _check_ports(spec: ServiceSpec, path: Path, report: Report) -> None:
    names: set[str] = set()
    numbers: set[tuple[int, str | None]] = set()
    node_ports: dict[int, list[ServicePort]] = {}
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
        elif spec.type in ("NodePort", "LoadBalancer") and port.node_port not in NODE_PORTS:
            message = f"Node port {port.node_port} is outside of 30000 to 32767, the range of node ports."
            report.error(OUT_OF_RANGE, place, message, "choose one inside, or leave it out")
        # One node port may serve two protocols of one port: the allocator hands it out once for each port number.
        others = node_ports.setdefault(port.node_port, [])
        if any(other.protocol == port.protocol or other.port != port.port for other in others):
            report.error(DUPLICATE, place, f"Node port {port.node_port} is used twice.", "choose another, or none")
        others.append(port)


def _check_port(port: ServicePort, path: Path, report: Report) -> None:
    report.between(path.child("port"), port.port, 1, 65535)
    report.choice(path.child("protocol"), port.protocol, PROTOCOLS)
    if port.target_port is not None:
        check_port_number_or_name(port.target_port, path.child("targetPort"), report)
    if port.app_protocol is not None:
        check_format(port.app_protocol, path.child("appProtocol"), report, formats.qualified_name)


def _check_affinity(spec: ServiceSpec, report: Report) -> None:
    report.choice(_SPEC.child("sessionAffinity"), spec.session_affinity, ("ClientIP", "None"))
    config = spec.session_affinity_config
    if spec.session_affinity == "ClientIP" and config is not None and config.client_ip is not None:
        seconds = config.client_ip.timeout_seconds
        if seconds is not None and not 0 < seconds <= MAX_AFFINITY_SECONDS:
            here = _SPEC.child("sessionAffinityConfig", "clientIP", "timeoutSeconds")
            report.error(OUT_OF_RANGE, here, f"{seconds} is not between 1 and {MAX_AFFINITY_SECONDS}.")


def _check_stack(spec: ServiceSpec, report: Report) -> None:
    """Addresses, families, and whether the policy allows as many (``initIPFamilyFields``)."""
    before = len(report.problems)
    _check_cluster_ips(spec, report)
    _check_families(spec, report)
    if any(problem.severity is Severity.ERROR for problem in report.problems[before:]):
        return
    given = spec.ip_family_policy
    single = given == "SingleStack" or (given is None and not (is_headless(spec) and not spec.selector))
    if single and 2 in (len(spec.cluster_ips), len(spec.ip_families)):
        message = "Two IP families need a policy that allows them."
        report.invalid(_SPEC.child("ipFamilyPolicy"), message, "set ipFamilyPolicy: PreferDualStack")


def _check_cluster_ips(spec: ServiceSpec, report: Report) -> None:
    """``ValidateServiceClusterIPsRelatedFields``, addresses: ``clusterIPs`` begins with ``clusterIP``."""
    place, given = _SPEC.child("clusterIPs"), spec.cluster_ips
    if spec.cluster_ip and given and given[0] != spec.cluster_ip:
        report.invalid(place, "clusterIPs does not begin with clusterIP.", f"write [{spec.cluster_ip}] first")
    if given and not spec.cluster_ip:
        report.invalid(place, "clusterIPs is given without clusterIP.", f"add clusterIP: {given[0]!r}")
    readable = True
    for index, address in enumerate(given):
        if index == 0 and address == "None":
            if len(given) > 1:
                readable = False
                report.invalid(place, "A headless service has no further cluster IPs.", "keep None alone")
            continue
        readable &= check_address(address, _cluster_ip(spec, index), report)
    if len(given) > 2:
        report.invalid(place, "A service has at most two cluster IPs.", "keep one of each IP family")
    if not readable:
        return
    if len(given) > 1 and len({is_ipv6(address) for address in given}) < 2:
        report.invalid(place, "The cluster IPs are of one IP family.", "keep one of each IP family")
    if is_headless(spec):
        return
    for index, (address, family) in enumerate(zip(given, spec.ip_families, strict=False)):
        if family in FAMILIES and (family == "IPv6") != is_ipv6(address):
            message = f"{address} is no {family} address, as ipFamilies[{index}] says."
            report.invalid(_cluster_ip(spec, index), message)


def _check_families(spec: ServiceSpec, report: Report) -> None:
    families = _SPEC.child("ipFamilies")
    for index, family in enumerate(spec.ip_families):
        if family not in FAMILIES:
            report.unsupported(families.index(index), family, FAMILIES)
        if family in spec.ip_families[:index]:
            report.error(DUPLICATE, families.index(index), f"{family} is listed twice.")
    given = spec.ip_family_policy
    if given is not None and given not in FAMILY_POLICIES:
        report.unsupported(_SPEC.child("ipFamilyPolicy"), given, FAMILY_POLICIES)


def _check_external_ips(spec: ServiceSpec, report: Report) -> None:
    for here, address in _SPEC.child("externalIPs").each(spec.external_ips):
        if check_address(address, here, report):
            check_format(address, here, report, formats.non_special_ip)


def _check_policies(spec: ServiceSpec, report: Report) -> None:
    external = _SPEC.child("externalTrafficPolicy")
    if spec.external_traffic_policy and not is_exposed(spec):
        message = "externalTrafficPolicy is for services reachable from outside."
        report.invalid(external, message, "remove it, or set type: LoadBalancer or NodePort")
    else:
        report.choice(external, spec.external_traffic_policy, TRAFFIC_POLICIES)
    internal = spec.internal_traffic_policy
    if internal is not None and internal not in TRAFFIC_POLICIES:
        report.unsupported(_SPEC.child("internalTrafficPolicy"), internal, TRAFFIC_POLICIES)
    _check_health_port(spec, report)
    choices = TRAFFIC_DISTRIBUTIONS if enabled("PreferSameTrafficDistribution", report.version) else ("PreferClose",)
    here = _SPEC.child("trafficDistribution")
    if spec.traffic_distribution is not None and spec.traffic_distribution not in choices:
        report.unsupported(here, spec.traffic_distribution, choices)
    elif spec.traffic_distribution == "PreferClose" and deprecated("PreferClose", report.version):
        report.warn(SUSPICIOUS, here, "PreferClose is deprecated.", "use PreferSameZone, which means the same")


def _check_health_port(spec: ServiceSpec, report: Report) -> None:
    port, here = spec.health_check_node_port or 0, _SPEC.child("healthCheckNodePort")
    if port and not needs_health_check(spec):
        message = "healthCheckNodePort needs type LoadBalancer and externalTrafficPolicy Local."
        report.invalid(here, message, "remove it")
    elif port and port not in NODE_PORTS:
        message = f"Port {port} is outside of 30000 to 32767, the range of node ports."
        report.error(OUT_OF_RANGE, here, message, "choose one inside, or leave it out")


def _warn_ignored(spec: ServiceSpec, report: Report) -> None:
    """``GetWarningsForService``: fields without effect."""
    headless = spec.type == "ClusterIP" and spec.cluster_ip == "None"
    external = spec.type == "ExternalName"
    if headless and spec.load_balancer_ip:
        _warn(report, "loadBalancerIP", "loadBalancerIP has no effect on a headless service.")
    if headless and spec.session_affinity != "None":
        here = _SPEC.child("sessionAffinity").printed("spec.SessionAffinity")
        report.warn(SUSPICIOUS, here, "sessionAffinity has no effect on a headless service.", "remove it")
    if spec.external_ips:
        if headless or external:
            kind = "a headless" if headless else "an ExternalName"
            _warn(report, "externalIPs", f"externalIPs has no effect on {kind} service.")
        elif deprecated("externalIPs", report.version):
            _warn(report, "externalIPs", "externalIPs is deprecated, and not every cluster honours it.")
    if spec.external_name and not external:
        _warn(report, "externalName", "externalName has an effect on services of type ExternalName only.")


def _warn(report: Report, field: str, message: str) -> None:
    report.warn(SUSPICIOUS, _SPEC.child(field), message, "remove it")
