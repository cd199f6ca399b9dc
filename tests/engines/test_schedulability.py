"""What a greedy scheduler reaches, and orders that are replayed, beside the plain filters on a snapshot."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kverify.engines import schedulability
from kverify.engines.errors import ReplayError
from kverify.engines.ranges import decided
from kverify.engines.schedulability import Cluster, Demand, Question, Room, greedy
from kverify.model.expr import Condition, all_of, lift, negate
from kverify.model.scheduling import PodGroup, feasible_nodes, reject
from tests.unit.scheduling.scheduling_cases import (
    HOST,
    ZONE,
    anti_affinity,
    node,
    pod,
    selector,
    spread,
    term,
)

NODES = tuple(node(f"n{i}", cpu=3000, labels={ZONE: "ab"[i % 2]}) for i in range(5))
ALONE = pod(
    "alone", labels={"app": "alone"}, requests={"cpu": "1"}, affinity=anti_affinity(term(HOST, selector(app="alone")))
)
EVEN = pod(
    "even",
    labels={"app": "even"},
    requests={"cpu": "1"},
    topology_spread_constraints=(spread(ZONE, selector(app="even")),),
)
LARGE = pod("large", requests={"cpu": "2500m"})
OTHER = PodGroup(pod("other", labels={"app": "even"}, requests={"cpu": "500m"}))


def question() -> Question:
    demands = [Demand(ALONE, 6), Demand(EVEN, 6), Demand(LARGE, 2)]
    return Question(demands, Cluster(nodes=NODES, others=((OTHER, {0: 1, 2: 1}),)))


def slow_greedy(asked: Question) -> dict[tuple[int, int], int]:
    """Pod by pod in turn, to the node with the fewest of those that the plain filters let it have."""
    placement = dict.fromkeys(asked.x, 0)
    moved = True
    while moved:
        moved = False
        for d, demand in enumerate(asked.demands):
            nodes = feasible_nodes(demand.pod, asked.concrete(placement))
            if nodes and sum(placement[d, n] for n in asked.nodes) < demand.count:
                placement[d, min(nodes, key=lambda n: sum(placement[k, n] for k in range(3)))] += 1
                moved = True
    return placement


def test_greedy_goes_on_while_some_pod_fits_and_no_longer() -> None:
    asked = question()
    placement = greedy(asked)
    assert placement == slow_greedy(asked)
    waiting = [d for d, demand in enumerate(asked.demands) if sum(placement[d, n] for n in asked.nodes) < demand.count]
    assert waiting
    assert all(feasible_nodes(asked.demands[d].pod, asked.concrete(placement)) == () for d in waiting)


def test_every_step_of_a_replay_is_let_through_by_the_plain_filters() -> None:
    asked = question()
    placement = greedy(asked)
    done = dict.fromkeys(asked.x, 0)
    for d, n in schedulability._replayed(asked, placement, None):
        assert reject(asked.demands[d].pod, n, asked.concrete(done)) == ()
        done[d, n] += 1
    assert done == placement


@pytest.mark.parametrize("order", [None, ((0, 1), (0, 1))])
def test_a_placement_that_the_filters_refuse_is_not_replayed(order: tuple[tuple[int, int], ...] | None) -> None:
    asked = question()
    with pytest.raises(ReplayError, match="do not let the blocking placement come about"):
        schedulability._replayed(asked, {**dict.fromkeys(asked.x, 0), (0, 1): 2}, order)


PODS = (
    ALONE,
    EVEN,
    LARGE,
    pod("other", labels={"app": "even"}, requests={"cpu": "500m"}),
    pod("apart", labels={"app": "x"}, affinity=anti_affinity(term(ZONE, selector(app="x")))),
    pod("shy", labels={"app": "y"}, requests={"cpu": "1"}, affinity=anti_affinity(term(HOST, selector(app="x")))),
)


@settings(max_examples=40, deadline=None)
@given(counts=st.lists(st.integers(0, 4), min_size=6, max_size=6), asked=st.sets(st.integers(0, 5), min_size=1))
def test_what_is_left_out_of_a_question_decides_nothing(counts: list[int], asked: set[int]) -> None:
    """``always`` asks a part of what the whole question says, and answers the same."""
    demands = [Demand(p, number) for p, number in zip(PODS, counts, strict=True)]
    cluster, limits = Cluster(nodes=NODES[:3], others=((OTHER, {0: 1, 2: 1}),)), (((0, 1, 4), 5),)
    waiting = sorted(asked)
    whole = Question(demands, cluster, limits)
    never = schedulability._stuck(whole, waiting) is False
    assert (schedulability.always(demands, cluster, waiting=waiting, limits=limits).room is Room.ALWAYS) == (
        never or all(map(whole.roomy, waiting))
    )
    cheaply = schedulability.never_binds("NodeResourcesFit", demands, cluster, waiting=waiting, limits=limits)
    assert cheaply == all(_resources_suffice(whole, d, n) for d in waiting for n in whole.nodes)


def _resources_suffice(question: Question, demand: int, node: int) -> bool:
    needs = question.needs(demand, node)
    if any(r.holds is False for r in needs if r.plugin != "NodeResourcesFit"):
        return True
    short = negate(all_of(r.holds for r in needs if r.plugin == "NodeResourcesFit"))
    return (
        decided(short, question.ranges) is False
        or schedulability._solve(question, all_of([question.consistent(), question.waits(demand), short])) is False
    )


def test_a_pod_that_waits_in_vain_alone_is_not_asked_about_beside_others(monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[set[str]] = []
    real = schedulability._solve

    def solve(question: Question, condition: Condition) -> object:
        named.append(set(lift(condition).variables()))
        return real(question, condition)

    monkeypatch.setattr(schedulability, "_solve", solve)
    demands = [Demand(ALONE, 6), Demand(EVEN, 2), Demand(LARGE, 2)]
    assert schedulability.always(demands, Cluster(nodes=NODES), waiting=[0]).room is Room.UNKNOWN
    assert named == [{f"x0@{n}" for n in range(len(NODES))}]
    named.clear()
    # There is room enough: of the others' pods it is not even asked where they are.
    wide = Cluster(nodes=tuple(node(f"n{i}", cpu=64000) for i in range(5)))
    assert schedulability.always([Demand(ALONE, 5), *demands[1:]], wide, waiting=[0]).room is Room.ALWAYS
    assert len(named) == 2
    assert all(one == {f"x0@{n}" for n in range(5)} for one in named)
