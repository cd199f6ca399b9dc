"""Every class of property: the engine over fair components against the fixed point of the plain reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kverify.engines import bounded, bounded_lasso, houdini, induction, spacer
from kverify.engines.history import as_always, forget
from kverify.engines.liveness import check
from kverify.engines.portfolio import decide
from kverify.engines.replay import replay
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.system import TransitionSystem
from kverify.spec.property import Always, Fair, OnceAlways, Possibly, Property, Until

from . import reference
from .strategies import (
    KINDS,
    NAMES,
    TRUTHS,
    conditions,
    fairnesses,
    simple,
    symmetric_conditions,
    symmetric_systems,
    systems,
)


def consistent(verdict: Verdict, prop: Property, fair: Fair, expected: reference.Answer) -> None:
    """``verdict`` says what the reference says; finite counterexamples are shortest, all of them replay."""
    assert verdict.outcome is expected.outcome
    assert verdict.certain == expected.certain
    broken = expected.outcome is Outcome.VIOLATED
    assert (verdict.trace is not None) == (broken and not isinstance(prop, Possibly))
    assert (verdict.witness is not None) == (isinstance(prop, Possibly) and not broken)
    if verdict.trace is not None:
        assert replay(verdict.trace, prop, fair) is verdict.trace
        if isinstance(prop, Always | OnceAlways | Until) and expected.depth is not None:
            assert len(verdict.trace.steps) == expected.depth


CONDITIONS = simple(conditions(NAMES, TRUTHS), NAMES, TRUTHS)
QUICK, LONG = 20, 500
"""Examples for each class of property."""


def agree(system: TransitionSystem, prop: Property, fair: Fair) -> None:
    assume(reference.starts(system))
    consistent(check(system, prop, fair=fair), prop, fair, reference.judge(system, prop, fair))


@pytest.mark.parametrize("examples", [QUICK, pytest.param(LONG, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", KINDS)
def test_fair_runs_are_decided_as_the_plain_reading_does(kind: str, examples: int) -> None:
    @settings(max_examples=examples)
    @given(system=systems(budgets=True), prop=KINDS[kind](CONDITIONS), fair=fairnesses())
    def test(system: TransitionSystem, prop: Property, fair: Fair) -> None:
        agree(system, prop, fair)

    test()


@pytest.mark.parametrize("examples", [QUICK // 5, pytest.param(LONG // 2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", KINDS)
def test_symmetry_changes_no_answer_about_fair_runs(kind: str, examples: int) -> None:
    @settings(max_examples=examples)
    @given(system=symmetric_systems(), prop=KINDS[kind](symmetric_conditions()), fair=fairnesses())
    def test(system: TransitionSystem, prop: Property, fair: Fair) -> None:
        expected = reference.judge(system, prop, fair)
        consistent(check(evolve(system, symmetry=()), prop, fair=fair), prop, fair, expected)
        consistent(check(system, prop, fair=fair), prop, fair, expected)

    test()


DEPTH = 4
LASTING = ["eventually", "leads-to", "eventually-always", "always-eventually", "until", "quiescence"]


@pytest.mark.parametrize("examples", [QUICK // 5, pytest.param(LONG // 5, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", LASTING)
def test_bounded_search_finds_lassos_exactly_where_there_are_some(kind: str, examples: int) -> None:
    """It and the engine over fair components share what a violation is and nothing of how it is found."""

    @settings(max_examples=examples)
    @given(system=systems(budgets=True), prop=KINDS[kind](CONDITIONS), fair=fairnesses())
    def test(system: TransitionSystem, prop: Any, fair: Fair) -> None:
        assume(reference.starts(system))
        verdict = bounded_lasso.check(system, prop, fair=fair, depth=DEPTH)
        expected = reference.judge(system, prop, fair)
        found = check(system, prop, fair=fair).trace
        if verdict.outcome is Outcome.VIOLATED:
            assert expected.outcome is Outcome.VIOLATED
            assert verdict.trace is not None
            assert replay(verdict.trace, prop, fair) is verdict.trace
        else:
            assert verdict.reason == f"no violation within {DEPTH} steps"
            assert found is None or len(found.steps) > DEPTH

    test()


@pytest.mark.parametrize("examples", [QUICK // 5, pytest.param(LONG // 5, marks=pytest.mark.slow)])
@pytest.mark.parametrize("engine", ["bounded", "induction", "houdini", "spacer"])
def test_engines_for_invariants_decide_once_always_with_a_history_variable(engine: str, examples: int) -> None:
    engines: dict[str, Callable[[TransitionSystem, Always], Verdict]] = {
        "bounded": lambda s, p: bounded.check(s, p, depth=DEPTH),
        "induction": lambda s, p: induction.check(s, p, depth=2),
        "houdini": houdini.check,
        "spacer": spacer.check,
    }

    @settings(max_examples=examples)
    @given(system=systems(budgets=True), prop=KINDS["once-always"](CONDITIONS))
    def test(system: TransitionSystem, prop: Any) -> None:
        assume(reference.starts(system))
        verdict = engines[engine](*as_always(system, prop))
        expected = reference.judge(system, prop)
        assert verdict.outcome in (expected.outcome, Outcome.UNKNOWN)
        if verdict.trace is not None:
            assert replay(forget(verdict.trace, system), prop)

    test()


@pytest.mark.parametrize("kind", KINDS)
def test_the_portfolio_decides_every_class(kind: str) -> None:
    @settings(max_examples=QUICK // 5)
    @given(system=systems(budgets=True), prop=KINDS[kind](CONDITIONS), fair=fairnesses())
    def test(system: TransitionSystem, prop: Property, fair: Fair) -> None:
        assume(reference.starts(system))
        consistent(decide(system, prop, fair=fair), prop, fair, reference.judge(system, prop, fair))

    test()


@pytest.mark.parametrize("kind", KINDS)
def test_what_does_not_fit_is_unknown_or_a_violation_that_is_real(kind: str) -> None:
    @settings(max_examples=QUICK // 2)
    @given(system=systems(budgets=True), prop=KINDS[kind](CONDITIONS), fair=fairnesses(), limit=st.integers(1, 8))
    def test(system: TransitionSystem, prop: Property, fair: Fair, limit: int) -> None:
        assume(reference.starts(system))
        verdict = check(system, prop, fair=fair, limit=limit)
        expected = reference.judge(system, prop, fair)
        assert verdict.outcome in (expected.outcome, Outcome.UNKNOWN)
        assert expected.certain or not verdict.certain

    test()
