"""Object metadata, labels, annotations and label selectors (``apimachinery/pkg/api/validation``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kverify.api.types.meta import LabelSelector, ObjectMeta
from kverify.api.validation import formats
from kverify.api.validation.report import DUPLICATE, INVALID, LABEL, NAME, SELECTOR, Path, Report

MAX_ANNOTATION_BYTES = 256 * 1024


def check_metadata(
    meta: ObjectMeta, path: Path, report: Report, name_rule: Callable[[str], str], *, namespaced: bool
) -> None:
    """``ValidateObjectMeta``; ``name_rule`` is one of :mod:`formats`."""
    if meta.name:
        check_format(meta.name, path.child("name"), report, name_rule, NAME)
    if meta.generate_name:
        prefix = meta.generate_name.removesuffix("-") if meta.generate_name.endswith("-") else meta.generate_name
        check_format(prefix, path.child("generateName"), report, name_rule, NAME)
    if meta.namespace:
        if namespaced:
            check_format(meta.namespace, path.child("namespace"), report, formats.dns_label, NAME)
        else:
            message = "This kind does not live in a namespace."
            report.forbidden(path.child("namespace"), message, "remove metadata.namespace")
    check_labels(meta.labels, path.child("labels"), report)
    check_annotations(meta.annotations, path.child("annotations"), report)
    owners = path.child("ownerReferences")
    for here, owner in owners.each(meta.owner_references):
        for name, value in (
            ("apiVersion", owner.api_version),
            ("kind", owner.kind),
            ("name", owner.name),
            ("uid", owner.uid),
        ):
            if not value:
                report.error(INVALID, here.child(name), f"{here.child(name)} must not be empty.")
    if sum(1 for owner in meta.owner_references if owner.controller) > 1:
        report.invalid(owners, "Only one owner can be the controller.", "set controller: true on one of them")
    finalizers = path.child("finalizers")
    for index, finalizer in enumerate(meta.finalizers):
        check_format(finalizer, finalizers.inside(index), report, formats.qualified_name)


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
