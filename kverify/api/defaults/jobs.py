"""Defaults of jobs and cron jobs (``pkg/apis/batch/v1/defaults.go``, ``generateSelector`` of the job strategy)."""

from __future__ import annotations

import attrs

from kverify.api.base import FrozenMap
from kverify.api.defaults.pods import default_template
from kverify.api.defaults.values import value_or
from kverify.api.types.batch import CronJob, Job, JobSpec, PodFailurePolicy, PodFailurePolicyRule
from kverify.api.types.meta import LabelSelector, ObjectMeta

JOB_NAME_LABELS = ("job-name", "batch.kubernetes.io/job-name")
CONTROLLER_UID = "batch.kubernetes.io/controller-uid"
CONTROLLER_UID_LABELS = ("controller-uid", CONTROLLER_UID)
NO_BACKOFF_LIMIT = 2**31 - 1
"""``backoffLimit`` of a job that counts failures per index."""


def default_job(obj: Job) -> Job:
    """The generated selector and its labels need the uid of the job: a manifest has none, a live object has them."""
    spec = _default_spec(obj.spec)
    spec = attrs.evolve(
        spec,
        parallelism=value_or(spec.parallelism, 1),
        completions=1 if spec.parallelism is None and spec.completions is None else spec.completions,
        backoff_limit=value_or(spec.backoff_limit, 6 if spec.backoff_limit_per_index is None else NO_BACKOFF_LIMIT),
        completion_mode=value_or(spec.completion_mode, "NonIndexed"),
        suspend=value_or(spec.suspend, False),
        pod_replacement_policy=value_or(
            spec.pod_replacement_policy, "TerminatingOrFailed" if spec.pod_failure_policy is None else "Failed"
        ),
        manual_selector=value_or(spec.manual_selector, False),
    )
    if not spec.manual_selector:
        spec = _generate_selector(spec, obj.metadata)
    metadata = obj.metadata
    if not metadata.labels:
        metadata = attrs.evolve(metadata, labels=spec.template.metadata.labels)
    return attrs.evolve(obj, metadata=metadata, spec=spec)


def _generate_selector(spec: JobSpec, metadata: ObjectMeta) -> JobSpec:
    """Labels that are given stay as they are; validation refuses those that contradict the job."""
    generated = dict.fromkeys(JOB_NAME_LABELS, metadata.name) if metadata.name else {}
    selector = spec.selector
    if metadata.uid:
        generated |= dict.fromkeys(CONTROLLER_UID_LABELS, metadata.uid)
        selector = selector or LabelSelector()
        selector = attrs.evolve(selector, match_labels={CONTROLLER_UID: metadata.uid, **selector.match_labels})
    template = spec.template
    labels = FrozenMap({**generated, **template.metadata.labels})
    template = attrs.evolve(template, metadata=attrs.evolve(template.metadata, labels=labels))
    return attrs.evolve(spec, selector=selector, template=template)


def default_cron_job(obj: CronJob) -> CronJob:
    """The template of the job gets the defaults of its parts; the job's own come when it is created."""
    spec = obj.spec
    return attrs.evolve(
        obj,
        spec=attrs.evolve(
            spec,
            concurrency_policy=spec.concurrency_policy or "Allow",
            suspend=value_or(spec.suspend, False),
            successful_jobs_history_limit=value_or(spec.successful_jobs_history_limit, 3),
            failed_jobs_history_limit=value_or(spec.failed_jobs_history_limit, 1),
            job_template=attrs.evolve(spec.job_template, spec=_default_spec(spec.job_template.spec)),
        ),
    )


def _default_spec(spec: JobSpec) -> JobSpec:
    policy = spec.pod_failure_policy
    return attrs.evolve(
        spec,
        template=default_template(spec.template),
        pod_failure_policy=None if policy is None else PodFailurePolicy(rules=tuple(map(_default_rule, policy.rules))),
    )


def _default_rule(rule: PodFailurePolicyRule) -> PodFailurePolicyRule:
    patterns = tuple(attrs.evolve(pattern, status=pattern.status or "True") for pattern in rule.on_pod_conditions)
    return attrs.evolve(rule, on_pod_conditions=patterns)
