"""Engines that share no code must not contradict each other, nor the plain reading of a property."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from kverify.engines import bounded, explicit, induction
from kverify.engines.portfolio import decide
from kverify.engines.replay import replay
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.expr import integer
from kverify.model.system import TransitionSystem
from kverify.spec.property import Always, Reaches, StateProperty

from . import reference
from .models import MODELS
from .strategies import (
    BLOCKS,
    NAMES,
    TRUTHS,
    conditions,
    properties,
    some,
    symmetric_conditions,
    symmetric_systems,
    systems,
)

DEPTH = 4
x = [integer(f"x{block}") for block in range(BLOCKS)]


def consistent(verdict: Verdict, prop: StateProperty, expected: reference.Answer) -> None:
    """``verdict`` says what the reference says, and a counterexample is a shortest one where that is promised."""
    assert verdict.outcome is expected.outcome
    assert verdict.certain == expected.certain
    assert (verdict.trace is not None) == (expected.outcome is Outcome.VIOLATED)
    if verdict.trace is not None:
        assert replay(verdict.trace, prop) is verdict.trace
        if isinstance(prop, Always):
            assert len(verdict.trace.steps) == expected.depth


def started(system: TransitionSystem) -> TransitionSystem:
    assume(reference.starts(system))
    return system


@given(system=systems(), prop=properties(conditions(NAMES, TRUTHS)))
def test_the_exhaustive_search_decides_as_the_plain_reading_does(system: TransitionSystem, prop: StateProperty) -> None:
    consistent(explicit.check(started(system), prop), prop, reference.decide(system, prop))


@some(2)
@given(system=symmetric_systems(), prop=properties(symmetric_conditions()))
def test_symmetry_changes_the_number_of_states_and_nothing_else(system: TransitionSystem, prop: StateProperty) -> None:
    plain = explicit.check(evolve(system, symmetry=()), prop)
    reduced = explicit.check(system, prop)
    expected = reference.decide(system, prop)
    consistent(plain, prop, expected)
    consistent(reduced, prop, expected)
    assert reduced.states <= plain.states


ODD = st.sampled_from([x[0] == 0, x[1] == 0, x[2] == 0, x[0] <= x[1], x[2] < x[0] + 1, x[1] + x[2] <= x[0]])


@some(2)
@given(system=symmetric_systems(), prop=properties(st.one_of(ODD, conditions(("a", "x0"), ("y1",)))))
def test_a_property_that_tells_blocks_apart_is_not_decided_on_representatives(
    system: TransitionSystem, prop: StateProperty
) -> None:
    consistent(explicit.check(system, prop), prop, reference.decide(system, prop))


@some(4)
@given(system=systems(), prop=properties(conditions(NAMES, TRUTHS)))
def test_bounded_search_finds_exactly_the_violations_within_its_depth(
    system: TransitionSystem, prop: StateProperty
) -> None:
    assume(isinstance(prop, Always))
    assert isinstance(prop, Always)
    expected = reference.decide(started(system), prop)
    verdict = bounded.check(system, prop, depth=DEPTH)
    if expected.depth is not None and expected.depth <= DEPTH:
        consistent(verdict, prop, expected)
    else:
        assert verdict.outcome is Outcome.UNKNOWN
        assert verdict.reason == f"no violation within {DEPTH} steps"


@some(4)
@given(system=systems(), prop=properties(conditions(NAMES, TRUTHS)))
def test_induction_is_right_or_does_not_know(system: TransitionSystem, prop: StateProperty) -> None:
    assume(isinstance(prop, Always))
    assert isinstance(prop, Always)
    verdict = induction.check(started(system), prop, depth=3)
    if verdict.outcome is not Outcome.UNKNOWN:
        consistent(verdict, prop, reference.decide(system, prop))


@some(4)
@given(system=systems(), prop=properties(conditions(NAMES, TRUTHS)))
def test_the_portfolio_decides_every_finite_system(system: TransitionSystem, prop: StateProperty) -> None:
    consistent(decide(started(system), prop), prop, reference.judge(system, prop))


@pytest.mark.parametrize("name", MODELS)
def test_the_example_systems_have_the_states_the_plain_reading_finds(name: str) -> None:
    system = MODELS[name]()
    plain = explicit.explore(system, reduce=False)
    expected = reference.layers(system)
    assert set(plain.states) == set().union(*expected)
    assert len(plain.path(len(plain.states) - 1)) == len(expected)
    reduced = explicit.explore(system)
    assert set(map(reduced.compiled.canonical, plain.states)) == set(reduced.states)


@pytest.mark.parametrize("name", MODELS)
def test_the_example_systems_rest_where_the_plain_reading_says(name: str) -> None:
    """Nothing but an impossible goal distinguishes stuck from not stuck: every premise is violated."""
    system = MODELS[name]()
    prop = Reaches(name="impossible", goal=False)
    consistent(explicit.check(system, prop), prop, reference.decide(system, prop))
