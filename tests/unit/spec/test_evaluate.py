"""What expressions are worth on objects: absent fields, quantities, binders, functions, and the fields to blame."""

from __future__ import annotations

from typing import Any

import pytest

from kverify.cluster.admission import Admission
from kverify.manifest.nodes import format_path
from kverify.spec.facts import BundleFacts
from kverify.spec.language.blame import blame
from kverify.spec.language.checker import check
from kverify.spec.language.evaluate import Environment, condition, seconds, value_of
from kverify.spec.language.library import assemble
from kverify.spec.language.syntax import Expr
from kverify.spec.language.values import NotModelled, plain
from tests.unit.cluster.cluster_helpers import bundle

MANIFESTS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web, tier: front}}
spec:
  replicas: 5
  minReadySeconds: 30
  strategy: {rollingUpdate: {maxSurge: 30%, maxUnavailable: 1}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers:
        - {name: prepare, image: "quay.io/acme/tool@sha256:DIGEST"}
      containers:
        - {name: web, image: nginx, resources: {limits: {memory: 1Gi, cpu: 500m}, requests: {memory: 512Mi}}}
        - {name: log, image: "registry.example:5000/log:1.2", resources: {limits: {memory: 512Mi}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: other}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {minAvailable: 50%, selector: {matchLabels: {app: web}}}
""".replace("DIGEST", "a" * 64)


@pytest.fixture(scope="module")
def facts() -> BundleFacts:
    return BundleFacts(Admission(bundle(MANIFESTS)))


def environment(facts: BundleFacts, text: str, before: str = "") -> tuple[Expr, Environment]:
    """The condition of a property about the one Deployment, and what its names mean."""
    library, problems = assemble([("x.kv", f"{before}\nproperty p\n  for d in Deployment\n  always ({text})\n")])
    assert (*problems, *check(library)[1]) == ()
    (deployment,) = facts.objects("Deployment")
    env = Environment(facts=facts, definitions=library.definitions, variables={"d": deployment})
    return library.checks["p"].formulas[0].conditions[0], env


@pytest.mark.parametrize(
    "text",
    [
        "d.spec.replicas == 5 and d.namespace == \"shop\" and d.metadata.labels[\"tier\"] == \"front\"",
        "d.spec.minReadySeconds == 30s and d.spec.minReadySeconds < 1min",
        "d.spec.strategy.rollingUpdate.maxSurge == 30% and d.spec.strategy.rollingUpdate.maxUnavailable == 1",
        "max_surge(d) == 2 and max_unavailable(d) == 1 and scaled_down(30%, 5) == 1",
        'sum(c.resources.limits["memory"] for c in containers(d)) == 1.5Gi',
        'forall c in containers(d) where has(c.resources.limits["cpu"]): c.resources.limits["cpu"] < 1',
        'count(c in containers(d) where has(c.resources.requests["memory"])) == 1',
        "size(containers(d)) == 3 and size(d.labels) == 2",
        '"tier" in d.labels and "owner" not in d.labels and d.name in ["web", "api"]',
        # What is absent equals nothing, has no order and is false.
        'not (d.labels["owner"] == "a") and d.labels["owner"] != "a" and not has(d.spec.paused)',
        "not (d.spec.progressDeadlineSeconds < 0s) and (d.spec.paused implies false)",
        'not (d.spec.template.spec.containers[7].image == "x")',
        'image_registry(d.spec.template.spec.containers[0].image) == "docker.io"',
        'image_tag(d.spec.template.spec.containers[0].image) == "latest"',
        'image_registry(d.spec.template.spec.containers[1].image) == "registry.example:5000"',
        'image_tag(d.spec.template.spec.initContainers[0].image) == ""',
        'starts_with(image_digest(d.spec.template.spec.initContainers[0].image), "sha256:")',
        'like("registry.example/shop/web", "*.example/*") and not like("a.b", "axb") and contains("abc", "b")',
        "count(s in Service where selects(s, d)) == 1 and exists b in PodDisruptionBudget: selects(b, d)",
        'matches(d.spec.selector, d.labels) and pod_labels(d)["app"] == "web" and has_selector(d)',
        "7 / 2 == 3 and -7 / 2 == -4 and 7 % 4 == 3 and 2 * 3 - 1 == 5 and max(1, 5, 3) == 5",
        "(if d.spec.replicas > 3 then \"big\" else \"small\") == \"big\"",
        '"a" + "b" == "ab" and 1Gi - 512Mi == 512Mi and 2 * 100m == 0.2',
        'exists p in Pod: p.name == "web" and p.namespace == "shop" and size(p.spec.containers) == 2',
        "count(w in Workload) == 1",
    ],
)  # fmt: skip
def test_what_is_true(facts: BundleFacts, text: str) -> None:
    expr, env = environment(facts, text)
    assert condition(expr, env) is True


def test_a_definition_is_a_function(facts: BundleFacts) -> None:
    expr, env = environment(
        facts,
        "promised(d, 1) == 3",
        "define promised(d: Deployment, less: number) = d.spec.replicas - max_unavailable(d) - less",
    )
    assert condition(expr, env) is True


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("d.spec.replicas > 9", ["spec.replicas"]),
        ("d.spec.replicas > 9 and d.namespace == \"shop\"", ["spec.replicas"]),
        ("d.spec.replicas > 9 or d.namespace == \"x\"", ["spec.replicas", "metadata.namespace"]),
        ('forall c in containers(d): c.resources.limits["memory"] <= 600Mi',
         ["spec.template.spec.initContainers[0].resources.limits.memory",
          "spec.template.spec.containers[0].resources.limits.memory"]),
        ('not (exists c in containers(d): c.image == "nginx")', ["spec.template.spec.containers[0].image"]),
        ("d.spec.replicas == 5 implies d.spec.paused", ["spec.paused"]),
        ('d.labels["owner"] == "me"', ["metadata.labels.owner"]),
    ],
)  # fmt: skip
def test_which_fields_are_to_blame(facts: BundleFacts, text: str, fields: list[str]) -> None:
    expr, env = environment(facts, text)
    assert condition(expr, env) is False
    assert [format_path(item.path) for item in blame(expr, env)] == fields


@pytest.mark.parametrize(
    ("text", "number"), [("30s", 30), ("5min", 300), ("1h30min", 5400), ("2d", 172800), ("1500ms", 2)]
)
def test_durations(text: str, number: int) -> None:
    assert seconds(text) == number


@pytest.mark.parametrize("text", ["available(d) >= 1", "restarts(d) >= 1", "5 / (d.spec.replicas - 5) == 1"])
def test_what_cannot_be_said_is_never_guessed(facts: BundleFacts, text: str) -> None:
    expr, env = environment(facts, text)
    with pytest.raises(NotModelled):
        condition(expr, env)


def test_values_know_where_they_come_from(facts: BundleFacts) -> None:
    expr, env = environment(facts, 'd.spec.template.spec.containers[0].image == "nginx"')
    value: Any = value_of(expr.left, env)  # type: ignore[union-attr]
    assert plain(value) == "nginx"
    assert format_path(value.path) == "spec.template.spec.containers[0].image"
