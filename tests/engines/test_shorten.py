"""A run that was found by chance is cut down to the steps it needs."""

from __future__ import annotations

from hypothesis import assume, given

from kverify.engines import walk
from kverify.engines.compiled import compile_system
from kverify.engines.replay import replay
from kverify.engines.shorten import shortened
from kverify.engines.verdict import Step, Trace
from kverify.model.expr import Condition, boolean, evaluate, integer, negate
from kverify.model.system import Action, State, TransitionSystem, Variable
from kverify.spec.property import Always

from . import reference
from .strategies import NAMES, TRUTHS, conditions, simple, some, systems


def test_noise_is_left_out() -> None:
    n, noise = integer("n"), integer("noise")
    system = TransitionSystem(
        "noisy",
        (Variable("n", 0, 3, 0), Variable("noise", 0, 9, 0), Variable.boolean("lamp")),
        (
            Action("up", "test", n < 3, {"n": n + 1}),
            Action("turn", "test", True, {"noise": (noise + 1) % 10}),
            Action("switch", "test", True, {"lamp": negate(boolean("lamp"))}),
        ),
    )
    prop = Always(name="small", condition=n < 3)
    verdict = walk.check(system, prop, seed=3)
    assert verdict.trace is not None
    assert [step.action.name for step in verdict.trace.steps] == ["up", "up", "up"]
    assert verdict.evidence.startswith("seed 3; 3 of ")


@some(2)
@given(system=systems(), good=simple(conditions(NAMES, TRUTHS), NAMES, TRUTHS))
def test_what_is_left_is_a_run_of_which_no_step_can_be_left_out(system: TransitionSystem, good: Condition) -> None:
    assume(reference.starts(system))
    prop = Always(name="generated", condition=good)
    found = walk.find(system, negate(good), walks=20, length=60)
    assume(found is not None)
    assert found is not None
    compiled = compile_system(system)
    short = shortened(compiled, found, compiled.condition(negate(good)))
    assert len(short.steps) <= len(found.steps)
    assert replay(short, prop) is short
    for position in range(len(short.steps)):
        assert not violates(system, good, short, position)


def violates(system: TransitionSystem, good: Condition, trace: Trace, without: int) -> bool:
    """Whether the actions of ``trace`` but one still lead to where ``good`` is false."""
    state: State = trace.start
    steps: list[Step] = [*trace.steps[:without], *trace.steps[without + 1 :]]
    for step in steps:
        if not any(step.action is action for action in system.enabled(state)):
            return False
        state = system.step(state, step.action)
    return not evaluate(good, system.view(state))
