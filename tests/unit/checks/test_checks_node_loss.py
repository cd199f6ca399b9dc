"""KV4004 of all workloads together: on the nodes that are left there is room for everybody, or not, or nobody knows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from attrs import evolve

from kverify.checks import Options, Report, run
from kverify.checks.builtin import node_loss
from kverify.checks.finding import Proof
from kverify.checks.given.room import room_for
from kverify.checks.names import NODE_LOSS_SURVIVED, TOGETHER
from kverify.engines.schedulability import Cluster, Demand, Fit, Room
from kverify.engines.verdict import Outcome
from tests.unit.cluster.cluster_helpers import bundle, deployment

NODE = """
---
apiVersion: v1
kind: Node
metadata: {{name: {name}, labels: {{kubernetes.io/hostname: {name}}}}}
status: {{allocatable: {{cpu: "8", memory: 8Gi, pods: "110"}}}}
"""
SPREAD = (
    "topologySpreadConstraints: [{{maxSkew: 9, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, "
    "labelSelector: {{matchLabels: {{app: {name}}}}}}}]"
)
SPEC = "replicas: {replicas}\n  strategy: {{rollingUpdate: {{maxSurge: 0, maxUnavailable: 1}}}}"


def workload(name: str, replicas: int, cpu: int) -> str:
    text = deployment(name, f"{{app: {name}}}", extra=SPREAD.format(name=name), spec=SPEC.format(replicas=replicas))
    return text.replace("image:", f"resources: {{requests: {{cpu: {cpu}}}}}, image:")


def report(states: int = 100_000) -> Report:
    """Three workloads with much room on four nodes; on three nodes they fit, but not in the first order tried."""
    text = workload("a", 3, 1) + workload("b", 2, 3) + workload("c", 4, 3)
    nodes = "".join(NODE.format(name=f"n{number}") for number in range(4))
    options = Options(properties=(NODE_LOSS_SURVIVED,), max_states=states)
    return run(bundle(text + nodes), (), options)


def shared(report: Report) -> list[Proof]:
    return [proof for proof in report.proofs if proof.object == TOGETHER]


def test_each_is_an_answer_where_all_of_them_fit() -> None:
    decided = report()
    assert {proof.verdict.outcome for proof in decided.proofs} == {Outcome.HOLDS}
    assert len(decided.proofs) == 3
    assert shared(decided) == []
    assert not decided.undecided


def test_that_nobody_knows_is_told() -> None:
    """Each workload survives beside the others; whether all of them do was given up after 20 states."""
    left = report(states=20)
    assert left.findings == ()
    assert {p.verdict.outcome for p in left.proofs if p.object != TOGETHER} == {Outcome.HOLDS}
    (proof,) = shared(left)
    assert (proof.id, proof.property, proof.verdict.outcome) == ("KV4004", NODE_LOSS_SURVIVED, Outcome.UNKNOWN)
    assert proof.verdict.scope == "3 workloads on 3 remaining nodes, without one of n0, n1, n2 and n3"
    assert proof.verdict.reason == "more than 20 scheduling states"
    assert proof.verdict.assumptions == node_loss.ASSUMPTIONS
    assert left.undecided


@pytest.mark.parametrize(("doubtful", "told"), [(True, [Outcome.UNKNOWN]), (False, [])])
def test_an_order_without_room_leaves_it_open_unless_another_has_room(
    monkeypatch: pytest.MonkeyPatch, doubtful: bool, told: list[Outcome]
) -> None:
    def seen(demands: Sequence[Demand], left: Cluster, *, limit: int) -> Fit:
        return evolve(room_for(demands, left, limit=limit), room=Room.FRAGILE, doubtful=doubtful)

    monkeypatch.setattr(node_loss, "room_for", seen)
    proofs = shared(report())
    assert [proof.verdict.outcome for proof in proofs] == told
    assert [proof.verdict.reason for proof in proofs] == [node_loss.DOUBTFUL] * len(told)
