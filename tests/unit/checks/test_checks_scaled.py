"""A workload with an autoscaler is answered as if it were asked about at every count of the range, one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from kverify.api.types.autoscaling_v2 import HorizontalPodAutoscaler
from kverify.checks import Options, Report, run
from kverify.checks.deciding.scaled import largest
from kverify.cluster.bundle import Bundle
from kverify.cluster.scaling import Scale
from kverify.engines.verdict import Outcome
from kverify.manifest.diagnostics import Severity

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers: [{{name: web, image: web, resources: {{requests: {{cpu: {cpu}}}}}}}]
"""
BUDGET = """
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: web}}
spec: {{{budget}, selector: {{matchLabels: {{app: web}}}}}}
"""
AUTOSCALER = """
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: web}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}
  minReplicas: {low}
  maxReplicas: {high}
"""
NODES = "".join(
    f"""
---
apiVersion: v1
kind: Node
metadata: {{name: n{i}, labels: {{kubernetes.io/hostname: n{i}}}}}
status: {{allocatable: {{cpu: "4", memory: 16Gi, pods: "110"}}}}
"""
    for i in range(3)
)

CASES = [
    # replicas, low, high, budget, cpu of a pod, nodes
    (3, 1, 4, "minAvailable: 1", "100m", True),
    (3, 2, 5, "minAvailable: 1", "100m", True),
    (4, 2, 5, "maxUnavailable: 1", "100m", False),
    (4, 2, 5, "minAvailable: 60%", "100m", True),
    (2, 1, 5, "maxUnavailable: 30%", "100m", False),
    (2, 2, 4, "maxUnavailable: 0", "100m", True),
    # Two fit on a node: at 5 and 6 nothing has room once a node is cordoned.
    (2, 2, 6, "minAvailable: 1", "2", True),
    (2, 2, 4, "minAvailable: 1", "2", True),
    (3, 2, 3, "maxUnavailable: 1", "3", True),
]


def answers(tmp_path: Path, text: str, nodes: bool, property: str) -> Report:
    (tmp_path / "all.yaml").write_text(text)
    (tmp_path / "nodes.yaml").write_text(NODES)
    bundle, problems = Bundle.read([str(tmp_path / "all.yaml")], [str(tmp_path / "nodes.yaml")] if nodes else [])
    assert not [p for p in problems if p.severity is Severity.ERROR], problems
    return run(bundle, problems, Options(properties=(property,)))


@pytest.mark.parametrize("property", ["drain-ends", "node-loss-survived", "rollout-completes"])
@pytest.mark.parametrize(("replicas", "low", "high", "budget", "cpu", "nodes"), CASES)
def test_every_count_is_asked(
    tmp_path: Path, replicas: int, low: int, high: int, budget: str, cpu: str, nodes: bool, property: str
) -> None:
    """The range goes wrong exactly if some count of it does; what no node takes is nobody's drain."""
    wrong, undecided = [], False
    for number in range(low, high + 1):
        text = DEPLOYMENT.format(replicas=number, cpu=cpu) + BUDGET.format(budget=budget)
        report = answers(tmp_path, text, nodes, property)
        if report.findings:
            wrong.append(number)
        undecided = undecided or any(p.verdict.outcome is Outcome.UNKNOWN for p in report.proofs)
    assert not undecided
    text = DEPLOYMENT.format(replicas=replicas, cpu=cpu) + BUDGET.format(budget=budget)
    report = answers(tmp_path, text + AUTOSCALER.format(low=low, high=high), nodes, property)
    if not wrong:
        assert not report.findings
        assert {p.verdict.outcome for p in report.proofs} == {Outcome.HOLDS}
        return
    (finding,) = report.findings
    if replicas not in wrong:
        assert any(f"scaled to {number}" in finding.message for number in wrong)
        assert finding.certainty is not None
        assert finding.certainty.value == "possible"


def test_range() -> None:
    scale = Scale(HorizontalPodAutoscaler(), 2, 6)
    assert scale.counts(4) == range(2, 7)
    assert scale.counts(0) == range(1), "replicas: 0 switches it off"
    assert Scale(HorizontalPodAutoscaler(), 2, 6, shrinks=False).counts(4) == range(4, 7)
    assert Scale(HorizontalPodAutoscaler(), 2, 6, shrinks=False).counts(9) == range(6, 7), "never above the most"
    assert Scale(HorizontalPodAutoscaler(), 2, 6, grows=False).counts(1) == range(2, 3), "never below the least"
    assert Scale(HorizontalPodAutoscaler(), 0, 6).counts(0) == range(7)


@pytest.mark.parametrize("limit", range(8))
def test_largest(limit: int) -> None:
    counts = [1, 3, 4, 6]
    assert largest(counts, lambda n: n <= limit) == max((n for n in counts if n <= limit), default=0)


QUOTA = """
---
apiVersion: v1
kind: ResourceQuota
metadata: {{name: q, namespace: default}}
spec: {{hard: {{pods: "{pods}"}}}}
"""


def unscaled(name: str, replicas: int) -> str:
    return "---\n" + DEPLOYMENT.format(replicas=replicas, cpu="100m").replace("web", name)


def test_what_an_autoscaler_may_ask_for_beyond_a_quota_is_told(tmp_path: Path) -> None:
    """Of a range of 2 to 6, beside two pods of another workload, a quota of 7 pods lets 5 be."""
    text = DEPLOYMENT.format(replicas=2, cpu="100m") + AUTOSCALER.format(low=2, high=6)
    report = answers(tmp_path, text + unscaled("api", 2) + QUOTA.format(pods=7), False, "admitted")
    (beyond,) = report.findings
    assert (beyond.id, beyond.severity, beyond.object) == ("KV3004", Severity.WARNING, "Deployment default/web")
    assert beyond.message.startswith("its autoscaler may ask for 6 replicas, and no more than 5 are admitted: ")
    assert [repair.text for repair in beyond.repairs] == [
        "ResourceQuota default/q spec.hard[pods]: 8",
        "set spec.maxReplicas of HorizontalPodAutoscaler default/web to 5",
    ]
    assert not answers(tmp_path, text + unscaled("api", 2) + QUOTA.format(pods=8), False, "admitted").findings


def test_a_quota_counts_the_pods_that_an_autoscaler_asks_for_at_least(tmp_path: Path) -> None:
    """The manifest says one replica, the autoscaler five: beside them the quota has no room for three of another."""
    text = DEPLOYMENT.format(replicas=1, cpu="100m") + AUTOSCALER.format(low=5, high=5)
    report = answers(tmp_path, text + unscaled("api", 3) + QUOTA.format(pods=7), False, "admitted")
    found = {finding.object: finding.message for finding in report.findings}
    assert found["Deployment default/api"].startswith("only 2 of its 3 pods are admitted beside the other workloads")
    assert found["Deployment default/web"].startswith("only 4 of its 5 pods are admitted beside the other workloads")
    short = answers(tmp_path, text + QUOTA.format(pods=4), False, "admitted")
    assert [finding.message.partition(":")[0] for finding in short.findings] == ["only 4 of its 5 pods are admitted"]
