"""With best-scored nodes only: what is reached is what a scheduler reaches that scores every time, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from kverify.engines.fit import choice
from kverify.engines.fit.choice import Chosen, choose
from kverify.engines.fit.decide import DemandAnswer, decide
from kverify.engines.schedulability import Cluster, Demand, Question, Room
from kverify.model.scheduling.framework import PodInfo
from kverify.model.scheduling.profile import feasible_nodes
from kverify.model.scheduling.scoring import DEFAULT_SCORES, ScoringError, node_resources_fit, rank
from kverify.model.scheduling.scoring.configuration import DEFAULT, Scoring
from kverify.model.scheduling.scoring.node_resources_fit import Strategy
from tests.engines.fit_cases import HOST, ZONE, anti, near, node, pod, questions, spread

PACKING = Scoring(
    tuple(
        node_resources_fit.plugin(Strategy("MostAllocated")) if plugin.name == "NodeResourcesFit" else plugin
        for plugin in DEFAULT_SCORES
    )
)


def chosen(demands: list[Demand], cluster: Cluster, scoring: Scoring = DEFAULT) -> dict[int, DemandAnswer]:
    return choose(demands, cluster, dict(enumerate(decide(demands, cluster).demands)), scoring)


def picked(demands: list[Demand], cluster: Cluster, scoring: Scoring = DEFAULT) -> Chosen:
    """The answer for the second demand, with its binds."""
    answer = chosen(demands, cluster, scoring)[1]
    assert isinstance(answer, Chosen)
    return answer


def rooms(demands: list[Demand], cluster: Cluster, scoring: Scoring = DEFAULT) -> list[Room]:
    return [answer.room for answer in chosen(demands, cluster, scoring).values()]


def two_nodes() -> Cluster:
    return Cluster(nodes=(node(0, 4, 9, None, "big", False), node(1, 4, 9, None, "big", False)))


def small_and_big() -> list[Demand]:
    return [Demand(pod("small", "a", 2, ""), 2, "small"), Demand(pod("big", "b", 4, ""), 1, "big")]


def test_spreading_scores_leave_no_room_for_a_big_pod() -> None:
    """Scenario D06: 2 + 2 on two nodes, and 4 fits nowhere."""
    found = chosen(small_and_big(), two_nodes())
    assert [answer.room for answer in found.values()] == [Room.ALWAYS, Room.FRAGILE]
    waits = found[1]
    assert isinstance(waits, Chosen)
    assert waits.message == "0/2 nodes are available: 2 Insufficient cpu."
    assert [(pick.title, len(pick.ties)) for pick in waits.picks] == [("small", 1), ("small", 0)]
    assert waits.picks[0].node != waits.picks[1].node
    second = waits.picks[1]
    assert second.next_best == (waits.picks[0].node, second.total - 50), "half of the cpu is left, or nothing"
    assert sum(second.parts.values()) == second.total


def test_packing_scores_leave_room() -> None:
    assert rooms(small_and_big(), two_nodes(), PACKING) == [Room.ALWAYS, Room.ALWAYS]
    found = picked(small_and_big(), two_nodes(), PACKING)
    assert found.method.startswith("exhaustive search over orders and best-scored nodes")
    assert len(found.picks) == 3, "an order in which nobody waits is shown"


def test_what_always_fits_needs_no_scores() -> None:
    demands = [Demand(pod("small", "a", 1, ""), 2, "small")]
    found = chosen(demands, two_nodes())[0]
    assert found.room is Room.ALWAYS
    assert not isinstance(found, Chosen), "the answer of the free choice"


def broken() -> PodInfo:
    preferred = (
        "  affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: "
        "{matchExpressions: [{key: gen, operator: Gt, values: [x]}]}}]}}\n"
    )
    return pod("p", "a", 1, preferred)


def test_a_pod_that_cannot_be_scored_waits_while_two_nodes_would_take_it() -> None:
    found = chosen([Demand(broken(), 1, "p")], two_nodes())[0]
    assert found.room is Room.FRAGILE
    assert found.message.startswith('running PreScore plugin "NodeAffinity"')
    one = Cluster(nodes=two_nodes().nodes[:1])
    assert rooms([Demand(broken(), 1, "p")], one) == [Room.ALWAYS]


def test_large_clusters_are_sampled_unless_told_otherwise() -> None:
    nodes = tuple(node(n, 4, 9, None, "big", False) for n in range(101))
    demands = [Demand(pod("small", "a", 2, ""), 101, "small"), Demand(pod("big", "b", 4, ""), 1, "big")]
    answer = chosen(demands, Cluster(nodes=nodes))[1]
    assert answer.room is Room.UNKNOWN
    assert "more than 100 nodes" in answer.reason
    assert chosen(demands, Cluster(nodes=nodes), Scoring(every_node=True))[1].room is Room.FRAGILE


def test_the_search_gives_up_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "VERDICTS", 1)
    assert rooms(small_and_big(), two_nodes()) == [Room.ALWAYS, Room.FRAGILE], "single orders are tried"
    answer = chosen(small_and_big(), two_nodes(), PACKING)[1]
    assert answer.room is Room.UNKNOWN
    assert "in those tried beyond that nobody waits" in answer.reason
    monkeypatch.setattr(choice, "DIVE", 1)
    assert rooms(small_and_big(), two_nodes()) == [Room.ALWAYS, Room.UNKNOWN]
    monkeypatch.setattr(choice, "KINDS", 1)
    assert "2 kinds of pods on 2 nodes are too many" in chosen(small_and_big(), two_nodes())[1].reason


# -- against a scheduler that tries every order ----------------------------------------------------------------------


def scheduled(demands: list[Demand], cluster: Cluster, scoring: Scoring) -> set[int]:
    """The demands of which a pod waits when nothing can be bound any more: every state, with no symmetry."""
    question = Question(demands, cluster)
    start = tuple(0 for _ in question.x)
    keys = list(question.x)
    seen, todo, stuck = {start}, [start], set()
    while todo:
        state = todo.pop()
        snapshot = question.concrete({key: number for key, number in zip(keys, state, strict=True) if number})
        waiting = [
            d
            for d, demand in enumerate(demands)
            if sum(number for (other, _), number in zip(keys, state, strict=True) if other == d) < demand.count
        ]
        moved = False
        for d in waiting:
            try:
                best = rank(demands[d].pod, feasible_nodes(demands[d].pod, snapshot), snapshot, scoring.plugins).best
            except ScoringError:
                best = ()
            for n in best:
                moved = True
                after = tuple(number + (key == (d, n)) for key, number in zip(keys, state, strict=True))
                if after not in seen:
                    seen.add(after)
                    todo.append(after)
        if not moved:
            stuck.update(waiting)
    return stuck


def preferring(key: str, app: str) -> str:
    return (
        "  affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 7, podAffinityTerm: "
        f"{{topologyKey: {key}, labelSelector: {{matchLabels: {{app: {app}}}}}}}}}]}}}}\n"
    )


def anyway(key: str, app: str, skew: int) -> str:
    return spread(key, app, skew).replace("DoNotSchedule", "ScheduleAnyway")


EXTRAS = st.one_of(
    st.just(""),
    st.builds(preferring, st.sampled_from([HOST, ZONE]), st.sampled_from(["a", "b"])),
    st.builds(anyway, st.sampled_from([HOST, ZONE]), st.sampled_from(["a", "b"]), st.integers(1, 2)),
    st.builds(anti, st.sampled_from([HOST, ZONE]), st.sampled_from(["a", "b"])),
    st.builds(near, st.sampled_from([HOST, ZONE]), st.sampled_from(["a", "b"])),
)


@st.composite
def crowded(draw: st.DrawFn) -> tuple[list[Demand], Cluster]:
    """Clusters in which room is short and nodes are often alike."""
    sizes = st.tuples(st.integers(3, 4), st.just(9), st.sampled_from(["z0", "z1"]), st.just("big"), st.just(False))
    kinds = draw(st.lists(sizes, min_size=1, max_size=2))
    nodes = tuple(node(n, *draw(st.sampled_from(kinds))) for n in range(draw(st.integers(2, 3))))
    pods = st.builds(pod, st.just("p"), st.sampled_from("ab"), st.integers(1, 4), EXTRAS)
    demands = [Demand(draw(pods), draw(st.integers(1, 3)), f"d{d}") for d in range(draw(st.integers(2, 3)))]
    return demands, Cluster(nodes=nodes)


def compare(question: tuple[list[Demand], Cluster], scoring: Scoring) -> None:
    demands, cluster = question
    stuck = scheduled(demands, cluster, scoring)
    for d, found in chosen(demands, cluster, scoring).items():
        if found.room is Room.ALWAYS:
            assert d not in stuck, found.method
        else:
            assert found.room is not Room.UNKNOWN, found.reason
            assert d in stuck, found.method


SCORINGS = st.sampled_from([DEFAULT, PACKING])


@settings(max_examples=20)
@given(st.one_of(crowded(), questions()), SCORINGS)
def test_every_order_agrees(question: tuple[list[Demand], Cluster], scoring: Scoring) -> None:
    compare(question, scoring)


@pytest.mark.slow
@settings(max_examples=1_500)
@given(st.one_of(crowded(), questions()), SCORINGS)
def test_every_order_agrees_on_thousands(question: tuple[list[Demand], Cluster], scoring: Scoring) -> None:
    compare(question, scoring)


def test_host_names_in_preferences_tell_nodes_apart() -> None:
    """Nodes alike but for their names are exchanged only where nobody asks for names."""
    prefers: Callable[[str], str] = lambda name: (  # noqa: E731
        "  affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 100, preference: "
        f"{{matchExpressions: [{{key: {HOST}, operator: In, values: [{name}]}}]}}}}]}}}}\n"
    )
    demands = [Demand(pod("small", "a", 2, prefers("n1")), 2, "small"), Demand(pod("big", "b", 4, ""), 1, "big")]
    found = picked(demands, two_nodes())
    assert found.room is Room.ALWAYS, "both small pods go to n1"
    assert {pick.node for pick in found.picks if pick.title == "small"} == {"n1"}
    other = [evolve(demands[0], pod=pod("small", "a", 2, prefers("n0"))), demands[1]]
    assert {pick.node for pick in picked(other, two_nodes()).picks if pick.title == "small"} == {"n0"}
