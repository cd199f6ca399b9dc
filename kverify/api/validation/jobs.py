"""Jobs and cron jobs; the policies of a job are in :mod:`kverify.api.validation.job_policies`.

Source: ``pkg/apis/batch/validation``.
"""

from __future__ import annotations

import attrs

from kverify.api.defaults.jobs import CONTROLLER_UID, CONTROLLER_UID_LABELS, JOB_NAME_LABELS
from kverify.api.languages.fire_times import remark_on_schedule
from kverify.api.languages.language import shown
from kverify.api.languages.schedules import check_schedule
from kverify.api.languages.zones import check_zone
from kverify.api.types.batch import CronJob, CronJobSpec, Job, JobSpec
from kverify.api.types.meta import LabelSelector, ObjectMeta
from kverify.api.validation import formats
from kverify.api.validation.job_policies import (
    check_failure_policy,
    check_replacement_policy,
    check_success_policy,
)
from kverify.api.validation.metadata import check_format, check_metadata, check_selector
from kverify.api.validation.pod_warnings import warn_about_name
from kverify.api.validation.pods import check_template
from kverify.api.validation.report import INVALID, NAME, OUT_OF_RANGE, SELECTOR, SUSPICIOUS, Path, Report
from kverify.api.validation.templates import check_matches
from kverify.api.validation.texts import check_text

MAX_INDEXED_PARALLELISM = 100_000
MAX_FAILED_INDEXES = 100_000
MANY_COMPLETIONS = 100_000
"""Above it a job is held to the two limits below, or at least warned of."""
MAX_PARALLELISM_OF_MANY = 10_000
MAX_FAILED_INDEXES_OF_MANY = 10_000
MAX_MANAGER_BYTES = 63
MAX_CRON_JOB_NAME = 52
"""The controller appends 11 characters, the minute of the run."""

_METADATA = Path().child("metadata")
_SPEC = Path().child("spec")
_UNKNOWN_UID = "\0"
"""Stands for a uid that the server has not made up yet: no label is equal to it."""


def check_job(job: Job, report: Report) -> None:
    """``ValidateJob``."""
    check_metadata(_own_metadata(job), _METADATA, report, formats.dns_subdomain, namespaced=True)
    warn_about_name(job.metadata.name, report)
    if not job.spec.manual_selector:
        _check_generated(job, report)
    check_job_spec(job.spec, _SPEC, report)
    _check_selector(job, report)
    spec = job.spec
    if spec.completion_mode == "Indexed" and spec.completions is not None and spec.completions > 0:
        host = f"{job.metadata.name}-{spec.completions - 1}"
        if formats.dns_label(host):
            message = f"The last pod would have the host name {host!r}, and {formats.dns_label(host)}."
            report.error(NAME, _METADATA.child("name"), message, "shorten the name of the job")


def _own_metadata(job: Job) -> ObjectMeta:
    """Labels that came from a template without labels of its own are only there when the job is read back."""
    labels = job.metadata.labels
    if labels == job.spec.template.metadata.labels and set(labels) <= {*JOB_NAME_LABELS, *CONTROLLER_UID_LABELS}:
        return attrs.evolve(job.metadata, labels={})
    return job.metadata


def _check_generated(job: Job, report: Report) -> None:
    """``validateGeneratedSelector``: labels and selector that were given do not contradict the generated ones."""
    uid, place = job.metadata.uid or _UNKNOWN_UID, _SPEC.child("template", "metadata", "labels")
    expected = dict.fromkeys(JOB_NAME_LABELS, job.metadata.name) | dict.fromkeys(CONTROLLER_UID_LABELS, uid)
    given = job.spec.template.metadata.labels
    for key, value in expected.items():
        if given.get(key, value) != value:
            message = f"The label {key} is the job's own, and says something else."
            report.error(SELECTOR, place.key(key), message, "remove the label")
    if job.spec.selector is None:
        return
    if _is_sound(job.spec.selector) and not _effective(job.spec.selector, uid).matches(expected):
        message = "The selector of a job is generated, and this one selects something else."
        report.error(SELECTOR, _SPEC.child("selector"), message, "remove it, or set manualSelector: true")


def _effective(selector: LabelSelector, uid: str) -> LabelSelector:
    """The given selector, with what is added to it."""
    return attrs.evolve(selector, match_labels={CONTROLLER_UID: uid, **selector.match_labels})


def _is_sound(selector: LabelSelector) -> bool:
    """Whether the selector can be compared with labels."""
    return check_selector(selector, Path(), Report(""))


def _check_selector(job: Job, report: Report) -> None:
    spec, here = job.spec, _SPEC.child("selector")
    template, selector = spec.template, spec.selector
    if spec.manual_selector:
        if selector is None:
            report.required(here, "With manualSelector a job needs a selector.", "add it, or remove manualSelector")
    elif selector is not None:
        uid = job.metadata.uid or _UNKNOWN_UID
        selector = _effective(selector, uid)
        labels = {**dict.fromkeys(CONTROLLER_UID_LABELS, uid), **template.metadata.labels}
        template = attrs.evolve(template, metadata=attrs.evolve(template.metadata, labels=labels))
    else:
        return
    if job.spec.selector is not None and not check_selector(job.spec.selector, here, report):
        return
    check_matches(selector, template, _SPEC.child("template"), report)


def check_job_spec(spec: JobSpec, path: Path, report: Report) -> None:
    """``validateJobSpec``: what a job and the template of a cron job have in common."""
    for name, number in (
        ("parallelism", spec.parallelism),
        ("completions", spec.completions),
        ("activeDeadlineSeconds", spec.active_deadline_seconds),
        ("backoffLimit", spec.backoff_limit),
        ("ttlSecondsAfterFinished", spec.ttl_seconds_after_finished),
        ("backoffLimitPerIndex", spec.backoff_limit_per_index),
        ("maxFailedIndexes", spec.max_failed_indexes),
    ):
        report.at_least(path.child(name), number, 0)
    if spec.max_failed_indexes is not None and spec.backoff_limit_per_index is None:
        message = "maxFailedIndexes counts indexes that used up their limit, and there is no limit per index."
        report.required(path.child("backoffLimitPerIndex"), message, "add backoffLimitPerIndex")
    if spec.managed_by is not None:
        _check_manager(spec.managed_by, path.child("managedBy"), report)
    if spec.completion_mode is not None and spec.completion_mode not in ("NonIndexed", "Indexed"):
        report.unsupported(path.child("completionMode"), spec.completion_mode, ("NonIndexed", "Indexed"))
    if spec.completion_mode == "Indexed":
        _check_indexed(spec, path, report)
    elif spec.completion_mode in (None, "NonIndexed"):
        for name, number in (
            ("backoffLimitPerIndex", spec.backoff_limit_per_index),
            ("maxFailedIndexes", spec.max_failed_indexes),
        ):
            if number is not None:
                report.invalid(path.child(name), f"{name} is for indexed jobs.", "set completionMode: Indexed")
    check_failure_policy(spec, path.child("podFailurePolicy"), report)
    check_success_policy(spec, path.child("successPolicy"), report)
    check_replacement_policy(spec, path.child("podReplacementPolicy"), report)
    check_template(spec.template, path.child("template"), report)
    _check_restart_policy(spec, path.child("template", "spec", "restartPolicy"), report)


def _check_manager(name: str, path: Path, report: Report) -> None:
    if not name:
        report.required(path, "managedBy is given and empty.", "remove it")
        return
    check_format(name, path, report, formats.domain_path)
    if len(name.encode()) > MAX_MANAGER_BYTES:
        report.invalid(path, f"The name of a manager has at most {MAX_MANAGER_BYTES} bytes.", "shorten it")


def _check_indexed(spec: JobSpec, path: Path, report: Report) -> None:
    """Limits that keep the lists of indexes in the status short."""
    failed, parallelism = path.child("maxFailedIndexes"), path.child("parallelism")
    if spec.completions is None:
        report.required(path.child("completions"), "An indexed job has a number of completions.", "add completions")
    _at_most(spec.parallelism, MAX_INDEXED_PARALLELISM, parallelism, report)
    if spec.completions is not None:
        _at_most(spec.max_failed_indexes, spec.completions, failed, report)
    _at_most(spec.max_failed_indexes, MAX_FAILED_INDEXES, failed, report)
    if spec.completions is None or spec.completions <= MANY_COMPLETIONS:
        return
    if spec.backoff_limit_per_index is not None:
        if spec.max_failed_indexes is None:
            message = f"With more than {MANY_COMPLETIONS} completions and a limit per index it is needed."
            report.required(failed, message, f"add maxFailedIndexes, at most {MAX_FAILED_INDEXES_OF_MANY}")
        _at_most(spec.parallelism, MAX_PARALLELISM_OF_MANY, parallelism, report)
        _at_most(spec.max_failed_indexes, MAX_FAILED_INDEXES_OF_MANY, failed, report)
    elif spec.parallelism is not None and spec.parallelism > MAX_PARALLELISM_OF_MANY:
        message = "With so many completions and so much parallelism not all failed indexes may be kept track of."
        report.warn(SUSPICIOUS, parallelism, message, f"lower parallelism to {MAX_PARALLELISM_OF_MANY}")


def _at_most(number: int | None, limit: int, path: Path, report: Report) -> None:
    if number is not None and number > limit:
        report.error(OUT_OF_RANGE, path, f"{path} is {number}, and must be at most {limit} here.")


def _check_restart_policy(spec: JobSpec, path: Path, report: Report) -> None:
    """The default of pods, Always, is none of a job's."""
    policy, choices = spec.template.spec.restart_policy, ("OnFailure", "Never")
    if policy in (None, "", "Always"):
        message = "The pods of a job end, so they cannot be restarted always."
        report.required(path, message, "add restartPolicy: Never, or OnFailure")
    elif policy not in choices:
        report.unsupported(path, policy, choices)
    elif spec.pod_failure_policy is not None and policy != "Never":
        message = "With a podFailurePolicy the containers are not restarted in place."
        report.invalid(path, message, "set restartPolicy: Never")


def check_cron_job(cron_job: CronJob, report: Report) -> None:
    """``ValidateCronJobCreate``."""
    check_metadata(cron_job.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    name = cron_job.metadata.name
    warn_about_name(name, report)
    _check_cron_spec(cron_job.spec, _SPEC, report)
    if len(name.encode()) > MAX_CRON_JOB_NAME:
        message = f"Its jobs have longer names, so a cron job's name has at most {MAX_CRON_JOB_NAME} characters."
        report.error(NAME, _METADATA.child("name"), message, "shorten it")


def _check_cron_spec(spec: CronJobSpec, path: Path, report: Report) -> None:
    if not spec.schedule:
        report.required(path.child("schedule"), "A cron job needs a schedule.", 'add schedule: "0 3 * * *", say')
    else:
        _check_schedule(spec.schedule, path.child("schedule"), report)
    report.at_least(path.child("startingDeadlineSeconds"), spec.starting_deadline_seconds, 0)
    if spec.time_zone is not None:
        check_text(spec.time_zone, path.child("timeZone"), report, check_zone)
    policies = ("Allow", "Forbid", "Replace")
    report.choice(path.child("concurrencyPolicy"), spec.concurrency_policy, policies)
    template = path.child("jobTemplate", "spec")
    check_job_spec(spec.job_template.spec, template, report)
    if spec.job_template.spec.selector is not None:
        message = "The selector of a job is generated."
        report.invalid(template.child("selector"), message, "remove it", SELECTOR)
    if spec.job_template.spec.manual_selector:
        message = "The jobs of a cron job have generated selectors."
        report.error(INVALID, template.child("manualSelector"), message, "remove it")
    report.at_least(path.child("successfulJobsHistoryLimit"), spec.successful_jobs_history_limit, 0)
    report.at_least(path.child("failedJobsHistoryLimit"), spec.failed_jobs_history_limit, 0)


def _check_schedule(text: str, path: Path, report: Report) -> None:
    if not check_text(text, path, report, check_schedule):
        return
    remark = remark_on_schedule(text)
    if remark is not None:
        message = f"{shown(text)} is accepted, and not what it seems: {remark}."
        report.warn(SUSPICIOUS, path, message, remark.mend, part=(remark.start, remark.end))
