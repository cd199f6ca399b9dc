"""Nodes that do not say what they offer (KV2009), and topology keys that no node has (KV2010)."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from kverify.api.registry import AnyObject
from kverify.api.types.affinity import PodAffinity, PodAntiAffinity
from kverify.api.types.node import Node
from kverify.api.types.pod import PodSpec
from kverify.cluster.bundle import Bundle
from kverify.cluster.codes import SILENT_NODE, TOPOLOGY_KEY
from kverify.cluster.objects import describe, templates_of
from kverify.manifest.diagnostics import Diagnostic, Severity

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_ALIKE = 0.75


def silent_nodes(bundle: Bundle) -> Iterator[Diagnostic]:
    """The scheduler places nothing on a node that does not say how many pods it takes.

    Every kubelet says that. A description of a node without it was written by hand and forgets something, so one that
    says nothing at all is an error.
    """
    for node in bundle.nodes:
        status = node.status
        if not status.allocatable and not status.capacity:
            yield _silent(node, Severity.ERROR, "metadata.name", "It has neither allocatable nor capacity")
        elif "pods" not in (status.allocatable or status.capacity):
            document = node.source.document
            written = document is None or document.node(("status", "allocatable")) is not None
            field = "status.allocatable" if written else "status.capacity"
            yield _silent(node, Severity.WARNING, field, "It does not say how many pods it takes")


def _silent(node: Node, severity: Severity, path: str, what: str) -> Diagnostic:
    return Diagnostic(
        id=SILENT_NODE,
        severity=severity,
        message=f"{what}, so the scheduler places no pod on it.",
        span=node.source.span(path),
        path=path,
        object=describe(node),
        mend="add what `kubectl get node -o yaml` prints: status.allocatable with cpu, memory and pods",
    )


def unknown_topologies(bundle: Bundle) -> Iterator[Diagnostic]:
    """The required rules of wanted pods over a label that no node has: they bind nobody, or nobody satisfies them."""
    labels = {key for node in bundle.nodes for key in node.metadata.labels}
    if not bundle.nodes:
        return
    for item in bundle.wanted:
        for path, template in templates_of(item):
            start = f"{path}.spec" if path else "spec"
            for key, field, meaning in _topology_keys(template.spec):
                if key and key not in labels:
                    yield _unknown(item, key, f"{start}.{field}", meaning, labels)


_APART = "so the rule keeps no pods apart"
_NOWHERE = "so no node can take the pod"


def _topology_keys(spec: PodSpec) -> Iterator[tuple[str, str, str]]:
    """Each topology key of a required rule, its field, and what it means that no node has the label."""
    affinity = spec.affinity
    groups: tuple[tuple[str, PodAffinity | PodAntiAffinity | None, str], ...] = ()
    if affinity is not None:
        groups = (
            ("podAffinity", affinity.pod_affinity, _NOWHERE),
            ("podAntiAffinity", affinity.pod_anti_affinity, _APART),
        )
    for name, group, meaning in groups:
        for i, term in enumerate(() if group is None else group.required_during_scheduling_ignored_during_execution):
            yield term.topology_key, f"affinity.{name}.{_REQUIRED}[{i}].topologyKey", meaning
    for i, constraint in enumerate(spec.topology_spread_constraints):
        if constraint.when_unsatisfiable == "DoNotSchedule":
            yield constraint.topology_key, f"topologySpreadConstraints[{i}].topologyKey", _NOWHERE


def _unknown(item: AnyObject, key: str, path: str, meaning: str, labels: set[str]) -> Diagnostic:
    folded = {label.casefold(): label for label in sorted(labels)}
    near = difflib.get_close_matches(key.casefold(), folded, 1, _ALIKE)
    return Diagnostic(
        id=TOPOLOGY_KEY,
        severity=Severity.WARNING,
        message=f"No node has the label {key}, {meaning}.",
        span=item.source.span(path),
        path=path,
        object=describe(item),
        mend=f"nodes have {folded[near[0]]}: did you mean that?"
        if near
        else "label the nodes, or use a label they have",
    )
