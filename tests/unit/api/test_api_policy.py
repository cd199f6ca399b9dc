"""Rules of disruption budgets, evictions and priority classes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.unit.api.workload_cases import manifest, merged, refused, stored


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("", []),
        ("minAvailable: null", []),
        ("maxUnavailable: 1", ["spec"]),
        ("minAvailable: -1", ["spec.minAvailable"]),
        ("minAvailable: 101%", ["spec.minAvailable"]),
        ("minAvailable: half", ["spec.minAvailable"]),
        ("minAvailable: 100%", []),
        ("{minAvailable: null, maxUnavailable: -1}", ["spec.maxUnavailable"]),
        ("{minAvailable: null, maxUnavailable: 101%}", ["spec.maxUnavailable"]),
        ("{minAvailable: null, maxUnavailable: '1'}", ["spec.maxUnavailable"]),
        ("{minAvailable: null, maxUnavailable: 0}", []),
        ("selector: null", []),
        ("selector: {matchLabels: null}", []),
        ("selector: {matchLabels: {app: 'a b'}}", ["spec.selector.matchLabels"]),
        ("selector: {matchExpressions: [{key: a, operator: In}]}", ["spec.selector.matchExpressions[0].values"]),
        ("unhealthyPodEvictionPolicy: Always", ["spec.unhealthyPodEvictionPolicy"]),
        ("unhealthyPodEvictionPolicy: ''", ["spec.unhealthyPodEvictionPolicy"]),
        ("unhealthyPodEvictionPolicy: AlwaysAllow", []),
    ],
)
def test_budgets(snippet: str, expected: list[str]) -> None:
    assert refused(manifest("PodDisruptionBudget", snippet)) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("A_b", []), ("a.b", []), ("a/b", ["metadata.name"]), ("..", ["metadata.name"])]
)
def test_the_name_of_a_budget_is_part_of_a_path_and_no_more(name: str, expected: list[str]) -> None:
    assert refused(manifest("PodDisruptionBudget", top=f"metadata: {{name: {name}}}")) == expected


def test_the_metadata_of_a_budget_comes_last() -> None:
    bad_labels = "metadata: {labels: {'a b': c}}"
    assert refused(manifest("PodDisruptionBudget", top=bad_labels)) == ["metadata.labels"]
    assert refused(manifest("PodDisruptionBudget", "minAvailable: -1", top=bad_labels)) == ["spec.minAvailable"]


def eviction(options: str) -> dict[str, Any]:
    return {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": "x"},
        "deleteOptions": yaml.safe_load(options),
    }


FORCED = "ignoreStoreReadErrorWithClusterBreakingPotential"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("{}", []),
        ("null", []),
        ("{propagationPolicy: Background}", []),
        ("{propagationPolicy: background}", ["propagationPolicy"]),
        ("{propagationPolicy: Orphan, orphanDependents: true}", ["propagationPolicy"]),
        ("{dryRun: [All]}", []),
        ("{dryRun: [Some]}", ["dryRun"]),
        (f"{{{FORCED}: true}}", []),
        (f"{{{FORCED}: true, dryRun: [All]}}", [FORCED]),
        (f"{{{FORCED}: true, propagationPolicy: Orphan}}", [FORCED]),
        (f"{{{FORCED}: true, orphanDependents: false}}", [FORCED]),
        (f"{{{FORCED}: true, gracePeriodSeconds: 0}}", [FORCED]),
        (f"{{{FORCED}: true, preconditions: {{uid: a}}}}", [FORCED]),
        (f"{{{FORCED}: false, gracePeriodSeconds: 0}}", []),
    ],
)
def test_evictions(options: str, expected: list[str]) -> None:
    assert refused(eviction(options)) == expected


def test_an_eviction_names_a_pod() -> None:
    assert refused({**eviction("{}"), "metadata": {"name": "A"}}) == ["metadata.name"]


def priority_class(change: str) -> dict[str, Any]:
    base = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "x"}, "value": 5}
    result: dict[str, Any] = merged(base, yaml.safe_load(change))
    return result


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("{}", []),
        ("{value: null}", []),
        ("{value: -2147483648}", []),
        ("{value: 1000000000}", []),
        ("{value: 1000000001}", ["value"]),
        ("{metadata: {name: system-x}}", ["metadata.name"]),
        ("{metadata: {name: system-node-critical}, value: 2000001000}", []),
        ("{metadata: {name: system-node-critical}, value: 2000001000, globalDefault: true}", ["metadata.name"]),
        ("{metadata: {name: system-cluster-critical}, value: 5}", ["metadata.name"]),
        ("{metadata: {name: A}}", ["metadata.name"]),
        ("{preemptionPolicy: Never}", []),
        ("{preemptionPolicy: never}", ["preemptionPolicy"]),
        ("{preemptionPolicy: ''}", ["preemptionPolicy"]),
    ],
)
def test_priority_classes(change: str, expected: list[str]) -> None:
    assert refused(priority_class(change)) == expected


def test_priority_classes_preempt() -> None:
    assert stored(priority_class("{}")).preemption_policy == "PreemptLowerPriority"
    assert stored(priority_class("{preemptionPolicy: Never}")).preemption_policy == "Never"
