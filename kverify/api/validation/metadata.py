"""Object metadata, labels, annotations and label selectors (``apimachinery/pkg/api/validation``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kverify.api.types.meta import LabelSelector, ManagedFieldsEntry, ObjectMeta, OwnerReference
from kverify.api.validation import formats
from kverify.api.validation.report import DUPLICATE, INVALID, LABEL, NAME, SELECTOR, Path, Report

MAX_ANNOTATION_BYTES = 256 * 1024
MAX_MANAGER_BYTES = 128
MAX_SUBRESOURCE_BYTES = 256
STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")


def check_metadata(
    meta: ObjectMeta,
    path: Path,
    report: Report,
    name_rule: Callable[[str], str],
    *,
    namespaced: bool,
    finalizers: bool = True,
) -> None:
    """``ValidateObjectMeta``; ``name_rule`` is one of :mod:`formats`.

    The kinds of ``pkg/apis/core`` and those that use its function allow only standard ``finalizers`` without a domain;
    the others use that of apimachinery, which takes any.

    A missing name is the decoder's to report. The namespace of a cluster-scoped object never gets here: the API server
    clears it, and so do the defaults.
    """
    if meta.generate_name:
        check_format(meta.generate_name, path.child("generateName"), report, formats.generated(name_rule), NAME)
    if meta.name:
        check_format(meta.name, path.child("name"), report, name_rule, NAME)
    if meta.namespace and namespaced:
        check_format(meta.namespace, path.child("namespace"), report, formats.dns_label, NAME)
    report.at_least(path.child("generation"), meta.generation, 0)
    check_labels(meta.labels, path.child("labels"), report)
    check_annotations(meta.annotations, path.child("annotations"), report)
    _check_owners(meta.owner_references, path.child("ownerReferences"), report)
    _check_finalizers(meta.finalizers, path.child("finalizers"), report)
    for here, finalizer in path.child("finalizers").each(meta.finalizers if finalizers else ()):
        check_standard_finalizer(finalizer, here, report)
    _check_managers(meta.managed_fields, path.child("managedFields"), report)


def check_metadata_update(new: ObjectMeta, old: ObjectMeta, path: Path, report: Report) -> None:
    """``ValidateObjectMetaUpdate``, without what every update fills in from the stored object."""
    if old.deletion_timestamp:
        for here, finalizer in path.child("finalizers").each(new.finalizers):
            if finalizer not in old.finalizers:
                message = f"The object is being deleted, so the finalizer {finalizer} comes too late."
                report.forbidden(path.child("finalizers").inside(*here.parts[-1:]), message, "remove it")


def _check_owners(owners: tuple[OwnerReference, ...], path: Path, report: Report) -> None:
    """The API server prints these paths without the owner's index."""
    controller = False
    for index, owner in enumerate(owners):
        group_version = owner.api_version.rpartition("/")[2]
        for name, value in (
            ("apiVersion", group_version),
            ("kind", owner.kind),
            ("name", owner.name),
            ("uid", owner.uid),
        ):
            if not value:
                here = path.inside(index, name).printed(f"{path}.{name}")
                report.invalid(here, f"{name} of an owner must not be empty.", f"add {name}")
        if (owner.api_version, owner.kind) == ("v1", "Event"):
            report.invalid(path.inside(index), "An Event cannot own anything.", "remove the owner")
        if owner.controller and controller:
            message = "Only one owner can be the controller."
            report.invalid(path.inside(index), message, "set controller: true on one of them")
        controller = controller or bool(owner.controller and f"{owner.kind}/{owner.name}")


def _check_finalizers(finalizers: tuple[str, ...], path: Path, report: Report) -> None:
    for index, finalizer in enumerate(finalizers):
        check_format(finalizer, path.inside(index), report, formats.qualified_name)
    if {"orphan", "foregroundDeletion"} <= set(finalizers):
        report.invalid(path, "Dependents are orphaned or deleted, not both.", "keep one of orphan, foregroundDeletion")


def is_known_finalizer(finalizer: str) -> bool:
    """Whether it has a domain, or is one of Kubernetes' own."""
    return "/" in finalizer or finalizer in STANDARD_FINALIZERS


def check_standard_finalizer(finalizer: str, path: Path, report: Report) -> None:
    """``validateKubeFinalizerName``: names without a domain belong to Kubernetes."""
    if not is_known_finalizer(finalizer):
        message = f"{finalizer!r} is neither a standard finalizer nor of the form domain/name."
        report.invalid(path, message, f"write example.com/{finalizer}")


def _check_managers(entries: tuple[ManagedFieldsEntry, ...], path: Path, report: Report) -> None:
    """``ValidateManagedFields``. The field manager forgets all entries when one of them cannot be read."""
    if any(entry.fields_type != "FieldsV1" or entry.fields_v1 is None for entry in entries):
        return
    for here, entry in path.each(entries):
        if entry.operation not in ("Apply", "Update"):
            report.invalid(here.child("operation"), f"{entry.operation!r} is not an operation.", "Apply or Update")
        if len((entry.manager or "").encode()) > MAX_MANAGER_BYTES:
            report.invalid(here.child("manager"), f"A manager's name has at most {MAX_MANAGER_BYTES} bytes.")
        if not (entry.manager or "").isprintable():
            report.invalid(here.child("manager"), "A manager's name has printable characters only.")
        if len((entry.subresource or "").encode()) > MAX_SUBRESOURCE_BYTES:
            report.invalid(here.child("subresource"), f"A subresource has at most {MAX_SUBRESOURCE_BYTES} bytes.")


def check_format(
    text: str, path: Path, report: Report, rule: Callable[[str], str], id: str = INVALID, at_key: bool = False
) -> bool:
    """Report ``text`` when ``rule`` refuses it; whether it was fine."""
    why = rule(text)
    if why:
        report.error(id, path, f"{shorten(text)} is not valid here: {why}.", at_key=at_key)
    return not why


def check_labels(labels: Mapping[str, str], path: Path, report: Report) -> None:
    """The API server prints the map's path for every bad key or value; the span is the entry's."""
    for key, value in labels.items():
        check_format(key, path.inside(key), report, formats.qualified_name, LABEL, at_key=True)
        check_format(value, path.inside(key), report, formats.label_value, LABEL)


def check_annotations(annotations: Mapping[str, str], path: Path, report: Report) -> None:
    size = 0
    for key, value in annotations.items():
        # Annotation keys are checked in lower case: the prefix may be written in capitals.
        check_format(key, path.inside(key), report, lambda text: formats.qualified_name(text.lower()), LABEL, True)
        size += len(key.encode()) + len(value.encode())
    if size > MAX_ANNOTATION_BYTES:
        report.error(LABEL, path, f"The annotations are {size} bytes long; the limit is {MAX_ANNOTATION_BYTES}.")


def check_selector(selector: LabelSelector, path: Path, report: Report) -> bool:
    """``ValidateLabelSelector``; whether it can be used for matching."""
    before = len(report.problems)
    check_labels(selector.match_labels, path.child("matchLabels"), report)
    usable = True
    for here, requirement in path.child("matchExpressions").each(selector.match_expressions):
        if requirement.operator in ("In", "NotIn"):
            if not requirement.values:
                report.required(here.child("values"), f"Operator {requirement.operator} needs at least one value.")
                usable = False
        elif requirement.operator in ("Exists", "DoesNotExist"):
            if requirement.values:
                message = f"Operator {requirement.operator} takes no values."
                report.forbidden(here.child("values"), message, "remove values")
                usable = False
        else:
            message = f"{requirement.operator!r} is not a selector operator."
            mend = "use In, NotIn, Exists or DoesNotExist"
            report.error(SELECTOR, here.child("operator"), message, mend)
            usable = False
        check_format(requirement.key, here.child("key"), report, formats.qualified_name, LABEL)
        for value_path, value in here.child("values").each(requirement.values):
            check_format(value, value_path, report, formats.label_value, LABEL)
    return usable and len(report.problems) == before


def check_unique(values: list[tuple[Path, str]], report: Report, mend: str = "") -> None:
    """Each value but the first is reported where it stands again; empty ones are somebody else's problem."""
    seen: set[str] = set()
    for path, value in values:
        if value and value in seen:
            report.error(DUPLICATE, path, f"{shorten(value)} is used twice.", mend)
        seen.add(value)


def shorten(text: str) -> str:
    return repr(text if len(text) <= 48 else text[:45] + "...")
