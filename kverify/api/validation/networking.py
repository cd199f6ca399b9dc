"""Ingresses, ingress classes and network policies (``pkg/apis/networking/validation/validation.go``)."""

from __future__ import annotations

from kverify.api.languages.ports import check_port_name
from kverify.api.types.networking import (
    HTTPIngressPath,
    Ingress,
    IngressBackend,
    IngressClass,
    IngressClassParametersReference,
    IngressRule,
    IngressServiceBackend,
    IngressTLS,
    IPBlock,
    NetworkPolicy,
    NetworkPolicyPeer,
    NetworkPolicyPort,
)
from kverify.api.types.references import TypedLocalObjectReference
from kverify.api.validation import formats
from kverify.api.validation.containers import PROTOCOLS
from kverify.api.validation.metadata import check_format, check_metadata, check_selector
from kverify.api.validation.probes import check_port_number_or_name
from kverify.api.validation.report import IMMUTABLE, OUT_OF_RANGE, SUSPICIOUS, Path, Report
from kverify.api.validation.texts import check_address_range, check_text, is_address, range_of
from kverify.api.versions import enabled

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
BAD_SEQUENCES = ("//", "/./", "/../", "%2f", "%2F")
BAD_ENDINGS = ("/..", "/.")
MAX_CONTROLLER_LENGTH = 250
POLICY_TYPES = ("Ingress", "Egress")

_METADATA = Path().child("metadata")
_SPEC = Path().child("spec")


def check_ingress(ingress: Ingress, report: Report) -> None:
    check_metadata(ingress.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    spec = ingress.spec
    if not spec.rules and spec.default_backend is None:
        report.invalid(_SPEC, "The ingress has neither rules nor a default backend.", "add rules or defaultBackend")
    if spec.default_backend is not None:
        _check_backend(spec.default_backend, _SPEC.child("defaultBackend"), report)
    for here, rule in _SPEC.child("rules").each(spec.rules):
        _check_rule(rule, here, report)
    for here, tls in _SPEC.child("tls").each(spec.tls):
        _check_tls(tls, here, report)
    if spec.ingress_class_name is not None:
        check_format(spec.ingress_class_name, _SPEC.child("ingressClassName"), report, formats.dns_subdomain)
    _check_class_annotation(ingress, report)


def _check_class_annotation(ingress: Ingress, report: Report) -> None:
    """Only on creation. The API server prints the path without ``metadata``."""
    written = ingress.metadata.annotations.get(CLASS_ANNOTATION)
    if written is None:
        return
    here = _METADATA.child("annotations").key(CLASS_ANNOTATION)
    if ingress.spec.ingress_class_name is None:
        message = f"The annotation {CLASS_ANNOTATION} is deprecated."
        report.warn(SUSPICIOUS, here, message, f"set spec.ingressClassName: {written}")
    elif written != ingress.spec.ingress_class_name:
        message = f"The annotation says {written!r} and ingressClassName {ingress.spec.ingress_class_name!r}."
        report.invalid(here.printed(f"annotations.{CLASS_ANNOTATION}"), message, "remove the annotation")


def _check_rule(rule: IngressRule, path: Path, report: Report) -> None:
    host = path.child("host")
    if rule.host:
        if is_address(rule.host):
            report.invalid(host, f"{rule.host} is an address, and the host of a rule is a DNS name.")
        check_format(rule.host, host, report, _host)
    if rule.http is None:
        return
    paths = path.child("http", "paths")
    if not rule.http.paths:
        report.required(paths, "The rule has no paths.", "add a path, or remove http")
    for here, item in paths.each(rule.http.paths):
        _check_path(item, here, report)


def _host(text: str) -> str:
    return formats.wildcard_subdomain(text) if "*" in text else formats.dns_subdomain(text)


def _check_path(item: HTTPIngressPath, path: Path, report: Report) -> None:
    kind, here = path.child("pathType"), path.child("path")
    text = item.path or ""
    if not item.path_type:
        report.required(kind, "The path has no pathType.", "set pathType: Prefix")
        return
    if item.path_type not in PATH_TYPES:
        report.unsupported(kind, item.path_type, PATH_TYPES)
    elif item.path_type == "ImplementationSpecific":
        if text and not text.startswith("/"):
            report.invalid(here, f"{text!r} does not begin with '/'.", f"write /{text}")
    else:
        if not text.startswith("/"):
            none = f"A path of type {item.path_type} begins with '/', and there is none."
            report.invalid(here, f"{text!r} does not begin with '/'." if text else none, f"write /{text}")
        for sequence in BAD_SEQUENCES:
            if sequence in text:
                report.invalid(here, f"The path contains {sequence!r}, which a proxy would resolve.")
        for ending in BAD_ENDINGS:
            if text.endswith(ending):
                report.invalid(here, f"The path ends with {ending!r}, which a proxy would resolve.")
    _check_backend(item.backend, path.child("backend"), report)


def _check_backend(backend: IngressBackend, path: Path, report: Report) -> None:
    if backend.resource is not None and backend.service is not None:
        report.invalid(path, "The backend is a service or a resource, not both.", "remove one of them")
    elif backend.resource is not None:
        _check_resource(backend.resource, path.child("resource"), report)
    elif backend.service is not None:
        _check_service(backend.service, path, report)
    else:
        report.invalid(path, "The backend names neither a service nor a resource.", "add service")


def _check_service(service: IngressServiceBackend, path: Path, report: Report) -> None:
    name, port = path.child("service", "name"), path.child("service", "port")
    if not service.name:
        report.required(name, "The backend names no service.")
    else:
        relaxed = enabled("RelaxedServiceNameValidation", report.version)
        rule = formats.dns_label if relaxed else formats.dns_label_1035
        check_format(service.name, name, report, rule)
    if service.port.name and service.port.number:
        report.invalid(path, "The port is given by name and by number.", "keep one of them")
    elif service.port.name:
        check_text(service.port.name, port.child("name"), report, check_port_name)
    elif service.port.number:
        report.between(port.child("number"), service.port.number, 1, 65535)
    else:
        report.required(path, "The backend names no port.", "add service.port.number or service.port.name")


def _check_resource(
    resource: TypedLocalObjectReference | IngressClassParametersReference, path: Path, report: Report
) -> None:
    if resource.api_group is not None:
        check_format(resource.api_group, path.child("apiGroup"), report, formats.dns_subdomain)
    for field, value in (("kind", resource.kind), ("name", resource.name)):
        if not value:
            report.required(path.child(field))
        else:
            check_format(value, path.child(field), report, formats.path_segment)


def _check_tls(tls: IngressTLS, path: Path, report: Report) -> None:
    for here, host in path.child("hosts").each(tls.hosts):
        check_format(host, here, report, _host)
    if tls.secret_name:
        check_format(tls.secret_name, path.child("secretName"), report, formats.dns_subdomain)


def check_ingress_class(ingress_class: IngressClass, report: Report) -> None:
    check_metadata(ingress_class.metadata, _METADATA, report, formats.dns_subdomain, namespaced=False)
    controller, here = ingress_class.spec.controller or "", _SPEC.child("controller")
    if not controller:
        report.required(here, "An ingress class names its controller.")
    else:
        if len(controller.encode()) > MAX_CONTROLLER_LENGTH:
            report.error(OUT_OF_RANGE, here, f"The name is longer than {MAX_CONTROLLER_LENGTH} bytes.")
        check_format(controller, here, report, formats.domain_prefixed_path)
    parameters = ingress_class.spec.parameters
    if parameters is not None:
        _check_resource(parameters, _SPEC.child("parameters"), report)
        _check_scope(parameters, _SPEC.child("parameters"), report)


def _check_scope(parameters: IngressClassParametersReference, path: Path, report: Report) -> None:
    namespace = path.child("namespace")
    if parameters.scope == "Namespace":
        if parameters.namespace is None:
            report.required(namespace, "Parameters of scope Namespace name their namespace.")
        else:
            check_format(parameters.namespace, namespace, report, formats.dns_label)
    elif parameters.scope == "Cluster":
        if parameters.namespace is not None:
            message = "Parameters of scope Cluster are in no namespace."
            report.forbidden(namespace, message, "remove it, or set scope: Namespace")
    else:
        report.unsupported(path.child("scope"), parameters.scope, ("Cluster", "Namespace"))


def update_ingress_class(new: IngressClass, old: IngressClass, report: Report) -> None:
    if new.spec.controller != old.spec.controller:
        message = "The controller of an ingress class cannot be changed."
        report.error(IMMUTABLE, _SPEC.child("controller"), message, "make another class")


def check_network_policy(policy: NetworkPolicy, report: Report) -> None:
    check_metadata(policy.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    spec = policy.spec
    check_selector(spec.pod_selector, _SPEC.child("podSelector"), report)
    for here, ingress in _SPEC.child("ingress").each(spec.ingress):
        _check_traffic(ingress.ports, ingress.from_, here, here.child("from"), report)
    for here, egress in _SPEC.child("egress").each(spec.egress):
        _check_traffic(egress.ports, egress.to, here, here.child("to"), report)
    types = _SPEC.child("policyTypes")
    if len(spec.policy_types) > len(POLICY_TYPES):
        report.invalid(types, "A policy has at most two types.", "write [Ingress, Egress]")
        return
    for here, name in types.each(spec.policy_types):
        if name not in POLICY_TYPES:
            report.unsupported(here, name, POLICY_TYPES)


def _check_traffic(
    ports: tuple[NetworkPolicyPort, ...],
    peers: tuple[NetworkPolicyPeer, ...],
    path: Path,
    peer_path: Path,
    report: Report,
) -> None:
    for here, port in path.child("ports").each(ports):
        _check_policy_port(port, here, report)
    for here, peer in peer_path.each(peers):
        _check_peer(peer, here, report)


def _check_policy_port(port: NetworkPolicyPort, path: Path, report: Report) -> None:
    if port.protocol is not None and port.protocol not in PROTOCOLS:
        report.unsupported(path.child("protocol"), port.protocol, PROTOCOLS)
    end = path.child("endPort")
    if port.port is not None:
        check_port_number_or_name(port.port, path.child("port"), report)
    if port.end_port is None:
        return
    if port.port is None:
        report.invalid(end, "A range of ports begins with port, which is missing.", "add port")
    elif isinstance(port.port, str):
        report.invalid(end, "A range of ports begins with a number, and port is a name.", "write the port's number")
    else:
        if port.end_port < port.port:
            report.invalid(end, f"The range ends at {port.end_port}, before it begins at {port.port}.")
        report.between(end, port.end_port, 1, 65535)


def _check_peer(peer: NetworkPolicyPeer, path: Path, report: Report) -> None:
    selected = peer.pod_selector is not None or peer.namespace_selector is not None
    if peer.pod_selector is not None:
        check_selector(peer.pod_selector, path.child("podSelector"), report)
    if peer.namespace_selector is not None:
        check_selector(peer.namespace_selector, path.child("namespaceSelector"), report)
    if peer.ip_block is not None:
        _check_block(peer.ip_block, path.child("ipBlock"), report)
        if selected:
            message = "A peer is an address range or selected pods, not both."
            report.forbidden(path, message, "make ipBlock an item of its own")
    elif not selected:
        report.required(path, "The peer is empty.", "add podSelector, namespaceSelector or ipBlock")


def _check_block(block: IPBlock, path: Path, report: Report) -> None:
    """``ValidateIPBlock``: every exception is a part of the range, and not all of it."""
    if not block.cidr:
        report.required(path.child("cidr"))
        return
    check_address_range(block.cidr, path.child("cidr"), report)
    whole = range_of(block.cidr)
    if whole is None:
        return
    for here, text in path.child("except").each(block.except_):
        check_address_range(text, here, report)
        part = range_of(text)
        if part is not None and not whole.has_inside(part):
            report.invalid(here, f"{text} is not a smaller part of {block.cidr}.")
