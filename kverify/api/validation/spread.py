"""Topology spread constraints, and label keys that complete a selector (``validateTopologySpreadConstraints``)."""

from __future__ import annotations

from kverify.api.types.affinity import TopologySpreadConstraint
from kverify.api.types.meta import LabelSelector
from kverify.api.validation import formats
from kverify.api.validation.claims import check_given_choice
from kverify.api.validation.metadata import check_format, check_selector
from kverify.api.validation.report import DUPLICATE, LABEL, OUT_OF_RANGE, Path, Report
from kverify.api.versions import enabled


def check_spread(constraints: tuple[TopologySpreadConstraint, ...], path: Path, report: Report) -> None:
    pairs = [(constraint.topology_key, constraint.when_unsatisfiable) for constraint in constraints]
    for number, (here, constraint) in enumerate(path.each(constraints)):
        if constraint.max_skew <= 0:
            report.error(OUT_OF_RANGE, here.child("maxSkew"), f"maxSkew is {constraint.max_skew}, and must be above 0.")
        if not constraint.topology_key:
            report.required(here.child("topologyKey"), "A spread constraint needs a topologyKey.")
        when = here.child("whenUnsatisfiable")
        if constraint.when_unsatisfiable not in ("DoNotSchedule", "ScheduleAnyway"):
            report.unsupported(when, constraint.when_unsatisfiable, ("DoNotSchedule", "ScheduleAnyway"))
        pair = pairs[number]
        if pair in pairs[number + 1 :]:
            # The earlier one is refused.
            printed = here.printed(f"{here}.{{topologyKey, whenUnsatisfiable}}")
            message = f"Two spread constraints have the topologyKey {pair[0]} and whenUnsatisfiable {pair[1]}."
            report.error(DUPLICATE, printed, message, "merge them")
        _min_domains(constraint, here.child("minDomains"), report)
        policies = ("Honor", "Ignore")
        check_given_choice(constraint.node_affinity_policy, policies, here.child("nodeAffinityPolicy"), report)
        check_given_choice(constraint.node_taints_policy, policies, here.child("nodeTaintsPolicy"), report)
        if enabled("MatchLabelKeysInPodTopologySpreadSelectorMerge", report.version):
            check_label_keys(constraint.match_label_keys, (), constraint.label_selector, here, report)
        else:
            _legacy_label_keys(constraint, here.child("matchLabelKeys"), report)
        if constraint.label_selector is not None:
            check_selector(constraint.label_selector, here.child("labelSelector"), report)


def _min_domains(constraint: TopologySpreadConstraint, path: Path, report: Report) -> None:
    if constraint.min_domains is None:
        return
    if constraint.min_domains <= 0:
        report.error(OUT_OF_RANGE, path, f"minDomains is {constraint.min_domains}, and must be above 0.")
    if constraint.when_unsatisfiable != "DoNotSchedule":
        message = "minDomains works with whenUnsatisfiable: DoNotSchedule only."
        report.invalid(path, message, "remove minDomains, or set DoNotSchedule")


def check_label_keys(
    match: tuple[str, ...], mismatch: tuple[str, ...], selector: LabelSelector | None, path: Path, report: Report
) -> None:
    """``ValidateMatchLabelKeysAndMismatchLabelKeys``; ``path`` is the term's or the constraint's.

    In a pod the keys have become part of the selector by then, so one that was there before is there twice.
    """
    for name, keys in (("matchLabelKeys", match), ("mismatchLabelKeys", mismatch)):
        if keys and selector is None:
            report.forbidden(path.child(name), "Label keys need a labelSelector beside them.", "add labelSelector")
        elif keys:
            for here, key in path.child(name).each(keys):
                check_format(key, here, report, formats.qualified_name, LABEL)
    if selector is not None:
        positions = {key: number for number, key in enumerate(match)}
        selected = set(selector.match_labels)
        for requirement in selector.match_expressions:
            if requirement.key in positions and requirement.key in selected:
                # The API server prints the index of the key behind the term.
                number = positions[requirement.key]
                here = path.child("matchLabelKeys").index(number).printed(f"{path}[{number}]")
                message = f"{requirement.key} is in matchLabelKeys and in the labelSelector."
                report.invalid(here, message, "keep one of them")
            selected.add(requirement.key)
    for here, key in path.child("matchLabelKeys").each(match):
        if key in mismatch:
            report.invalid(here, f"{key} is in matchLabelKeys and in mismatchLabelKeys.", "keep one of them")


def _legacy_label_keys(constraint: TopologySpreadConstraint, path: Path, report: Report) -> None:
    """``ValidateMatchLabelKeysInTopologySpread``, before the keys became part of the selector."""
    keys, selector = constraint.match_label_keys, constraint.label_selector
    if keys and selector is None:
        report.forbidden(path, "Label keys need a labelSelector beside them.", "add labelSelector")
    selected: set[str] = set()
    if selector is not None:
        selected = {*selector.match_labels, *(requirement.key for requirement in selector.match_expressions)}
    for here, key in path.each(keys):
        check_format(key, here, report, formats.qualified_name, LABEL)
        if key in selected:
            report.invalid(here, f"{key} is already in the labelSelector.", "keep one of them")
