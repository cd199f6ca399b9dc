"""States stored as numbers: the same states, in the same order, with the same parents and edges as tuples."""

from __future__ import annotations

from array import array

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from kverify.engines import explicit
from kverify.engines.compiled import compile_system
from kverify.engines.errors import ModelError
from kverify.engines.explicit import Exploration, explore
from kverify.engines.packed import Packed, Unpackable, layout
from kverify.engines.packed_search import PackedSearch, PackedStates
from kverify.model.expr import Condition, all_of, boolean, integer, negate, total
from kverify.model.system import Action, State, TransitionSystem, Variable
from kverify.spec.property import Always

from .models import MODELS, pods_on_nodes
from .strategies import NAMES, TRUTHS, conditions, symmetric_conditions, symmetric_systems, systems


def same(system: TransitionSystem, *, keep_edges: bool) -> Exploration:
    """The packed exploration, after comparing it with that over tuples."""
    plain = explore(system, keep_edges=keep_edges, store="tuples")
    packed = explore(system, keep_edges=keep_edges, store="packed")
    assert (plain.store, packed.store) == ("tuples", "packed")
    assert isinstance(packed.states, PackedStates)
    # Truth values only: a difference of thousands of states takes hours to print.
    agree = [
        list(packed.states) == plain.states,
        packed.parents == plain.parents,
        packed.edges == plain.edges,
        packed.successors == plain.successors,
        packed.complete == plain.complete,
    ]
    assert agree == [True] * len(agree)
    return packed


@given(system=systems(), keep_edges=st.booleans(), condition=conditions(NAMES, TRUTHS))
def test_packed_states_are_those_of_tuples(system: TransitionSystem, keep_edges: bool, condition: Condition) -> None:
    try:
        plain = explore(system, store="tuples")
    except ModelError as error:
        assume("initial" not in str(error))
        raise
    packed = same(system, keep_edges=keep_edges)
    assert packed.select(condition) == plain.select(condition)
    assert packed.select(condition, 2) == plain.select(condition, 2)


@given(system=symmetric_systems(), keep_edges=st.booleans(), condition=symmetric_conditions())
def test_packed_blocks_are_sorted_like_tuples(system: TransitionSystem, keep_edges: bool, condition: Condition) -> None:
    assert same(system, keep_edges=keep_edges).select(condition) == explore(system, store="tuples").select(condition)


@pytest.mark.parametrize("keep_edges", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_packed_models(name: str, keep_edges: bool) -> None:
    same(MODELS[name](), keep_edges=keep_edges)


@pytest.mark.parametrize("keep_edges", [False, True])
def test_a_search_changes_over_to_packed_states_on_the_way(monkeypatch: pytest.MonkeyPatch, keep_edges: bool) -> None:
    system = pods_on_nodes(12, 3, 5, counted=True, sorted_=False)
    plain = explore(system, keep_edges=keep_edges, store="tuples")
    monkeypatch.setattr(explicit, "PACK_FROM", 1_000)
    changed = explore(system, keep_edges=keep_edges)
    assert (plain.store, changed.store) == ("tuples", "packed")
    pairs = [(changed.states, plain.states), (changed.parents, plain.parents), (changed.edges, plain.edges)]
    assert [a == b for a, b in pairs] == [True] * 3
    assert changed.successors == plain.successors
    assert changed.trace(9_000) == plain.trace(9_000)


def test_most_of_the_memory_is_saved() -> None:
    system = pods_on_nodes(6, 3, 3, counted=False, sorted_=False)
    plain, packed = explore(system, limit=30_000, store="tuples"), explore(system, limit=30_000, store="packed")
    saved = packed.bytes / plain.bytes
    assert 0 < saved < 0.2


# -- layouts -----------------------------------------------------------------------------------------------------


def crowd(blocks: int, *, low: int = 0, high: int = 2, together: bool = False) -> TransitionSystem:
    """``blocks`` interchangeable numbers that go up one by one, or two at once, and a switch between them."""
    numbers = [Variable(f"x{i}", low, high, low) for i in range(blocks)]
    switch = Variable.boolean("on")
    expr = [v.expr for v in numbers]
    up = [
        Action(f"up {i}", "test", all_of([expr[i] < high, negate(switch.expr)]), {f"x{i}": expr[i] + 1})
        for i in range(blocks)
    ]
    if together:
        up += [
            Action(
                f"shift {i} {j}", "test", all_of([expr[i] > low, expr[j] < high]), {f"x{i}": expr[i] - 1, f"x{j}": high}
            )
            for i in range(blocks)
            for j in range(blocks)
            if i != j
        ]
    flip = Action("flip", "test", True, {"on": negate(switch.expr)})
    group = tuple((v.name,) for v in numbers)
    return TransitionSystem("crowd", (*numbers[:1], switch, *numbers[1:]), (*up, flip), symmetry=(group,))


@pytest.mark.parametrize(
    "system",
    [
        crowd(3, low=-4, high=-1),
        crowd(4, together=True),
        crowd(6, high=1, together=True),
        crowd(20, high=2),
        crowd(14, high=2),
        crowd(3, high=70_000_000).fix(),
        evolve(crowd(5, high=3), symmetry=()),
    ],
    ids=[
        "negative",
        "two at once",
        "two of six",
        "more than are put in place one by one",
        "three chunks",
        "wide",
        "unsorted",
    ],
)
@pytest.mark.parametrize("keep_edges", [False, True])
def test_blocks_of_every_shape(system: TransitionSystem, keep_edges: bool) -> None:
    if system.variable("x0").high == 70_000_000:
        plain, packed = explore(system, limit=300, store="tuples"), explore(system, limit=300, store="packed")
        assert (packed.states == plain.states, packed.parents == plain.parents) == (True, True)
    else:
        assert len(same(system, keep_edges=keep_edges).states) > 10


@given(data=st.data())
def test_every_state_is_read_back(data: st.DataObject) -> None:
    ends = st.tuples(st.integers(-9, 9), st.sampled_from([0, 1, 2, 6, 300, 70_000, 1 << 40]))
    drawn = data.draw(st.lists(ends, max_size=12))
    variables = tuple(Variable(f"x{i}", low, low + more, low) for i, (low, more) in enumerate(drawn))
    system = TransitionSystem("any", variables, ())
    where = layout(system)
    packed = Packed(system, where)
    state: State = tuple(data.draw(st.integers(low, low + more)) for low, more in drawn)
    assert 0 <= where.pack(state) < where.limit
    assert packed.unpack(where.pack(state)) == where.unpack(where.pack(state)) == state


def test_many_variables_take_several_chunks_and_few_bytes() -> None:
    lights = [Variable.boolean(f"on{i}") for i in range(40)]
    count = total(v.expr for v in lights)
    actions = [Action(f"turn {v.name}", "test", count < 2, {v.name: negate(v.expr)}) for v in lights]
    system = TransitionSystem("lights", tuple(lights), tuple(actions))
    packed = same(system, keep_edges=False)
    assert len(packed.states) == 1 + 40 + 40 * 39 // 2
    assert packed.bytes < explore(system, store="tuples").bytes / 3


# -- ranges that are not declared ----------------------------------------------------------------------------------


def test_open_ranges_are_found_by_intervals() -> None:
    n = integer("n")
    system = TransitionSystem(
        "open",
        (Variable("n", None, None, 0), Variable("m", 0, None, 5)),
        (Action("up", "test", n < 7, {"n": n + 1}), Action("down", "test", n > -3, {"n": n - 1, "m": n * n})),
    )
    assert same(system, keep_edges=True).complete
    assert layout(system).ranges["n"] == (-3, 7)


def unbounded() -> TransitionSystem:
    """A counter that intervals cannot bound, although another one does."""
    n, m = integer("n"), integer("m")
    return TransitionSystem(
        "unbounded",
        (Variable("n", None, None, 0), Variable("m", 0, 50_000, 0)),
        (Action("both", "test", m < 50_000, {"n": n + 1, "m": m + 1}),),
    )


def test_what_has_no_bounds_stays_in_tuples_and_says_why() -> None:
    search = explore(unbounded())
    assert (search.complete, len(search.states), search.store) == (True, 50_001, "tuples")
    assert search.refused == "unbounded: n has no bounds"
    with pytest.raises(Unpackable, match="n has no bounds"):
        explore(unbounded(), store="packed")


def test_overlapping_groups_are_refused() -> None:
    variables = (Variable("x", 0, 1, 0), Variable("y", 0, 1, 0))
    system = TransitionSystem("twice", variables, (), symmetry=((("x",), ("y",)), (("y",), ("x",))))
    with pytest.raises(Unpackable, match="two groups"):
        layout(system)


# -- errors and limits ---------------------------------------------------------------------------------------------


def test_leaving_a_range_is_the_same_error() -> None:
    n = integer("n")
    system = TransitionSystem("up", (Variable("n", 0, 3, 0),), (Action("up", "test", True, {"n": n + 1}),))
    with pytest.raises(ModelError, match=r"'up' takes n to 4, outside 0\.\.3"):
        explore(system, store="packed")


def test_a_division_by_zero_names_the_state() -> None:
    m, n = integer("m"), integer("n")
    up = Action("up", "test", m < 3, {"m": m + 1})
    bad = Action("divide", "test", all_of([m == 2, m // n == 1]), {})
    system = TransitionSystem("divide", (Variable("m", 0, 3, 0), Variable("n", 0, 3, 0)), (up, bad))
    with pytest.raises(ModelError, match=r"a divisor is zero in \{.m.: 2, .n.: 0\}"):
        explore(system, store="packed")
    with pytest.raises(ModelError, match="divides by zero"):
        explore(evolve(system, actions=(up,)), store="packed").select(m // n == 1)


@pytest.mark.parametrize("store", ["tuples", "packed"])
def test_limits_stop_at_the_same_state(store: explicit.Store) -> None:
    system = pods_on_nodes(12, 3, 5, counted=True, sorted_=False)
    search = explore(system, limit=5_000, store=store)
    expected = explore(system, limit=5_000, store="tuples")
    assert (search.complete, search.reason) == (False, "more than 5,000 states")
    assert (search.states == expected.states, search.successors) == (True, expected.successors)
    search = explore(system, max_bytes=50_000, store=store)
    assert (search.complete, search.reason) == (False, "more than 0.05 MB of memory")
    assert search.bytes > 50_000


@pytest.mark.parametrize("keep_edges", [False, True])
def test_an_interrupt_in_the_middle_of_a_state_leaves_whole_states(keep_edges: bool) -> None:
    """Ctrl-C can come between any two steps of the generated loop, here while a parent is noted."""

    system = pods_on_nodes(12, 3, 5, counted=True, sorted_=False)
    search = explore(system, limit=1_000, keep_edges=keep_edges, store="packed")
    assert isinstance(search.states, PackedStates)
    numbers = list(search.states.numbers)
    states = PackedStates(search.states.packed, numbers)
    again = PackedSearch(states, array("i", search.parents), search.edges, expanded=100)

    class Interrupting(list[int]):
        def append(self, number: int) -> None:
            super().append(number)
            if len(self) > len(numbers) + 5:
                raise KeyboardInterrupt

    again.states.numbers = Interrupting(numbers)
    with pytest.raises(KeyboardInterrupt):
        again.expand(4_096, 10_000)
    assert 100 < again.expanded < len(numbers)
    assert len(again.states) == len(again.parents) + 1
    states.cut(len(again.parents))
    assert len(states) == len(again.parents)


def test_verdicts_come_with_traces_that_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explicit, "PACK_FROM", 0)
    system = pods_on_nodes(6, 3, 3, counted=True, sorted_=True)
    verdict = explicit.check(system, Always(name="at most three fail", condition=integer("failed") <= 3))
    assert verdict.trace is not None
    assert len(verdict.trace.steps) == 8
    compiled = compile_system(system)
    assert compiled.condition(integer("failed") == 4)(verdict.trace.final)
    assert boolean("taint0").boolean


@pytest.mark.parametrize("keep_edges", [False, True])
def test_bounds_reach_searches_that_are_asked_for_elsewhere(keep_edges: bool) -> None:
    system = pods_on_nodes(12, 3, 5, counted=True, sorted_=False)
    calls: list[tuple[int, int]] = []
    with explicit.within(max_bytes=400_000, progress=lambda *call: calls.append(call)):
        search = explore(system, keep_edges=keep_edges)
        verdict = explicit.check(system, Always(name="all fail", condition=integer("failed") <= 12))
    assert (search.complete, search.reason) == (False, "more than 0.4 MB of memory")
    assert verdict.reason == f"more than 0.4 MB of memory; {verdict.states:,} states explored"
    assert calls[0][0] >= calls[0][1] > 0
    assert explore(system, keep_edges=keep_edges).complete
