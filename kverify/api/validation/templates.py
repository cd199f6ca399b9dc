"""What the workloads share: selectors that match their template, pods that run for ever, counts as percentages."""

from __future__ import annotations

from collections.abc import Mapping

from kverify.api.base import atoi
from kverify.api.languages.percentages import is_percent, parse_percent
from kverify.api.types.meta import LabelSelector
from kverify.api.types.pod import PodTemplateSpec
from kverify.api.validation.metadata import check_selector
from kverify.api.validation.report import INVALID, OUT_OF_RANGE, SELECTOR, Path, Report
from kverify.api.validation.texts import check_text


def check_workload_selector(selector: LabelSelector | None, path: Path, kind: str, report: Report) -> bool:
    """Given, not empty and well-formed. Whether it can be compared with labels: a missing one can, and matches none.

    The API server does not look at the template of a workload whose selector cannot be compared.
    """
    if selector is None:
        report.required(path, f"A {kind} needs a selector.", f"add {path}.matchLabels")
        return True
    usable = check_selector(selector, path, report)
    if selector.is_empty:
        report.error(SELECTOR, path, f"An empty selector is not allowed in a {kind}.", "add matchLabels")
    if not usable:
        report.error(SELECTOR, path, "The selector cannot be used.", "mend its parts")
    return usable


def label_mend(asked: Mapping[str, str], template: PodTemplateSpec) -> str:
    """How to make a template have the labels that its selector asks for."""
    labels = template.metadata.labels
    missing = ", ".join(f"{key}: {value}" for key, value in asked.items() if labels.get(key) != value)
    mend = "give the template the labels that the selector asks for"
    return f"{mend} ({missing}), or select those it has" if missing else mend


def check_matches(selector: LabelSelector | None, template: PodTemplateSpec, path: Path, report: Report) -> None:
    """The workload selects the pods it makes; ``path`` is the template's."""
    if selector is None or not selector.matches(template.metadata.labels):
        given = "No selector matches" if selector is None else "The selector does not match"
        message = f"{given} the labels of the pod template."
        asked = {} if selector is None else selector.match_labels
        report.error(SELECTOR, path.child("metadata", "labels"), message, label_mend(asked, template))


def check_runs_for_ever(template: PodTemplateSpec, path: Path, kind: str, report: Report) -> None:
    """Pods that end are a Job's. A restart policy that is none at all is refused a second time."""
    if template.spec.restart_policy != "Always":
        report.unsupported(path.child("spec", "restartPolicy"), template.spec.restart_policy, ("Always",))
    if template.spec.active_deadline_seconds is not None:
        message = f"A {kind} cannot limit how long its pods run."
        report.forbidden(path.child("spec", "activeDeadlineSeconds"), message, "remove it, or use a Job")


def rounded_amount(value: int | str | None) -> int:
    """``getIntOrPercentValue``: the number of a percentage, a number, or what a text reads as; else 0."""
    if isinstance(value, int):
        return value
    return parse_percent(str(value)) if is_percent(value) else atoi(value or "") or 0


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
