"""Fitting over classes of nodes says what trying every order says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from kverify.engines.fit.decide import decide
from kverify.engines.schedulability import Cluster, Demand, Room
from tests.engines.fit_cases import brute_force, questions


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
