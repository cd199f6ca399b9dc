"""Nodes that do not say what they offer, and topology keys that no node has: named, with the nearest label."""

from __future__ import annotations

import pytest

from kverify.cluster.findings import cross_object
from kverify.manifest.diagnostics import Diagnostic, Severity
from tests.unit.cluster.cluster_helpers import bundle, deployment


def node(status: str, labels: str = "kubernetes.io/hostname: n1") -> str:
    return f"---\napiVersion: v1\nkind: Node\nmetadata: {{name: n1, labels: {{{labels}}}}}\nstatus: {{{status}}}\n"


def found(text: str, number: str) -> list[Diagnostic]:
    return [d for d in cross_object(bundle(text)).diagnostics if d.id == number]


@pytest.mark.parametrize(
    ("status", "severity", "path"),
    [
        ("", Severity.ERROR, "metadata.name"),
        ("allocatable: {cpu: '4'}", Severity.WARNING, "status.allocatable"),
        ("capacity: {cpu: '4'}", Severity.WARNING, "status.capacity"),
        ("capacity: {cpu: '4', pods: '9'}, allocatable: {cpu: '4'}", Severity.WARNING, "status.allocatable"),
    ],
)
def test_a_node_that_does_not_say_how_many_pods_it_takes(status: str, severity: Severity, path: str) -> None:
    (diagnostic,) = found(node(status), "KV2009")
    assert (diagnostic.severity, diagnostic.path, diagnostic.object) == (severity, path, "Node n1")
    assert "cpu, memory and pods" in (diagnostic.mend or "")


@pytest.mark.parametrize("status", ["allocatable: {pods: '9'}", "capacity: {pods: '9'}", "allocatable: {pods: '0'}"])
def test_a_node_that_says_how_many_pods_it_takes(status: str) -> None:
    assert found(node(status), "KV2009") == []


NODE = node("allocatable: {pods: '9'}", "kubernetes.io/hostname: n1, zone: a")
TERM = "requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {matchLabels: {app: web}}, topologyKey: KEY}]"
SPREAD = (
    "topologySpreadConstraints: [{maxSkew: 1, topologyKey: KEY, whenUnsatisfiable: DoNotSchedule, "
    "labelSelector: {matchLabels: {app: web}}}]"
)


@pytest.mark.parametrize(
    ("rule", "meaning"),
    [
        (f"affinity: {{podAntiAffinity: {{{TERM}}}}}", "so the rule keeps no pods apart"),
        (f"affinity: {{podAffinity: {{{TERM}}}}}", "so no node can take the pod"),
        (SPREAD, "so no node can take the pod"),
    ],
)
def test_a_topology_key_that_no_node_has(rule: str, meaning: str) -> None:
    wrong = deployment(extra=rule.replace("KEY", "kubernetes.io/hostName"))
    (diagnostic,) = found(wrong + NODE, "KV2010")
    assert diagnostic.message == f"No node has the label kubernetes.io/hostName, {meaning}."
    assert diagnostic.mend == "nodes have kubernetes.io/hostname: did you mean that?"
    assert diagnostic.path.endswith("topologyKey")
    assert found(wrong, "KV2010") == [], "nothing is known of the nodes"
    assert found(deployment(extra=rule.replace("KEY", "kubernetes.io/hostname")) + NODE, "KV2010") == []
    (far,) = found(deployment(extra=rule.replace("KEY", "example.org/rack")) + NODE, "KV2010")
    assert far.mend == "label the nodes, or use a label they have"


def test_a_rule_that_only_prefers_needs_no_label() -> None:
    soft = SPREAD.replace("KEY", "rack").replace("DoNotSchedule", "ScheduleAnyway")
    assert found(deployment(extra=soft) + NODE, "KV2010") == []
