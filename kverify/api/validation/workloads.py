"""Deployments and ReplicaSets (``ValidateDeploymentSpec``, ``ValidateReplicaSetSpec``)."""

from __future__ import annotations

from kverify.api.languages.percentages import is_percent, parse_percent
from kverify.api.types.apps import Deployment, DeploymentSpec, ReplicaSet
from kverify.api.types.meta import LabelSelector
from kverify.api.types.pod import PodTemplateSpec
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_metadata, check_selector
from kverify.api.validation.pods import check_template
from kverify.api.validation.report import INVALID, OUT_OF_RANGE, SELECTOR, STRATEGY, SUSPICIOUS, Path, Report
from kverify.api.validation.texts import check_text


def check_deployment(deployment: Deployment, report: Report) -> None:
    check_metadata(deployment.metadata, Path().child("metadata"), report, formats.dns_subdomain, namespaced=True)
    _warn_long_name(deployment.metadata.name, report)
    spec, path = deployment.spec, Path().child("spec")
    report.at_least(path.child("replicas"), spec.replicas, 0)
    check_workload_selector(spec.selector, spec.template, path, "deployment", report)
    check_workload_template(spec.template, path.child("template"), report)
    _check_strategy(spec, path.child("strategy"), report)
    report.at_least(path.child("minReadySeconds"), spec.min_ready_seconds, 0)
    report.at_least(path.child("revisionHistoryLimit"), spec.revision_history_limit, 0)
    deadline = path.child("progressDeadlineSeconds")
    report.at_least(deadline, spec.progress_deadline_seconds, 0)
    if spec.progress_deadline_seconds is not None and spec.progress_deadline_seconds <= (spec.min_ready_seconds or 0):
        message = f"progressDeadlineSeconds ({spec.progress_deadline_seconds}) must be greater than minReadySeconds"
        report.invalid(deadline, f"{message} ({spec.min_ready_seconds or 0}).", "raise it, or lower minReadySeconds")


def check_replica_set(replica_set: ReplicaSet, report: Report) -> None:
    check_metadata(replica_set.metadata, Path().child("metadata"), report, formats.dns_subdomain, namespaced=True)
    _warn_long_name(replica_set.metadata.name, report)
    spec, path = replica_set.spec, Path().child("spec")
    report.at_least(path.child("replicas"), spec.replicas, 0)
    report.at_least(path.child("minReadySeconds"), spec.min_ready_seconds, 0)
    check_workload_selector(spec.selector, spec.template, path, "replicaset", report)
    check_workload_template(spec.template, path.child("template"), report)


def check_workload_selector(
    selector: LabelSelector | None, template: PodTemplateSpec, path: Path, kind: str, report: Report
) -> None:
    """Given, not empty, and matching the pods the workload makes."""
    here = path.child("selector")
    labels = path.child("template", "metadata", "labels")
    mend = "give the template the labels that the selector asks for"
    if selector is None:
        report.required(here, f"A {kind} needs a selector.", "add spec.selector.matchLabels")
        report.error(SELECTOR, labels, "No selector matches the labels of the template.", mend)
        return
    before = len(report.problems)
    usable = check_selector(selector, here, report)
    if selector.is_empty:
        report.error(SELECTOR, here, f"An empty selector is not allowed in a {kind}.", "add matchLabels")
    if not usable:
        if any(problem.id != "KV1211" for problem in report.problems[before:]):
            report.error(SELECTOR, here, "The selector cannot be used.")
        return
    if not selector.matches(template.metadata.labels):
        report.error(SELECTOR, labels, "The selector does not match the labels of the pod template.", mend)


def check_workload_template(template: PodTemplateSpec, path: Path, report: Report) -> None:
    """A template whose pods run for ever."""
    check_template(template, path, report)
    policy = path.child("spec", "restartPolicy")
    if template.spec.restart_policy in ("OnFailure", "Never"):
        report.unsupported(policy, template.spec.restart_policy, ("Always",))
    if template.spec.active_deadline_seconds is not None:
        message = "A ReplicaSet cannot limit how long its pods run."
        report.forbidden(path.child("spec", "activeDeadlineSeconds"), message, "remove it, or use a Job")


def _check_strategy(spec: DeploymentSpec, path: Path, report: Report) -> None:
    strategy = spec.strategy
    if strategy.type == "Recreate":
        if strategy.rolling_update is not None:
            message = "rollingUpdate cannot be given with strategy Recreate."
            report.forbidden(path.child("rollingUpdate"), message, "remove rollingUpdate")
        return
    if strategy.type != "RollingUpdate":
        report.unsupported(path, strategy.type, ("Recreate", "RollingUpdate"))
        return
    update = strategy.rolling_update
    if update is None:
        report.required(path.child("rollingUpdate"))
        return
    unavailable, surge = path.child("rollingUpdate", "maxUnavailable"), path.child("rollingUpdate", "maxSurge")
    check_int_or_percent(update.max_unavailable, unavailable, report, STRATEGY)
    check_int_or_percent(update.max_surge, surge, report, STRATEGY)
    if _is_zero(update.max_unavailable) and _is_zero(update.max_surge):
        message = "maxUnavailable and maxSurge are both 0, so no rollout could ever begin."
        report.error(STRATEGY, unavailable, message, "set maxSurge: 1, or maxUnavailable: 1")
    check_at_most_all(update.max_unavailable, unavailable, report)


def _is_zero(value: int | str | None) -> bool:
    """What ``getIntOrPercentValue`` makes 0: also a text that is no number."""
    if isinstance(value, int):
        return value == 0
    digits = (value or "").removesuffix("%").lstrip("+-")
    return not digits.isdecimal() or not digits.strip("0")


def check_int_or_percent(value: int | str | None, path: Path, report: Report, id: str = INVALID) -> None:
    """``ValidatePositiveIntOrPercent``: a number from 0, or text like ``25%``."""
    if isinstance(value, str):
        check_text(value, path, report, parse_percent, id)
    elif value is not None and value < 0:
        report.error(OUT_OF_RANGE, path, f"{path} is {value}, and must be at least 0.")


def check_at_most_all(value: int | str | None, path: Path, report: Report) -> None:
    """``IsNotMoreThan100Percent``."""
    if is_percent(value) and parse_percent(str(value)) > 100:
        report.error(OUT_OF_RANGE, path, f"{value} is more than all pods.", "write at most 100%")


def _warn_long_name(name: str, report: Report) -> None:
    if name and formats.dns_label(name) and not formats.dns_subdomain(name):
        message = "The name is used in pod names and host names, so it should be a DNS label."
        report.warn(SUSPICIOUS, Path().child("metadata", "name"), message, "use at most 63 letters, digits and hyphens")
