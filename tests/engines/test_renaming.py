"""Questions that differ in nothing but names have one answer, and no others have the same shape."""

from __future__ import annotations

import pytest
from attrs import evolve

from kverify.checks import Options
from kverify.checks.deciding import decide
from kverify.checks.given.known import Known
from kverify.engines.errors import ReplayError
from kverify.engines.renaming import shape, transferred
from kverify.engines.verdict import Outcome
from kverify.model.expr import Number, integer
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.spec.property import Always


def counter(name: str, *, most: int = 3, by: Number = 1) -> TransitionSystem:
    n = Variable(name, 0, 10, 0)
    up = Action(f"{name} goes up", "test", n.expr < most, {name: n.expr + by})
    return TransitionSystem(f"the counter {name}", (n,), (up,))


def small(name: str, most: int = 3) -> Always:
    return Always(name=f"{name} is small", condition=integer(name) <= most)


def test_names_do_not_count() -> None:
    assert shape(counter("a"), small("a")) == shape(counter("b"), small("b"))


def test_everything_else_counts() -> None:
    plain = shape(counter("a"), small("a"))
    (up,) = counter("a").actions
    others = [
        (counter("a", most=4), small("a")),
        (counter("a", by=2), small("a")),
        (counter("a"), small("a", most=4)),
        (evolve(counter("a"), starts=((1,),)), small("a")),
        (evolve(counter("a"), actions=(evolve(up, environment=True),)), small("a")),
        (evolve(counter("a"), actions=(up, evolve(up, name="again"))), small("a")),
        (evolve(counter("a"), variables=(Variable("a", 0, 11, 0),)), small("a")),
    ]
    assert all(shape(system, prop) != plain for system, prop in others)


def test_which_variable_is_meant_counts() -> None:
    a, b = Variable("a", 0, 3, 0), Variable("b", 0, 3, 0)
    system = TransitionSystem("two", (a, b), (Action("up", "test", a.expr < 3, {"a": a.expr + 1}),))
    assert shape(system, small("a", 2)) != shape(system, small("b", 2))


def test_a_proof_is_found_once_and_told_of_each_by_its_name() -> None:
    known = Known()
    first = decide.answer(counter("a"), small("a"), Options(max_states=100), known=known)
    again = decide.answer(counter("b"), small("b"), Options(max_states=100), known=known)
    assert len(known.verdicts) == 1
    assert first.outcome is again.outcome is Outcome.HOLDS
    assert again.scope == "the counter b"
    assert again == decide.answer(counter("b"), small("b"), Options(max_states=100))


def test_a_violation_is_shown_of_each_in_its_own_names() -> None:
    known = Known()
    for name in ("a", "b"):
        system, options = counter(name), Options(max_states=100)
        verdict = decide.answer(system, small(name, most=2), options, known=known)
        assert verdict.outcome is Outcome.VIOLATED
        assert verdict.trace is not None
        assert [step.action.name for step in verdict.trace.steps] == [f"{name} goes up"] * 3
        assert verdict.question == small(name, most=2)
        assert verdict == decide.answer(system, small(name, most=2), options)
    assert len(known.verdicts) == 1


def test_a_run_that_does_not_fit_is_refused() -> None:
    system, prop = counter("a"), small("a", most=2)
    verdict = decide.answer(system, prop, Options(max_states=100))
    with pytest.raises(ReplayError):
        transferred(verdict, system, counter("b", by=2), small("b", most=2))
