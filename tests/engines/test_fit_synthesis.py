"""Synthesized clusters suffice, and nothing smaller does: trying every order on every smaller cluster agrees."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kverify.api.labels import ZONE
from kverify.engines.fit.decide import decide
from kverify.engines.fit.synthesis import Kind, Synthesis, smallest
from kverify.engines.schedulability import Cluster, Demand, Room
from kverify.model.scheduling.framework import NodeInfo
from tests.engines.fit_cases import HOST, NODES, PODS, anti, brute_force, node, pod, spread

TRIED = 3
"""Nodes of the largest smaller cluster that is tried in every order."""


def bare(nodes: Sequence[NodeInfo]) -> Cluster:
    return Cluster(nodes=tuple(nodes))


def synthesize(kinds: Sequence[Kind], demands: Sequence[Demand]) -> Synthesis:
    return smallest(kinds, demands, bare, lambda cluster: decide(demands, cluster), probes=20)


def kind(cpu: int, pods: int = 10, name: str = "big", zones: tuple[str, ...] = ()) -> Kind:
    return Kind(evolve(node(0, cpu, pods, None, name, False), name=name), zones)


def cluster_of(kinds: Sequence[Kind], numbers: Sequence[int]) -> Cluster:
    return bare([made for each, number in zip(kinds, numbers, strict=True) for made in each.made(number)])


@st.composite
def questions(draw: st.DrawFn) -> tuple[list[Kind], list[Demand]]:
    kinds = []
    for index in range(draw(st.integers(1, 2))):
        cpu, pods, zone, name, taint = draw(NODES)
        template = evolve(node(index, cpu, pods, None, name, taint), name=f"k{index}")
        kinds.append(Kind(template, ("z0", "z1") if zone else ()))
    return kinds, [Demand(draw(PODS), draw(st.integers(1, 3)), f"d{d}") for d in range(draw(st.integers(1, 2)))]


def compare(question: tuple[list[Kind], list[Demand]]) -> None:
    kinds, demands = question
    answer = synthesize(kinds, demands)
    if answer.found is None:
        if answer.hopeless:
            blocked, _ = brute_force(demands, cluster_of(kinds, (1,) * len(kinds)))
            assert blocked
        return
    total = sum(answer.found.numbers)
    if total <= TRIED + 1:
        assert not brute_force(demands, cluster_of(kinds, answer.found.numbers))[0]
    if not answer.minimal:
        return
    for numbers in product(range(min(total, TRIED + 1)), repeat=len(kinds)):
        if sum(numbers) < min(total, TRIED + 1):
            assert brute_force(demands, cluster_of(kinds, numbers))[0], numbers


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(questions())
def test_nothing_smaller_suffices(question: tuple[list[Kind], list[Demand]]) -> None:
    compare(question)


@pytest.mark.slow
@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow])
@given(questions())
def test_nothing_smaller_suffices_in_many_cases(question: tuple[list[Kind], list[Demand]]) -> None:
    compare(question)


def test_fragmentation_costs_nodes() -> None:
    """7 pods of 2 cpu and one of 4 fill 4.5 nodes of 4 cpu; in the worst order each of the seven has a node."""
    demands = [Demand(pod("small", "a", 2, ""), 7, "small"), Demand(pod("big", "b", 4, ""), 1, "big")]
    answer = synthesize([kind(4)], demands)
    assert answer.found is not None
    assert (answer.found.numbers, answer.minimal, answer.least) == ((8,), True, 5)
    assert [(tried.numbers, tried.room) for tried in answer.smaller] == [((7,), Room.FRAGILE)]


def test_the_best_mix_of_kinds() -> None:
    """Only large nodes hold the large pod; one of them and two small ones hold everything."""
    demands = [Demand(pod("a", "a", 1, anti(HOST, "a")), 3, "a"), Demand(pod("b", "b", 6, ""), 1, "b")]
    answer = synthesize([kind(2, name="small"), kind(8, name="huge")], demands)
    assert answer.found is not None
    assert (sum(answer.found.numbers), answer.minimal) == (3, True)
    assert answer.found.numbers[1] >= 1


def test_nodes_are_dealt_over_zones() -> None:
    demands = [Demand(pod("a", "a", 1, spread(ZONE, "a", 1)), 6, "a")]
    answer = synthesize([kind(4, zones=("x", "y", "z"))], demands)
    assert answer.found is not None
    made = cluster_of([kind(4, zones=("x", "y", "z"))], answer.found.numbers)
    assert {info.labels[ZONE] for info in made.nodes} <= {"x", "y", "z"}
    assert answer.minimal
    assert answer.found.room is Room.ALWAYS


def test_what_no_kind_can_hold_is_hopeless() -> None:
    answer = synthesize([kind(4), kind(8, name="huge")], [Demand(pod("a", "a", 9, ""), 1, "a")])
    assert (answer.found, answer.hopeless) == (None, True)
    assert answer.last is not None
    assert answer.last.room is Room.IMPOSSIBLE
