"""Intervals are never too narrow."""

from __future__ import annotations

from itertools import product
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.engines.ranges import Range, bounds, decided, refine
from kverify.model.expr import Condition, Number, all_of, boolean, evaluate, integer, negate

from .strategies import NAMES, TRUTHS, conditions, numbers

RANGES: dict[str, Range] = {"a": (0, 2), "b": (-1, 1), "p": (0, 1)}
VIEWS: list[dict[str, int | bool]] = [
    {"a": a, "b": b, "p": p} for a, b, p in product(range(3), range(-1, 2), (False, True))
]
a, b = integer("a"), integer("b")


@given(number=numbers(NAMES, TRUTHS))
def test_no_value_lies_outside_the_interval(number: Number) -> None:
    low, high = bounds(number, RANGES)
    assert all(low <= evaluate(number, view) <= high for view in VIEWS)


@given(condition=conditions(NAMES, TRUTHS))
def test_what_is_decided_is_decided_rightly(condition: Condition) -> None:
    answer = decided(condition, RANGES)
    if answer is not None:
        assert all(bool(evaluate(condition, view)) is answer for view in VIEWS)


@given(condition=conditions(NAMES, TRUTHS))
def test_narrowed_ranges_lose_no_state_in_which_the_condition_holds(condition: Condition) -> None:
    narrowed = refine(RANGES, condition)
    for view in VIEWS:
        if evaluate(condition, view):
            assert narrowed is not None
            assert all(narrowed[name][0] <= value <= narrowed[name][1] for name, value in view.items())


@given(number=numbers(NAMES, TRUTHS), value=st.integers(-9, 9))
def test_open_ranges_are_open(number: Number, value: int) -> None:
    low, high = bounds(number, {"p": (0, 1)})
    assert low <= evaluate(number, {"a": value, "b": -value, "p": True}) <= high


@pytest.mark.parametrize(
    ("condition", "name", "expected"),
    [
        (a < 5, "a", (0, 4)),
        (3 * a <= 10, "a", (0, 3)),
        (a + b == 4, "a", (1, 5)),
        (all_of((a + b <= 3, b >= 2)), "a", (0, 1)),
        (a - 2 * b >= 7, "a", (5, 9)),
        (a - 2 * b >= 7, "b", (-1, 1)),
        (boolean("p"), "p", (1, 1)),
        (negate(boolean("p")), "p", (0, 0)),
    ],
)
def test_what_a_guard_says_about_a_variable(condition: Condition, name: str, expected: Range) -> None:
    ranges: dict[str, Range] = {"a": (0, 9), "b": (-1, 3), "p": (0, 1)}
    narrowed = refine(ranges, condition)
    assert narrowed is not None
    assert narrowed[name] == expected


def test_impossible_conditions_are_recognised() -> None:
    assert refine(RANGES, a > 2) is None
    assert refine(RANGES, all_of((a >= 1, a + b < 0))) is None
    assert refine({"a": (-inf, inf)}, a > 2) == {"a": (3, inf)}
