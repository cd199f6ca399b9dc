"""Preemption: who has to go, which budgets that violates, and which nodes may be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from kverify.api.types.meta import ObjectMeta
from kverify.api.types.pod import PodSchedulingGate
from kverify.api.types.policy import PodDisruptionBudget, PodDisruptionBudgetSpec, PodDisruptionBudgetStatus
from kverify.model.scheduling import NodeInfo, PodGroup, PodInfo, Snapshot
from kverify.model.scheduling.preemption import (
    NEVER,
    STILL_TERMINATING,
    Preemption,
    Running,
    Situation,
    preempt,
)
from kverify.model.scheduling.scheduling_gates import waiting
from tests.unit.scheduling.scheduling_cases import HOST, node, pod, selector, spread


def situation(nodes: Sequence[NodeInfo], running: Sequence[Running], **given: object) -> Situation:
    groups = tuple(PodGroup(r.pod, r.by_preemption) for r in running)
    counts = {(r.group, r.node): 1 for r in running}
    return Situation(Snapshot(tuple(nodes), groups, counts), running, **given)  # type: ignore[arg-type]


def low(name: str, cpu: str = "1", priority: int = 0) -> PodInfo:
    return pod(name, labels={"app": name}, requests={"cpu": cpu}, priority=priority)


def budget(allowed: int, **labels: str) -> PodDisruptionBudget:
    return PodDisruptionBudget(
        metadata=ObjectMeta(name="budget", namespace="default"),
        spec=PodDisruptionBudgetSpec(selector=selector(**labels)),
        status=PodDisruptionBudgetStatus(disruptions_allowed=allowed),
    )


def names(found: Preemption) -> dict[int, tuple[list[str], int]]:
    return {c.node: ([v.pod.name for v in c.victims], c.violations) for c in found.candidates}


HIGH = pod("high", requests={"cpu": "2"}, priority=100)


def test_as_few_as_will_do_have_to_go_and_the_less_important_first() -> None:
    running = [Running(0, low("x", priority=5), 0), Running(1, low("y"), 0), Running(2, low("z", "2"), 0)]
    assert names(preempt(HIGH, situation([node(cpu=4000)], running))) == {0: (["z"], 0)}


def test_nobody_is_removed_for_a_pod_that_must_not_preempt() -> None:
    never = pod("never", requests={"cpu": "4"}, priority=100, preemption_policy="Never")
    found = preempt(never, situation([node(cpu=4000)], [Running(0, low("x"), 0)]))
    assert (found.eligible, found.why, found.candidates) == (False, NEVER, ())


def test_a_pod_waits_for_victims_that_are_still_terminating() -> None:
    running = [Running(0, low("x", "3"), 0, by_preemption=True)]
    here = situation([node(cpu=4000)], running)
    assert preempt(HIGH, here, nominated_node=0).why == STILL_TERMINATING
    assert preempt(HIGH, here).eligible


def test_pods_of_the_same_priority_and_hopeless_nodes_are_left_alone() -> None:
    running = [Running(0, low("x", "3", priority=100), 0)]
    found = preempt(HIGH, situation([node("a", cpu=4000), node("b", cpu=1000)], running))
    assert found.message == (
        "0/2 nodes are available: 1 No preemption victims found for incoming pod, "
        "1 Preemption is not helpful for scheduling."
    )


def test_a_budget_keeps_its_pods_while_others_will_do() -> None:
    running = [Running(0, low("x", "2"), 0), Running(1, low("y", "2"), 0)]
    assert names(preempt(HIGH, situation([node(cpu=4000)], running, budgets=[budget(0, app="y")]))) == {0: (["x"], 0)}
    assert names(preempt(HIGH, situation([node(cpu=4000)], running, budgets=[budget(1, app="y")]))) == {0: (["y"], 0)}
    both = [budget(0, app="x"), budget(0, app="y")]
    assert names(preempt(HIGH, situation([node(cpu=4000)], running, budgets=both))) == {0: (["y"], 1)}


def test_the_choice_among_nodes() -> None:
    nodes = [node(name, cpu=2000) for name in "abcdef"]
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    running = [
        Running(0, low("violating", "2"), 0, late),
        Running(1, low("important", "2", priority=9), 1, late),
        Running(2, low("two-a"), 2, late),
        Running(3, low("two-b"), 2, late),
        Running(4, low("old", "2"), 3, early),
        Running(5, low("young", "2"), 4, late),
        Running(6, low("young-too", "2"), 5, late),
    ]
    found = preempt(HIGH, situation(nodes, running, budgets=[budget(0, app="violating")]))
    assert len(found.candidates) == 6
    assert found.best == (4, 5)


def test_nominated_pods_keep_their_room() -> None:
    here = situation([node(cpu=4000)], [Running(0, low("x", "3"), 0)], nominated={0: [low("n", "3", priority=100)]})
    assert preempt(HIGH, here).candidates == ()


def test_a_dry_run_takes_off_what_an_empty_selector_never_counted() -> None:
    """The scheduler counts no bound pod for an empty selector, but takes off those it removes: the domain of a removed
    pod then has fewer than none, and is the only one with room."""
    incoming = pod(
        "high",
        requests={"cpu": "1"},
        priority=100,
        topology_spread_constraints=(spread(HOST, selector(), max_skew=1),),
    )
    nodes = [node("a", cpu=1000), node("b", cpu=1000)]
    running = [Running(0, low("x"), 0), Running(1, low("y"), 1)]
    assert names(preempt(incoming, situation(nodes, running))) == {0: (["x"], 0), 1: (["y"], 0)}


def test_a_gated_pod_is_not_looked_at() -> None:
    gated = pod("web", scheduling_gates=(PodSchedulingGate(name="a.io/x"), PodSchedulingGate(name="a.io/y")))
    assert waiting(gated) == "waiting for scheduling gates: [a.io/x a.io/y]"
    assert waiting(pod("web")) is None
