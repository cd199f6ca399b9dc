"""Compiled code does what the plain interpreter does, and notices what it must notice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.engines.compiled import compile_system
from kverify.engines.errors import ModelError
from kverify.model.expr import (
    Condition,
    Number,
    all_of,
    boolean,
    evaluate,
    integer,
    ite,
    lift,
    maximum,
    minimum,
    negate,
    total,
)
from kverify.model.system import Action, State, TransitionSystem, Variable

from .models import MODELS, pods_on_nodes, rolling_update
from .strategies import HIGH, NAMES, TRUTHS, conditions, symmetric_systems, systems

STATES = st.tuples(st.integers(0, HIGH), st.integers(0, HIGH), st.integers(0, 1))
a, b, p = integer("a"), integer("b"), boolean("p")


def counter(update: object, *, guard: Condition = True, high: int | None = 9) -> TransitionSystem:
    """One action that assigns ``update`` to ``a``."""
    assert isinstance(update, int) or hasattr(update, "op")
    return TransitionSystem(
        "counter",
        variables=(Variable("a", 0, high, 0), Variable("b", 0, 9, 0), Variable.boolean("p")),
        actions=(Action("assign", "test", guard, {"a": update}),),  # type: ignore[dict-item]
    )


@given(system=systems(), state=STATES)
def test_successors_are_those_of_the_plain_interpreter(system: TransitionSystem, state: State) -> None:
    compiled = compile_system(system)
    expected = [(system.actions.index(action), system.step(state, action)) for action in system.enabled(state)]
    actual = compiled.successors(state)
    assert actual == expected
    assert all(type(value) is int for _, after in actual for value in after)


@given(condition=conditions(NAMES, TRUTHS), states=st.lists(STATES, max_size=4))
def test_conditions_are_those_of_the_plain_interpreter(condition: Condition, states: list[State]) -> None:
    system = counter(a)
    compiled = compile_system(system)
    expected = [bool(evaluate(condition, system.view(state))) for state in states]
    assert [compiled.condition(condition)(state) for state in states] == expected
    assert compiled.select(condition)(states) == [i for i, holds in enumerate(expected) if holds]


@given(system=symmetric_systems(), data=st.data())
def test_moves_and_images_are_the_canonical_successors(system: TransitionSystem, data: st.DataObject) -> None:
    compiled = compile_system(system)
    state = compiled.canonical(data.draw(st.tuples(*(st.integers(0, v.high or 0) for v in system.variables))))
    expected = [(index, compiled.canonical(after)) for index, after in compiled.successors(state)]
    assert compiled.moves(state) == expected
    assert compiled.images(state) == [after for _, after in expected]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
@given(data=st.data())
def test_the_canonical_state_has_its_blocks_in_ascending_order(size: int, data: st.DataObject) -> None:
    pairs = data.draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=size, max_size=size))
    system = TransitionSystem(
        "blocks",
        variables=tuple(Variable(f"{n}{i}", 0, 2, 0) for i in range(size) for n in "xy"),
        actions=(),
        symmetry=(tuple((f"x{i}", f"y{i}") for i in range(size)),),
    )
    canonical = compile_system(system).canonical
    state = canonical(tuple(value for pair in pairs for value in pair))
    assert state == tuple(value for pair in sorted(pairs) for value in pair)
    assert canonical(state) == state


@pytest.mark.parametrize("size", [3, 4, 6])
def test_actions_that_touch_several_blocks_leave_the_state_canonical(size: int) -> None:
    names = [f"n{i}" for i in range(size)]
    system = TransitionSystem(
        "blocks",
        tuple(Variable(n, 0, 3, 0) for n in names),
        (Action("turn", "test", True, {n: 3 - integer(n) for n in names}),),
        symmetry=(tuple((n,) for n in names),),
    )
    assert compile_system(system).images((0, 1, *(3,) * (size - 2))) == [(*(0,) * (size - 2), 2, 3)]


def test_overlapping_groups_stay_within_the_orbit() -> None:
    """Rows and columns of a matrix: sorting one after the other need not be canonical, but it must be a permutation."""
    names = [[f"m{i}{j}" for j in range(2)] for i in range(2)]
    flip = tuple(Action(f"flip {n}", "test", True, {n: 1 - integer(n)}) for row in names for n in row)
    rows = tuple(tuple(row) for row in names)
    columns = tuple(zip(*names, strict=True))
    system = TransitionSystem(
        "matrix", tuple(Variable(n, 0, 1, 0) for row in names for n in row), flip, symmetry=(rows, columns)
    )
    compiled = compile_system(system)
    for state in [(1, 0, 0, 0), (0, 1, 1, 0), (1, 1, 0, 1)]:
        moves = compiled.moves(state)
        assert moves == [(i, compiled.canonical(after)) for i, after in compiled.successors(state)]
        assert all(sum(after) == sum(compiled.successors(state)[i][1]) for i, after in moves)


@pytest.mark.parametrize(
    ("update", "value"),
    [(a + 1, 10), (a - 10, -1), (2 * a, 18), (ite(b == 0, 10, 0), 10), (maximum((a, b + 10)), 10)],
)
def test_a_variable_leaving_its_range_is_an_error_that_names_action_and_variable(update: object, value: int) -> None:
    compiled = compile_system(counter(update))
    with pytest.raises(ModelError, match=rf"action 'assign' takes a to {value}, outside 0\.\.9"):
        compiled.successors((9, 0, 0))


@pytest.mark.parametrize(
    ("update", "guard"),
    [(a + 1, a < 9), (a - b, b <= a - 1 - b), (minimum((a + b, 9)), True), (a // 2, True), (a % 3, True), (5, True)],
)
def test_updates_that_intervals_prove_safe_are_not_checked(update: object, guard: Condition) -> None:
    source = compile_system(counter(update, guard=guard)).source(canonical=False, numbered=True)
    assert ("overflow" in source) == (update != 5 and str(update) == "a - b")


def test_an_open_range_has_nothing_to_overflow() -> None:
    assert compile_system(counter(a + 1, high=None)).successors((10**30, 0, 0)) == [(0, (10**30 + 1, 0, 0))]


def test_a_division_stays_behind_the_guard_that_protects_it() -> None:
    shared = a // b
    system = TransitionSystem(
        "division",
        variables=(Variable("a", 0, 9, 6), Variable("b", 0, 9, 0)),
        actions=(
            Action("first", "test", all_of((b > 0, shared + 1 > 2)), {"a": shared}),
            Action("second", "test", all_of((b > 0, shared + 1 > 1)), {"b": ite(b == 0, 0, shared)}),
        ),
    )
    compiled = compile_system(system)
    assert compiled.successors((6, 0)) == []
    assert compiled.successors((6, 2)) == [(0, (3, 2)), (1, (6, 3))]


def test_an_unprotected_division_by_zero_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        compile_system(counter(a // b)).successors((6, 0, 0))


def test_open_parameters_are_refused_by_name() -> None:
    with pytest.raises(ModelError, match="replicas, surge, unavailable must be fixed"):
        compile_system(rolling_update())


def test_expressions_deeper_than_the_python_parser_allows() -> None:
    deep: Number = a
    for i in range(1000):
        deep = ite(b == i, i % 10, deep)
    assert compile_system(counter(deep)).successors((7, 3, 0)) == [(0, (3, 3, 0))]


def test_divisions_deeper_than_the_python_parser_allows_are_an_error() -> None:
    deep: Number = a
    for i in range(300):
        deep = lift(deep + i) // b
    with pytest.raises(ModelError, match="nested too deeply"):
        compile_system(counter(deep)).successors((7, 3, 0))


def test_guards_that_share_more_conditions_than_python_may_be_indented() -> None:
    many = [integer(f"n{i}") <= i for i in range(150)]
    names = [f"n{i}" for i in range(150)]
    actions = [Action(n, "test", all_of([*many, integer(n) < 3]), {n: integer(n) + 1}) for n in names[5:]]
    system = TransitionSystem("wide", tuple(Variable(n, 0, 3, 0) for n in names), tuple(actions))
    assert len(compile_system(system).successors((0,) * 150)) == 145


def test_sums_longer_than_the_python_parser_allows() -> None:
    long = total(ite(a == i, 1, 0) for i in range(5000))
    assert compile_system(counter(long)).successors((7, 3, 0)) == [(0, (1, 3, 0))]


def test_what_guards_share_is_computed_once() -> None:
    system = pods_on_nodes(4, 2, 2, counted=False, sorted_=False)
    source = compile_system(system).source(canonical=False, numbered=True)
    assert source.count("(v0 == 1) + (v1 == 1)") == 1


def test_truth_values_come_out_as_numbers() -> None:
    system = TransitionSystem(
        "truths",
        variables=(Variable.boolean("p"), Variable.boolean("q"), Variable("n", 0, 3, 0)),
        actions=(Action("all", "test", True, {"p": negate(p), "q": all_of((p, boolean("q"))), "n": ite(p, 1, 0)}),),
    )
    ((_, after),) = compile_system(system).successors((0, 1, 0))
    assert after == (1, 0, 0)
    assert [type(value) for value in after] == [int, int, int]


@pytest.mark.parametrize("name", MODELS)
def test_every_example_system_compiles_to_readable_source(name: str) -> None:
    source = compile_system(MODELS[name]()).source(canonical=True, numbered=False)
    assert source.startswith("def successors(state):")
