"""Nothing is claimed without evidence: counterexamples replay against their own property, proofs say how and for what,
and what is assumed of an unknown cluster is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kverify.checks import Finding, Options, Proof, Report, run
from kverify.checks.deciding import decide
from kverify.checks.deciding.scenes import STAY
from kverify.checks.given.context import CLUSTER_IS_OPEN
from kverify.cluster.bundle import Bundle
from kverify.engines.replay import replay
from kverify.engines.verdict import Outcome, Verdict
from kverify.spec.property import StateProperty
from tests.unit.cluster.cluster_helpers import bundle, deployment

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def report_of(folder: str, manifest: str, cluster: str = "") -> Report:
    here = SCENARIOS / folder
    bundle, diagnostics = Bundle.read([str(here / manifest)], [str(here / cluster)] if cluster else [])
    assert not diagnostics
    return run(bundle, diagnostics, Options())


def runs(*, exact: bool = True) -> list[Any]:
    """The runs of all scenarios whose input is sound; those on a given cluster, or on an open one."""
    found = []
    for path in sorted(SCENARIOS.glob("*/expect.yaml")):
        for case in yaml.safe_load(path.read_text("utf-8"))["runs"]:
            checked = "refused" not in case and case.get("command", "check") == "check"
            if checked and ("cluster" in case) == exact:
                question = (path.parent.name, case["manifest"], *([case["cluster"]] if exact else []))
                found.append(pytest.param(*question, id="-".join(question).replace(".yaml", "")))
    return found


Decided = list[tuple[StateProperty, Verdict]]


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> Decided:
    """Every property that a check asked while the test ran, with its verdict."""
    asked: Decided = []

    def listening(decider: Any) -> Any:
        def listen(system: Any, prop: StateProperty, *options: Any, **more: Any) -> Verdict:
            verdict: Verdict = decider(system, prop, *options, **more)
            asked.append((prop, verdict))
            return verdict

        return listen

    monkeypatch.setattr(decide, "answer", listening(decide.answer))
    monkeypatch.setattr(decide, "near", listening(decide.near))
    return asked


@pytest.mark.parametrize(("folder", "manifest", "cluster"), runs())
def test_counterexamples_replay(folder: str, manifest: str, cluster: str, decided: Decided) -> None:
    """The plain interpreter takes every shown trace again, and it violates the property that was asked."""
    report = report_of(folder, manifest, cluster)
    violated = {id(verdict.trace): prop for prop, verdict in decided if verdict.outcome is Outcome.VIOLATED}
    for finding in report.findings:
        assert finding.verdict is not None
        trace = finding.verdict.trace
        if trace is not None:
            assert replay(trace, violated[id(trace)]) is trace
        elif finding.id in ("KV3003", "KV3004"):
            # Admission looks at one pod, or adds up: there is no run to show.
            assert finding.verdict.method in ("the default admission plugins", "arithmetic on the quotas")
        elif finding.id == "KV3006":
            # A gate is read off the pod.
            assert finding.verdict.method == "the pod's scheduling gates"
        elif finding.id == "KV3005":
            # Of volumes every place is looked at, with one pod.
            assert finding.verdict.method.startswith("every place in which the volume can be")
        elif finding.id == "KV3009":
            # The load is arithmetic; then every node is looked at.
            assert finding.verdict.method.startswith("the autoscaler's arithmetic")
        elif finding.id == "KV4011":
            # Nothing happens: that is what it says.
            assert finding.verdict.method == "by the fields of both"
        else:
            # Placements, and KV4004 of all workloads together, are about one state: nodes and how many pods are on
            # them; KV4004 of a bare Pod is about its kind. Nothing else goes without a trace.
            assert finding.id in ("KV3001", "KV3002", "KV3008", "KV3010", "KV4004"), finding
            bare = finding.id == "KV4004" and finding.object.startswith("Pod ")
            methods = ("one-state query", "exhaustive search over scheduling orders", "a deadlock, built bind by bind")
            asked = {"KV3008": methods, "KV3010": methods[:2]}.get(finding.id, methods[:1])
            expected = ("by the object's kind",) if bare else asked
            assert finding.verdict.method.startswith(expected)


@pytest.mark.parametrize(("folder", "manifest", "cluster"), runs())
def test_proofs_say_how_and_for_what(folder: str, manifest: str, cluster: str) -> None:
    report = report_of(folder, manifest, cluster)
    assert report.proofs or report.findings
    for proof in report.proofs:
        assert all((proof.id, proof.object, proof.property, proof.message, proof.verdict.method))
        if proof.verdict.outcome is Outcome.HOLDS:
            assert proof.verdict.scope
            assert proof.verdict.trace is None
        else:
            assert proof.verdict.outcome in (Outcome.VACUOUS, Outcome.UNKNOWN)
            assert proof.verdict.reason


@pytest.mark.parametrize(("folder", "manifest"), runs(exact=False))
def test_an_open_cluster_is_an_assumption(folder: str, manifest: str) -> None:
    """Everything decided without nodes says that they were assumed, but what needs no nodes at all."""
    report = report_of(folder, manifest)
    assert CLUSTER_IS_OPEN in report.assumptions
    shown: list[Finding | Proof] = [*report.findings, *report.proofs]
    for answer in shown:
        if (
            answer.id not in ("KV3003", "KV3004", "KV4002", "KV4007", "KV4010", "KV4011")
            and answer.verdict is not None
            and answer.verdict.outcome is not Outcome.VACUOUS
        ):
            assert CLUSTER_IS_OPEN in answer.verdict.assumptions, answer.id


@pytest.mark.parametrize(
    ("folder", "manifest", "offer"),
    [
        ("a01_rollout_antiaffinity_full", "fails.yaml", "4 different values of kubernetes.io/hostname"),
        ("a03_rollout_capacity_full", "fails.yaml", "room for 3 pods of 2500m cpu each"),
        ("d01_nodeselector_typo", "fails.yaml", "labels diskType=ssd"),
        ("d05_antiaffinity_replicas_gt_nodes", "fails.yaml", "labels pool=web"),
    ],
)
def test_an_open_cluster_is_told_what_to_offer(folder: str, manifest: str, offer: str) -> None:
    report = report_of(folder, manifest)
    said = [*report.assumptions, *(p.verdict.reason for p in report.proofs)]
    assert any(offer in text for text in said), said


def test_what_is_decided_without_nodes_is_as_with_them() -> None:
    """C01: the budget alone forbids every eviction, whatever the nodes are."""
    for manifest in ("fails_min_available.yaml", "fails_max_unavailable.yaml"):
        on_nodes = report_of("c01_pdb_equals_replicas", manifest, "cluster_3.yaml")
        without = report_of("c01_pdb_equals_replicas", manifest)
        answers = [[(f.id, f.severity, f.certainty, f.object) for f in r.findings] for r in (on_nodes, without)]
        assert answers[0] == answers[1]
        assert [f.id for f in without.findings] == ["KV4003"]


def test_what_rests_on_where_other_pods_are_says_so_where_resources_do_not_count() -> None:
    """A node is no room because a pod of another workload is there, which might be somewhere else."""
    apart = "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [TERM]}}"
    term = "{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: db}}}"
    node = """
---
apiVersion: v1
kind: Node
metadata: {{name: {0}, labels: {{kubernetes.io/hostname: {0}}}}}
status: {{allocatable: {{cpu: "4", memory: 8Gi, pods: "110"}}}}
"""
    wanted = deployment(extra=apart.replace("TERM", term)) + deployment("db", "{app: db}")
    report = run(
        bundle(wanted + node.format("n1") + node.format("n2")), (), Options(properties=("node-loss-survived",))
    )
    web = next(f for f in report.findings if f.object == "Deployment shop/web")
    assert web.verdict is not None
    assert "1 pod of shop/db" in " ".join(web.details)
    assert any(text.startswith("resources are not counted") for text in web.verdict.assumptions)
    assert STAY in web.verdict.assumptions
