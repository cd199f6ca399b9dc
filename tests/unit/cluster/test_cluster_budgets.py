"""Budgets that the disruption controller cannot compute (KV2011)."""

from __future__ import annotations

import pytest

from kverify.checks import Options, run
from kverify.cluster.findings import cross_object
from tests.unit.cluster.cluster_helpers import bundle, cron_job, deployment, pod, replica_set, stateful_set

LABELS = "{app: web}"
DAEMONS = stateful_set("agent", LABELS).replace("StatefulSet", "DaemonSet")
OPERATED = "---\napiVersion: example.org/v1\nkind: Web\nmetadata: {name: web, namespace: shop}\n"


def budget(spec: str) -> str:
    return f"""
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: kept, namespace: shop}}
spec: {{{spec}, selector: {{matchLabels: {LABELS}}}}}
"""


def told(wanted: str) -> list[str]:
    return [d.message for d in cross_object(bundle(wanted)).diagnostics if d.id == "KV2011"]


@pytest.mark.parametrize("spec", ["maxUnavailable: 1", "maxUnavailable: 50%", "minAvailable: 50%"])
@pytest.mark.parametrize(
    ("makers", "says"),
    [
        (DAEMONS, "DaemonSet shop/agent has none: the budget lets no pod go."),
        (deployment() + DAEMONS, "DaemonSet shop/agent has none: the budget lets no pod go."),
        (deployment() + cron_job(labels=LABELS), "has none: the budget lets no pod go, while its pods are there."),
        (pod("alone"), "Pod shop/alone has none: the budget lets no pod go."),
    ],
)
def test_a_share_of_what_has_no_scale_lets_no_pod_go(spec: str, makers: str, says: str) -> None:
    """``getExpectedScale`` in pkg/controller/disruption/disruption.go"""
    (message,) = told(makers + budget(spec))
    assert message.endswith(says)
    assert message.startswith("A percentage" if spec.startswith("min") else "maxUnavailable")
    assert told(makers + budget("minAvailable: 1")) == []


@pytest.mark.parametrize(
    "makers",
    [
        deployment(),
        stateful_set(labels=LABELS),
        stateful_set(labels=LABELS) + pod("alone"),
        deployment() + pod("alone"),
        replica_set("rs") + pod("adopted"),
        OPERATED,
        deployment() + cron_job(),
    ],
)
def test_what_has_a_scale_is_counted(makers: str) -> None:
    assert told(makers + budget("maxUnavailable: 1")) == []


def test_no_drain_is_said_to_end_under_such_a_budget() -> None:
    wanted = deployment(spec="replicas: 2") + budget("maxUnavailable: 1")
    (proof,) = run(bundle(wanted), (), Options(properties=("drain-ends",))).proofs
    assert str(proof.verdict.outcome) == "holds"
    (proof,) = run(bundle(wanted + DAEMONS), (), Options(properties=("drain-ends",))).proofs
    assert str(proof.verdict.outcome) == "vacuous"
    assert "PodDisruptionBudget shop/kept cannot be computed (KV2011)" in (proof.verdict.reason or "")
