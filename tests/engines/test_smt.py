"""Z3 reads an expression as the plain interpreter does."""

from __future__ import annotations

import signal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.engines.budget import limit_solver, until
from kverify.engines.errors import ModelError, Undecided
from kverify.engines.replay import replay
from kverify.engines.smt import (
    Unrolling,
    as_condition,
    as_number,
    own_context,
    require_start,
    solve,
    solve_text,
    translate,
)
from kverify.model.expr import Condition, Number, all_of, boolean, evaluate, integer, ite, lift, negate
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.spec.property import Always

from .models import MODELS
from .strategies import NAMES, TRUTHS, conditions, numbers, some, systems

z3 = pytest.importorskip("z3")
x, y = integer("x"), integer("y")


def value(root: Number | Condition, view: dict[str, int | bool]) -> int:
    names = {n: z3.BoolVal(v) if isinstance(v, bool) else z3.IntVal(v) for n, v in view.items()}
    return int(z3.simplify(as_number(translate(root, names))).as_long())


@given(number=numbers(NAMES, TRUTHS), a=st.integers(-9, 9), b=st.integers(-9, 9), p=st.booleans())
def test_numbers_have_the_same_value(number: Number, a: int, b: int, p: bool) -> None:
    view: dict[str, int | bool] = {"a": a, "b": b, "p": p}
    assert value(number, view) == evaluate(number, view)


@given(condition=conditions(NAMES, TRUTHS), a=st.integers(-9, 9), b=st.integers(-9, 9), p=st.booleans())
def test_conditions_have_the_same_value(condition: Condition, a: int, b: int, p: bool) -> None:
    view: dict[str, int | bool] = {"a": a, "b": b, "p": p}
    assert value(condition, view) == evaluate(condition, view)


@pytest.mark.parametrize("a", range(-7, 8))
@pytest.mark.parametrize("b", [-3, -2, -1, 1, 2, 3])
def test_division_rounds_down_whatever_the_signs(a: int, b: int) -> None:
    for divisor in (y, lift(b)):
        assert value(x // divisor, {"x": a, "y": b}) == a // b
        assert value(x % divisor, {"x": a, "y": b}) == a % b


def test_truth_values_and_numbers_mix_as_in_python() -> None:
    p = boolean("p")
    assert value(p + 2, {"p": True}) == 3
    assert value(all_of((x, p)), {"x": 5, "p": True}) == 1
    assert value(negate(x), {"x": 5}) == 0
    assert value(ite(p, p, p + 1) + 0, {"p": False}) == 1


@some(4)
@given(system=systems(), data=st.data())
def test_one_step_in_z3_is_one_step_of_the_interpreter(system: TransitionSystem, data: st.DataObject) -> None:
    state = data.draw(st.tuples(*(st.integers(v.low or 0, v.high or 0) for v in system.variables)))
    unrolling = Unrolling(system)
    now = [unrolling.condition(lift(v.expr) == (bool(s) if v.truth else s), 0)
           for v, s in zip(system.variables, state, strict=True)]  # fmt: skip
    expected = {(system.actions.index(action), system.step(state, action)) for action in system.enabled(state)}
    found = set()
    assertions = [*now, unrolling.step(0)]
    while (model := solve(assertions)) is not None:
        chosen = model.eval(unrolling.choice(0)).as_long()
        found.add((chosen, unrolling.state(model, 1)))
        assertions.append(unrolling.choice(0) != chosen)
    assert found == expected


@pytest.mark.parametrize("name", MODELS)
def test_a_run_z3_finds_is_a_run(name: str) -> None:
    system = MODELS[name]()
    unrolling = Unrolling(system)
    steps = [unrolling.step(k) for k in range(3)]
    model = solve([unrolling.start(), *steps, *(unrolling.within(k) for k in range(4))])
    assert model is not None
    trace = unrolling.trace(model, 3)
    assert replay(trace, Always(name="impossible", condition=False)) is trace


def test_listed_starts_are_the_only_ones() -> None:
    system = TransitionSystem("two", (Variable("x"), Variable.boolean("p")), (), starts=((3, 1), (5, 0)))
    unrolling = Unrolling(system)
    states = set()
    assertions = [unrolling.start()]
    while (model := solve_text(assertions)) is not None:
        states.add(unrolling.state(model, 0))
        assertions.append(unrolling.condition(negate(x == states_x(unrolling, model)), 0))
    assert states == {(3, 1), (5, 0)}


def states_x(unrolling: Unrolling, model: object) -> int:
    return unrolling.state(model, 0)[0]


def test_giving_up_is_an_error_never_an_answer() -> None:
    a, b, c = (z3.Int(n) for n in "abc")
    hard = [a > 2, b > 2, c > 2, a * a * a + b * b * b == c * c * c]
    for ask in (solve, solve_text):
        with pytest.raises(Undecided, match="Z3 gave up"):
            ask(hard, effort=1000)


def test_a_deadline_far_away_is_none_that_is_near() -> None:
    """Z3 takes the last 32 bits of a number of milliseconds."""
    said: list[int] = []

    class Listening:
        def set(self, _: str, milliseconds: int) -> None:
            said.append(milliseconds)

    with until(2**32 / 1000 + 60, "over"):
        limit_solver(Listening())
    assert said == [2**32 - 1]


def test_a_system_that_cannot_start_is_an_error() -> None:
    step = Action("stay", "test", True, {})
    with pytest.raises(ModelError, match="no initial state"):
        require_start(
            TransitionSystem(
                "never", (Variable("x"),), (step,), initial=x < 0, parameters=(Variable("y"),), assume=y < 0
            )
        )


def test_conditions_stay_conditions() -> None:
    assert z3.is_bool(as_condition(z3.Int("n")))


def test_ctrl_c_waits_for_a_context_that_is_half_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def interrupted(make: Any = z3.Context) -> Any:
        signal.raise_signal(signal.SIGINT)
        made.append(make())
        return made[0]

    monkeypatch.setattr(z3, "Context", interrupted)
    # Who was started in the background ignores it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            own_context()
    finally:
        signal.signal(signal.SIGINT, before)
    assert made
