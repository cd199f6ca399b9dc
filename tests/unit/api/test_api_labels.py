"""Label selectors: absent keys, empty selectors, and their algebra."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.labels import map_matches, requirement_matches
from kverify.api.types.meta import LabelSelector, LabelSelectorRequirement

KEYS = st.sampled_from("abc")
VALUES = st.sampled_from("xyz")
LABELS = st.dictionaries(KEYS, VALUES)


@pytest.mark.parametrize(
    ("operator", "values", "with_x", "with_y", "without"),
    [
        ("In", ("x",), True, False, False),
        ("NotIn", ("x",), False, True, True),
        ("Exists", (), True, True, False),
        ("DoesNotExist", (), False, False, True),
    ],
)
def test_operators(operator: str, values: tuple[str, ...], with_x: bool, with_y: bool, without: bool) -> None:
    """NotIn and DoesNotExist match objects that do not have the key."""
    answers = [requirement_matches("a", operator, values, labels) for labels in ({"a": "x"}, {"a": "y"}, {"b": "x"})]
    assert answers == [with_x, with_y, without]


def test_other_operators_are_refused() -> None:
    with pytest.raises(ValueError, match="'Near' is not a label selector operator"):
        requirement_matches("a", "Near", ("1",), {"a": "2"})


@pytest.mark.parametrize(
    ("value", "above", "below"),
    [("6", True, False), ("5", False, False), ("-7", False, True), ("six", False, False), (str(2**63), False, False)],
)
def test_numbers_are_compared_as_int64(value: str, above: bool, below: bool) -> None:
    assert requirement_matches("a", "Gt", ("5",), {"a": value}) is above
    assert requirement_matches("a", "Lt", ("5",), {"a": value}) is below
    assert not requirement_matches("a", "Gt", ("5",), {})


@given(LABELS)
def test_the_empty_selector_matches_everything(labels: dict[str, str]) -> None:
    assert LabelSelector().matches(labels)
    assert LabelSelector().is_empty


@given(LABELS, LABELS)
def test_match_labels_are_a_subset(selector: dict[str, str], labels: dict[str, str]) -> None:
    assert LabelSelector(match_labels=selector).matches(labels) == (selector.items() <= labels.items())
    assert map_matches(selector, labels) == (selector.items() <= labels.items())


@given(KEYS, st.lists(VALUES, min_size=1).map(tuple), LABELS)
def test_opposites(key: str, values: tuple[str, ...], labels: dict[str, str]) -> None:
    assert requirement_matches(key, "In", values, labels) != requirement_matches(key, "NotIn", values, labels)
    assert requirement_matches(key, "Exists", (), labels) != requirement_matches(key, "DoesNotExist", (), labels)


@given(LABELS, KEYS, VALUES, LABELS)
def test_parts_are_anded(selector: dict[str, str], key: str, value: str, labels: dict[str, str]) -> None:
    requirement = LabelSelectorRequirement(key=key, operator="In", values=(value,))
    both = LabelSelector(match_labels=selector, match_expressions=(requirement,))
    assert both.matches(labels) == (
        LabelSelector(match_labels=selector).matches(labels) and requirement.matches(labels)
    )
