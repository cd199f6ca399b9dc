"""Workloads that run for ever, except stateful sets: Deployments, ReplicaSets, DaemonSets, ReplicationControllers.

Source: ``pkg/apis/apps/validation`` and, for ReplicationControllers, ``pkg/apis/core/validation``.
What all workloads share is in :mod:`kverify.api.validation.templates`.
"""

from __future__ import annotations

from kverify.api.base import atoi
from kverify.api.defaults.workloads import TEMPLATE_GENERATION
from kverify.api.labels import map_matches
from kverify.api.types.apps import DaemonSet, DaemonSetUpdateStrategy, Deployment, DeploymentSpec, ReplicaSet
from kverify.api.types.replication import ReplicationController
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_metadata, check_selector
from kverify.api.validation.pod_warnings import warn_about_name
from kverify.api.validation.pods import check_template
from kverify.api.validation.report import SELECTOR, STRATEGY, Path, Report
from kverify.api.validation.templates import (
    check_at_most_all,
    check_int_or_percent,
    check_matches,
    check_runs_for_ever,
    check_workload_selector,
    label_mend,
    rounded_amount,
)

ROLLBACK = "deprecated.deployment.rollback.to"
"""The annotation that ``apps/v1`` has instead of the internal ``spec.rollbackTo`` of a Deployment."""

_METADATA = Path().child("metadata")
_SPEC = Path().child("spec")


def check_deployment(deployment: Deployment, report: Report) -> None:
    """``ValidateDeployment``."""
    check_metadata(deployment.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    warn_about_name(deployment.metadata.name, report)
    spec, path = deployment.spec, _SPEC
    report.at_least(path.child("replicas"), spec.replicas, 0)
    if check_workload_selector(spec.selector, path.child("selector"), "deployment", report):
        check_matches(spec.selector, spec.template, path.child("template"), report)
        check_template(spec.template, path.child("template"), report)
        check_runs_for_ever(spec.template, path.child("template"), "ReplicaSet", report)
    _check_strategy(spec, path.child("strategy"), report)
    report.at_least(path.child("minReadySeconds"), spec.min_ready_seconds, 0)
    report.at_least(path.child("revisionHistoryLimit"), spec.revision_history_limit, 0)
    deadline = path.child("progressDeadlineSeconds")
    report.at_least(deadline, spec.progress_deadline_seconds, 0)
    if spec.progress_deadline_seconds is not None and spec.progress_deadline_seconds <= spec.min_ready_seconds:
        message = f"progressDeadlineSeconds ({spec.progress_deadline_seconds}) must be greater than minReadySeconds"
        report.invalid(deadline, f"{message} ({spec.min_ready_seconds}).", "raise it, or lower minReadySeconds")
    _check_rollback(deployment.metadata.annotations.get(ROLLBACK, ""), report)


def _check_rollback(text: str, report: Report) -> None:
    revision = atoi(text)
    if text and (revision is None or revision < 0):
        here = _METADATA.child("annotations").key(ROLLBACK).printed("spec.rollback.version")
        report.invalid(here, f"{text!r} is not the number of a revision.", "remove the annotation")


def check_replica_set(replica_set: ReplicaSet, report: Report) -> None:
    """``ValidateReplicaSet``."""
    check_metadata(replica_set.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    warn_about_name(replica_set.metadata.name, report)
    spec, path = replica_set.spec, _SPEC
    report.at_least(path.child("replicas"), spec.replicas, 0)
    report.at_least(path.child("minReadySeconds"), spec.min_ready_seconds, 0)
    if check_workload_selector(spec.selector, path.child("selector"), "replicaset", report):
        check_matches(spec.selector, spec.template, path.child("template"), report)
        check_template(spec.template, path.child("template"), report)
        check_runs_for_ever(spec.template, path.child("template"), "ReplicaSet", report)


def check_replication_controller(controller: ReplicationController, report: Report) -> None:
    """``ValidateReplicationController``: its selector is a plain map, and nobody looks at the form of its labels."""
    check_metadata(controller.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    warn_about_name(controller.metadata.name, report)
    spec, path = controller.spec, _SPEC.child("template")
    report.at_least(_SPEC.child("minReadySeconds"), spec.min_ready_seconds, 0)
    if not spec.selector:
        report.required(_SPEC.child("selector"), "A replication controller needs a selector.", "label the template")
    report.at_least(_SPEC.child("replicas"), spec.replicas, 0)
    if spec.template is None:
        report.required(path, "There is no template to make pods from.", "add spec.template")
        return
    if not map_matches(spec.selector, spec.template.metadata.labels):
        message = "The selector does not match the labels of the pod template."
        mend = label_mend(spec.selector, spec.template)
        report.error(SELECTOR, path.child("metadata", "labels"), message, mend)
    check_template(spec.template, path, report)
    check_runs_for_ever(spec.template, path, "ReplicationController", report)


def check_daemon_set(daemon_set: DaemonSet, report: Report) -> None:
    """``ValidateDaemonSet``: a missing selector is only seen by its not matching the template."""
    check_metadata(daemon_set.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    generation = daemon_set.metadata.annotations.get(TEMPLATE_GENERATION, "")
    if atoi(generation) is None:
        here = _METADATA.child("annotations").key(TEMPLATE_GENERATION)
        report.invalid(here, f"{generation!r} is not the number of a generation.", "remove the annotation")
    spec, path = daemon_set.spec, _SPEC
    usable = spec.selector is None or check_selector(spec.selector, path.child("selector"), report)
    if usable:
        check_matches(spec.selector, spec.template, path.child("template"), report)
    if spec.selector is not None and spec.selector.is_empty:
        message = "An empty selector is not allowed in a daemonset."
        report.error(SELECTOR, path.child("selector"), message, "add matchLabels")
    check_template(spec.template, path.child("template"), report)
    check_runs_for_ever(spec.template, path.child("template"), "DaemonSet", report)
    report.at_least(path.child("minReadySeconds"), spec.min_ready_seconds, 0)
    _check_daemon_strategy(spec.update_strategy, path.child("updateStrategy"), report)
    report.at_least(path.child("revisionHistoryLimit"), spec.revision_history_limit, 0)


def _check_daemon_strategy(strategy: DaemonSetUpdateStrategy, path: Path, report: Report) -> None:
    """``ValidateDaemonSetUpdateStrategy``: one of surge and unavailability, and not both."""
    if strategy.type == "OnDelete":
        return
    if strategy.type != "RollingUpdate":
        report.unsupported(path, strategy.type, ("RollingUpdate", "OnDelete"))
        return
    update = strategy.rolling_update
    if update is None:
        report.required(path.child("rollingUpdate"))
        return
    unavailable, surge = path.child("rollingUpdate", "maxUnavailable"), path.child("rollingUpdate", "maxSurge")
    for here, value in ((unavailable, update.max_unavailable), (surge, update.max_surge)):
        check_int_or_percent(value, here, report, STRATEGY)
        check_at_most_all(value, here, report)
    surges, waits = rounded_amount(update.max_surge) != 0, rounded_amount(update.max_unavailable) != 0
    if surges and waits:
        message = "A daemon set replaces its pods before or after it stops them: maxSurge needs maxUnavailable 0."
        report.error(STRATEGY, surge, message, "set maxUnavailable: 0, or remove maxSurge")
    elif not surges and not waits:
        message = "maxUnavailable and maxSurge are both 0, so no rollout could ever begin."
        report.required(unavailable, message, "set maxUnavailable: 1, or maxSurge: 1")


def _check_strategy(spec: DeploymentSpec, path: Path, report: Report) -> None:
    """``ValidateDeploymentStrategy``."""
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
    if rounded_amount(update.max_unavailable) == 0 and rounded_amount(update.max_surge) == 0:
        message = "maxUnavailable and maxSurge are both 0, so no rollout could ever begin."
        report.error(STRATEGY, unavailable, message, "set maxSurge: 1, or maxUnavailable: 1")
    check_at_most_all(update.max_unavailable, unavailable, report)
