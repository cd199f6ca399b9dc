"""Jobs and cron jobs (``batch/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from attrs import frozen

from kverify.api.base import Int32, Int64, Opaque, Time, Typed, api_field
from kverify.api.object import KubeObject
from kverify.api.types.meta import LabelSelector, ObjectMeta
from kverify.api.types.pod import PodTemplateSpec
from kverify.api.types.references import ObjectReference


@frozen(kw_only=True, eq=False, repr=False)
class PodFailurePolicyOnExitCodesRequirement(Typed):
    container_name: str | None = None
    operator: str = ""
    values: tuple[Int32, ...] = api_field((), list_type="set", null=True)


@frozen(kw_only=True, eq=False, repr=False)
class PodFailurePolicyOnPodConditionsPattern(Typed):
    status: str = ""
    type: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class PodFailurePolicyRule(Typed):
    action: str = ""
    on_exit_codes: PodFailurePolicyOnExitCodesRequirement | None = None
    on_pod_conditions: tuple[PodFailurePolicyOnPodConditionsPattern, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class PodFailurePolicy(Typed):
    rules: tuple[PodFailurePolicyRule, ...] = api_field((), null=True)
    pass


@frozen(kw_only=True, eq=False, repr=False)
class SuccessPolicyRule(Typed):
    succeeded_count: Int32 | None = None
    succeeded_indexes: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class SuccessPolicy(Typed):
    rules: tuple[SuccessPolicyRule, ...] = api_field((), null=True)
    pass


@frozen(kw_only=True, eq=False, repr=False)
class WorkloadPodGroupDisruptionMode(Typed):
    all: Opaque | None = None
    single: Opaque | None = None


@frozen(kw_only=True, eq=False, repr=False)
class WorkloadPodGroupResourceClaim(Typed):
    name: str = ""
    resource_claim_name: str | None = None
    resource_claim_template_name: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class TopologyConstraint(Typed):
    key: str = ""
    pass


@frozen(kw_only=True, eq=False, repr=False)
class WorkloadPodGroupSchedulingConstraints(Typed):
    topology: tuple[TopologyConstraint, ...] = ()
    pass


@frozen(kw_only=True, eq=False, repr=False)
class WorkloadPodGroupGangSchedulingPolicy(Typed):
    min_count: Int32 | None = api_field(None, omit_zero=True)
    pass


@frozen(kw_only=True, eq=False, repr=False)
class WorkloadPodGroupSchedulingPolicy(Typed):
    basic: Opaque | None = None
    gang: WorkloadPodGroupGangSchedulingPolicy | None = None


@frozen(kw_only=True, eq=False, repr=False)
class JobSchedulingConfiguration(Typed):
    disruption_mode: WorkloadPodGroupDisruptionMode | None = None
    resource_claims: tuple[WorkloadPodGroupResourceClaim, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name"
    )
    scheduling_constraints: WorkloadPodGroupSchedulingConstraints | None = None
    scheduling_policy: WorkloadPodGroupSchedulingPolicy | None = None


@frozen(kw_only=True, eq=False, repr=False)
class JobSpec(Typed):
    active_deadline_seconds: Int64 | None = None
    backoff_limit: Int32 | None = None
    backoff_limit_per_index: Int32 | None = None
    completion_mode: str | None = None
    completions: Int32 | None = None
    managed_by: str | None = None
    manual_selector: bool | None = None
    max_failed_indexes: Int32 | None = None
    parallelism: Int32 | None = None
    pod_failure_policy: PodFailurePolicy | None = None
    pod_replacement_policy: str | None = None
    selector: LabelSelector | None = None
    success_policy: SuccessPolicy | None = None
    suspend: bool | None = None
    template: PodTemplateSpec = PodTemplateSpec()
    ttl_seconds_after_finished: Int32 | None = None
    scheduling: JobSchedulingConfiguration | None = None


@frozen(kw_only=True, eq=False, repr=False)
class JobTemplateSpec(Typed):
    metadata: ObjectMeta = ObjectMeta()
    spec: JobSpec = JobSpec()


@frozen(kw_only=True, eq=False, repr=False)
class CronJobSpec(Typed):
    concurrency_policy: str | None = api_field(None, omit_zero=True)
    failed_jobs_history_limit: Int32 | None = None
    job_template: JobTemplateSpec = JobTemplateSpec()
    schedule: str = ""
    starting_deadline_seconds: Int64 | None = None
    successful_jobs_history_limit: Int32 | None = None
    suspend: bool | None = None
    time_zone: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class CronJobStatus(Typed):
    active: tuple[ObjectReference, ...] = ()
    last_schedule_time: Time | None = None
    last_successful_time: Time | None = None


@frozen(kw_only=True, eq=False, repr=False)
class CronJob(KubeObject):
    api_version: str = "batch/v1"
    kind: str = "CronJob"
    spec: CronJobSpec = CronJobSpec()
    status: CronJobStatus = CronJobStatus()


@frozen(kw_only=True, eq=False, repr=False)
class JobCondition(Typed):
    last_probe_time: Time | None = None
    last_transition_time: Time | None = None
    message: str | None = api_field(None, omit_zero=True)
    reason: str | None = api_field(None, omit_zero=True)
    status: str = ""
    type: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class UncountedTerminatedPods(Typed):
    failed: tuple[str, ...] = api_field((), list_type="set")
    succeeded: tuple[str, ...] = api_field((), list_type="set")


@frozen(kw_only=True, eq=False, repr=False)
class JobStatus(Typed):
    active: Int32 | None = api_field(None, omit_zero=True)
    completed_indexes: str | None = api_field(None, omit_zero=True)
    completion_time: Time | None = None
    conditions: tuple[JobCondition, ...] = api_field((), patch="merge", merge_key="type")
    failed: Int32 | None = api_field(None, omit_zero=True)
    failed_indexes: str | None = None
    ready: Int32 | None = None
    start_time: Time | None = None
    succeeded: Int32 | None = api_field(None, omit_zero=True)
    terminating: Int32 | None = None
    uncounted_terminated_pods: UncountedTerminatedPods | None = None


@frozen(kw_only=True, eq=False, repr=False)
class Job(KubeObject):
    api_version: str = "batch/v1"
    kind: str = "Job"
    spec: JobSpec = JobSpec()
    status: JobStatus = JobStatus()
