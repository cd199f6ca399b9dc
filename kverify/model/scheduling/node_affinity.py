"""NodeAffinity: ``nodeSelector`` and the required terms of node affinity.

Source: pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go and
k8s.io/component-helpers/scheduling/corev1/nodeaffinity. Terms are ORed, what is in a term is ANDed, an empty term and
an empty list of terms match nothing. A requirement that cannot be parsed makes its term match nothing
(``NewLazyErrorNodeSelector``), it does not fail the pod. Nodes that no term names, where all terms name nodes, are
left out before the filters run, and so with another reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from kverify.api.labels import parse_int64, requirement_matches
from kverify.api.types.affinity import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from kverify.model.scheduling.explain import label_mismatch, listing
from kverify.model.scheduling.framework import REQUIRED, NodeInfo, Plugin, PodInfo, Requirement, Snapshot

NAME = "NodeAffinity"
REASON = "node(s) didn't match Pod's node affinity/selector"
LEFT_OUT = "node(s) didn't satisfy plugin(s) [NodeAffinity]"
PATH = f"affinity.nodeAffinity.{REQUIRED}"

_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?", re.ASCII)


def is_valid(requirement: NodeSelectorRequirement) -> bool:
    """Whether ``labels.NewRequirement`` accepts it (operator, number of values, integers for Gt and Lt)."""
    values = requirement.values
    match requirement.operator:
        case "In" | "NotIn":
            well_formed = bool(values)
        case "Exists" | "DoesNotExist":
            well_formed = not values
        case "Gt" | "Lt":
            well_formed = len(values) == 1 and parse_int64(values[0]) is not None
        case _:
            well_formed = False
    return well_formed and all(len(value) <= 63 and _LABEL_VALUE.fullmatch(value) for value in values)


def expression_holds(requirement: NodeSelectorRequirement, node: NodeInfo) -> bool:
    """A ``matchExpressions`` entry on the labels of a node (``labels.Requirement.Matches``)."""
    return requirement_matches(requirement.key, requirement.operator, requirement.values, node.labels)


def field_holds(requirement: NodeSelectorRequirement, name: str) -> bool:
    """A ``matchFields`` entry: In or NotIn with exactly one value; ``metadata.name`` is the only field nodes have."""
    if requirement.operator not in ("In", "NotIn") or len(requirement.values) != 1:
        return False
    actual = name if requirement.key == "metadata.name" else ""
    return (actual == requirement.values[0]) == (requirement.operator == "In")


def _failures(
    term: NodeSelectorTerm, node: NodeInfo, *, named: bool = True
) -> list[tuple[str, NodeSelectorRequirement]]:
    """What in ``term`` does not hold on ``node``, with the path inside the term."""
    failed = [
        (f"matchExpressions[{i}]", requirement)
        for i, requirement in enumerate(term.match_expressions)
        if not (is_valid(requirement) and expression_holds(requirement, node))
    ]
    failed += [
        (f"matchFields[{i}]", requirement)
        for i, requirement in enumerate(term.match_fields)
        if not field_holds(requirement, node.name if named else "")
    ]
    return failed


def term_matches(term: NodeSelectorTerm, node: NodeInfo, *, named: bool = True) -> bool:
    """Whether every requirement of ``term`` holds; a term without any matches nothing.

    Who sees only the labels of the node asks with ``named=False``: its name is empty then.
    """
    return bool(term.match_expressions or term.match_fields) and not _failures(term, node, named=named)


def required_node_affinity(pod: PodInfo) -> NodeSelector | None:
    """The required node affinity of ``pod``, if it has one."""
    affinity = pod.spec.affinity
    if affinity is None or affinity.node_affinity is None:
        return None
    return affinity.node_affinity.required_during_scheduling_ignored_during_execution


def matches(pod: PodInfo, node: NodeInfo) -> bool:
    """``RequiredNodeAffinity.Match``: the ``nodeSelector`` and the required affinity of ``pod`` accept ``node``."""
    if any(node.labels.get(key) != value for key, value in pod.spec.node_selector.items()):
        return False
    required = required_node_affinity(pod)
    return required is None or any(term_matches(term, node) for term in required.node_selector_terms)


def _named_nodes(required: NodeSelector) -> frozenset[str] | None:
    """The only nodes that can match, when every term names some (``PreFilterResult``); ``None`` is every node."""
    names: set[str] = set()
    for term in required.node_selector_terms:
        allowed = [
            set(requirement.values)
            for requirement in term.match_fields
            if requirement.key == "metadata.name" and requirement.operator == "In"
        ]
        if not allowed:
            return None
        names |= set.intersection(*allowed)
    return frozenset(names) if required.node_selector_terms else None


def requirements(pod: PodInfo, node_index: int, snapshot: Snapshot) -> Iterator[Requirement]:
    """One failing requirement for each entry of ``nodeSelector`` that differs, and one for the required terms."""
    node = snapshot.nodes[node_index]
    for key, value in pod.spec.node_selector.items():
        if node.labels.get(key) != value:
            yield _failing(f"nodeSelector[{key}]", partial(_explain_selector, key, value, node))
    required = required_node_affinity(pod)
    if required is not None and not any(term_matches(term, node) for term in required.node_selector_terms):
        terms = list(enumerate(required.node_selector_terms))
        index, term = min(terms, key=lambda item: len(_failures(item[1], node)) or 1 << 30, default=(0, None))
        failed = [] if term is None else _failures(term, node)
        path = PATH if term is None else f"{PATH}.nodeSelectorTerms[{index}]"
        if len(failed) == 1:
            path += f".{failed[0][0]}"
        names = _named_nodes(required)
        left_out = names is not None and node.name not in names
        yield _failing(path, partial(_explain_terms, index, len(terms), failed, node), left_out=left_out)


def _failing(path: str, explain: partial[str], *, left_out: bool = False) -> Requirement:
    return Requirement(
        plugin=NAME,
        holds=False,
        reason=LEFT_OUT if left_out else REASON,
        path=path,
        stable=True,
        resolvable=False,
        explain=explain,
        before_filters=left_out,
    )


PLUGIN = Plugin(NAME, requirements)


def _explain_selector(key: str, value: str, node: NodeInfo) -> str:
    return f"nodeSelector asks for {key}={value}; {label_mismatch(key, [value], node.labels)}"


def _explain_terms(index: int, terms: int, failed: list[tuple[str, NodeSelectorRequirement]], node: NodeInfo) -> str:
    if not terms:
        return "a required node affinity without terms matches no node"
    if not failed:
        return f"term {index} is empty, and an empty term matches no node"
    which = "the term" if terms == 1 else f"of {terms} terms the nearest, term {index},"
    return f"{which} asks for {listing(_explain_requirement(requirement, path, node) for path, requirement in failed)}"


def _explain_requirement(requirement: NodeSelectorRequirement, path: str, node: NodeInfo) -> str:
    values = f" [{', '.join(requirement.values)}]" if requirement.values else ""
    asked = f"{requirement.key} {requirement.operator}{values}"
    if path.startswith("matchFields"):
        return f"{asked}; the node is named {node.name}"
    if not is_valid(requirement):
        return f"{asked}, which the scheduler cannot read and so matches nothing"
    value = node.labels.get(requirement.key)
    match requirement.operator:
        case "In":
            found = label_mismatch(requirement.key, requirement.values, node.labels)
        case "Exists":
            found = label_mismatch(requirement.key, (), node.labels)
        case "Gt" | "Lt" if value is not None and parse_int64(value) is None:
            found = f"the node has {requirement.key}={value}, which is not an integer"
        case "Gt" | "Lt" if value is None:
            found = label_mismatch(requirement.key, (), node.labels)
        case _:
            found = f"the node has {requirement.key}={value}"
    return f"{asked}; {found}"
