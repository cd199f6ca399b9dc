"""Gangs that are placed one pod at a time: when they always become whole, and when they hold each other up."""

from __future__ import annotations

from itertools import product

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kverify.engines.fit import gangs
from kverify.engines.fit.gangs import Gang, Gangs, gangs_fit
from kverify.engines.schedulability import Cluster, Demand, Room
from kverify.model.scheduling.framework import PodGroup
from tests.engines.fit_cases import HOST, near, node, pod, questions


def slots(*sizes: int) -> Cluster:
    return Cluster(nodes=tuple(node(n, size, 20, None, "big", False) for n, size in enumerate(sizes)))


def equal(number: int, size: int) -> tuple[list[Demand], list[Gang]]:
    demands = [Demand(pod(f"g{k}", "a", 1, ""), size, f"g{k}") for k in range(number)]
    return demands, [Gang(f"g{k}", (k,), size) for k in range(number)]


@pytest.mark.parametrize(("number", "size"), [(1, 3), (2, 2), (2, 4), (3, 2), (3, 3)])
def test_equal_gangs_need_one_place_more_than_they_can_waste(number: int, size: int) -> None:
    """k gangs of g pods need k * (g - 1) + 1 places, however they are dealt out to nodes."""
    enough = number * (size - 1) + 1
    demands, all_gangs = equal(number, size)
    for places in (enough - 1, enough):
        for first in range(1, places):
            answer = gangs_fit(demands, slots(first, places - first), all_gangs)
            if places < size:
                assert answer.room is Room.IMPOSSIBLE
            else:
                assert answer.room is (Room.ALWAYS if places == enough else Room.FRAGILE)


def test_the_deadlock_is_told_bind_by_bind() -> None:
    demands, both = equal(2, 4)
    answer = gangs_fit(demands, slots(2, 2), both)
    assert (answer.stuck, len(answer.steps)) == (((0, 2), (1, 2)), 4)
    assert answer.message == "0/2 nodes are available: 2 Insufficient cpu."


def test_a_gang_that_does_not_end_keeps_its_room() -> None:
    demands, (first, second) = equal(2, 2)
    assert gangs_fit(demands, slots(3), [first, second]).room is Room.ALWAYS
    assert gangs_fit(demands, slots(3), [evolve(first, ends=False), second]).room is Room.FRAGILE
    assert gangs_fit(demands, slots(4), [evolve(first, ends=False), second]).room is Room.ALWAYS


def test_other_pods_take_room_and_those_that_end_give_it_back() -> None:
    demands, (first, _) = equal(2, 2)
    assert gangs_fit(demands, slots(3), [first]).room is Room.FRAGILE
    assert gangs_fit(demands, slots(3), [first], ending=(1,)).room is Room.ALWAYS
    assert gangs_fit(demands, slots(1), [first], ending=(1,)).room is Room.IMPOSSIBLE


def test_a_group_of_several_kinds_of_pods_is_whole_together() -> None:
    demands, _ = equal(2, 2)
    assert gangs_fit(demands, slots(4), [Gang("group", (0, 1), 4)]).room is Room.ALWAYS
    assert gangs_fit(demands, slots(3), [Gang("group", (0, 1), 4)]).room is Room.FRAGILE
    assert gangs_fit(demands, slots(3), [Gang("group", (0, 1), 3)]).room is Room.ALWAYS


def without_search(demands: list[Demand], cluster: Cluster, all_gangs: list[Gang]) -> Gangs:
    small, gangs.SMALL = gangs.SMALL, 0
    try:
        return gangs_fit(demands, cluster, all_gangs)
    finally:
        gangs.SMALL = small


def compare(question: tuple[list[Demand], Cluster], ends: bool) -> None:
    """The proof and the deadlock that is built say what all orders say."""
    demands, cluster = question
    all_gangs = [Gang(f"g{d}", (d,), demand.count, ends) for d, demand in enumerate(demands)]
    exact = gangs._search(demands, cluster, all_gangs)
    assert exact is not None
    answer = without_search(demands, cluster, all_gangs)
    if answer.room is Room.ALWAYS:
        assert exact.room is Room.ALWAYS
    elif answer.room is not Room.UNKNOWN:
        assert exact.room is Room.FRAGILE


def test_a_gang_that_needs_another_beside_it_is_not_asked_about_alone() -> None:
    """The one node with a pod of app a is full: the second gang waits for the first, which finds the other node."""
    full, free = node(0, 4, 1, None, "big", False), node(1, 4, 2, None, "big", False)
    cluster = Cluster(nodes=(full, free), others=((PodGroup(pod("there", "a", 1, "")), {0: 1}),))
    demands = [
        Demand(pod("first", "a", 1, ""), 1, "first"),
        Demand(pod("second", "b", 1, near(HOST, "a")), 1, "second"),
    ]
    compare((demands, cluster), ends=False)
    gangs_of = [Gang(d.title, (i,), 1, ends=False) for i, d in enumerate(demands)]
    assert gangs_fit(demands, cluster, gangs_of).room is Room.ALWAYS
    assert gangs_fit(demands[1:], cluster, [Gang("second", (0,), 1)]).room is Room.IMPOSSIBLE


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(questions(), st.booleans())
def test_proofs_and_deadlocks_agree_with_every_order(question: tuple[list[Demand], Cluster], ends: bool) -> None:
    compare(question, ends)


@pytest.mark.slow
@settings(max_examples=2_000, suppress_health_check=[HealthCheck.too_slow])
@given(questions(), st.booleans())
def test_proofs_and_deadlocks_agree_in_many_cases(question: tuple[list[Demand], Cluster], ends: bool) -> None:
    compare(question, ends)


def test_without_search_the_equal_gangs_are_decided_as_well() -> None:
    for number, size in product((2, 3), (2, 3)):
        demands, all_gangs = equal(number, size)
        enough = number * (size - 1) + 1
        assert without_search(demands, slots(enough), all_gangs).room is Room.ALWAYS
        assert without_search(demands, slots(enough - 1), all_gangs).room is Room.FRAGILE
