"""The rolling-update promises and the end of a rollout, for every size; and that the proofs can fail."""

from __future__ import annotations

import pytest
from attrs import evolve

from kverify.checks.deciding import theorems as T
from kverify.engines import bounded, explicit, induction, progress
from kverify.engines.replay import replay
from kverify.engines.verdict import Outcome
from kverify.model.components.deployment import promises
from kverify.model.expr import all_of, integer, substitute
from kverify.model.workload import RollingUpdate
from kverify.spec.property import Always

SIZES = [
    (replicas, surge, unavailable)
    for replicas in range(4)
    for surge in range(3)
    for unavailable in range(min(replicas, 2) + 1)
    if surge + unavailable
]


@pytest.mark.parametrize("min_ready", [False, True])
def test_promises_hold_for_every_size(min_ready: bool) -> None:
    verdict = T.promises_theorem(min_ready)
    assert verdict.outcome is Outcome.HOLDS
    assert "replicas - maxUnavailable <= " in verdict.evidence
    assert verdict.scope == T.EVERY_SIZE


def test_the_printed_invariant_stands_three_plain_queries() -> None:
    r = T.rollout(stale=True)
    invariant = all_of([*T.lemmas(r), T.promise(r).condition])
    assert len(induction.recheck(r.system, invariant, T.promise(r))) == 3


@pytest.mark.parametrize("recreate", [False, True])
@pytest.mark.parametrize("min_ready", [False, True])
def test_a_rollout_ends_at_every_size(recreate: bool, min_ready: bool) -> None:
    assert T.completion_theorem(recreate, min_ready).outcome is Outcome.HOLDS


@pytest.mark.parametrize(("replicas", "surge", "unavailable"), SIZES)
def test_exhaustive_search_agrees_at_small_sizes(replicas: int, surge: int, unavailable: int) -> None:
    """The symbolic theorem and the concrete search are about the same system; every lemma is true in every state."""
    r = T.rollout(stale=True)
    system = r.system.fix(replicas=replicas, maxSurge=surge, maxUnavailable=unavailable)
    values = {"replicas": replicas, "maxSurge": surge, "maxUnavailable": unavailable}
    for condition in (T.promise(r).condition, *T.lemmas(r)):
        prop = Always(name="lemma", condition=substitute(condition, values))
        assert explicit.check(system, prop).outcome is Outcome.HOLDS, condition
    fresh = T.rollout()
    small = fresh.system.fix(**values)
    goal = T.completion(fresh)
    goal = evolve(goal, goal=substitute(goal.goal, values))
    assert explicit.check(small, goal).outcome is Outcome.HOLDS


def test_a_controller_that_surges_one_too_many_is_caught() -> None:
    """Seeded bug: surge + 1. Induction refuses, bounded search finds a run for some size, search for a given one."""
    r = T.rollout(extra_surge=1)
    _, surge = promises(r.world, evolve(r.workload, strategy=RollingUpdate(T.SURGE.expr, T.UNAVAILABLE.expr)))
    prop = Always(name="surge is bounded", condition=surge, lemmas=T.lemmas(r))
    assert induction.check(r.system, prop).outcome is not Outcome.HOLDS
    symbolic = bounded.check(r.system, prop, depth=6)
    assert symbolic.outcome is Outcome.VIOLATED
    assert symbolic.trace is not None

    numbers = {"replicas": 3, "maxSurge": 1, "maxUnavailable": 0}
    concrete = evolve(prop, condition=substitute(surge, numbers), lemmas=())
    verdict = explicit.check(r.system.fix(**numbers), concrete)
    assert verdict.outcome is Outcome.VIOLATED
    assert verdict.trace is not None
    assert [step.action.name for step in verdict.trace.steps] == ["scale up new"]
    view = verdict.trace.system.view(replay(verdict.trace, concrete).final)
    assert (view["old.spec"], view["new.spec"]) == (3, 2)


def test_without_the_assumption_a_rollout_need_not_end() -> None:
    """Surge 0 and unavailable 0 (which the API server refuses) is stuck: the proof must not go through."""
    r = T.rollout()
    system = evolve(r.system, assume=True)
    verdict = progress.prove(system, T.completion(r), invariant=all_of(T.lemmas(r)), rank=T.ranking(r))
    assert verdict.outcome is not Outcome.HOLDS


def test_a_ranking_that_does_not_fall_is_refused() -> None:
    r = T.rollout()
    verdict = progress.prove(
        r.system, T.completion(r), invariant=all_of(T.lemmas(r)), rank=integer("old.spec") + integer("new.spec")
    )
    assert verdict.outcome is not Outcome.HOLDS
