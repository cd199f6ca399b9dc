"""``decide.answer``, which every check goes through, says what the liveness engine says, whatever the question."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import assume, given, settings

from kverify.checks import Options
from kverify.checks.deciding import decide
from kverify.engines import liveness, portfolio
from kverify.engines.verdict import Outcome
from kverify.model.expr import Condition
from kverify.model.system import TransitionSystem
from kverify.spec.property import Always, Eventually, EventuallyAlways, LeadsTo, Property, Reaches, Until

from . import reference
from .strategies import NAMES, TRUTHS, conditions, simple, systems

CONDITIONS = simple(conditions(NAMES, TRUTHS), NAMES, TRUTHS)


def asked(kind: type, first: Condition, second: Condition) -> Property:
    """A question of each class."""
    if kind is Always:
        return Always(name="asked", condition=first)
    if kind is LeadsTo:
        return LeadsTo(name="asked", premise=first, goal=second)
    if kind is Until:
        return Until(name="asked", hold=first, goal=second)
    return kind(name="asked", goal=first)  # type: ignore[no-any-return]


@pytest.mark.parametrize("examples", [15, pytest.param(400, marks=pytest.mark.slow)])
@pytest.mark.parametrize("small", [20_000, 1])
@pytest.mark.parametrize("kind", [Always, Eventually, EventuallyAlways, Reaches, LeadsTo, Until])
def test_every_way_comes_to_the_same_answer(kind: type, small: int, examples: int) -> None:
    @settings(max_examples=examples)
    @given(systems(), CONDITIONS, CONDITIONS)
    def same(system: TransitionSystem, first: Condition, second: Condition) -> None:
        assume(reference.starts(system))
        prop = asked(kind, first, second)
        # With next to nothing searched at first, the ways for big systems are taken.
        with patch.object(portfolio, "SMALL", small):
            found = decide.answer(system, prop, Options())
        expected = liveness.check(system, prop)
        assert found.outcome is expected.outcome
        assert expected.outcome is not Outcome.UNKNOWN

    same()
