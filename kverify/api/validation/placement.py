"""Node selectors, affinities, tolerations and spread constraints (``validateAffinity``, ...)."""

from __future__ import annotations

from kverify.api.types.affinity import (
    NodeAffinity,
    NodeSelectorTerm,
    PodAffinity,
    PodAffinityTerm,
    PodAntiAffinity,
    Toleration,
    TopologySpreadConstraint,
)
from kverify.api.types.meta import LabelSelector
from kverify.api.types.pod import PodSpec
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format, check_labels, check_selector
from kverify.api.validation.report import DUPLICATE, LABEL, OUT_OF_RANGE, SUSPICIOUS, TOLERATION, Path, Report

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
REQUIRED_RULES = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED_RULES = "preferredDuringSchedulingIgnoredDuringExecution"


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
    _spread(spec.topology_spread_constraints, path.child("topologySpreadConstraints"), report)


def _node_affinity(affinity: NodeAffinity, path: Path, report: Report) -> None:
    required = affinity.required_during_scheduling_ignored_during_execution
    if required is not None:
        terms = path.child(REQUIRED_RULES, "nodeSelectorTerms")
        if not required.node_selector_terms:
            report.required(terms, "A required node affinity needs at least one term.", "add one, or remove the rule")
        for here, term in terms.each(required.node_selector_terms):
            _node_term(term, here, report)
    preferred = affinity.preferred_during_scheduling_ignored_during_execution
    for here, weighted in path.child(PREFERRED_RULES).each(preferred):
        if not 1 <= weighted.weight <= 100:
            message = f"The weight is {weighted.weight}, and must be between 1 and 100."
            report.error(OUT_OF_RANGE, here.child("weight"), message)
        _node_term(weighted.preference, here.child("preference"), report)


def _node_term(term: NodeSelectorTerm, path: Path, report: Report) -> None:
    for here, requirement in path.child("matchExpressions").each(term.match_expressions):
        values = here.child("values")
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
                report.invalid(here.child("operator"), message, mend)
        check_format(requirement.key, here.child("key"), report, formats.qualified_name, LABEL)
    for here, requirement in path.child("matchFields").each(term.match_fields):
        if requirement.operator not in ("In", "NotIn"):
            report.invalid(here.child("operator"), "matchFields takes the operators In and NotIn only.")
        elif len(requirement.values) != 1:
            report.required(here.child("values"), "matchFields needs exactly one value.")
        if requirement.key != "metadata.name":
            report.invalid(
                here.child("key"), f"{requirement.key!r} is not a field that can be selected by.", "metadata.name"
            )


def _pod_affinity(affinity: PodAffinity | PodAntiAffinity, path: Path, report: Report) -> None:
    required = affinity.required_during_scheduling_ignored_during_execution
    for here, term in path.child(REQUIRED_RULES).each(required):
        _pod_term(term, here, report)
    preferred = affinity.preferred_during_scheduling_ignored_during_execution
    for here, weighted in path.child(PREFERRED_RULES).each(preferred):
        if not 1 <= weighted.weight <= 100:
            message = f"The weight is {weighted.weight}, and must be between 1 and 100."
            report.error(OUT_OF_RANGE, here.child("weight"), message)
        _pod_term(weighted.pod_affinity_term, here.child("podAffinityTerm"), report)


def _pod_term(term: PodAffinityTerm, path: Path, report: Report) -> None:
    if term.label_selector is not None:
        check_selector(term.label_selector, path.child("labelSelector"), report)
    if term.namespace_selector is not None:
        check_selector(term.namespace_selector, path.child("namespaceSelector"), report)
    for index, name in enumerate(term.namespaces):
        check_format(
            name, path.child("namespace").printed(f"{path}.namespace").inside(index), report, formats.dns_label
        )
    if not term.topology_key:
        report.required(path.child("topologyKey"), "A pod affinity needs a topologyKey.", "kubernetes.io/hostname, say")
    else:
        check_format(term.topology_key, path.child("topologyKey"), report, formats.qualified_name, LABEL)
    for name, keys in (("matchLabelKeys", term.match_label_keys), ("mismatchLabelKeys", term.mismatch_label_keys)):
        _match_label_keys(keys, term.label_selector, path.child(name), report)
    for here, key in path.child("matchLabelKeys").each(term.match_label_keys):
        if key in term.mismatch_label_keys:
            report.invalid(here, f"{key} is in matchLabelKeys and in mismatchLabelKeys.", "keep one of them")


def check_toleration(toleration: Toleration, path: Path, report: Report) -> None:
    """``ValidateTolerations``. The operator defaults to Equal."""
    operator, effect = path.child("operator"), path.child("effect")
    if toleration.key:
        check_format(toleration.key, path.child("key"), report, formats.qualified_name, LABEL)
    elif toleration.operator != "Exists":
        message = "A toleration without a key tolerates everything, and then the operator is Exists."
        report.error(TOLERATION, operator, message, "set operator: Exists, or name a key")
    if toleration.toleration_seconds is not None and toleration.effect != "NoExecute":
        message = "tolerationSeconds is about being evicted, so the effect is NoExecute."
        report.error(TOLERATION, effect, message, "set effect: NoExecute, or remove tolerationSeconds")
    match toleration.operator:
        case None | "" | "Equal":
            value = path.child("value").printed(str(operator))
            check_format(toleration.value or "", value, report, formats.label_value, LABEL)
        case "Exists":
            if toleration.value:
                message = "With operator Exists any value is tolerated, so none is given."
                here = path.child("value").printed(str(operator))
                report.error(TOLERATION, here, message, "remove value, or use operator Equal")
        case _:
            report.unsupported(operator, toleration.operator, ("Equal", "Exists"))
    report.choice(effect, toleration.effect, EFFECTS)


def _spread(constraints: tuple[TopologySpreadConstraint, ...], path: Path, report: Report) -> None:
    pairs: set[tuple[str, str]] = set()
    for here, constraint in path.each(constraints):
        if constraint.max_skew <= 0:
            report.error(OUT_OF_RANGE, here.child("maxSkew"), f"maxSkew is {constraint.max_skew}, and must be above 0.")
        if not constraint.topology_key:
            report.required(here.child("topologyKey"), "A spread constraint needs a topologyKey.")
        else:
            check_format(constraint.topology_key, here.child("topologyKey"), report, formats.qualified_name, LABEL)
        when = here.child("whenUnsatisfiable")
        if constraint.when_unsatisfiable not in ("DoNotSchedule", "ScheduleAnyway"):
            report.unsupported(when, constraint.when_unsatisfiable, ("DoNotSchedule", "ScheduleAnyway"))
        pair = (constraint.topology_key, constraint.when_unsatisfiable)
        if pair in pairs:
            printed = here.printed(f"{here}.{{topologyKey, whenUnsatisfiable}}")
            message = f"Two spread constraints have the topologyKey {pair[0]} and whenUnsatisfiable {pair[1]}."
            report.error(DUPLICATE, printed, message, "merge them")
        pairs.add(pair)
        _min_domains(constraint, here.child("minDomains"), report)
        for name, policy in (
            ("nodeAffinityPolicy", constraint.node_affinity_policy),
            ("nodeTaintsPolicy", constraint.node_taints_policy),
        ):
            report.choice(here.child(name), policy, ("Honor", "Ignore"))
        if constraint.label_selector is not None:
            check_selector(constraint.label_selector, here.child("labelSelector"), report)
        _match_label_keys(constraint.match_label_keys, constraint.label_selector, here.child("matchLabelKeys"), report)


def _min_domains(constraint: TopologySpreadConstraint, path: Path, report: Report) -> None:
    if constraint.min_domains is None:
        return
    if constraint.min_domains <= 0:
        report.error(OUT_OF_RANGE, path, f"minDomains is {constraint.min_domains}, and must be above 0.")
    if constraint.when_unsatisfiable != "DoNotSchedule":
        message = "minDomains works with whenUnsatisfiable: DoNotSchedule only."
        report.invalid(path, message, "remove minDomains, or set DoNotSchedule")


def _match_label_keys(keys: tuple[str, ...], selector: LabelSelector | None, path: Path, report: Report) -> None:
    if not keys:
        return
    if selector is None:
        report.forbidden(path, "Label keys need a labelSelector beside them.", "add labelSelector")
        return
    selected = {*selector.match_labels, *(requirement.key for requirement in selector.match_expressions)}
    for here, key in path.each(keys):
        check_format(key, here, report, formats.qualified_name, LABEL)
        if key in selected and path.parts[-3:-2] == ("topologySpreadConstraints",):
            report.invalid(here, f"{key} is already in the labelSelector.", "keep one of them")
