"""Preemption over time: chains of priorities, who comes back, and what every order does."""

from __future__ import annotations

from kverify.api.types.pod import PodSpec
from kverify.engines.contest import Contest, Owner, Standing, explore, one_run
from kverify.engines.schedulability import Cluster
from kverify.model.scheduling.framework import NodeInfo, PodInfo


def pod(name: str, priority: int, cpu: int = 1000, policy: str | None = None) -> PodInfo:
    return PodInfo(
        name=name,
        namespace="default",
        labels={"app": name},
        spec=PodSpec(preemption_policy=policy),
        requests={"cpu": cpu},
        priority=priority,
        host_ports=(),
        affinity=(),
        anti_affinity=(),
    )


def nodes(number: int, cpu: int = 1000) -> Cluster:
    return Cluster(
        nodes=tuple(
            NodeInfo(name=f"n{i}", allocatable={"cpu": cpu, "memory": 1 << 30, "pods": 10}) for i in range(number)
        )
    )


def test_a_chain_ends_with_the_least_important_waiting() -> None:
    """high preempts middle, middle preempts low, low waits; with a run for every order of the two."""
    owners = (Owner("high", pod("high", 30), 1), Owner("middle", pod("middle", 20), 0), Owner("low", pod("low", 10), 0))
    standing = (Standing("m", owners[1].pod, 0, 1), Standing("l", owners[2].pod, 1, 2))
    contest = Contest(nodes(2), owners, standing)
    found = explore(contest, 100)
    assert found.complete
    assert {end.pending for end in found.ends} == {(0, 0, 1)}
    # The lowest highest priority of a victim decides: low goes at once, and middle stays where it is.
    assert {len(found.path(end)) for end in found.ends} == {1}


def test_whoever_is_made_again_has_the_priority_of_today() -> None:
    """Created with 0, made again with 5: enough to preempt one that has 1, but not the one it was preempted by."""
    owners = (Owner("new", pod("new", 5), 1), Owner("old", pod("old", 5), 0), Owner("weak", pod("weak", 1), 0))
    standing = (
        Standing("o", pod("old", 0), 0, 1),
        Standing("w", owners[2].pod, 1, 2),
    )
    (end,) = one_run(Contest(nodes(2), owners, standing)).ends
    assert end.pending == (0, 0, 1)
    assert end.gone == {0, 1}


def test_never_waits_and_bare_pods_do_not_come_back() -> None:
    patient = Owner("patient", pod("patient", 9, policy="Never"), 1)
    bare = Owner("bare", pod("bare", 0), 0, recreates=False)
    contest = Contest(nodes(1), (patient, bare), (Standing("b", bare.pod, 0, 1),))
    found = explore(contest, 100)
    assert found.complete
    assert [end.pending for end in found.ends] == [(1, 0)]
    eager = Contest(nodes(1), (Owner("eager", pod("eager", 9), 1), bare), (Standing("b", bare.pod, 0, 1),))
    assert [end.pending for end in explore(eager, 100).ends] == [(0, 0)]


def test_every_order_is_searched() -> None:
    """Two of equal priority and room for one: either may get it, and neither preempts the other."""
    owners = (Owner("a", pod("a", 5), 1), Owner("b", pod("b", 5), 1))
    found = explore(Contest(nodes(1), owners, ()), 100)
    assert {end.pending for end in found.ends} == {(0, 1), (1, 0)}
    unequal = (Owner("a", pod("a", 5), 1), Owner("b", pod("b", 6), 1))
    assert {end.pending for end in explore(Contest(nodes(1), unequal, ()), 100).ends} == {(1, 0)}


def test_a_limit_is_told() -> None:
    owners = tuple(Owner(f"w{i}", pod(f"w{i}", 0, 100), 3) for i in range(3))
    assert not explore(Contest(nodes(3), owners, ()), 5).complete
