"""Stateful sets and the revisions that they and daemon sets keep (``pkg/apis/apps/validation``)."""

from __future__ import annotations

import attrs

from kverify.api.types.apps import ControllerRevision, StatefulSet, StatefulSetSpec
from kverify.api.types.volume import PersistentVolumeClaimVolumeSource, Volume
from kverify.api.validation import formats
from kverify.api.validation.claims import check_claim_spec
from kverify.api.validation.metadata import check_annotations, check_format, check_labels, check_metadata
from kverify.api.validation.pod_annotations import check_pod_annotations
from kverify.api.validation.pods import check_template
from kverify.api.validation.report import STRATEGY, SUSPICIOUS, Path, Report
from kverify.api.validation.templates import (
    check_at_most_all,
    check_int_or_percent,
    check_matches,
    check_runs_for_ever,
    check_workload_selector,
    rounded_amount,
)
from kverify.api.versions import in_force
from kverify.manifest.nodes import FieldPath

_METADATA = Path().child("metadata")
_SPEC = Path().child("spec")
_TEMPLATE = _SPEC.child("template")
_CLAIMS = _SPEC.child("volumeClaimTemplates")
_VOLUMES = _TEMPLATE.child("spec", "volumes")


def check_stateful_set(stateful_set: StatefulSet, report: Report) -> None:
    """``ValidateStatefulSet``. Its name becomes the host name of its pods, so it is a label."""
    check_metadata(stateful_set.metadata, _METADATA, report, formats.dns_label, namespaced=True)
    spec, path = stateful_set.spec, _SPEC
    if spec.pod_management_policy not in ("OrderedReady", "Parallel"):
        message = f"{spec.pod_management_policy!r} is not a policy."
        report.invalid(path.child("podManagementPolicy"), message, "choose OrderedReady or Parallel")
    _check_strategy(spec, path.child("updateStrategy"), report)
    _check_retention(spec, path.child("persistentVolumeClaimRetentionPolicy"), report)
    if in_force("the templates of a stateful set are checked", report.version):
        for here, claim in _CLAIMS.each(spec.volume_claim_templates):
            check_claim_spec(claim.spec, here.child("spec"), report)
    report.at_least(path.child("replicas"), spec.replicas, 0)
    report.at_least(path.child("minReadySeconds"), spec.min_ready_seconds, 0)
    if spec.ordinals is not None:
        report.at_least(path.child("ordinals", "start"), spec.ordinals.start, 0)
    if spec.service_name and in_force("the service name of a stateful set is a DNS label", report.version):
        check_format(spec.service_name, path.child("serviceName"), report, formats.dns_label)
    if check_workload_selector(spec.selector, path.child("selector"), "statefulset", report):
        check_matches(spec.selector, spec.template, _TEMPLATE, report)
        _check_template(spec, report)
    check_runs_for_ever(spec.template, _TEMPLATE, "StatefulSet", report)
    if spec.revision_history_limit is not None and spec.revision_history_limit < 0:
        message = "A negative limit keeps all revisions for ever."
        report.warn(SUSPICIOUS, path.child("revisionHistoryLimit"), message, "write a number from 0")


def _check_strategy(spec: StatefulSetSpec, path: Path, report: Report) -> None:
    strategy = spec.update_strategy
    update, here = strategy.rolling_update, path.child("rollingUpdate")
    if strategy.type == "OnDelete":
        if update is not None:
            message = "rollingUpdate cannot be given with strategy OnDelete."
            report.error(STRATEGY, here, message, "remove rollingUpdate")
        return
    if strategy.type != "RollingUpdate":
        message = f"{strategy.type!r} is not a strategy of stateful sets."
        report.error(STRATEGY, path, message, "choose RollingUpdate or OnDelete")
        return
    if update is None:
        return
    report.at_least(here.child("partition"), update.partition, 0)
    if update.max_unavailable is not None:
        unavailable = here.child("maxUnavailable")
        check_int_or_percent(update.max_unavailable, unavailable, report, STRATEGY)
        if rounded_amount(update.max_unavailable) == 0:
            message = "With maxUnavailable 0 no pod could ever be replaced."
            report.error(STRATEGY, unavailable, message, "write at least 1")
        check_at_most_all(update.max_unavailable, unavailable, report)


def _check_retention(spec: StatefulSetSpec, path: Path, report: Report) -> None:
    policy = spec.persistent_volume_claim_retention_policy
    if policy is not None:
        report.choice(path.child("whenDeleted"), policy.when_deleted, ("Retain", "Delete"))
        report.choice(path.child("whenScaled"), policy.when_scaled, ("Retain", "Delete"))


def _check_template(spec: StatefulSetSpec, report: Report) -> None:
    """The template as its pods will be: with a volume for each claim, in front of the others; host name and subdomain
    are the controller's."""
    if not in_force("the templates of a stateful set are checked", report.version):
        labels = _TEMPLATE.child("metadata", "labels").printed("spec.template.labels")
        check_labels(spec.template.metadata.labels, labels, report)
        annotations = _TEMPLATE.child("metadata", "annotations").printed("spec.template.annotations")
        check_annotations(spec.template.metadata.annotations, annotations, report)
        check_pod_annotations(spec.template.metadata.annotations, spec.template.spec, annotations, report)
        return
    claimed = list(dict.fromkeys(claim.metadata.name for claim in spec.volume_claim_templates))
    places: list[FieldPath] = [
        (*_CLAIMS.parts, [claim.metadata.name for claim in spec.volume_claim_templates].index(name), "metadata")
        for name in claimed
    ]
    volumes = [Volume(name=name, persistent_volume_claim=_source(name)) for name in claimed]
    for here, volume in _VOLUMES.each(spec.template.spec.volumes):
        if volume.name not in claimed:
            volumes.append(volume)
            places.append(here.parts)
    pod = attrs.evolve(spec.template.spec, subdomain=None, hostname=None, volumes=tuple(volumes))
    found = Report(report.version)
    check_template(attrs.evolve(spec.template, spec=pod), _TEMPLATE, found)
    report.problems += [
        attrs.evolve(problem, path=_moved(problem.path, places)) if _in_volumes(problem.path) else problem
        for problem in found.problems
    ]


def _source(name: str) -> PersistentVolumeClaimVolumeSource:
    return PersistentVolumeClaimVolumeSource(claim_name=name)


def _in_volumes(path: FieldPath) -> bool:
    return len(path) > len(_VOLUMES.parts) and path[: len(_VOLUMES.parts)] == _VOLUMES.parts


def _moved(path: FieldPath, places: list[FieldPath]) -> FieldPath:
    """Where a volume that the API server counts stands in the document."""
    index = path[len(_VOLUMES.parts)]
    assert isinstance(index, int)
    return (*places[index], *path[len(_VOLUMES.parts) + 1 :])


def check_controller_revision(revision: ControllerRevision, report: Report) -> None:
    """``ValidateControllerRevisionCreate``: the data is an object, of whatever form."""
    check_metadata(revision.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    report.at_least(Path().child("revision"), revision.revision, 0)
    if not isinstance(revision.data, dict):
        report.required(Path().child("data"), "A revision holds data, and data is an object.", "add data: {}")
