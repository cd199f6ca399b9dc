"""Nodes, the runtimes they have, and the leases they renew.

Sources: ``ValidateNode`` and ``ValidateNodeUpdate`` in ``pkg/apis/core/validation/validation.go``,
``pkg/apis/node/validation``, ``pkg/apis/coordination/validation``, ``pkg/registry/core/node/strategy.go``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from kverify.api.types.container import ResourceRequirements
from kverify.api.types.coordination import Lease
from kverify.api.types.node import Node, Taint
from kverify.api.types.runtime import RuntimeClass
from kverify.api.validation import formats
from kverify.api.validation.deprecations import warn_node_label
from kverify.api.validation.metadata import check_format, check_labels, check_metadata
from kverify.api.validation.placement import EFFECTS, check_toleration
from kverify.api.validation.report import (
    DUPLICATE,
    IMMUTABLE,
    LABEL,
    OUT_OF_RANGE,
    SUSPICIOUS,
    Path,
    Report,
)
from kverify.api.validation.resources import check_amount, check_container_resources
from kverify.api.validation.texts import check_address_range, range_of

AVOID_PODS_ANNOTATION = "scheduler.alpha.kubernetes.io/preferAvoidPods"

_METADATA = Path().child("metadata")
_SPEC = Path().child("spec")


def check_node(node: Node, report: Report) -> None:
    check_metadata(node.metadata, _METADATA, report, formats.dns_subdomain, namespaced=False)
    _check_avoided_pods(node, report)
    # The API server prints taints under metadata.
    _check_taints(node.spec.taints, _SPEC.child("taints").printed("metadata.taints"), report)
    for field, resources in (("capacity", node.status.capacity), ("allocatable", node.status.allocatable)):
        for name, quantity in resources.items():
            place = Path().child("status", field)
            check_amount(name, quantity, place.key(name).printed(f"{place}.{name}"), report)
    _check_pod_ranges(node.spec.pod_cidrs, report)
    if node.spec.external_id:
        report.warn(SUSPICIOUS, _SPEC.child("externalID"), "externalID is deprecated, and nothing reads it.")
    if node.spec.config_source is not None:
        report.warn(SUSPICIOUS, _SPEC.child("configSource"), "configSource is dropped: the feature is gone.")


def _check_taints(taints: Iterable[Taint], path: Path, report: Report) -> None:
    seen: set[tuple[str, str]] = set()
    for here, taint in path.each(taints):
        check_format(taint.key, here.child("key"), report, formats.qualified_name, LABEL)
        check_format(taint.value or "", here.child("value"), report, formats.label_value, LABEL)
        if not taint.effect:
            report.required(here.child("effect"))
        else:
            report.choice(here.child("effect"), taint.effect, EFFECTS)
        if (taint.key, taint.effect) in seen:
            message = f"Two taints have the key {taint.key} and the effect {taint.effect}."
            report.error(DUPLICATE, here, message, "keep one of them")
        seen.add((taint.key, taint.effect))


def _check_avoided_pods(node: Node, report: Report) -> None:
    """``ValidateAvoidPodsInNodeAnnotations``: the annotation is JSON."""
    text = node.metadata.annotations.get(AVOID_PODS_ANNOTATION)
    if not text:
        return
    here = _METADATA.child("annotations")
    try:
        read = json.loads(text)
    except ValueError:
        place = here.inside(AVOID_PODS_ANNOTATION).printed(f"{here}.AvoidPods")
        report.invalid(place, f"{AVOID_PODS_ANNOTATION} is not JSON.", "use taints")
        return
    entries = read.get("preferAvoidPods") if isinstance(read, dict) else None
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        signature = entry.get("podSignature") if isinstance(entry, dict) else None
        if not (isinstance(signature, dict) and signature.get("podController")):
            place = here.inside(AVOID_PODS_ANNOTATION)
            printed = f"{here}.{AVOID_PODS_ANNOTATION}[{number}].PodSignature"
            report.required(place.printed(printed), "The entry does not say which pods.", "use taints")


def _check_pod_ranges(ranges: tuple[str, ...], report: Report) -> None:
    path = _SPEC.child("podCIDRs")
    for index, text in enumerate(ranges):
        check_address_range(text, path.index(index), report)
        if text in ranges[:index]:
            report.error(DUPLICATE, path.index(index), f"{text} is listed twice.", "remove one of them")
    read = [found for text in ranges if (found := range_of(text)) is not None]
    if len(read) == len(ranges) and len(ranges) > len({found.first.value.version for found in read}):
        report.invalid(path, "A node has one range of each IP family at most.")


def update_node(new: Node, old: Node, report: Report) -> None:
    """Ranges and the provider's id stay once they are set."""
    before, after = old.spec, new.spec
    for name, was, now in (
        ("podCIDRs", before.pod_cidrs, after.pod_cidrs),
        ("providerID", before.provider_id, after.provider_id),
        ("externalID", before.external_id or "", after.external_id or ""),
    ):
        if was != now and (was or name == "externalID"):
            report.error(IMMUTABLE, _SPEC.child(name), f"{name} cannot be changed once it is set.")


def check_runtime_class(runtime: RuntimeClass, report: Report) -> None:
    check_metadata(runtime.metadata, _METADATA, report, formats.dns_subdomain, namespaced=False)
    handler = Path().child("handler")
    if not runtime.handler:
        report.required(handler, "A runtime class names its handler.")
    else:
        check_format(runtime.handler, handler, report, formats.dns_label)
    if runtime.overhead is not None:
        # Held to the rules of limits, and printed as such (``validateOverhead``).
        limits = ResourceRequirements(limits=runtime.overhead.pod_fixed)
        check_container_resources(limits, Path().child("overhead", "podFixed").printed("overhead"), (), report)
    if runtime.scheduling is None:
        return
    selector = Path().child("scheduling", "nodeSelector")
    check_labels(runtime.scheduling.node_selector, selector, report)
    for key in runtime.scheduling.node_selector:
        warn_node_label(key, selector.inside(key), report)
    for here, toleration in Path().child("scheduling", "tolerations").each(runtime.scheduling.tolerations):
        check_toleration(toleration, here, report)


def update_runtime_class(new: RuntimeClass, old: RuntimeClass, report: Report) -> None:
    if new.handler != old.handler:
        message = "The handler of a runtime class cannot be changed."
        report.error(IMMUTABLE, Path().child("handler"), message, "make another class")


def check_lease(lease: Lease, report: Report) -> None:
    """``strategy`` and ``preferredHolder`` never get here: no version has turned their gate on."""
    check_metadata(lease.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    spec = lease.spec
    seconds = _SPEC.child("leaseDurationSeconds")
    if spec.lease_duration_seconds is not None and spec.lease_duration_seconds <= 0:
        report.error(OUT_OF_RANGE, seconds, f"A lease lasts for a second at least, not {spec.lease_duration_seconds}.")
    report.at_least(_SPEC.child("leaseTransitions"), spec.lease_transitions, 0)
