"""Node selectors, affinities and tolerations (``validateAffinity``, ``ValidateTolerations``)."""

from __future__ import annotations

import re

from kverify.api.types.affinity import (
    NodeAffinity,
    NodeSelector,
    NodeSelectorRequirement,
    NodeSelectorTerm,
    PodAffinity,
    PodAffinityTerm,
    PodAntiAffinity,
    Toleration,
)
from kverify.api.types.pod import PodSpec
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format, check_labels, check_selector
from kverify.api.validation.report import LABEL, OUT_OF_RANGE, SUSPICIOUS, TOLERATION, Path, Report
from kverify.api.validation.spread import check_label_keys, check_spread
from kverify.api.versions import enabled

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
REQUIRED_RULES = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED_RULES = "preferredDuringSchedulingIgnoredDuringExecution"
_DECIMAL = re.compile(r"0|-?[1-9][0-9]*")


def check_placement(spec: PodSpec, path: Path, report: Report) -> None:
    """Everything of a pod spec the scheduler filters by."""
    check_labels(spec.node_selector, path.child("nodeSelector"), report)
    if spec.affinity is not None:
        place = path.child("affinity")
        if spec.affinity.node_affinity is not None:
            _node_affinity(spec.affinity.node_affinity, place.child("nodeAffinity"), report)
        if spec.affinity.pod_affinity is not None:
            _pod_affinity(spec.affinity.pod_affinity, place.child("podAffinity"), report)
        if spec.affinity.pod_anti_affinity is not None:
            _pod_affinity(spec.affinity.pod_anti_affinity, place.child("podAntiAffinity"), report)
    for here, toleration in path.child("tolerations").each(spec.tolerations):
        check_toleration(toleration, here, report)
    check_spread(spec.topology_spread_constraints, path.child("topologySpreadConstraints"), report)


def _node_affinity(affinity: NodeAffinity, path: Path, report: Report) -> None:
    required = affinity.required_during_scheduling_ignored_during_execution
    if required is not None:
        check_node_selector(required, path.child(REQUIRED_RULES), report)
    preferred = affinity.preferred_during_scheduling_ignored_during_execution
    for here, weighted in path.child(PREFERRED_RULES).each(preferred):
        _check_weight(weighted.weight, here.child("weight"), report)
        _node_term(weighted.preference, here.child("preference"), report, values=False)


def check_node_selector(selector: NodeSelector, path: Path, report: Report) -> None:
    """``ValidateNodeSelector``: one that must hold."""
    terms = path.child("nodeSelectorTerms")
    if not selector.node_selector_terms:
        report.required(terms, "A required node affinity needs at least one term.", "add one, or remove the rule")
    for here, term in terms.each(selector.node_selector_terms):
        _node_term(term, here, report, values=True)


def _check_weight(weight: int, path: Path, report: Report) -> None:
    if not 1 <= weight <= 100:
        report.error(OUT_OF_RANGE, path, f"The weight is {weight}, and must be between 1 and 100.")


def _node_term(term: NodeSelectorTerm, path: Path, report: Report, *, values: bool) -> None:
    """``values``: they are held to the rules of labels; where the term is only preferred they are not."""
    for here, requirement in path.child("matchExpressions").each(term.match_expressions):
        _check_values(requirement, here, report)
        check_format(requirement.key, here.child("key"), report, formats.qualified_name, LABEL)
        for place, value in here.child("values").each(requirement.values):
            if values:
                check_format(value, place, report, formats.label_value, LABEL)
            elif formats.label_value(value):
                report.warn(SUSPICIOUS, place, f"No label has the value {value!r}: {formats.label_value(value)}.")
    for here, requirement in path.child("matchFields").each(term.match_fields):
        if requirement.operator not in ("In", "NotIn"):
            report.invalid(here.child("operator"), "matchFields takes the operators In and NotIn only.")
        elif len(requirement.values) != 1:
            report.required(here.child("values"), "matchFields needs exactly one value.")
        if requirement.key != "metadata.name":
            message = f"{requirement.key!r} is not a field that can be selected by."
            report.invalid(here.child("key"), message, "use metadata.name")
        else:
            for place, value in here.child("values").each(requirement.values):
                check_format(value, place, report, formats.dns_subdomain)


def _check_values(requirement: NodeSelectorRequirement, path: Path, report: Report) -> None:
    """``ValidateNodeSelectorRequirement``, as far as the operator decides."""
    values = path.child("values")
    match requirement.operator:
        case "In" | "NotIn":
            if not requirement.values:
                report.required(values, f"Operator {requirement.operator} needs at least one value.")
        case "Exists" | "DoesNotExist":
            if requirement.values:
                report.forbidden(values, f"Operator {requirement.operator} takes no values.", "remove values")
        case "Gt" | "Lt":
            if len(requirement.values) != 1:
                report.required(values, f"Operator {requirement.operator} needs exactly one value.")
            elif not requirement.values[0].removeprefix("-").isdecimal():
                # The API server takes it; the scheduler then matches no node.
                message = (
                    f"Operator {requirement.operator} compares numbers; {requirement.values[0]!r} matches no node."
                )
                report.warn(SUSPICIOUS, values.index(0), message, "write a whole number in quotes")
        case _:
            message = f"{requirement.operator!r} is not an operator of node affinity."
            mend = "use In, NotIn, Exists, DoesNotExist, Gt or Lt"
            report.invalid(path.child("operator"), message, mend)


def _pod_affinity(affinity: PodAffinity | PodAntiAffinity, path: Path, report: Report) -> None:
    required = affinity.required_during_scheduling_ignored_during_execution
    for here, term in path.child(REQUIRED_RULES).each(required):
        _pod_term(term, here, report)
    preferred = affinity.preferred_during_scheduling_ignored_during_execution
    for here, weighted in path.child(PREFERRED_RULES).each(preferred):
        _check_weight(weighted.weight, here.child("weight"), report)
        _pod_term(weighted.pod_affinity_term, here.child("podAffinityTerm"), report)


def _pod_term(term: PodAffinityTerm, path: Path, report: Report) -> None:
    """``validatePodAffinityTerm``."""
    if term.label_selector is not None:
        check_selector(term.label_selector, path.child("labelSelector"), report)
    if term.namespace_selector is not None:
        check_selector(term.namespace_selector, path.child("namespaceSelector"), report)
    for here, name in path.child("namespaces").each(term.namespaces):
        check_format(name, here.printed(f"{path}.namespace"), report, formats.dns_label)
    check_label_keys(term.match_label_keys, term.mismatch_label_keys, term.label_selector, path, report)
    if not term.topology_key:
        report.required(path.child("topologyKey"), "A pod affinity needs a topologyKey.", "kubernetes.io/hostname, say")
    else:
        check_format(term.topology_key, path.child("topologyKey"), report, formats.qualified_name, LABEL)


def check_toleration(toleration: Toleration, path: Path, report: Report) -> None:
    """``ValidateTolerations``. The operator defaults to Equal."""
    operator, effect = path.child("operator"), path.child("effect")
    value = toleration.value or ""
    if toleration.key:
        check_format(toleration.key, path.child("key"), report, formats.qualified_name, LABEL)
    elif toleration.operator != "Exists":
        message = "A toleration without a key tolerates everything, and then the operator is Exists."
        report.error(TOLERATION, operator, message, "set operator: Exists, or name a key")
    if toleration.toleration_seconds is not None and toleration.effect != "NoExecute":
        message = "tolerationSeconds is about being evicted, so the effect is NoExecute."
        report.error(TOLERATION, effect, message, "set effect: NoExecute, or remove tolerationSeconds")
    comparing = enabled("TaintTolerationComparisonOperators", report.version)
    match toleration.operator:
        case None | "" | "Equal":
            check_format(value, path.child("value").printed(str(operator)), report, formats.label_value, LABEL)
        case "Exists":
            if value:
                message = "With operator Exists any value is tolerated, so none is given."
                here = path.child("value").printed(str(operator))
                report.error(TOLERATION, here, message, "remove value, or use operator Equal")
        case "Lt" | "Gt" if comparing:
            if not _DECIMAL.fullmatch(value) or not -(2**63) <= int(value) < 2**63:
                message = f"Operator {toleration.operator} compares numbers, and {value!r} is none."
                report.error(TOLERATION, path.child("value"), message, "write a whole number in quotes")
        case _:
            report.unsupported(operator, toleration.operator, ("Equal", "Exists"))
    report.choice(effect, toleration.effect, EFFECTS)
