"""Nodes, runtime classes, leases, namespaces: one row per rule."""

from __future__ import annotations

import pytest

from kverify.api import validate_update
from kverify.api.types.node import Node
from tests.unit.api.api_cases import accepted, decode_text, paths

VERSIONS = {"Node": "v1", "Namespace": "v1", "RuntimeClass": "node.k8s.io/v1", "Lease": "coordination.k8s.io/v1"}
AVOID = "scheduler.alpha.kubernetes.io/preferAvoidPods"


def text(kind: str, rest: str, metadata: str = "name: a") -> str:
    return f"apiVersion: {VERSIONS[kind]}\nkind: {kind}\nmetadata: {{{metadata}}}\n{rest}\n"


@pytest.mark.parametrize(
    ("kind", "rest", "expected"),
    [
        ("Node", "spec: {taints: [{effect: NoSchedule}]}", ["metadata.taints[0].key"]),
        ("Node", "spec: {taints: [{key: a, value: b c}]}", ["metadata.taints[0].effect", "metadata.taints[0].value"]),
        ("Node", "spec: {taints: [{key: a, effect: NoSchedule}, {key: a, effect: NoExecute}]}", []),
        ("Node", "spec: {podCIDR: 10.0.0.1/24}", ["spec.podCIDRs[0]"]),
        ("Node", "spec: {podCIDRs: [10.0.0.0/24, 10.0.1.0/24]}", ["spec.podCIDRs"]),
        ("Node", "spec: {podCIDRs: [10.0.0.0/24, 'fd00::/64']}", []),
        ("Node", "spec: {podCIDRs: [10.0.0.0/24, 10.0.0.0/24]}", ["spec.podCIDRs", "spec.podCIDRs[1]"]),
        (
            "Node",
            "status: {capacity: {example.com/d: 1500m}}",
            ["status.allocatable.example.com/d", "status.capacity.example.com/d"],
        ),
        ("RuntimeClass", "handler: A", ["handler"]),
        ("RuntimeClass", "handler: h\noverhead: {podFixed: {gpu: 1}}", ["overhead.limits[gpu]"]),
        ("RuntimeClass", "handler: h\noverhead: {podFixed: {hugepages-2Mi: 2Mi}}", ["overhead"]),
        ("RuntimeClass", "handler: h\nscheduling: {nodeSelector: {a: b c}}", ["scheduling.nodeSelector"]),
        ("Lease", "spec: {leaseDurationSeconds: 0}", ["spec.leaseDurationSeconds"]),
        ("Lease", "spec: {leaseTransitions: -1}", ["spec.leaseTransitions"]),
        ("Lease", "spec: {holderIdentity: ''}", []),
        ("Lease", "spec: {renewTime: '2026-01-02T03:04:05.000006Z'}", []),
        ("Lease", "spec: {renewTime: '2026-01-02T03:04:05Z'}", ["spec.renewTime"]),
        ("Lease", "spec: {acquireTime: '2026-01-02T03:04:05.006Z'}", ["spec.acquireTime"]),
        ("Namespace", "spec: {finalizers: [a/b]}", []),
        ("Namespace", "spec: {finalizers: [a b]}", ["spec.finalizers"]),
    ],
)
def test_creation(kind: str, rest: str, expected: list[str]) -> None:
    assert sorted(set(paths(text(kind, rest)))) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("'{'", ["metadata.annotations.AvoidPods"]),
        ("'{\"preferAvoidPods\": [{}]}'", [f"metadata.annotations.{AVOID}[0].PodSignature"]),
        ('\'{"preferAvoidPods": [{"podSignature": {"podController": {"kind": "a"}}}]}\'', []),
    ],
)
def test_pods_that_a_node_avoids(value: str, expected: list[str]) -> None:
    assert paths(text("Node", "spec: {}", f"name: a, annotations: {{{AVOID}: {value}}}")) == expected


@pytest.mark.parametrize(
    ("kind", "rest", "expected"),
    [
        ("Node", "spec: {externalID: a}", ["spec.externalID"]),
        ("Node", "spec: {configSource: {configMap: {name: a}}}", ["spec.configSource"]),
        (
            "RuntimeClass",
            "handler: h\nscheduling: {nodeSelector: {beta.kubernetes.io/os: linux}}",
            ["scheduling.nodeSelector"],
        ),
        ("Lease", "spec: {strategy: OldestEmulationVersion}", ["spec.strategy"]),
    ],
)
def test_warnings(kind: str, rest: str, expected: list[str]) -> None:
    decoded = decode_text(text(kind, rest))
    assert decoded.object is not None
    assert [item.path for item in decoded.diagnostics] == expected


@pytest.mark.parametrize(
    ("kind", "old", "new", "expected"),
    [
        ("Node", "spec: {podCIDR: 10.0.0.0/24}", "spec: {podCIDR: 10.0.1.0/24}", ["spec.podCIDRs"]),
        ("Node", "spec: {}", "spec: {podCIDR: 10.0.1.0/24}", []),
        ("Node", "spec: {providerID: a}", "spec: {}", ["spec.providerID"]),
        ("Node", "spec: {}", "spec: {providerID: a}", []),
        ("Node", "spec: {}", "spec: {externalID: a}", ["spec.externalID"]),
        ("Node", "spec: {}", "spec: {unschedulable: true}", []),
        ("RuntimeClass", "handler: a", "handler: b", ["handler"]),
        ("RuntimeClass", "handler: a", "handler: a\nscheduling: {nodeSelector: {a: b}}", []),
    ],
)
def test_update(kind: str, old: str, new: str, expected: list[str]) -> None:
    found = validate_update(accepted(text(kind, old)), accepted(text(kind, new)))
    assert [item.path for item in found] == expected


def test_both_spellings_of_the_pod_range_say_the_same() -> None:
    found = accepted(text("Node", "spec: {podCIDRs: [10.0.0.0/24]}"))
    assert isinstance(found, Node)
    assert found.spec.pod_cidr == "10.0.0.0/24"


@pytest.mark.parametrize(
    ("time", "fine"),
    [
        ("2024-02-29T23:59:59Z", True),
        ("2024-02-29T23:59:59.5+02:00", True),
        ("2023-02-29T00:00:00Z", False),
        ("2024-13-01T00:00:00Z", False),
        ("2024-01-01T24:00:00Z", False),
        ("2024-01-01T00:00:60Z", False),
        ("2024-01-01T00:00:00+25:00", False),
        ("2024-01-01T00:00:00", False),
        ("2024-01-01 00:00:00Z", False),
        ("", False),
    ],
)
def test_times_are_those_that_there_are(time: str, fine: bool) -> None:
    found = paths(text("Node", f"spec: {{taints: [{{key: a, effect: NoExecute, timeAdded: '{time}'}}]}}"))
    assert found == ([] if fine else ["spec.taints[0].timeAdded"])
