"""One row for each rule of quotas and limit ranges, with their defaults."""

from __future__ import annotations

import pytest

from kverify.api import validate_update
from kverify.api.types.quota import LimitRange, LimitRangeItem, ResourceQuota
from tests.unit.api.api_cases import accepted, short_paths


def quota(spec: str) -> str:
    return f"apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: a}}\nspec: {{{spec}}}\n"


def limits(*items: str) -> str:
    return f"apiVersion: v1\nkind: LimitRange\nmetadata: {{name: a}}\nspec: {{limits: [{', '.join(items)}]}}\n"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("", []),
        ("hard: {cpu: 1, requests.memory: 1Gi, pods: 5, count/jobs.batch: 3, requests.example.com/gpu: 1}", []),
        ("hard: {hugepages-2Mi: 2Mi, requests.hugepages-2Mi: 2Mi}", []),
        ("hard: {cpus: 1}", ["hard[cpus]"]),
        ("hard: {storage: 1}", ["hard[storage]"]),
        ("hard: {a b/c: 1}", ["hard[a b/c]"]),
        ("hard: {cpu: -1}", ["hard[cpu]"]),
        ("hard: {pods: 500m}", ["hard[pods]"]),
        ("hard: {services.nodeports: 500m}", ["hard[services.nodeports]"]),
        ("hard: {example.com/gpu: 500m}", ["hard[example.com/gpu]"]),
        ("scopes: [Sometimes]", ["scopes"]),
        ("scopes: [BestEffort], hard: {pods: 1}", []),
        ("scopes: [BestEffort], hard: {cpu: 1}", ["scopes"]),
        ("scopes: [Terminating], hard: {services: 1}", ["scopes"]),
        ("scopes: [NotBestEffort], hard: {requests.cpu: 1, limits.memory: 1}", []),
        ("scopes: [PriorityClass], hard: {requests.storage: 1}", ["scopes"]),
        ("scopes: [VolumeAttributesClass], hard: {requests.storage: 1}", []),
        ("scopes: [VolumeAttributesClass], hard: {pods: 1}", ["scopes"]),
        ("scopes: [Terminating], hard: {count/jobs.batch: 1}", []),
        ("scopes: [BestEffort, NotBestEffort], hard: {pods: 1}", ["scopes"]),
        ("scopes: [Terminating, NotTerminating], hard: {pods: 1}", ["scopes"]),
    ],
)
def test_quotas(spec: str, expected: list[str]) -> None:
    assert short_paths(quota(spec), "spec.") == expected


@pytest.mark.parametrize(
    ("requirements", "expected"),
    [
        ("{scopeName: PriorityClass, operator: In, values: [a]}", []),
        ("{scopeName: Sometimes, operator: Exists}", [".scopeName"]),
        ("{scopeName: PriorityClass, operator: In}", [".values"]),
        ("{scopeName: PriorityClass, operator: NotIn}", [".values"]),
        ("{scopeName: PriorityClass, operator: Exists, values: [a]}", [".values"]),
        ("{scopeName: PriorityClass, operator: DoesNotExist}", []),
        ("{scopeName: PriorityClass, operator: Is}", [".operator"]),
        ("{scopeName: Terminating, operator: In, values: [a]}", [".operator"]),
        ("{scopeName: CrossNamespacePodAffinity, operator: DoesNotExist}", [".operator"]),
        ("{scopeName: BestEffort, operator: Exists}", [""]),
        (
            "{scopeName: Terminating, operator: Exists}, {scopeName: NotTerminating, operator: Exists}",
            [""],
        ),
    ],
)
def test_scope_selectors(requirements: str, expected: list[str]) -> None:
    text = quota(f"hard: {{cpu: 1}}, scopeSelector: {{matchExpressions: [{requirements}]}}")
    assert short_paths(text, "spec.scopeSelector.matchExpressions") == expected


def test_updates_of_quotas() -> None:
    old = accepted(quota("scopes: [Terminating, PriorityClass], hard: {pods: 1}"))
    assert validate_update(old, accepted(quota("scopes: [PriorityClass, Terminating], hard: {pods: 2}"))) == ()
    (found,) = validate_update(old, accepted(quota("scopes: [Terminating], hard: {pods: 1}")))
    assert found.path == "spec.scopes"


def test_defaults_of_quotas() -> None:
    found = accepted(quota("hard: {cpu: 1.5m}"))
    assert isinstance(found, ResourceQuota)
    assert str(found.spec.hard["cpu"]) == "2m"


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (["{type: Pod, max: {cpu: 1}}"], []),
        (["{max: {cpu: 1}}"], ["[0].type"]),
        (["{type: Node}"], ["[0].type"]),
        (["{type: example.com/Node}"], []),
        (["{type: Pod}", "{type: Pod}"], ["[1].type"]),
        (["{type: Container, max: {gpu: 1}}"], ["[0].default[gpu]", "[0].defaultRequest[gpu]", "[0].max[gpu]"]),
        (["{type: Pod, min: {storage: 1}}"], ["[0].min[storage]"]),
        (["{type: PersistentVolumeClaim, min: {storage: 1}}"], []),
        (["{type: PersistentVolumeClaim, max: {cpu: 1}}"], ["[0].limits"]),
        (["{type: PersistentVolumeClaim, max: {storage: 1, disk: 1}}"], ["[0].max[disk]"]),
        (["{type: Pod, default: {cpu: 1}}"], ["[0].default"]),
        (["{type: Pod, defaultRequest: {cpu: 1}}"], ["[0].defaultRequest"]),
        (["{type: Pod, min: {cpu: 2}, max: {cpu: 1}}"], ["[0].min[cpu]"]),
        (["{type: Container, defaultRequest: {cpu: 1}, min: {cpu: 2}}"], ["[0].defaultRequest[cpu]"]),
        (["{type: Container, default: {cpu: 1}, defaultRequest: {cpu: 2}}"], ["[0].defaultRequest[cpu]"]),
        (
            ["{type: Container, default: {cpu: 1}, defaultRequest: {cpu: 3}, min: {cpu: 2}}"],
            ["[0].default[cpu]", "[0].defaultRequest[cpu]"],
        ),
        (
            ["{type: Container, default: {cpu: 3}, defaultRequest: {cpu: 1}, max: {cpu: 2}}"],
            ["[0].default[cpu]"],
        ),
        (
            ["{type: Container, default: {cpu: 3}, defaultRequest: {cpu: 3}, max: {cpu: 2}}"],
            ["[0].default[cpu]", "[0].defaultRequest[cpu]"],
        ),
        (["{type: Pod, maxLimitRequestRatio: {cpu: 500m}}"], ["[0].maxLimitRequestRatio[cpu]"]),
        (["{type: Pod, maxLimitRequestRatio: {gpu: 2}}"], ["[0].maxLimitRequestRatio[gpu]"]),
        (["{type: Pod, min: {cpu: 1}, max: {cpu: 2}, maxLimitRequestRatio: {cpu: 2}}"], []),
        (
            ["{type: Pod, min: {cpu: 1}, max: {cpu: 2}, maxLimitRequestRatio: {cpu: 2100m}}"],
            ["[0].maxLimitRequestRatio[cpu]"],
        ),
        (
            ["{type: Container, default: {example.com/gpu: 2}, defaultRequest: {example.com/gpu: 1}}"],
            ["[0].defaultRequest[example.com/gpu]"],
        ),
    ],
)
def test_limit_ranges(items: list[str], expected: list[str]) -> None:
    assert sorted(set(short_paths(limits(*items), "spec.limits"))) == sorted(expected)


def item(text: str) -> LimitRangeItem:
    found = accepted(limits(text))
    assert isinstance(found, LimitRange)
    return found.spec.limits[0]


def test_defaults_of_limit_ranges() -> None:
    found = item(
        "{type: Container, max: {cpu: 4, memory: 4Gi}, min: {cpu: 1, ephemeral-storage: 1Gi}, default: {cpu: 2}}"
    )
    assert {name: str(value) for name, value in found.default.items()} == {"cpu": "2", "memory": "4Gi"}
    assert {name: str(value) for name, value in found.default_request.items()} == {
        "cpu": "2",
        "memory": "4Gi",
        "ephemeral-storage": "1Gi",
    }
    assert item("{type: Pod, max: {cpu: 4}}").default == {}
    assert str(item("{type: Pod, max: {cpu: 1.5m}}").max["cpu"]) == "2m"
