"""Rules of autoscalers, one row per rule: snippet of the spec, then the paths that are refused."""

from __future__ import annotations

import json

import pytest

from tests.unit.api.workload_cases import manifest, refused, stored, warned

KIND = "HorizontalPodAutoscaler"
METRIC = "spec.metrics[0]"
VALUE = "target: {type: Value, value: '5'}"
AVERAGE = "target: {type: AverageValue, averageValue: '5'}"
USE = "target: {type: Utilization, averageUtilization: 50}"
SERVICE = "describedObject: {apiVersion: v1, kind: Service, name: x}"


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("", []),
        ("minReplicas: 3", []),
        ("maxReplicas: 0", ["spec.maxReplicas"]),
        ("maxReplicas: null", ["spec.maxReplicas"]),
        ("minReplicas: 4", ["spec.maxReplicas"]),
        ("minReplicas: -1", ["spec.minReplicas"]),
        ("minReplicas: 0", ["spec.metrics", "spec.minReplicas"]),
        (
            "scaleTargetRef: {kind: null, name: null, apiVersion: null}",
            ["spec.scaleTargetRef.apiVersion", "spec.scaleTargetRef.kind", "spec.scaleTargetRef.name"],
        ),
        ("scaleTargetRef: {kind: a/b}", ["spec.scaleTargetRef.kind"]),
        ("scaleTargetRef: {name: a%b}", ["spec.scaleTargetRef.name"]),
        ("scaleTargetRef: {name: ..}", ["spec.scaleTargetRef.name"]),
        ("scaleTargetRef: {apiVersion: v1}", ["spec.scaleTargetRef.apiVersion"]),
        ("scaleTargetRef: {apiVersion: /v1}", ["spec.scaleTargetRef.apiVersion"]),
        ("scaleTargetRef: {apiVersion: a/b/c}", ["spec.scaleTargetRef.apiVersion"]),
        ("scaleTargetRef: {apiVersion: v1, kind: ReplicationController}", []),
        ("scaleTargetRef: {apiVersion: a/b/c, kind: ReplicationController}", ["spec.scaleTargetRef.apiVersion"]),
    ],
)
@pytest.mark.parametrize("api_version", ["autoscaling/v1", "autoscaling/v2"])
def test_both_versions(snippet: str, expected: list[str], api_version: str) -> None:
    assert refused(manifest(KIND, snippet, api_version=api_version)) == expected


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (f"{{type: Resource, resource: {{name: cpu, {USE}}}}}", []),
        (f"{{type: Resource, resource: {{name: cpu, {AVERAGE}}}}}", []),
        (f"{{type: External, external: {{metric: {{name: q}}, {VALUE}}}}}", []),
        (f"{{type: External, external: {{metric: {{name: q}}, {AVERAGE}}}}}", []),
        (f"{{type: Pods, pods: {{metric: {{name: q}}, {AVERAGE}}}}}", []),
        (f"{{type: Object, object: {{metric: {{name: q}}, {SERVICE}, {VALUE}}}}}", []),
        (f"{{type: ContainerResource, containerResource: {{name: cpu, container: c, {USE}}}}}", []),
        (f"{{type: Cpu, resource: {{name: cpu, {USE}}}}}", [f"{METRIC}.type"]),
        (f"{{resource: {{name: cpu, {USE}}}}}", [f"{METRIC}.type"]),
        ("{type: Resource}", [f"{METRIC}.resource"]),
        (f"{{type: Pods, resource: {{name: cpu, {USE}}}}}", [f"{METRIC}.pods"]),
        (
            f"{{type: Resource, resource: {{name: cpu, {USE}}}, pods: {{metric: {{name: q}}, {AVERAGE}}}}}",
            [f"{METRIC}.pods"],
        ),
        # Only the first source is looked into, and both are too many when the type names a third.
        (
            f"{{type: Object, resource: {{}}, pods: {{metric: {{name: q}}, {AVERAGE}}}}}",
            [f"{METRIC}.object", f"{METRIC}.pods", f"{METRIC}.resource"],
        ),
        (f"{{type: Resource, resource: {{{USE}}}}}", [f"{METRIC}.resource.name"]),
        (
            "{type: Resource, resource: {name: cpu, target: {type: Utilization}}}",
            [f"{METRIC}.resource.target.averageUtilization"],
        ),
        (
            "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 0}}}",
            [f"{METRIC}.resource.target.averageUtilization"],
        ),
        (
            "{type: Resource, resource: {name: cpu, target: {type: a, averageUtilization: 1, averageValue: '1'}}}",
            [f"{METRIC}.resource.target.averageValue", f"{METRIC}.resource.target.type"],
        ),
        (
            "{type: Resource, resource: {name: cpu, target: {averageUtilization: 1}}}",
            [f"{METRIC}.resource.target.type"],
        ),
        (
            "{type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: '0'}}}",
            [f"{METRIC}.resource.target.averageValue"],
        ),
        (
            "{type: External, external: {metric: {name: q}, target: {type: Value, value: '-1'}}}",
            [f"{METRIC}.external.target.value"],
        ),
        (
            "{type: External, external: {metric: {name: q}, target: {type: Value}}}",
            [f"{METRIC}.external.target.averageValue"],
        ),
        (
            "{type: External, external: {metric: {name: q}, target: {type: Value, value: '1', averageValue: '1'}}}",
            [f"{METRIC}.external.target.value"],
        ),
        (f"{{type: External, external: {{metric: {{}}, {VALUE}}}}}", [f"{METRIC}.external.metric.name"]),
        (f"{{type: External, external: {{metric: {{name: a/b}}, {VALUE}}}}}", [f"{METRIC}.external.metric.name"]),
        (f"{{type: Pods, pods: {{metric: {{name: q}}, {VALUE}}}}}", [f"{METRIC}.pods.target.averageValue"]),
        (
            f"{{type: Object, object: {{metric: {{name: q}}, {VALUE}}}}}",
            [f"{METRIC}.object.describedObject.kind", f"{METRIC}.object.describedObject.name"],
        ),
        (
            f"{{type: Object, object: {{metric: {{name: q}}, describedObject: {{kind: A, name: b, apiVersion: a/b/c}},"
            f" {VALUE}}}}}",
            [f"{METRIC}.object.describedObject.apiVersion"],
        ),
        (
            f"{{type: Object, object: {{metric: {{name: q}}, {SERVICE}, target: {{type: Value}}}}}}",
            [f"{METRIC}.object.target.averageValue"],
        ),
        (
            f"{{type: Object, object: {{metric: {{name: q}}, {SERVICE},"
            " target: {type: Value, value: '1', averageValue: '1'}}}",
            [],
        ),
        (
            f"{{type: ContainerResource, containerResource: {{{USE}}}}}",
            [f"{METRIC}.containerResource.container", f"{METRIC}.containerResource.name"],
        ),
        (
            f"{{type: ContainerResource, containerResource: {{name: pods, container: A_, {USE}}}}}",
            [f"{METRIC}.containerResource.container", f"{METRIC}.containerResource.name"],
        ),
        (f"{{type: ContainerResource, containerResource: {{name: a.b/c, container: c, {USE}}}}}", []),
        (f"{{type: ContainerResource, containerResource: {{name: hugepages-2Mi, container: c, {USE}}}}}", []),
        (
            f"{{type: ContainerResource, containerResource: {{name: requests.a/b, container: c, {USE}}}}}",
            [f"{METRIC}.containerResource.name"],
        ),
    ],
)
def test_metrics(metric: str, expected: list[str]) -> None:
    assert refused(manifest(KIND, f"metrics: [{metric}]")) == expected


RULES = "spec.behavior.scaleUp"


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("{}", []),
        ("{stabilizationWindowSeconds: -1}", [f"{RULES}.stabilizationWindowSeconds"]),
        ("{stabilizationWindowSeconds: 3601}", [f"{RULES}.stabilizationWindowSeconds"]),
        ("{stabilizationWindowSeconds: 3600}", []),
        ("{selectPolicy: min}", [f"{RULES}.selectPolicy"]),
        ("{selectPolicy: ''}", [f"{RULES}.selectPolicy"]),
        ("{selectPolicy: Disabled}", []),
        ("{policies: []}", [f"{RULES}.policies"]),
        ("{policies: [{type: Pods, value: 1, periodSeconds: 1800}]}", []),
        ("{policies: [{type: Nodes, value: 1, periodSeconds: 1}]}", [f"{RULES}.policies[0].type"]),
        ("{policies: [{type: Pods, value: 0, periodSeconds: 1}]}", [f"{RULES}.policies[0].value"]),
        ("{policies: [{type: Pods, value: 1, periodSeconds: 0}]}", [f"{RULES}.policies[0].periodSeconds"]),
        ("{policies: [{type: Pods, value: 1, periodSeconds: 1801}]}", [f"{RULES}.policies[0].periodSeconds"]),
        ("{tolerance: '-0.1'}", [f"{RULES}.tolerance"]),
        ("{tolerance: '0'}", []),
    ],
)
def test_behavior(rules: str, expected: list[str]) -> None:
    assert refused(manifest(KIND, f"behavior: {{scaleUp: {rules}}}")) == expected
    down = [path.replace("scaleUp", "scaleDown") for path in expected]
    assert refused(manifest(KIND, f"behavior: {{scaleDown: {rules}}}")) == down


def test_what_differs_between_versions() -> None:
    no_group = manifest(KIND, "scaleTargetRef: {apiVersion: null}")
    malformed = manifest(KIND, "scaleTargetRef: {apiVersion: a/b/c}")
    assert (refused(no_group, "1.33"), refused(malformed, "1.33")) == ([], [])
    assert refused(no_group, "1.34") == ["spec.scaleTargetRef.apiVersion"]
    metric = f"metrics: [{{type: External, external: {{metric: {{name: q}}, {VALUE}}}}}]"
    to_zero = manifest(KIND, f"{{minReplicas: 0, {metric}}}")
    assert refused(to_zero, "1.36") == ["spec.minReplicas"]
    assert refused(to_zero, "1.37") == []
    assert refused(manifest(KIND, f"{{minReplicas: 0, maxReplicas: 0, {metric}}}"), "1.37") == ["spec.maxReplicas"]
    assert refused(manifest(KIND, "minReplicas: 0"), "1.37") == ["spec.metrics"]
    tolerant = manifest(KIND, "behavior: {scaleUp: {tolerance: '-0.1'}}")
    assert warned(tolerant, "1.34") == ["spec.behavior.scaleUp.tolerance"]
    assert refused(tolerant, "1.35") == ["spec.behavior.scaleUp.tolerance"]
    assert refused(tolerant, "1.32") == ["spec.behavior.scaleUp.tolerance"]


@pytest.mark.parametrize(
    ("percent", "expected"),
    [("50", []), ("0", ["spec.metrics[0].resource.target.averageUtilization"])],
)
def test_the_target_of_version_1_prints_as_a_metric(percent: str, expected: list[str]) -> None:
    obj = manifest(KIND, f"targetCPUUtilizationPercentage: {percent}", api_version="autoscaling/v1")
    assert refused(obj) == expected


def annotated(text: str) -> str:
    metadata = {"annotations": {"autoscaling.alpha.kubernetes.io/metrics": text}}
    return json.dumps({"metadata": metadata})


def test_annotations_of_other_versions() -> None:
    prefix = "autoscaling.alpha.kubernetes.io"
    useful = {f"{prefix}/metrics": "[{}]", f"{prefix}/behavior": '{"scaleUp": {}}', "a": "b"}
    obj = manifest(KIND, top=json.dumps({"metadata": {"annotations": {**useful, f"{prefix}/conditions": "[]"}}}))
    assert stored(obj).metadata.annotations == {"a": "b"}
    assert useful.items() <= stored({**obj, "apiVersion": "autoscaling/v1"}).metadata.annotations.items()
    useless = {f"{prefix}/metrics": "[]", f"{prefix}/behavior": "no JSON", "a": "b"}
    emptied = manifest(KIND, top=json.dumps({"metadata": {"annotations": useless}}), api_version="autoscaling/v1")
    assert stored(emptied).metadata.annotations == {"a": "b"}


@pytest.mark.parametrize(("text", "percent"), [("[{}]", None), ("[]", 80), ("{}", 80), ("no JSON", 80), ("null", 80)])
def test_metrics_in_annotations_of_version_1(text: str, percent: int | None) -> None:
    found = stored(manifest(KIND, top=annotated(text), api_version="autoscaling/v1"))
    assert found.spec.target_cpu_utilization_percentage == percent


def test_names() -> None:
    for version in ("autoscaling/v1", "autoscaling/v2"):
        assert refused(manifest(KIND, top="metadata: {name: a_b}", api_version=version)) == ["metadata.name"]
    assert warned(manifest(KIND, top=f"metadata: {{name: {'a' * 64}}}")) == []
