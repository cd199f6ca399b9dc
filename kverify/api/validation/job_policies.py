"""The policies of a job: which failures count, when it has succeeded, when a pod is replaced.

Source: ``pkg/apis/batch/validation``.
"""

from __future__ import annotations

from kverify.api.base import atoi
from kverify.api.types.batch import (
    JobSpec,
    PodFailurePolicyOnExitCodesRequirement,
    PodFailurePolicyOnPodConditionsPattern,
    PodFailurePolicyRule,
    SuccessPolicyRule,
)
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format
from kverify.api.validation.report import DUPLICATE, OUT_OF_RANGE, Path, Report

ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
STATUSES = ("False", "True", "Unknown")
MAX_RULES = 20
MAX_PATTERNS = 20
MAX_EXIT_CODES = 255
MAX_INDEXES_BYTES = 64 * 1024


def check_failure_policy(spec: JobSpec, path: Path, report: Report) -> None:
    """``validatePodFailurePolicy``."""
    if spec.pod_failure_policy is None:
        return
    rules, pod = spec.pod_failure_policy.rules, spec.template.spec
    _at_most(len(rules), MAX_RULES, path.child("rules"), report)
    containers = {container.name for container in (*pod.containers, *pod.init_containers)}
    for here, rule in path.child("rules").each(rules):
        _check_rule(spec, rule, containers, here, report)


def _check_rule(spec: JobSpec, rule: PodFailurePolicyRule, containers: set[str], path: Path, report: Report) -> None:
    action = path.child("action")
    if not rule.action:
        report.required(action, "The rule says nothing to do.", f"choose one of {', '.join(ACTIONS)}")
    elif rule.action == "FailIndex" and spec.backoff_limit_per_index is None:
        message = "FailIndex is for jobs that count failures per index."
        report.invalid(action, message, "add backoffLimitPerIndex, or choose FailJob")
    report.choice(action, rule.action, ACTIONS)
    if rule.on_exit_codes is not None:
        _check_exit_codes(rule.on_exit_codes, containers, path.child("onExitCodes"), report)
    if rule.on_pod_conditions:
        _check_conditions(rule.on_pod_conditions, path.child("onPodConditions"), report)
    if rule.on_exit_codes is not None and rule.on_pod_conditions:
        report.invalid(path, "A rule looks at exit codes or at conditions.", "split it into two rules")
    elif rule.on_exit_codes is None and not rule.on_pod_conditions:
        report.invalid(path, "The rule looks at nothing.", "add onExitCodes or onPodConditions")


def _check_conditions(patterns: tuple[PodFailurePolicyOnPodConditionsPattern, ...], path: Path, report: Report) -> None:
    _at_most(len(patterns), MAX_PATTERNS, path, report)
    for here, pattern in path.each(patterns):
        check_format(pattern.type, here.child("type"), report, formats.qualified_name)
        report.choice(here.child("status"), pattern.status, STATUSES)


def _check_exit_codes(
    requirement: PodFailurePolicyOnExitCodesRequirement, containers: set[str], path: Path, report: Report
) -> None:
    operator = path.child("operator")
    if not requirement.operator:
        report.required(operator, "The operator is missing.", "add operator: In, or NotIn")
    report.choice(operator, requirement.operator, ("In", "NotIn"))
    name = requirement.container_name
    if name is not None and name not in containers:
        message = f"The pod has no container {name!r}."
        report.invalid(path.child("containerName"), message, f"choose one of {', '.join(sorted(containers))}")
    codes, place = requirement.values, path.child("values")
    if not codes:
        report.invalid(place, "There is no exit code.", "list at least one")
    _at_most(len(codes), MAX_EXIT_CODES, place, report)
    seen: set[int] = set()
    for here, code in place.each(codes):
        if code == 0 and requirement.operator == "In":
            report.invalid(here, "Exit code 0 is success, so it is no failure.", "remove it")
        if code in seen:
            report.error(DUPLICATE, here, f"The exit code {code} is listed twice.", "remove one of them")
        seen.add(code)
    if list(codes) != sorted(codes):
        report.invalid(place, "Exit codes are listed in ascending order.", f"write {sorted(seen)}")


def check_replacement_policy(spec: JobSpec, path: Path, report: Report) -> None:
    """``validatePodReplacementPolicy``: a failure policy can only look at pods that have ended."""
    policy = spec.pod_replacement_policy
    if policy is None:
        return
    choices = ("Failed",) if spec.pod_failure_policy is not None else ("Failed", "TerminatingOrFailed")
    if policy not in choices:
        report.unsupported(path, policy, choices)


def check_success_policy(spec: JobSpec, path: Path, report: Report) -> None:
    """``validateSuccessPolicy``."""
    if spec.success_policy is None:
        return
    if spec.completion_mode != "Indexed":
        report.invalid(path, "A successPolicy is for indexed jobs.", "set completionMode: Indexed")
        return
    rules = spec.success_policy.rules
    if not rules:
        report.required(path.child("rules"), "The policy has no rule.", "add one, or remove successPolicy")
    _at_most(len(rules), MAX_RULES, path.child("rules"), report)
    for here, rule in path.child("rules").each(rules):
        _check_success_rule(rule, spec.completions or 0, here, report)


def _check_success_rule(rule: SuccessPolicyRule, completions: int, path: Path, report: Report) -> None:
    count, indexes = rule.succeeded_count, rule.succeeded_indexes
    place = path.child("succeededIndexes")
    if count is None and indexes is None:
        report.required(path, "The rule asks for nothing.", "add succeededIndexes or succeededCount")
    total = 0
    if indexes is not None:
        if len(indexes.encode()) > MAX_INDEXES_BYTES:
            report.invalid(place, f"The list is longer than {MAX_INDEXES_BYTES} bytes.", "use ranges")
        total, why = read_indexes(indexes, completions)
        if why:
            report.invalid(place, f"{indexes[:40]!r} is no list of indexes: {why}.", "write it as in 0,2-4")
    if count is None:
        return
    here = path.child("succeededCount")
    report.at_least(here, count, 0)
    if count > completions:
        report.error(OUT_OF_RANGE, here, f"The job has {completions} completions, so {count} cannot succeed.")
    if indexes is not None and count > total:
        report.error(OUT_OF_RANGE, here, f"The rule names {total} indexes, so {count} of them cannot succeed.")


def read_indexes(text: str, completions: int) -> tuple[int, str]:
    """``validateIndexesFormat``: how many indexes a list like ``0,2-4`` names, and what is wrong with it.

    Numbers ascend and are below ``completions``. A list that is wrong names none.
    """
    total, last = 0, None
    for interval in text.split(",") if text else ():
        parts = interval.split("-")
        if len(parts) > 2:
            return 0, f"{interval!r} has more than two ends"
        numbers = [atoi(part) for part in parts]
        ends: list[int] = []
        for part, number in zip(parts, numbers, strict=True):
            if number is None:
                return 0, f"{part!r} is not a number"
            if number >= completions:
                return 0, f"{number} is not below {completions}, the number of completions"
            if ends and ends[0] >= number:
                return 0, f"{ends[0]} is not below {number}"
            ends.append(number)
        if last is not None and last >= ends[0]:
            return 0, f"{last} is not below {ends[0]}"
        total += ends[-1] - ends[0] + 1
        last = ends[-1]
    return total, ""


def _at_most(count: int, limit: int, path: Path, report: Report) -> None:
    if count > limit:
        report.error(OUT_OF_RANGE, path, f"{path} has {count} items, and may have {limit}.")
