"""Disruption budgets, evictions and priority classes.

Source: ``validation`` in ``pkg/apis/policy``, ``pkg/apis/scheduling`` and ``apimachinery/pkg/apis/meta/v1``.
"""

from __future__ import annotations

from kverify.api.types.policy import DeleteOptions, Eviction, PodDisruptionBudget
from kverify.api.types.scheduling import PriorityClass
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_metadata, check_selector
from kverify.api.validation.report import Path, Report
from kverify.api.validation.templates import check_at_most_all, check_int_or_percent

MAX_USER_PRIORITY = 1_000_000_000
SYSTEM_PRIORITIES = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}
EVICTION_POLICIES = ("AlwaysAllow", "IfHealthyBudget")
PREEMPTION_POLICIES = ("PreemptLowerPriority", "Never")
PROPAGATION_POLICIES = ("Foreground", "Background", "Orphan")

_METADATA = Path().child("metadata")
_SPEC = Path().child("spec")


def check_budget(budget: PodDisruptionBudget, report: Report) -> None:
    """``ValidatePodDisruptionBudgetSpec``; neither limit given is accepted, and then nothing is protected.

    The strategy of budgets does not look at the metadata, so ``BeforeCreate`` does, when nothing else is wrong, and it
    asks of a name only that it can be part of a URL's path.
    """
    spec, before = budget.spec, len(report.problems)
    if spec.min_available is not None and spec.max_unavailable is not None:
        report.invalid(_SPEC, "minAvailable and maxUnavailable exclude each other.", "keep one of them")
    for name, value in (("minAvailable", spec.min_available), ("maxUnavailable", spec.max_unavailable)):
        check_int_or_percent(value, _SPEC.child(name), report)
        check_at_most_all(value, _SPEC.child(name), report)
    if spec.selector is not None:
        check_selector(spec.selector, _SPEC.child("selector"), report)
    policy = spec.unhealthy_pod_eviction_policy
    if policy is not None and policy not in EVICTION_POLICIES:
        report.unsupported(_SPEC.child("unhealthyPodEvictionPolicy"), policy, EVICTION_POLICIES)
    if len(report.problems) == before:
        check_metadata(budget.metadata, _METADATA, report, formats.path_segment, namespaced=True)


def check_eviction(eviction: Eviction, report: Report) -> None:
    """The metadata names the pod; ``ValidateDeleteOptions`` looks at the rest, and prints it as if it were alone."""
    check_metadata(eviction.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    if eviction.delete_options is not None:
        _check_delete_options(eviction.delete_options, report)


def _check_delete_options(options: DeleteOptions, report: Report) -> None:
    place = Path().child("deleteOptions")
    propagation = place.child("propagationPolicy").printed("propagationPolicy")
    if options.propagation_policy is not None:
        if options.orphan_dependents is not None:
            message = "orphanDependents and propagationPolicy exclude each other."
            report.invalid(propagation, message, "remove orphanDependents")
        if options.propagation_policy not in PROPAGATION_POLICIES:
            report.unsupported(propagation, options.propagation_policy, PROPAGATION_POLICIES)
    dry_run = place.child("dryRun").printed("dryRun")
    if any(stage != "All" for stage in options.dry_run):
        report.unsupported(dry_run, ", ".join(options.dry_run), ("All",))
    if not options.ignore_store_read_error_with_cluster_breaking_potential:
        return
    name = "ignoreStoreReadErrorWithClusterBreakingPotential"
    for other, given in (
        ("dryRun", bool(options.dry_run)),
        ("propagationPolicy", options.propagation_policy is not None),
        ("orphanDependents", options.orphan_dependents is not None),
        ("gracePeriodSeconds", options.grace_period_seconds is not None),
        ("preconditions", options.preconditions is not None),
    ):
        if given:
            report.invalid(place.child(name).printed(name), f"{name} excludes {other}.", f"remove {other}")


def check_priority_class(priority: PriorityClass, report: Report) -> None:
    """``ValidatePriorityClass``: the names with the prefix ``system-`` are those of the two classes of Kubernetes."""
    check_metadata(priority.metadata, _METADATA, report, formats.dns_subdomain, namespaced=False)
    name = priority.metadata.name
    if name.startswith("system-"):
        if SYSTEM_PRIORITIES.get(name) != priority.value or priority.global_default:
            message = "Names that begin with 'system-' belong to Kubernetes."
            report.forbidden(_METADATA.child("name"), message, "choose another name")
    elif priority.value > MAX_USER_PRIORITY:
        message = f"The value {priority.value} is above {MAX_USER_PRIORITY}, the largest a user may define."
        report.forbidden(Path().child("value"), message, "lower it")
    here = Path().child("preemptionPolicy")
    if priority.preemption_policy == "":
        report.required(here, "preemptionPolicy is given and empty.", "remove it")
    report.choice(here, priority.preemption_policy, PREEMPTION_POLICIES)
