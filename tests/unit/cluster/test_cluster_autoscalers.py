"""Autoscalers that look at a percentage of what is not requested (KV2012)."""

from __future__ import annotations

import pytest

from kverify.cluster.findings import cross_object
from tests.unit.cluster.cluster_helpers import bundle, deployment

TARGET = "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 5"
LIMITS = "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l, namespace: %s}\nspec: {limits: []}\n"


def scaler(spec: str, version: str = "v2") -> str:
    return (
        f"---\napiVersion: autoscaling/{version}\nkind: HorizontalPodAutoscaler\n"
        f"metadata: {{name: web, namespace: shop}}\nspec: {{{TARGET}, {spec}}}\n"
    )


def metric(resource: str = "cpu", target: str = "{type: Utilization, averageUtilization: 50}") -> str:
    return scaler(f"metrics: [{{type: Resource, resource: {{name: {resource}, target: {target}}}}}]")


def of_one(container: str) -> str:
    target = "{type: Utilization, averageUtilization: 50}"
    source = f"{{name: cpu, container: {container}, target: {target}}}"
    return scaler(f"metrics: [{{type: ContainerResource, containerResource: {source}}}]")


def containers(*resources: str) -> str:
    """Containers ``main``, ``c1``, ... with these resources."""
    names = ["main", *(f"c{n}" for n in range(1, len(resources)))]
    rows = ", ".join(f"{{name: {n}, image: i, resources: {r}}}" for n, r in zip(names, resources, strict=True))
    return deployment().replace("[{name: main, image: example.org/web:1}]", f"[{rows}]")


def told(text: str) -> list[tuple[str, str]]:
    return [(d.path, d.message.split()[1]) for d in cross_object(bundle(text)).diagnostics if d.id == "KV2012"]


CPU, MEMORY = "{requests: {cpu: 1}}", "{requests: {memory: 1Gi}}"
HERE = "spec.metrics[0].resource.name"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (containers("{}") + metric(), [(HERE, "main")]),
        (containers(MEMORY) + metric(), [(HERE, "main")]),
        (containers(CPU, "{}") + metric(), [(HERE, "c1")]),
        (containers(CPU, "{}") + of_one("c1"), [("spec.metrics[0].containerResource.name", "c1")]),
        (containers(CPU, "{}") + of_one("main"), []),
        (containers(CPU) + metric(), []),
        # Limits are requests by default.
        (containers("{limits: {cpu: 1}}") + metric(), []),
        (containers("{}") + metric(target="{type: AverageValue, averageValue: 1}"), []),
        (containers("{}") + scaler("targetCPUUtilizationPercentage: 50", "v1"), [(HERE, "main")]),
        # Nobody asks for a percentage.
        (containers("{}") + scaler("minReplicas: 1"), []),
        (containers("{}") + metric() + LIMITS % "shop", []),
        (containers("{}") + metric() + LIMITS % "other", [(HERE, "main")]),
        (metric(), []),
    ],
)
def test_a_percentage_of_what_is_not_requested(text: str, expected: list[tuple[str, str]]) -> None:
    """``calculatePodRequests`` in pkg/controller/podautoscaler/replica_calculator.go"""
    if "autoscaling/v1" in text:
        expected = [("spec.targetCPUUtilizationPercentage", name) for _, name in expected]
    assert told(text) == expected


def test_sidecars_count_and_the_pod_may_request_for_all() -> None:
    init = "initContainers: [{name: side, image: i, restartPolicy: Always}]"
    assert told(containers(CPU).rstrip() + f"\n      {init}\n" + metric()) == [(HERE, "side")]
    once = init.replace(", restartPolicy: Always", "")
    assert told(containers(CPU).rstrip() + f"\n      {once}\n" + metric()) == []
    whole = "resources: {requests: {cpu: 1}}"
    assert told(containers("{}").rstrip() + f"\n      {whole}\n" + metric()) == []
