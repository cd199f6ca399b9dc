"""Nodes, namespaces, budgets, config, secrets and priority classes."""

from __future__ import annotations

import base64
import binascii
import json

from kverify.api.types.config import ConfigMap, Secret
from kverify.api.types.namespace import Namespace
from kverify.api.types.node import Node
from kverify.api.types.policy import PodDisruptionBudget
from kverify.api.types.scheduling import PriorityClass
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format, check_metadata, check_selector, check_standard_finalizer
from kverify.api.validation.placement import EFFECTS
from kverify.api.validation.report import DUPLICATE, INVALID, LABEL, OUT_OF_RANGE, SUSPICIOUS, Path, Report
from kverify.api.validation.resources import check_amount
from kverify.api.validation.workloads import check_at_most_all, check_int_or_percent

MAX_CONFIG_BYTES = 1024 * 1024
MAX_USER_PRIORITY = 1_000_000_000
SYSTEM_PRIORITIES = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}
PSA_LEVELS = ("privileged", "baseline", "restricted")
_METADATA = Path().child("metadata")
_SPEC = Path().child("spec")


def check_node(node: Node, report: Report) -> None:
    check_metadata(node.metadata, _METADATA, report, formats.dns_subdomain, namespaced=False)
    # The API server prints taints under metadata.
    place = _SPEC.child("taints").printed("metadata.taints")
    seen: set[tuple[str, str]] = set()
    for here, taint in place.each(node.spec.taints):
        if not taint.key:
            report.required(here.child("key"))
        else:
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
    for field, resources in (("capacity", node.status.capacity), ("allocatable", node.status.allocatable)):
        for name, quantity in resources.items():
            place = Path().child("status", field)
            check_amount(name, quantity, place.key(name).printed(f"{place}.{name}"), report)


def check_namespace(namespace: Namespace, report: Report) -> None:
    check_metadata(namespace.metadata, _METADATA, report, formats.dns_label, namespaced=False)
    finalizers = _SPEC.child("finalizers")
    for index, finalizer in enumerate(namespace.spec.finalizers):
        here = finalizers.inside(index)
        if check_format(finalizer, here, report, formats.qualified_name):
            check_standard_finalizer(finalizer, here, report)
    labels = _METADATA.child("labels")
    for mode in ("enforce", "audit", "warn"):
        key = f"pod-security.kubernetes.io/{mode}"
        level = namespace.metadata.labels.get(key)
        if level is not None and level not in PSA_LEVELS:
            message = f"{level!r} is not a Pod Security level."
            report.error(INVALID, labels.key(key), message, f"choose one of {', '.join(PSA_LEVELS)}")


def check_budget(budget: PodDisruptionBudget, report: Report) -> None:
    """``ValidatePodDisruptionBudgetSpec``; neither limit given is accepted, and then nothing is protected."""
    check_metadata(budget.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    spec = budget.spec
    if spec.min_available is not None and spec.max_unavailable is not None:
        report.invalid(_SPEC, "minAvailable and maxUnavailable exclude each other.", "keep one of them")
    for name, value in (("minAvailable", spec.min_available), ("maxUnavailable", spec.max_unavailable)):
        check_int_or_percent(value, _SPEC.child(name), report)
        check_at_most_all(value, _SPEC.child(name), report)
    if spec.selector is not None:
        check_selector(spec.selector, _SPEC.child("selector"), report)
    report.choice(
        _SPEC.child("unhealthyPodEvictionPolicy"),
        spec.unhealthy_pod_eviction_policy,
        ("AlwaysAllow", "IfHealthyBudget"),
    )


def check_config_map(config: ConfigMap, report: Report) -> None:
    check_metadata(config.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    data, binary = Path().child("data"), Path().child("binaryData")
    size = 0
    for key, value in config.data.items():
        check_format(key, data.key(key), report, formats.config_key, at_key=True)
        if key in config.binary_data:
            report.invalid(data.key(key), f"{key!r} is in data and in binaryData.", "keep one of them")
        size += len(value.encode())
    for key, value in config.binary_data.items():
        check_format(key, binary.key(key), report, formats.config_key, at_key=True)
        size += len(_decode(value, binary.key(key), report))
    _check_size(size, "ConfigMap", report)


def check_secret(secret: Secret, report: Report) -> None:
    """Runs after defaulting, so ``stringData`` is already part of ``data``."""
    check_metadata(secret.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    place = Path().child("data")
    decoded: dict[str, bytes] = {}
    for key, value in secret.data.items():
        check_format(key, place.key(key), report, formats.config_key, at_key=True)
        decoded[key] = _decode(value, place.key(key), report)
    _check_size(sum(map(len, decoded.values())), "Secret", report)
    match secret.type:
        case "kubernetes.io/service-account-token":
            key = "kubernetes.io/service-account.name"
            if not secret.metadata.annotations.get(key):
                here = _METADATA.child("annotations").key(key)
                report.required(here, f"A service account token names its account in the annotation {key}.")
        case "kubernetes.io/dockerconfigjson":
            _check_json(".dockerconfigjson", decoded, place, report)
        case "kubernetes.io/dockercfg":
            _check_json(".dockercfg", decoded, place, report)
        case "kubernetes.io/basic-auth":
            if "username" not in decoded and "password" not in decoded:
                for key in ("username", "password"):
                    report.required(place.key(key))
        case "kubernetes.io/ssh-auth":
            if not decoded.get("ssh-privatekey"):
                report.required(place.key("ssh-privatekey"))
        case "kubernetes.io/tls":
            for key in ("tls.crt", "tls.key"):
                if key not in decoded:
                    report.required(place.key(key))
            if "tls.crt" in decoded and b"-----BEGIN" not in decoded["tls.crt"]:
                report.warn(SUSPICIOUS, place.key("tls.crt"), "The certificate holds no PEM data.")


def _check_json(key: str, decoded: dict[str, bytes], place: Path, report: Report) -> None:
    if key not in decoded:
        report.required(place.key(key))
        return
    try:
        json.loads(decoded[key])
    except ValueError:
        report.invalid(place.key(key), f"{key} is not JSON.")


def _decode(text: str, path: Path, report: Report) -> bytes:
    """Standard base64 with padding; line breaks are skipped, as in Go."""
    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        mend = "encode it, or move it to stringData" if path.parts[0] == "data" else "encode it"
        report.error(INVALID, path, "The value is not base64.", mend)
        return b""


def _check_size(size: int, kind: str, report: Report) -> None:
    if size > MAX_CONFIG_BYTES:
        message = f"The {kind} holds {size} bytes; the limit is {MAX_CONFIG_BYTES}."
        report.error(OUT_OF_RANGE, Path().child("data").printed(""), message)


def check_priority_class(priority: PriorityClass, report: Report) -> None:
    check_metadata(priority.metadata, _METADATA, report, formats.dns_subdomain, namespaced=False)
    name = priority.metadata.name
    if name.startswith("system-"):
        if SYSTEM_PRIORITIES.get(name) != priority.value:
            message = "Names that begin with 'system-' belong to Kubernetes."
            report.forbidden(_METADATA.child("name"), message, "choose another name")
    elif priority.value > MAX_USER_PRIORITY:
        message = f"The value {priority.value} is above {MAX_USER_PRIORITY}, the largest a user may define."
        report.forbidden(Path().child("value"), message, "lower it")
    report.choice(Path().child("preemptionPolicy"), priority.preemption_policy, ("PreemptLowerPriority", "Never"))
