"""What a greedy scheduler reaches, and orders that are replayed, beside the plain filters on a snapshot."""

from __future__ import annotations

import pytest

from kverify.engines import schedulability
from kverify.engines.errors import ReplayError
from kverify.engines.schedulability import Cluster, Demand, Question, greedy
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
