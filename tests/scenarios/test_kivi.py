"""Kivi's cases are found at every size, and their repaired configurations are proved."""

from __future__ import annotations

from pathlib import Path

import pytest

from kverify.checks.deciding.maintained import ANY_NODE, WAITS
from kverify.checks.finding import Certainty, Finding
from kverify.engines.verdict import Outcome
from kverify.model.build import build, settled_states
from kverify.model.environment.maintenance import InTurn, cordoned
from kverify.model.expr import evaluate
from kverify.model.scheduling.framework import NodeInfo
from kverify.model.workload import Revision, Workload
from kverify.model.world import Place, World
from tests.scenarios.kivi_cases import KEPT, SIZES, ask, c2, c3, c6, c7


def only(findings: tuple[Finding, ...], wanted: str) -> Finding:
    (finding,) = (f for f in findings if f.id == wanted)
    return finding


@pytest.mark.parametrize("n", SIZES)
def test_c7_pods_that_name_a_tainted_node_are_deleted_for_ever(tmp_path: Path, n: int) -> None:
    report = ask(tmp_path, c7(n), "comes-to-rest")
    finding = only(report.findings, "KV4012")
    assert finding.certainty is Certainty.CERTAIN
    assert finding.verdict is not None
    assert f"{5 * n:,} replicas; {n:,} nodes" in finding.verdict.scope
    trace = finding.verdict.trace
    assert trace is not None
    assert trace.loop == 0
    assert trace.states()[0] == trace.final
    assert [step.action.component for step in trace.steps] == [
        "ReplicaSet controller",
        "taint eviction controller",
        "kubelet",
    ]
    assert finding.repairs[0].verified


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("mended", [{"tolerates": True}, {"tainted": False}], ids=str)
def test_c7_repaired_comes_to_rest(tmp_path: Path, n: int, mended: dict[str, bool]) -> None:
    report = ask(tmp_path, c7(n, **mended), "comes-to-rest")
    (proof,) = report.proofs
    assert not report.findings
    assert proof.verdict.outcome is Outcome.HOLDS
    assert proof.verdict.method == "ranking function"


@pytest.mark.parametrize("n", SIZES)
def test_c2_an_apply_goes_below_the_least(tmp_path: Path, n: int) -> None:
    report = ask(tmp_path, c2(n), "autoscaler-kept")
    finding = only(report.findings, "KV4010")
    assert finding.certainty is Certainty.CERTAIN
    assert finding.verdict is not None
    trace = finding.verdict.trace
    assert trace is not None
    available = [v.name for v in trace.system.variables if ".available@" in v.name]
    states = [sum(trace.system.view(state)[name] for name in available) for state in trace.states()]
    assert states[0] == n + 2
    assert states[-1] == n - 1
    mended = ask(tmp_path, c2(n, remembered=False), "autoscaler-kept")
    assert not mended.findings
    assert [p.verdict.outcome for p in mended.proofs] == [Outcome.HOLDS]


@pytest.mark.parametrize(("n", "percent", "fails"), [(3, 106, True), (21, 92, True), (37, 92, True), (39, 91, False)])
def test_c3_the_verdict_depends_on_the_size(tmp_path: Path, n: int, percent: int, fails: bool) -> None:
    """Of 73 pods 5.84 cores more are a percent, of 77 it takes 6.16, and one pod has only 6 more."""
    report = ask(tmp_path, c3(n), "bursts-fit")
    answer = only(report.findings, "KV3009") if fails else report.proofs[0]
    assert answer.verdict is not None
    assert answer.verdict.outcome is (Outcome.VIOLATED if fails else Outcome.HOLDS)
    assert f"{2 * n - 1} pods at 91 to {percent} %" in answer.verdict.scope
    assert len(report.findings) == fails


@pytest.mark.parametrize("n", [101, 1_001])
def test_c3_holds_on_large_clusters(tmp_path: Path, n: int) -> None:
    report = ask(tmp_path, c3(n), "bursts-fit")
    assert not report.findings
    assert "which run already" in report.proofs[0].verdict.evidence


@pytest.mark.parametrize("n", [3, 37])
def test_c3_repaired_always_fits(tmp_path: Path, n: int) -> None:
    report = ask(tmp_path, c3(n, host="ScheduleAnyway"), "bursts-fit")
    assert not report.findings
    assert report.proofs[0].verdict.outcome is Outcome.HOLDS
    assert "a look at every node" in report.proofs[0].verdict.method


def test_c3_the_usual_tolerance_leaves_only_the_smallest_cluster(tmp_path: Path) -> None:
    assert only(ask(tmp_path, c3(3, tolerance=None), "bursts-fit").findings, "KV3009")
    assert not ask(tmp_path, c3(5, tolerance=None), "bursts-fit").findings


@pytest.mark.parametrize("n", SIZES)
def test_c6_the_next_node_may_hold_two(tmp_path: Path, n: int) -> None:
    """The pod of the first node moves to the second, whose drain then takes two, although everybody has waited."""
    report = ask(tmp_path, c6(n), spec=KEPT)
    (finding,) = report.findings
    assert finding.certainty is Certainty.POSSIBLE
    assert finding.verdict is not None
    assert f"{n:,} replicas; {n:,} nodes" in finding.verdict.scope
    assert WAITS in finding.verdict.assumptions
    trace = finding.verdict.trace
    assert trace is not None
    assert [step.action.component for step in trace.steps].count("maintenance") == 4
    assert f"available(d) is {n - 2}" in finding.outcome


@pytest.mark.parametrize("n", SIZES)
def test_c6_a_budget_keeps_all_but_one(tmp_path: Path, n: int) -> None:
    report = ask(tmp_path, c6(n, budget=True), spec=KEPT)
    assert not report.findings
    (proof,) = report.proofs
    assert proof.verdict.outcome is Outcome.HOLDS
    assert proof.verdict.method == "induction"
    assert ANY_NODE in proof.verdict.assumptions


def test_c6_what_two_nodes_show_happens_on_all_of_them(tmp_path: Path) -> None:
    """The run between two nodes is a run of the model in which every node is there by itself."""
    finding = ask(tmp_path, c6(3), spec=KEPT).findings[0]
    assert finding.verdict is not None
    trace = finding.verdict.trace
    assert trace is not None
    workload = Workload(name="web", replicas=3, revisions=(Revision("default/web/new", "ReplicaSet web"),))
    places = tuple(Place(f"n{i}", i - 1) for i in (1, 2, 3))
    nodes = tuple(NodeInfo(name=place.name) for place in places)
    world = World(workloads=(workload,), places=places, nodes=nodes)
    turns = InTurn(places, waits=True)
    start = {("default/web/new", place.name): 1 for place in places}
    whole = build("all", world, starts=settled_states(world, (start,), workload.revisions), beside=[turns])
    system = cordoned(whole, world, turns)
    assert system.starts is not None
    (state,) = system.starts
    actions = {action.name: action for action in system.actions}
    for step in trace.steps:
        state = system.step(state, actions[step.action.name])
    assert evaluate(world.available(workload.revisions[0]), system.view(state)) == 1
