"""What services of type LoadBalancer say about their balancer."""

from __future__ import annotations

from kverify.api.types.service import Service
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format
from kverify.api.validation.report import Path, Report
from kverify.api.validation.texts import check_address_range, warn_about_address

SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_SPEC = Path().child("spec")


def check_load_balancer(service: Service, report: Report) -> None:
    """Class, node ports and source ranges (``ValidateService``)."""
    spec = service.spec
    balanced = spec.type == "LoadBalancer"
    for name, value in (
        ("loadBalancerClass", spec.load_balancer_class),
        ("allocateLoadBalancerNodePorts", spec.allocate_load_balancer_node_ports),
    ):
        if value is not None and not balanced:
            message = f"{name} is for type LoadBalancer only."
            report.forbidden(_SPEC.child(name), message, "remove it, or set type: LoadBalancer")
    if spec.load_balancer_class is not None and balanced:
        check_format(spec.load_balancer_class, _SPEC.child("loadBalancerClass"), report, formats.qualified_name)
    if spec.load_balancer_ip:
        warn_about_address(spec.load_balancer_ip, _SPEC.child("loadBalancerIP"), report)
    _check_source_ranges(service, report)


def _check_source_ranges(service: Service, report: Report) -> None:
    """The field, or the annotation that it replaced. Both may pad their values with spaces."""
    balanced = service.spec.type == "LoadBalancer"
    ranges = service.spec.load_balancer_source_ranges
    annotation = service.metadata.annotations.get(SOURCE_RANGES)
    # The API server prints the Go name of this field.
    place = _SPEC.child("loadBalancerSourceRanges").printed("spec.LoadBalancerSourceRanges")
    message = "Source ranges are for services of type LoadBalancer only."
    if ranges:
        if not balanced:
            report.forbidden(place, message, "remove it, or set type: LoadBalancer")
        for here, value in place.each(ranges):
            check_address_range(value, here, report, trim=True)
    elif annotation is not None:
        here = Path().child("metadata", "annotations").key(SOURCE_RANGES)
        if not balanced:
            report.forbidden(here, message, "remove it, or set type: LoadBalancer")
        for value in annotation.split(",") if annotation.strip() else ():
            check_address_range(value, here, report, trim=True)
