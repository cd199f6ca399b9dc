"""For which sizes a rollout gets stuck: exactly those, a run for each, and a proof for all others."""

from __future__ import annotations

from pathlib import Path

import pytest

from kverify.checks.deciding import sizes, theorems
from kverify.checks.given.context import Context
from kverify.checks.options import Options
from kverify.cluster.bundle import Bundle
from kverify.engines import explicit, progress
from kverify.engines.sizes import stuck_sizes
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.expr import Number, all_of, evaluate, integer
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.model.workload import Recreate, RollingUpdate, Strategy, resolve_fenceposts
from kverify.spec.property import Reaches

SCENARIOS = Path(__file__).parent.parent / "scenarios"


def context(manifest: str, cluster: str) -> Context:
    bundle, diagnostics = Bundle.read([str(SCENARIOS / manifest)], [str(SCENARIOS / cluster)])
    assert not diagnostics
    return Context(bundle, Options())


def texts(manifest: str, cluster: str) -> list[str]:
    ctx = context(manifest, cluster)
    return [answer.text for subject in ctx.checked for answer in sizes.answers(ctx, subject)]


# -- from YAML -----------------------------------------------------------------------------------------------------


def test_hostname_anti_affinity_with_the_default_strategy_is_stuck_for_exactly_one_to_three_nodes() -> None:
    """Scenario A01: kubernetes/kubernetes#116891."""
    ctx = context("a01_rollout_antiaffinity_full/fails.yaml", "a01_rollout_antiaffinity_full/cluster_3.yaml")
    by_nodes, one_each = sizes.answers(ctx, ctx.checked[0])
    assert [size for size, _ in by_nodes.sizes.stuck] == [3]
    assert by_nodes.sizes.low == 3
    assert [size for size, _ in one_each.sizes.stuck] == [1, 2, 3]
    assert by_nodes.sizes.exact
    assert one_each.sizes.exact
    for _, verdict in (*by_nodes.sizes.stuck, *one_each.sizes.stuck):
        assert verdict.trace is not None
        assert verdict.certain


def test_the_repaired_strategy_is_never_stuck() -> None:
    found = texts("a01_rollout_antiaffinity_full/pair_no_surge.yaml", "a01_rollout_antiaffinity_full/cluster_3.yaml")
    assert found == [
        "by number of nodes like n1: fewer than 3 do not hold 3 replicas; from 3 on it always completes "
        "(proved for every number by a ranking function)",
        "with one replica on each of the nodes like n1, by their number: from 1 on it always completes "
        "(proved for every number by a ranking function)",
    ]


def test_capacity_that_is_just_used_up() -> None:
    """Scenario A03: requests, and numbers instead of percentages."""
    assert texts("a03_rollout_capacity_full/fails.yaml", "a03_rollout_capacity_full/cluster_2.yaml") == [
        "by number of nodes like n1: fewer than 2 do not hold 2 replicas; with 2 it cannot complete, "
        "from 3 on it always does (proved for every number by a ranking function)"
    ]


def test_a_quota_that_is_just_used_up() -> None:
    """Scenario A02: no pod is ever Pending, the ReplicaSet just cannot create one."""
    bundle, _ = Bundle.read([str(SCENARIOS / "a02_rollout_quota_full/fails.yaml")], [])
    (subject,) = Context(bundle, Options()).checked
    answer = sizes.by_admitted(subject)
    assert answer is not None
    assert answer.text == (
        "by the pods that quotas let exist at once: with 2 it cannot complete, from 3 on it always does "
        "(proved for every number by a ranking function)"
    )


def test_nothing_is_said_where_nodes_do_not_simply_take_a_number() -> None:
    """Spread constraints: what a node takes depends on the others."""
    assert (
        texts("a11_spread_broken_by_rollout/fails_four_replicas.yaml", "a11_spread_broken_by_rollout/cluster_3.yaml")
        == []
    )


# -- against the search --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "strategy",
    [RollingUpdate(1, 0), RollingUpdate(0, 1), RollingUpdate(1, 1), RollingUpdate(2, 0), Recreate()],
    ids=str,
)
@pytest.mark.parametrize("replicas", [1, 3])
@pytest.mark.parametrize("limit", ["room", "admitted"])
def test_every_size_agrees_with_the_search_at_that_size(strategy: Strategy, replicas: int, limit: str) -> None:
    def at(size: Number) -> theorems.Rollout:
        room, admitted = (size, None) if limit == "room" else (None, size)
        open_ = () if isinstance(size, int) else (sizes.SIZE,)
        return theorems.rollout_of(replicas, strategy, room=room, admitted=admitted, parameters=open_)

    every = at(sizes.SIZE.expr)

    def search(size: int) -> Verdict:
        one = at(size)
        return explicit.check(one.system, theorems.completion(one))

    found = stuck_sizes(
        every.system,
        theorems.completion(every),
        "size",
        low=replicas,
        invariant=all_of(theorems.lemmas(every)),
        rank=theorems.ranking(every),
        search=search,
    )
    assert found.exact, found.proof.reason
    stuck = {size for size, _ in found.stuck}
    for size in range(replicas, replicas + 4):
        assert (search(size).outcome is Outcome.VIOLATED) is (size in stuck), size


def test_percentages_of_an_open_number_of_replicas_are_those_of_each_number() -> None:
    """``ResolveFenceposts`` is written once, for numbers and for expressions."""
    for surge, unavailable in (("25%", "25%"), ("1%", "0%"), ("0%", "0%"), ("100%", "50%"), (2, "10%"), (0, 0)):
        strategy = resolve_fenceposts(surge, unavailable, sizes.SIZE.expr)
        for replicas in range(30):
            exact = resolve_fenceposts(surge, unavailable, replicas)
            resolved = [evaluate(part, {"size": replicas}) for part in (strategy.surge, strategy.unavailable)]
            assert resolved == [exact.surge, exact.unavailable], (surge, unavailable, replicas)


# -- the engine ----------------------------------------------------------------------------------------------------


def counter(bug: bool = False) -> TransitionSystem:
    """Counts to ``size``, but never passes 4; a size of 5 or more is stuck."""
    n, size = integer("n"), integer("size")
    up = Action("up", "test", (n < size) if bug else (n < 4), {"n": n + 1})
    return TransitionSystem("counter", (Variable("n", 0, None, 0),), (up,), parameters=(Variable("size", 1, 7),))


def test_candidates_that_cannot_be_reached_are_no_stuck_sizes() -> None:
    """Without an invariant every size has a stuck state; the search says at which it is reached."""
    goal = Reaches(name="there", goal=integer("n") >= integer("size"))

    def search(size: int) -> Verdict:
        return explicit.check(counter().fix(size=size), Reaches(name="there", goal=integer("n") >= size))

    found = stuck_sizes(
        counter(), goal, "size", low=1, invariant=integer("n") >= 0, rank=4 - integer("n"), search=search
    )
    assert [size for size, _ in found.stuck] == [5, 6, 7]


def test_a_size_that_is_not_decided_leaves_the_rest_open() -> None:
    goal = Reaches(name="there", goal=integer("n") >= integer("size"))
    found = stuck_sizes(
        counter(),
        goal,
        "size",
        low=1,
        invariant=integer("n") >= 0,
        rank=4 - integer("n"),
        search=lambda _: Verdict(outcome=Outcome.UNKNOWN, method="test", reason="too many states"),
    )
    assert not found.exact
    assert "was not decided: too many states" in found.proof.reason


def test_a_wrong_rank_proves_nothing() -> None:
    every = theorems.rollout_of(2, RollingUpdate(1, 1), room=sizes.SIZE.expr, parameters=(sizes.SIZE,))
    goal, invariant, rank = theorems.completion(every), all_of(theorems.lemmas(every)), theorems.ranking(every)
    assert progress.prove(every.system, goal, invariant=invariant, rank=rank).outcome is Outcome.HOLDS
    wrong = rank + 100 * integer(every.world.spec(theorems.NEW))
    assert progress.prove(every.system, goal, invariant=invariant, rank=wrong).outcome is Outcome.UNKNOWN
