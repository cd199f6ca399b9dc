"""The largest count that always fits and the first that cannot are those that trying every order gives."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings

from kverify.engines.fit import counts
from kverify.engines.schedulability import Cluster, Demand, Room
from tests.engines.fit_cases import HOST, ZONE, anti, brute_force, near, node, pod, questions, spread

UPTO = 5


def compare(question: tuple[list[Demand], Cluster]) -> None:
    """Every count up to ``UPTO``: what is said of it, and what all orders together say."""
    demands, cluster = question
    answer = counts.count(demands, cluster, 0, upto=UPTO)
    companions = [d for d in range(1, len(demands)) if d not in (*answer.left_out, *answer.doubtful)]
    for number in range(UPTO + 1):
        said = answer.room(number)
        if said in (None, Room.UNKNOWN):
            continue
        many = [evolve(demands[0], count=number), *demands[1:]]
        blocked, _ = brute_force(many, cluster)
        _, complete = brute_force([many[d] for d in range(len(many)) if d not in answer.left_out], cluster)
        if said is Room.ALWAYS:
            assert not blocked & {0, *companions}, number
            assert complete or answer.doubtful
        elif said is Room.IMPOSSIBLE:
            assert not complete, number
        else:
            assert blocked & {0, *companions}, number
    for probe in answer.probes:
        assert probe.always is not True or probe.room is Room.ALWAYS
    if answer.placed is not None:
        placed = [evolve(demands[0], count=answer.placed.count), *demands[1:]]
        assert brute_force([placed[d] for d in range(len(placed)) if d not in answer.left_out], cluster)[1]


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(questions())
def test_counts_agree_with_every_order(question: tuple[list[Demand], Cluster]) -> None:
    compare(question)


@pytest.mark.slow
@settings(max_examples=1_500, suppress_health_check=[HealthCheck.too_slow])
@given(questions())
def test_counts_agree_with_every_order_in_many_cases(question: tuple[list[Demand], Cluster]) -> None:
    compare(question)


def three(zones: str = "aab") -> Cluster:
    return Cluster(nodes=tuple(node(n, 5, 10, zone, "big", False) for n, zone in enumerate(zones)))


def ends(answer: counts.Counts) -> tuple[int | None, int | None]:
    always, impossible = answer.always, answer.impossible
    return None if always is None else always.count, None if impossible is None else impossible.count


def test_conflicting_spread_constraints_end_at_five() -> None:
    """D04: zones {n0, n1} and {n2}, both constraints with maxSkew 1."""
    both = spread(ZONE, "a", 1)[:-2] + ", " + spread(HOST, "a", 1).partition("[")[2]
    answer = counts.count([Demand(pod("web", "a", 1, both), 6, "web")], three(), 0)
    assert ends(answer) == (5, 6)
    assert answer.monotone


def test_the_fragile_counts_lie_between() -> None:
    """Two nodes and a pod that takes one: two small pods may stand on both of them."""
    nodes = tuple(node(n, 4, 10, None, "big", False) for n in range(2))
    demands = [Demand(pod("small", "a", 2, ""), 1, "small"), Demand(pod("big", "b", 4, ""), 1, "big")]
    answer = counts.count(demands, Cluster(nodes=nodes), 0)
    assert ends(answer) == (1, 3)
    assert list(answer.ranges()) == [(0, 1, Room.ALWAYS), (2, 2, Room.FRAGILE), (3, None, Room.IMPOSSIBLE)]
    assert answer.impossible is not None
    assert answer.impossible.whole.core


def test_where_pods_help_others_every_count_is_asked() -> None:
    """A ``web`` goes only where a ``cache`` is: none is too few."""
    demands = [Demand(pod("cache", "a", 1, ""), 1, "cache"), Demand(pod("web", "b", 1, near(HOST, "a")), 1, "web")]
    answer = counts.count(demands, three(), 0, upto=3)
    assert not answer.monotone
    assert [probe.count for probe in answer.probes] == [0, 1, 2, 3]
    assert [probe.room for probe in answer.probes] == [Room.IMPOSSIBLE, Room.ALWAYS, Room.ALWAYS, Room.ALWAYS]
    assert answer.always is None


def test_who_has_no_node_anyway_does_not_hide_the_counts_of_others() -> None:
    demands = [
        Demand(pod("web", "a", 1, anti(HOST, "a")), 2, "web"),
        Demand(pod("lost", "b", 9, ""), 1, "lost"),
    ]
    answer = counts.count(demands, three(), 0)
    assert (ends(answer), answer.left_out) == ((3, 4), (1,))
