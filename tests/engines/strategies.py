"""Hypothesis strategies: small transition systems and properties of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeAlias

from hypothesis import settings
from hypothesis import strategies as st

from kverify.model.expr import (
    Condition,
    Number,
    all_of,
    any_of,
    boolean,
    implies,
    integer,
    ite,
    maximum,
    minimum,
    negate,
    substitute,
    total,
)
from kverify.model.system import Action, Fairness, TransitionSystem, Variable
from kverify.spec.property import (
    Always,
    AlwaysEventually,
    Eventually,
    EventuallyAlways,
    Fair,
    LeadsTo,
    OnceAlways,
    Possibly,
    Property,
    Quiescence,
    Reaches,
    Until,
)

Names: TypeAlias = "tuple[str, ...]"

_NAME = st.just("generated")

HIGH = 2
"""The largest value of the generated integer variables; the smallest is 0."""


def some(share: int) -> settings:
    """The current profile with one ``share``-th of its examples, for tests in which every example is costly."""
    current = settings.default
    assert current is not None
    return settings(max_examples=max(5, current.max_examples // share))


@cache
def numbers(names: Names, truths: Names) -> st.SearchStrategy[Number]:
    """Integer expressions over the variables called ``names`` and truth values called ``truths``."""
    leaves: st.SearchStrategy[Number] = st.one_of(st.integers(-3, 3), st.sampled_from(names).map(integer))

    def grow(inner: st.SearchStrategy[Number]) -> st.SearchStrategy[Number]:
        return st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(total),
            st.tuples(st.integers(-2, 3), inner).map(lambda p: p[0] * p[1]),
            st.tuples(inner, st.sampled_from([1, 2, 3])).map(lambda p: p[0] // p[1]),
            st.tuples(inner, st.sampled_from([1, 2, 3])).map(lambda p: p[0] % p[1]),
            st.lists(inner, min_size=1, max_size=3).map(minimum),
            st.lists(inner, min_size=1, max_size=3).map(maximum),
            st.tuples(_atoms(inner, truths), inner, inner).map(lambda p: ite(*p)),
        )

    return st.recursive(leaves, grow, max_leaves=5)


def _atoms(inner: st.SearchStrategy[Number], truths: Names) -> st.SearchStrategy[Condition]:
    compared: st.SearchStrategy[Condition] = st.one_of(
        st.tuples(inner, inner).map(lambda p: p[0] <= p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] < p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] == p[1]),
    )
    return st.one_of(compared, st.sampled_from(truths).map(boolean)) if truths else compared


@cache
def conditions(names: Names, truths: Names) -> st.SearchStrategy[Condition]:
    """Conditions over the same variables."""
    return st.recursive(
        _atoms(numbers(names, truths), truths),
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(all_of),
            st.lists(inner, min_size=2, max_size=3).map(any_of),
            inner.map(negate),
            st.tuples(inner, inner).map(lambda p: implies(*p)),
        ),
        max_leaves=3,
    )


NAMES, TRUTHS = ("a", "b"), ("p",)


def clamped(value: Number, high: int = HIGH) -> Number:
    """``value`` forced into 0..``high``."""
    return minimum((maximum((value, 0)), high))


@st.composite
def systems(draw: st.DrawFn, budgets: bool = False) -> TransitionSystem:
    """Two numbers, one truth value, up to five actions; some initial values open, some given by a condition.

    Actions differ in fairness; some are disturbances, which with ``budgets`` may have one in common, called ``left``.
    """
    variables: tuple[Variable, ...] = (
        *(Variable(name, 0, HIGH, draw(st.one_of(st.none(), st.integers(0, HIGH)))) for name in NAMES),
        Variable.boolean("p", draw(st.sampled_from([False, True, None]))),
    )
    budget = draw(st.one_of(st.none(), st.integers(0, 2))) if budgets else None
    left = integer("left")
    if budget is not None:
        variables = (*variables, Variable("left", 0, budget, budget))
    actions = []
    for i in range(draw(st.integers(1, 5))):
        updates: dict[str, Number | Condition] = {}
        for name in draw(st.sets(st.sampled_from(NAMES), max_size=2)):
            here = integer(name)
            one = st.sampled_from([here - 1, here + 1, (here + 1) % (HIGH + 1), 0, HIGH])
            step = draw(st.one_of(one, one, numbers(NAMES, TRUTHS)))
            updates[name] = clamped(step)
        if draw(st.booleans()):
            updates["p"] = draw(conditions(NAMES, TRUTHS))
        guard = draw(st.one_of(st.just(True), simple(conditions(NAMES, TRUTHS), NAMES, TRUTHS)))
        environment = draw(st.booleans())
        fairness = draw(st.sampled_from(Fairness))
        if environment and budget is not None:
            guard = all_of([guard, left > 0])
            updates["left"] = left - 1
        actions.append(Action(f"action {i}", "test", guard, updates, fairness=fairness, environment=environment))
    value = draw(st.one_of(st.none(), st.integers(0, 2 * HIGH)))
    initial: Condition = True if value is None else any_of((integer("a") + integer("b") <= value, integer("a") == 0))
    if all(v.initial is not None for v in variables):
        initial = True
    return TransitionSystem("generated", variables, tuple(actions), initial=initial)


BLOCKS = 3


@st.composite
def symmetric_systems(draw: st.DrawFn) -> TransitionSystem:
    """Three interchangeable blocks of a number and a truth value, and a number they share."""
    variables = [Variable("a", 0, 1, draw(st.integers(0, 1)))]
    actions = []
    templates = []
    for i in range(draw(st.integers(1, 4))):
        names, truths = ("a", "x"), ("y",)
        updates = {
            name: clamped(draw(numbers(names, truths)), 1)
            for name in sorted(draw(st.sets(st.sampled_from(names), min_size=1, max_size=2)))
        }
        flips = draw(st.one_of(st.none(), conditions(names, truths)))
        kind = draw(st.booleans()), draw(st.sampled_from(Fairness))
        templates.append((f"action {i}", draw(conditions(names, truths)), updates, flips, *kind))
    for block in range(BLOCKS):
        variables += [Variable(f"x{block}", 0, 1, 0), Variable.boolean(f"y{block}")]
        for name, guard, updates, flips, environment, fairness in templates:
            effects: dict[str, Number | Condition] = {**updates}
            if flips is not None:
                effects["y"] = flips
            actions.append(
                Action(
                    f"{name} of {block}",
                    "test",
                    rename(guard, block),
                    {n if n == "a" else f"{n}{block}": rename(u, block) for n, u in effects.items()},
                    fairness=fairness,
                    environment=environment,
                )
            )
    blocks = tuple((f"x{block}", f"y{block}") for block in range(BLOCKS))
    return TransitionSystem("generated", tuple(variables), tuple(actions), symmetry=(blocks,))


def rename(value: Number | Condition, block: int) -> Condition:
    """``value`` of a template, for one block."""
    renamed: Condition = substitute(value, {"x": integer(f"x{block}"), "y": boolean(f"y{block}")})
    return renamed


def symmetric_conditions() -> st.SearchStrategy[Condition]:
    """Conditions that treat all blocks alike."""
    each = conditions(("a", "x"), ("y",))
    return st.one_of(
        each.map(lambda c: all_of(rename(c, block) for block in range(BLOCKS))),
        each.map(lambda c: any_of(rename(c, block) for block in range(BLOCKS))),
        st.tuples(each, st.integers(0, BLOCKS)).map(
            lambda p: total(ite(rename(p[0], block), 1, 0) for block in range(BLOCKS)) <= p[1]
        ),
    )


def properties(conditions: st.SearchStrategy[Condition]) -> st.SearchStrategy[Always | Reaches]:
    """Safety and progress, half of them with a premise."""
    premises: st.SearchStrategy[Condition] = st.one_of(st.just(True), conditions)
    return st.one_of(
        st.builds(lambda c, p: Always(name="always", condition=c, premise=p), conditions, premises),
        st.builds(lambda c, p: Reaches(name="reaches", goal=c, premise=p), conditions, premises),
    )


KINDS: dict[str, Callable[[st.SearchStrategy[Condition]], st.SearchStrategy[Property]]] = {
    "always": lambda c: st.builds(Always, name=_NAME, condition=c, premise=st.one_of(st.just(True), c)),
    "once-always": lambda c: st.builds(OnceAlways, name=_NAME, premise=c, condition=c),
    "possibly": lambda c: st.builds(Possibly, name=_NAME, goal=c),
    "reaches": lambda c: st.builds(Reaches, name=_NAME, goal=c, premise=st.one_of(st.just(True), c)),
    "eventually": lambda c: st.builds(Eventually, name=_NAME, goal=c),
    "leads-to": lambda c: st.builds(LeadsTo, name=_NAME, premise=c, goal=c),
    "eventually-always": lambda c: st.builds(EventuallyAlways, name=_NAME, goal=c),
    "always-eventually": lambda c: st.builds(AlwaysEventually, name=_NAME, goal=c),
    "until": lambda c: st.builds(Until, name=_NAME, hold=c, goal=c),
    "quiescence": lambda _: st.builds(Quiescence, name=_NAME),
}
"""A strategy for every class of property, given one for conditions."""


def simple(conditions: st.SearchStrategy[Condition], names: Names, truths: Names) -> st.SearchStrategy[Condition]:
    """Mostly conditions that some states satisfy and others do not; any of ``conditions`` now and then."""
    a = st.sampled_from(names).map(integer)
    k = st.integers(0, HIGH)
    return st.one_of(
        st.tuples(a, k).map(lambda p: p[0] == p[1]),
        st.tuples(a, k).map(lambda p: p[0] <= p[1]),
        st.tuples(a, k).map(lambda p: p[0] > p[1]),
        st.sampled_from(truths).map(boolean),
        st.sampled_from(truths).map(lambda t: negate(boolean(t))),
        conditions,
    )


def fairnesses() -> st.SearchStrategy[Fair]:
    """As declared mostly; everything alike and disturbances without end as well."""
    return st.builds(
        Fair,
        everything=st.sampled_from([None, None, None, *Fairness]),
        endless_disturbances=st.sampled_from([False, False, True]),
    )
