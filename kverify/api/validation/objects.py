"""Namespaces, budgets and priority classes."""

from __future__ import annotations

from kverify.api.types.namespace import Namespace
from kverify.api.types.policy import PodDisruptionBudget
from kverify.api.types.scheduling import PriorityClass
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format, check_metadata, check_selector, check_standard_finalizer
from kverify.api.validation.report import INVALID, Path, Report
from kverify.api.validation.workloads import check_at_most_all, check_int_or_percent

MAX_USER_PRIORITY = 1_000_000_000
SYSTEM_PRIORITIES = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}
PSA_LEVELS = ("privileged", "baseline", "restricted")
_METADATA = Path().child("metadata")
_SPEC = Path().child("spec")


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
