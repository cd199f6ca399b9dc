"""Fitting over classes of nodes says what trying every order says."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import _fit
from kverify.engines.fit import merge, programs
from kverify.engines.fit.decide import Answer, decide
from kverify.engines.fit.domains import Spread
from kverify.engines.fit.lp import Program, Solution
from kverify.engines.fit.relaxation import Relaxation
from kverify.engines.schedulability import Cluster, Demand, Room, fit
from kverify.model.scheduling.framework import PodGroup
from tests.engines.fit_cases import HOST, ZONE, Limits, anti, brute_force, near, node, pod, spread, wide_questions

Case = tuple[list[Demand], Cluster, Limits]


def compare(question: Case) -> Answer:
    demands, cluster, limits = question
    blocked, complete = brute_force(demands, cluster, limits)
    answer = decide(demands, cluster, limits=limits)
    for d, one in enumerate(answer.demands):
        if one.room is Room.ALWAYS:
            assert d not in blocked, one.method
        elif one.room is not Room.UNKNOWN:
            assert d in blocked, one.method
        if one.steps:
            assert sum(number for _, number in one.blocking) == one.steps
    if answer.core:
        assert not complete
    if answer.placement is not None:
        assert complete
    return answer


@settings(max_examples=60)
@given(wide_questions())
def test_every_order_agrees(question: Case) -> None:
    compare(question)


@pytest.mark.slow
@settings(max_examples=5_000)
@given(wide_questions())
def test_every_order_agrees_on_thousands(question: Case) -> None:
    compare(question)


@settings(max_examples=40)
@given(wide_questions())
def test_every_order_agrees_without_linear_programming(question: Case) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(programs, "available", lambda: False)
        compare(question)


def alone(demands: Sequence[Demand], cluster: Cluster, limits: Limits) -> tuple[tuple[int, ...], ...]:
    del cluster, limits
    return tuple((d,) for d in range(len(demands)))


def agree_with_nobody_merged(question: Case) -> None:
    demands, cluster, limits = question
    answer = decide(demands, cluster, limits=limits)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merge, "parted", alone)
        apart = decide(demands, cluster, limits=limits)
    for one, other in zip(answer.demands, apart.demands, strict=True):
        if Room.UNKNOWN not in (one.room, other.room):
            assert (one.room is Room.ALWAYS) == (other.room is Room.ALWAYS), (one.method, other.method)
    if answer.core:
        assert apart.placement is None
    if answer.placement is not None:
        assert not apart.core


@settings(max_examples=60)
@given(wide_questions())
def test_merging_demands_changes_no_answer(question: Case) -> None:
    agree_with_nobody_merged(question)


@pytest.mark.slow
@settings(max_examples=2_000)
@given(wide_questions())
def test_merging_demands_changes_no_answer_of_thousands(question: Case) -> None:
    agree_with_nobody_merged(question)


def test_pods_that_differ_in_name_and_labels_only_are_one_demand() -> None:
    first = Demand(pod("web", "a", 1, ""), 2, "web")
    second = Demand(pod("api", "b", 1, ""), 3, "api")
    chooser = Demand(pod("db", "c", 1, anti(HOST, "c")), 1, "db")
    cluster = Cluster(nodes=(node(0, 4, 9, None, "big", False),))
    answer = decide([first, chooser, second], cluster)
    assert answer.members == ((0, 2), (1,))
    assert [one.room for one in answer.demands] == [Room.IMPOSSIBLE] * 3
    for d, demand in enumerate((first, chooser, second)):
        placed = dict(answer.demands[d].blocking)
        assert placed.get(demand.title, 0) < demand.count
        assert sum(placed.values()) == answer.demands[d].steps == 4


def test_an_interruption_is_not_taken_for_an_answer_without_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    z3 = pytest.importorskip("z3")
    demands, cluster = [Demand(pod("web", "a", 3, ""), 2, "web")], zones(1, 4)
    monkeypatch.setattr(Relaxation, "complete", lambda _: None)
    monkeypatch.setattr(z3.Solver, "check", lambda *_: z3.unknown)
    monkeypatch.setattr(z3.Solver, "reason_unknown", lambda _: "canceled")
    assert decide(demands, cluster).core == ()
    monkeypatch.setattr(z3.Solver, "reason_unknown", lambda _: "interrupted from keyboard")
    with pytest.raises(KeyboardInterrupt):
        decide(demands, cluster)


def test_who_waits_for_a_pod_still_to_come_is_not_stuck() -> None:
    demands = [Demand(pod("cache", "a", 1, ""), 1, "cache"), Demand(pod("web", "b", 1, near(HOST, "a")), 1, "web")]
    cluster = Cluster(nodes=(node(0, 4, 9, None, "big", False), node(1, 4, 9, None, "big", False)))
    assert decide(demands, cluster).room is Room.ALWAYS
    assert fit(demands, cluster).room is Room.ALWAYS
    assert fit(demands[1:], cluster).room is Room.IMPOSSIBLE


def zones(nodes: int, cpu: int) -> Cluster:
    return Cluster(nodes=tuple(node(n, cpu, 110, f"z{n % 3}", "big", False) for n in range(nodes)))


def test_affinity_over_zones_is_decided_at_size() -> None:
    """A zone has 100 nodes with 8 cores: room for 600 pods beside each other, not for 1,000."""
    gang = [Demand(pod("gang", "a", 1, near(ZONE, "a")), 600, "gang")]
    assert decide(gang, zones(300, 8)).room is Room.ALWAYS
    gang = [Demand(pod("gang", "a", 1, near(ZONE, "a")), 1_000, "gang")]
    assert decide(gang, zones(300, 8)).demands[0].room is Room.FRAGILE
    pair = [Demand(pod("cache", "a", 1, ""), 3, "cache"), Demand(pod("web", "b", 1, near(ZONE, "a")), 600, "web")]
    assert decide(pair, zones(300, 8)).room is Room.ALWAYS
    alone = decide(pair, zones(300, 8), waiting=[1])
    assert "cache always fits" in alone.demands[0].method


def test_spreading_over_zones_is_decided_at_size() -> None:
    """Others fill a zone only if they do not spread themselves."""
    web = Demand(pod("web", "a", 1, spread(ZONE, "a", 1)), 100, "web")
    cluster = zones(300, 8)
    assert decide([web, Demand(pod("big", "b", 2, spread(ZONE, "b", 1)), 500, "big")], cluster).room is Room.ALWAYS
    answer = decide([web, Demand(pod("big", "b", 2, ""), 500, "big")], cluster)
    assert [one.room for one in answer.demands] == [Room.FRAGILE, Room.ALWAYS]
    assert answer.placement is not None
    assert answer.demands[0].message.startswith("0/300 nodes are available: 100 Insufficient cpu, 200 node(s) didn't")


@pytest.mark.parametrize("full", [0.2, 0.6, 1.05])
def test_mixed_clusters_are_decided(full: float) -> None:
    answer = decide(_fit.demands(300, 3_000, 10, full), _fit.cluster(300))
    rooms = {one.room for one in answer.demands}
    assert len(rooms) > 1 or full > 1
    assert all(one.steps for one in answer.demands if one.room in (Room.FRAGILE, Room.IMPOSSIBLE))


@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from([True, True, True, False])), min_size=1, max_size=3),
    st.integers(1, 2),
    st.booleans(),
    st.integers(0, 6),
)
def test_domains_that_spread_pods_reach(parts: list[tuple[int, bool]], skew: int, zero: bool, supply: int) -> None:
    """The numbers by domain are those that binding pod by pod, as the filter says, comes to."""
    staying, able = tuple(n for n, _ in parts), tuple(opened for _, opened in parts)
    one = Spread(tuple((z,) for z in range(len(parts))), staying, able, skew, zero)
    reached, fresh = {(0,) * len(parts)}, [(0,) * len(parts)]
    while fresh:
        state = fresh.pop()
        after = [n + stay for n, stay in zip(state, staying, strict=True)]
        floor = 0 if zero else min(after)
        for z in range(len(parts)):
            more = tuple(n + (k == z) for k, n in enumerate(state))
            if able[z] and sum(more) <= supply and after[z] + 1 - floor <= skew and more not in reached:
                reached.add(more)
                fresh.append(more)
    for size in range(1, len(parts) + 1):
        for chosen in itertools.combinations(range(len(parts)), size):
            assert one.most(supply, chosen) >= max(sum(state[z] for z in chosen) for state in reached)
    assert one.most(supply, range(len(parts))) == max(map(sum, reached))
    assert tuple(one.even(supply)) in reached
    for state in itertools.product(range(supply + 1), repeat=len(parts)):
        if sum(state) <= supply and all(opened or not n for n, opened in zip(state, able, strict=True)):
            assert one.holds(state) == (state in reached)


SMALL = st.integers(-3, 3)


@given(st.data())
def test_a_bound_is_true_whatever_the_weights(data: st.DataObject) -> None:
    """No weights of rows, not even absurd ones, make a linear program's bound smaller than its maximum."""
    pytest.importorskip("highspy")
    program = Program()
    count = data.draw(st.integers(1, 3))
    for _ in range(count):
        program.variable(data.draw(st.integers(0, 3)), data.draw(SMALL))
    for _ in range(data.draw(st.integers(1, 3))):
        program.at_most({x: data.draw(SMALL) for x in range(count)}, data.draw(st.integers(0, 4)))
    points = itertools.product(*(range(most + 1) for most in program.most))
    best = max(
        sum(gain * x for gain, x in zip(program.gains, point, strict=True))
        for point in points
        if all(sum(f * point[x] for x, f in row.items()) <= bound for row, bound in program.rows)
    )
    assert program.solve().bound >= best
    absurd = tuple(data.draw(st.floats(-2, 2)) for _ in program.rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Program, "_ask", lambda _, __: ((0.0,) * count, absurd))
        answer: Solution = program.solve()
    assert answer.bound >= best


def test_spread_that_counts_only_pods_that_stay() -> None:
    """A constraint whose selector does not match the pod itself: one node alone is never ahead of itself."""
    shy = Demand(pod("p", "b", 0, spread(HOST, "a", 1)), 1, "shy")
    cluster = Cluster(nodes=(node(0, 2, 5, None, "big", False),), others=((PodGroup(pod("p", "a", 0, "")), {0: 2}),))
    assert compare(([shy], cluster, [])).room is Room.ALWAYS


def test_all_that_a_sum_bounds_share_its_weights() -> None:
    """There are as many weights as demands, and as many bounds: each with weights of its own, it would be a square."""
    cluster = Cluster(nodes=(node(0, 4, 9, None, "big", False), node(1, 2, 9, None, "big", False)))
    demands = [Demand(pod(f"p{n}", "a", 1 + n % 2, anti(HOST, "b") if n % 3 else ""), 2) for n in range(6)]
    book = decide(demands, cluster).book
    blockers = [b for d in range(len(book.demands)) for c in (0, 1) for b in book.of(d, c).blockers]
    assert len(blockers) > 4
    assert len({id(b.weights) for b in blockers}) == len({b.weights for b in blockers}) < len(blockers)
