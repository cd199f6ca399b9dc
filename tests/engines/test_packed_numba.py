"""Machine code finds what plain Python finds, in the same order; it refuses what does not fit a machine word."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given, settings

from kverify.engines import explicit, packed_numba
from kverify.engines.errors import ModelError
from kverify.engines.explicit import explore
from kverify.engines.packed import Unpackable
from kverify.model.expr import Number, integer
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.spec.property import Always

from .models import MODELS, pods_on_nodes
from .strategies import symmetric_systems, systems
from .test_packed import crowd

needs_numba = pytest.mark.skipif(not packed_numba.available(), reason="kverify[fast] is not installed")


def same(system: TransitionSystem) -> None:
    """Compare machine code with tuples; truth values only, because differences of thousands take hours to print."""
    plain, fast = explore(system, store="tuples"), explore(system, store="numba")
    assert (plain.store, fast.store) == ("tuples", "numba")
    assert (list(fast.states) == plain.states, list(fast.parents) == list(plain.parents)) == (True, True)
    assert (fast.successors, fast.complete) == (plain.successors, plain.complete)
    condition = system.actions[-1].guard
    assert fast.select(condition) == plain.select(condition)


@needs_numba
@pytest.mark.parametrize(
    "system",
    [
        pods_on_nodes(5, 3, 2, counted=True, sorted_=True),
        pytest.param(pods_on_nodes(5, 2, 2, counted=False, sorted_=True), marks=pytest.mark.slow),
        pytest.param(crowd(3, low=-4, high=-1), marks=pytest.mark.slow),
        pytest.param(crowd(6, high=1, together=True), marks=pytest.mark.slow),
        crowd(14),
    ],
    ids=["counted", "listed", "negative", "two at once", "many blocks"],
)
def test_states_parents_and_successors_are_the_same(system: TransitionSystem) -> None:
    same(system)


@needs_numba
@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_all_models(name: str) -> None:
    same(MODELS[name]())


@needs_numba
@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(system=systems())
def test_generated_systems(system: TransitionSystem) -> None:
    same(system)


@needs_numba
@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(system=symmetric_systems())
def test_generated_symmetric_systems(system: TransitionSystem) -> None:
    same(system)


@needs_numba
@pytest.mark.slow
def test_the_pinned_number_of_states() -> None:
    search = explore(pods_on_nodes(8, 3, 3, counted=False, sorted_=False), store="numba")
    assert (len(search.states), search.successors) == (2_599_040, 35_882_241)


@needs_numba
def test_a_search_is_handed_over_and_its_traces_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    """From tuples to numbers to machine code, with a hashed table that has to grow, and a compiled condition."""
    system = pods_on_nodes(12, 3, 5, counted=True, sorted_=False)
    plain = explore(system, store="tuples")
    monkeypatch.setattr(explicit, "PACK_FROM", 100)
    monkeypatch.setattr(explicit, "COMPILE_FROM", 1_000)
    monkeypatch.setattr(packed_numba, "_SELECT_FROM", 1_000)
    monkeypatch.setattr(packed_numba, "_SMALL", 0)
    monkeypatch.setattr(packed_numba, "_BITS", 0)
    changed = explore(system)
    assert (changed.store, changed.refused) == ("numba", "")
    assert (changed.states == plain.states, list(changed.parents) == list(plain.parents)) == (True, True)
    assert changed.successors == plain.successors
    assert changed.trace(9_000) == plain.trace(9_000)
    prop = Always(name="not all fail", condition=integer("failed") < 12)
    verdict, expected = (explicit.check(system, prop), explore(system, watch=integer("failed") == 12, store="tuples"))
    assert verdict.trace is not None
    assert expected.found is not None
    assert len(verdict.trace.steps) == len(expected.path(expected.found)) - 1


@needs_numba
def test_limits_and_interrupts() -> None:
    system = pods_on_nodes(12, 3, 5, counted=True, sorted_=False)
    expected = explore(system, limit=5_000, store="tuples")
    search = explore(system, limit=5_000, store="numba")
    assert (search.complete, search.reason, search.successors) == (False, expected.reason, expected.successors)
    assert search.states == expected.states

    def interrupt(*_: int) -> None:
        raise KeyboardInterrupt

    search = explore(system, progress=interrupt, store="numba")
    assert (search.complete, search.reason) == (False, "interrupted")
    assert len(search.states) == len(search.parents) > 0


@needs_numba
def test_leaving_a_range_is_the_error_of_plain_python() -> None:
    m = integer("m")
    up = Action("up", "test", True, {"m": m + 1})
    system = TransitionSystem("up", (Variable("m", 0, 3, 0),), (up,))
    with pytest.raises(ModelError, match=r"'up' takes m to 4, outside 0\.\.3"):
        explore(system, store="numba")


@needs_numba
def test_what_a_machine_word_does_not_hold_is_refused() -> None:
    wide = tuple(Variable(f"x{i}", 0, 1_000_000, 0) for i in range(4))
    step = Action("step", "test", integer("x0") < 3, {"x0": integer("x0") + 1})
    with pytest.raises(Unpackable, match="bits, more than 62"):
        explore(TransitionSystem("wide", wide, (step,)), store="numba")
    x: Number = integer("x0")
    for _ in range(3):
        x = x * x
    large = evolve(step, guard=x < 100)
    zero = evolve(step, guard=integer("x0") // integer("x0") == 1)
    with pytest.raises(Unpackable, match="do not keep its numbers"):
        explore(TransitionSystem("zero", wide[:1], (zero,)), store="numba")
    with pytest.raises(Unpackable, match="do not keep its numbers within 55 bits"):
        explore(TransitionSystem("large", wide[:1], (large,)), store="numba")
    with pytest.raises(Unpackable, match="keeps no edges"):
        explore(TransitionSystem("edges", wide[:1], (step,)), store="numba", keep_edges=True)


def test_without_the_extra_a_search_stays_in_python_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    system = pods_on_nodes(12, 3, 5, counted=True, sorted_=False)
    monkeypatch.setattr(explicit, "PACK_FROM", 100)
    monkeypatch.setattr(explicit, "COMPILE_FROM", 1_000)
    monkeypatch.setattr(explicit, "available", lambda: False)
    search = explore(system)
    assert (search.store, len(search.states), search.complete) == ("packed", 9_544, True)
    assert search.refused == "numba and numpy are not installed"
    with pytest.raises(Unpackable, match=r"pip install kverify\[fast\]"):
        explore(system, store="numba")
