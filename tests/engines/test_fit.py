"""Fitting over classes of nodes says what trying every order says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from kverify.engines.fit.decide import decide
from kverify.engines.schedulability import Cluster, Demand, Room, fit
from tests.engines.fit_cases import HOST, brute_force, near, node, pod, questions


def compare(question: tuple[list[Demand], Cluster]) -> None:
    demands, cluster = question
    blocked, complete = brute_force(demands, cluster)
    answer = decide(demands, cluster)
    for d, one in enumerate(answer.demands):
        if one.room is Room.ALWAYS:
            assert d not in blocked, one.method
        elif one.room is not Room.UNKNOWN:
            assert d in blocked, one.method
    if answer.room is Room.IMPOSSIBLE:
        assert not complete
    if answer.placement is not None:
        assert complete


@settings(max_examples=25)
@given(questions())
def test_every_order_agrees(question: tuple[list[Demand], Cluster]) -> None:
    compare(question)


@pytest.mark.slow
@settings(max_examples=5_000)
@given(questions())
def test_every_order_agrees_on_thousands(question: tuple[list[Demand], Cluster]) -> None:
    compare(question)


def test_who_waits_for_a_pod_still_to_come_is_not_stuck() -> None:
    demands = [Demand(pod("cache", "a", 1, ""), 1, "cache"), Demand(pod("web", "b", 1, near(HOST, "a")), 1, "web")]
    cluster = Cluster(nodes=(node(0, 4, 9, None, "big", False), node(1, 4, 9, None, "big", False)))
    assert decide(demands, cluster).room is Room.ALWAYS
    assert fit(demands, cluster).room is Room.ALWAYS
    assert fit(demands[1:], cluster).room is Room.IMPOSSIBLE
