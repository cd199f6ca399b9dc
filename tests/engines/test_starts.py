"""Initial states: listed, or found from initial values and a condition."""

from __future__ import annotations

import pytest
from hypothesis import given

from kverify.engines.errors import ModelError
from kverify.engines.starts import initial_states
from kverify.model.expr import Condition, all_of, integer, total
from kverify.model.system import State, TransitionSystem, Variable

from . import reference
from .models import rolling_update
from .strategies import systems

a, b = integer("a"), integer("b")


def system(
    *variables: Variable, initial: Condition = True, starts: tuple[State, ...] | None = None
) -> TransitionSystem:
    return TransitionSystem("some", variables, (), initial=initial, starts=starts)


@given(system=systems())
def test_the_enumeration_finds_what_trying_everything_finds(system: TransitionSystem) -> None:
    expected = reference.starts(system)
    if expected:
        assert list(initial_states(system)) == expected
    else:
        with pytest.raises(ModelError, match="there is no initial state"):
            initial_states(system)


def test_a_condition_may_bound_what_the_declaration_leaves_open() -> None:
    some = system(Variable("a"), Variable("b"), initial=all_of((a + b == 2, a <= b)))
    assert initial_states(some) == ((0, 2), (1, 1))


def test_many_variables_with_a_fixed_sum_are_found_without_trying_everything() -> None:
    names = [f"n{i}" for i in range(30)]
    some = system(*(Variable(n, 0, 5) for n in names), initial=total(map(integer, names)) == 1)
    assert len(initial_states(some)) == 30


def test_thousands_of_variables_with_initial_values_are_one_state() -> None:
    assert initial_states(system(*(Variable(f"n{i}", initial=i) for i in range(3000)))) == (tuple(range(3000)),)


def test_an_open_variable_is_an_error_that_names_it() -> None:
    with pytest.raises(ModelError, match="b may start with any value from 0 to inf"):
        initial_states(system(Variable("a", initial=0), Variable("b")))


def test_too_many_candidates_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kverify.engines.starts._MOST", 1_000)
    with pytest.raises(ModelError, match="more than 1,000 candidates"):
        initial_states(system(*(Variable(f"n{i}", 0, 3) for i in range(11))))


def test_an_open_parameter_is_an_error_that_names_it() -> None:
    with pytest.raises(ModelError, match="replicas, surge, unavailable must be fixed"):
        initial_states(rolling_update())


def test_listed_starts_are_checked() -> None:
    variables = (Variable("a", 0, 3), Variable("b", 0, 3))
    assert initial_states(system(*variables, starts=((1, 2), (1, 2), (0, 0)))) == ((1, 2), (0, 0))
    with pytest.raises(ModelError, match=r"a is 4, outside 0\.\.3"):
        initial_states(system(*variables, starts=((4, 0),)))
    with pytest.raises(ModelError, match="there are 1 values for 2 variables"):
        initial_states(system(*variables, starts=((4,),)))
    with pytest.raises(ModelError, match="there is no initial state"):
        initial_states(system(*variables, starts=()))
