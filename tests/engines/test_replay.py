"""Counterexamples are certificates: whoever changes one is found out."""

from __future__ import annotations

import pytest
from attrs import evolve

from kverify.engines.errors import ReplayError
from kverify.engines.explicit import check
from kverify.engines.replay import replay
from kverify.engines.verdict import Step, Trace
from kverify.model.expr import boolean, integer
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.spec.property import Always, Reaches, StateProperty, fix

from .models import carousel, philosophers, pods_on_nodes, rolling_update

SAFETY = Always(name="nothing fails twice", condition=integer("failed") <= 1)
HUNGER = Reaches(name="somebody eats", goal=boolean("eaten"))


def violation(system: TransitionSystem, prop: StateProperty) -> Trace:
    trace = check(system, prop).trace
    assert trace is not None
    return trace


@pytest.fixture(name="trace")
def failing_twice() -> Trace:
    return violation(pods_on_nodes(3, 2, 2, counted=True, sorted_=True), SAFETY)


def test_an_honest_trace_passes(trace: Trace) -> None:
    assert replay(trace, SAFETY) is trace


def test_another_start_is_refused(trace: Trace) -> None:
    with pytest.raises(ReplayError, match="is not an initial state"):
        replay(evolve(trace, start=trace.steps[0].state), SAFETY)


def test_a_start_outside_the_ranges_is_refused(trace: Trace) -> None:
    with pytest.raises(ReplayError, match=r"pending is 99, outside 0\.\.3"):
        replay(evolve(trace, start=(99, *trace.start[1:])), SAFETY)


def test_a_start_that_is_not_listed_is_refused(trace: Trace) -> None:
    listed = evolve(trace.system, starts=(trace.start,))
    assert replay(evolve(trace, system=listed), SAFETY)
    with pytest.raises(ReplayError, match="is not an initial state"):
        replay(evolve(trace, system=listed, start=trace.final, steps=()), SAFETY)


@pytest.mark.parametrize("number", range(4))
def test_a_changed_state_is_refused(trace: Trace, number: int) -> None:
    step = trace.steps[number]
    forged = evolve(step, state=(step.state[0], step.state[1] + 1, *step.state[2:]))
    with pytest.raises(ReplayError, match=rf"step {number + 1}"):
        replay(evolve(trace, steps=(*trace.steps[:number], forged, *trace.steps[number + 1 :])), SAFETY)


@pytest.mark.parametrize("number", range(4))
def test_a_missing_step_is_refused(trace: Trace, number: int) -> None:
    with pytest.raises(ReplayError):
        replay(evolve(trace, steps=trace.steps[:number] + trace.steps[number + 1 :]), SAFETY)


def test_an_action_from_elsewhere_is_refused(trace: Trace) -> None:
    own = Action("conjure", "nobody", True, {"failed": 2})
    state = (trace.start[0], 2, *trace.start[2:])
    with pytest.raises(ReplayError, match="is not an action of the system"):
        replay(evolve(trace, steps=(Step(own, state),)), SAFETY)


def test_a_run_that_violates_nothing_is_refused(trace: Trace) -> None:
    with pytest.raises(ReplayError, match="holds at the end of its counterexample"):
        replay(trace, Always(name="fine", condition=integer("failed") <= 2))


def test_a_stuck_state_from_which_the_goal_is_in_reach_is_refused() -> None:
    trace = violation(philosophers(3), HUNGER)
    with pytest.raises(ReplayError, match="can still be reached"):
        replay(evolve(trace, steps=trace.steps[:-1]), HUNGER)


def test_a_trace_through_the_goal_is_refused() -> None:
    trace = violation(philosophers(2), HUNGER)
    with pytest.raises(ReplayError, match=r"the goal of .* holds"):
        replay(trace, Reaches(name="one fork", goal=integer("has0") == 1))


def test_a_trace_that_never_meets_the_premise_is_refused() -> None:
    trace = violation(philosophers(2), HUNGER)
    with pytest.raises(ReplayError, match="the premise of"):
        replay(trace, evolve(HUNGER, premise=integer("has0") == 2))


def test_a_loop_that_does_not_close_is_refused() -> None:
    prop = Reaches(name="it stops", goal=boolean("done"))
    trace = violation(carousel(3), prop)
    assert trace.loop is not None
    with pytest.raises(ReplayError, match="does not close"):
        replay(evolve(trace, loop=0), prop)
    with pytest.raises(ReplayError, match="does not close"):
        replay(evolve(trace, loop=len(trace.steps)), prop)


def test_a_loop_entered_before_the_goal_was_lost_is_refused() -> None:
    """Riding round is no violation as long as the carousel can be stopped; only the lost key makes it one."""
    system = carousel(2)
    free = evolve(system, actions=tuple(evolve(a, environment=False) for a in system.actions))
    prop = Reaches(name="it stops", goal=boolean("done"))
    assert violation(free, prop).steps[0].action.name == "lose the key"
    with pytest.raises(ReplayError, match="can still be reached"):
        replay(Trace(free, free_start(free), ()), prop)


def free_start(system: TransitionSystem) -> tuple[int, ...]:
    return tuple(v.initial or 0 for v in system.variables)


def test_a_large_region_without_goal_is_confirmed_by_compiled_code() -> None:
    """More states than the plain interpreter visits: two counters that go round for ever."""
    a, b = integer("a"), integer("b")
    system = TransitionSystem(
        "clock",
        (Variable("a", 0, 49, 0), Variable("b", 0, 49, 0)),
        (
            Action("a", "test", True, {"a": (a + 1) % 50}),
            Action("b", "test", True, {"b": (b + 1) % 50}),
        ),
    )
    trace = violation(system, Reaches(name="never", goal=a == 50))
    assert trace.loop == 0
    with pytest.raises(ReplayError, match="can still be reached"):
        replay(trace, Reaches(name="some day", goal=a + b == 98))


def test_a_very_large_region_without_goal_is_confirmed_with_symmetry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kverify.engines.replay._PLAIN", 20)
    monkeypatch.setattr("kverify.engines.replay._COMPILED", 40)
    a, b = integer("a"), integer("b")
    system = TransitionSystem(
        "clock",
        (Variable("a", 0, 8, 0), Variable("b", 0, 8, 0)),
        (Action("a", "test", True, {"a": (a + 1) % 9}), Action("b", "test", True, {"b": (b + 1) % 9})),
        symmetry=((("a",), ("b",)),),
    )
    trace = violation(system, Reaches(name="never", goal=a + b == 20))
    assert trace.loop == 0
    with pytest.raises(ReplayError, match="can still be reached"):
        replay(trace, Reaches(name="some day", goal=a + b == 16))
    with pytest.raises(ReplayError, match="can still be reached"):
        replay(trace, Reaches(name="some day", goal=a - b == 8))


def test_parameters_must_be_fixed_in_system_and_property() -> None:
    system = rolling_update()
    prop = Always(name="small", condition=integer("new") < integer("replicas"))
    fixed = system.fix(replicas=1, surge=1, unavailable=0)
    trace = violation(fixed, fix(prop, {"replicas": 1}))
    with pytest.raises(ReplayError, match="no value for replicas"):
        replay(trace, prop)
    with pytest.raises(ReplayError, match="needs every parameter fixed"):
        replay(evolve(trace, system=system), prop)
