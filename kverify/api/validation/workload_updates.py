"""What an update of a workload or of a priority class may not change (``ValidateXxxUpdate``), on defaulted objects.

DaemonSet templates count their own changes in ``PrepareForUpdate``, so that rule cannot be broken from outside.
Autoscalers, budgets, cron jobs, replication controllers and pod templates have nothing that is immutable.
"""

from __future__ import annotations

import attrs

from kverify.api.types.affinity import Affinity
from kverify.api.types.apps import ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet
from kverify.api.types.batch import Job
from kverify.api.types.container import Container
from kverify.api.types.pod import PodSpec, PodTemplateSpec
from kverify.api.types.scheduling import PriorityClass
from kverify.api.validation.report import IMMUTABLE, Path, Report
from kverify.api.versions import enabled, in_force

_SPEC = Path().child("spec")

MUTABLE_STATEFUL_SET = (
    "replicas",
    "ordinals",
    "template",
    "update_strategy",
    "revision_history_limit",
    "persistent_volume_claim_retention_policy",
    "min_ready_seconds",
)
"""Fields of a StatefulSet's spec that an update can change."""


def update_deployment(new: Deployment, old: Deployment, report: Report) -> None:
    report.unchanged(_SPEC.child("selector"), old.spec.selector, new.spec.selector)


def update_replica_set(new: ReplicaSet, old: ReplicaSet, report: Report) -> None:
    report.unchanged(_SPEC.child("selector"), old.spec.selector, new.spec.selector)


def update_daemon_set(new: DaemonSet, old: DaemonSet, report: Report) -> None:
    report.unchanged(_SPEC.child("selector"), old.spec.selector, new.spec.selector)


def update_stateful_set(new: StatefulSet, old: StatefulSet, report: Report) -> None:
    """Whatever else is changed, the API server names the spec as a whole; the place is the first such field's."""
    fields = list(MUTABLE_STATEFUL_SET)
    if not in_force("the history limit of a stateful set can be changed", report.version):
        fields.remove("revision_history_limit")
    kept = attrs.evolve(new.spec, **{name: getattr(old.spec, name) for name in fields})
    for name, json in (
        ("selector", "selector"),
        ("service_name", "serviceName"),
        ("pod_management_policy", "podManagementPolicy"),
        ("volume_claim_templates", "volumeClaimTemplates"),
        ("revision_history_limit", "revisionHistoryLimit"),
    ):
        if getattr(kept, name) != getattr(old.spec, name):
            message = f"{json} of a stateful set cannot be changed."
            mend = "delete the stateful set with --cascade=orphan and create it again"
            report.error(IMMUTABLE, _SPEC.child(json).printed("spec"), message, mend)
            return


def update_controller_revision(new: ControllerRevision, old: ControllerRevision, report: Report) -> None:
    report.unchanged(Path().child("data"), old.data, new.data)


def update_priority_class(new: PriorityClass, old: PriorityClass, report: Report) -> None:
    report.unchanged(Path().child("value"), old.value, new.value)
    report.unchanged(Path().child("preemptionPolicy"), old.preemption_policy, new.preemption_policy)


def update_job(new: Job, old: Job, report: Report) -> None:
    """``ValidateJobSpecUpdate``. The template of a suspended job gives way in its resources and where it is placed."""
    before, after = old.spec, new.spec
    completions = _SPEC.child("completions")
    if after.completion_mode != "Indexed":
        report.unchanged(completions, before.completions, after.completions)
    elif before.completions != after.completions is not None and after.completions != after.parallelism:
        message = "completions of an indexed job can only be changed together with parallelism."
        report.error(IMMUTABLE, completions, message, f"set parallelism: {after.completions} too")
    report.unchanged(_SPEC.child("selector"), before.selector, after.selector)
    _update_job_template(new, old, report)
    for name, json in (
        ("completion_mode", "completionMode"),
        ("pod_failure_policy", "podFailurePolicy"),
        ("backoff_limit_per_index", "backoffLimitPerIndex"),
        ("managed_by", "managedBy"),
        ("success_policy", "successPolicy"),
    ):
        report.unchanged(_SPEC.child(json), getattr(before, name), getattr(after, name))


def _update_job_template(new: Job, old: Job, report: Report) -> None:
    """``validatePodTemplateUpdate``: what counts is whether the *old* job is suspended and has no pods left."""
    before, after, path = old.spec.template, new.spec.template, _SPEC.child("template")
    suspended, idle = bool(old.spec.suspend), not old.status.active
    never_ran = old.status.start_time is None
    lenient = enabled("MutableSchedulingDirectivesForSuspendedJobs", report.version)
    if suspended and (never_ran or (lenient and idle)):
        before = _replaced(before, after)
    if suspended and idle and enabled("MutablePodResourcesForSuspendedJobs", report.version):
        # Labels and annotations are not compared here.
        report.unchanged(path.child("spec"), _resized(before.spec, after.spec), after.spec)
    else:
        report.unchanged(path, before, after)


def _replaced(old: PodTemplateSpec, new: PodTemplateSpec) -> PodTemplateSpec:
    """``old`` with the scheduling directives, labels and annotations of ``new``."""
    wanted, affinity = new.spec.affinity, old.spec.affinity
    if wanted is not None:
        affinity = attrs.evolve(affinity or Affinity(), node_affinity=wanted.node_affinity)
    elif affinity is not None:
        affinity = attrs.evolve(affinity, node_affinity=None)
        affinity = None if affinity == Affinity() else affinity
    return attrs.evolve(
        old,
        metadata=attrs.evolve(old.metadata, labels=new.metadata.labels, annotations=new.metadata.annotations),
        spec=attrs.evolve(
            old.spec,
            affinity=affinity,
            node_selector=new.spec.node_selector,
            tolerations=new.spec.tolerations,
            scheduling_gates=new.spec.scheduling_gates,
        ),
    )


def _resized(old: PodSpec, new: PodSpec) -> PodSpec:
    """``old`` with the resources of the containers of ``new``."""
    return attrs.evolve(
        old,
        containers=_with_resources(old.containers, new.containers),
        init_containers=_with_resources(old.init_containers, new.init_containers),
    )


def _with_resources(old: tuple[Container, ...], new: tuple[Container, ...]) -> tuple[Container, ...]:
    if len(old) != len(new):
        return old
    return tuple(
        attrs.evolve(before, resources=after.resources) if before.name == after.name else before
        for before, after in zip(old, new, strict=True)
    )
