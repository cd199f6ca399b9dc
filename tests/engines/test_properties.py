"""The questions themselves: what they read, what fixing a parameter changes, and which runs count as fair."""

from __future__ import annotations

import pytest

from kverify.model.expr import integer
from kverify.model.system import Action, Fairness
from kverify.spec.property import (
    DECLARED,
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
    conditions,
    fix,
    premise,
)

n, size = integer("n"), integer("size")
EVERY: tuple[Property, ...] = (
    Always(name="p", condition=n <= size, lemmas=(n <= 2 * size,), premise=n == size),
    OnceAlways(name="p", premise=n == size, condition=n <= size),
    Possibly(name="p", goal=n == size),
    Reaches(name="p", goal=n == size, premise=n < size),
    Eventually(name="p", goal=n == size),
    LeadsTo(name="p", premise=n < size, goal=n == size),
    EventuallyAlways(name="p", goal=n == size),
    AlwaysEventually(name="p", goal=n == size),
    Until(name="p", hold=n < size, goal=n == size),
    Quiescence(name="p"),
)


@pytest.mark.parametrize("prop", EVERY, ids=lambda p: type(p).__name__)
def test_fixing_a_parameter_reaches_every_condition(prop: Property) -> None:
    fixed = fix(prop, {"size": 3})
    assert type(fixed) is type(prop)
    assert {"n"} >= frozenset().union(*(c.variables() for c in conditions(fixed) if not isinstance(c, bool)))
    if isinstance(fixed, Always):
        assert fixed.lemmas == (n <= 6,)
    if isinstance(fixed, LeadsTo):
        assert premise(fixed) is (n < 3)
        assert conditions(fixed) == (n < 3, n == 3)


def test_what_has_no_premise_is_asked_everywhere() -> None:
    assert premise(Quiescence(name="p")) is True
    assert premise(Eventually(name="p", goal=n == 1)) is True


def test_fairness_is_what_the_action_says_unless_overruled_and_disturbances_have_none() -> None:
    weak = Action("weak", "test", True, {})
    strong = Action("strong", "test", True, {}, fairness=Fairness.STRONG)
    crash = Action("crash", "test", True, {}, fairness=Fairness.STRONG, environment=True)
    assert [DECLARED.of(a) for a in (weak, strong, crash)] == [Fairness.WEAK, Fairness.STRONG, Fairness.NONE]
    every = Fair(everything=Fairness.STRONG)
    assert [every.of(a) for a in (weak, strong, crash)] == [Fairness.STRONG, Fairness.STRONG, Fairness.NONE]
    assert str(DECLARED) == "every step is as fair as its component declares; disturbances end"
