"""What a change of an object can be felt by."""

from __future__ import annotations

from pathlib import Path

import pytest

from kverify.cluster.affected import affected
from kverify.cluster.bundle import Bundle
from kverify.cluster.objects import key

WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {space}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}, tier: {tier}}}}}
    spec:
      {affinity}
      containers: [{{name: c, image: i, envFrom: [{{configMapRef: {{name: {settings}}}}}]}}]
---
"""
AWAY = (
    "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
    "[{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}]}}"
)


def workload(name: str, space: str = "a", tier: str = "none", affinity: str = "", settings: str = "own") -> str:
    return WORKLOAD.format(name=name, space=space, tier=tier, affinity=affinity, settings=settings)


OBJECTS = (
    workload("web", settings="shared")
    + workload("api", tier="back", settings="shared")
    + workload("store", tier="back")
    + workload("alone")
    + workload("shy", affinity=AWAY)
    + workload("one", space="b")
    + workload("two", space="b")
    + """\
apiVersion: v1
kind: ConfigMap
metadata: {name: shared, namespace: a}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: a}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front, namespace: a}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: back, namespace: a}
spec: {minAvailable: 1, selector: {matchLabels: {tier: back}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: alone, namespace: a}
spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: alone}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: few, namespace: b}
spec: {hard: {pods: "4"}}
"""
)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    path: Path = tmp_path_factory.mktemp("affected") / "all.yaml"
    path.write_text(OBJECTS, "utf-8")
    found, problems = Bundle.read([str(path)])
    assert not [d for d in problems if d.id.startswith("KV1")]
    return found


@pytest.mark.parametrize(
    ("kind", "space", "name", "felt"),
    [
        ("Deployment", "a", "web", "web web front shy"),
        ("ConfigMap", "a", "shared", "shared web api web front shy back store"),
        ("Service", "a", "web", "web web front shy"),
        ("Ingress", "a", "front", "front"),
        ("Deployment", "a", "api", "api back store"),
        ("PodDisruptionBudget", "a", "back", "back api store"),
        ("HorizontalPodAutoscaler", "a", "alone", "alone alone"),
        ("Deployment", "a", "shy", "shy web web front"),
        ("Deployment", "b", "one", "one two"),
        ("ResourceQuota", "b", "few", "few one two"),
    ],
)
def test_what_feels_a_change(bundle: Bundle, kind: str, space: str, name: str, felt: str) -> None:
    found = affected(bundle, {key(kind, space, name)})
    assert found is not None
    assert sorted(one.name for one in found) == sorted(felt.split())


def test_what_has_no_namespace_may_be_felt_by_everything(bundle: Bundle) -> None:
    assert affected(bundle, {key("Node", "", "n1")}) is None
    assert affected(bundle, {key("PriorityClass", "", "high")}) is None


def test_a_namespace_is_felt_by_what_makes_pods_in_it(bundle: Bundle) -> None:
    found = affected(bundle, {key("Namespace", "", "b")})
    assert found is not None
    assert {one.name for one in found} == {"b", "one", "two"}
