"""The machinery of the small languages: faults are whole words, examples find their own mistake, spans are exact."""

from __future__ import annotations

import pytest

from kverify.api import quantity
from kverify.api.languages import durations, images, percentages, ports, schedules, selectors
from kverify.api.languages.language import Language, Mistake, TextError
from kverify.manifest import read_text
from kverify.manifest.nodes import Scalar

LANGUAGES = [module._LANGUAGE for module in (quantity, durations, schedules, selectors, images, percentages, ports)]


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
def test_every_example_is_explained_by_its_own_mistake(language: Language) -> None:
    """An example that another mistake explains first is dead, or hides one that is missing."""
    for mistake in language.mistakes:
        assert mistake.examples, mistake.message
        for example in mistake.examples:
            error = language.explain(example)
            alone = Language(language.name, language.what, limit=language.limit, mistakes=[mistake])
            assert str(error) == str(alone.explain(example)), example


def test_an_example_that_is_right_is_found_out() -> None:
    language = Language("quantity", "a quantity", limit=10, mistakes=[Mistake("wrong", examples=("1m",))])
    with pytest.raises(ValueError, match="the example '1m' is a quantity"):
        language.parse("x")


def test_a_fault_without_an_example_is_still_named() -> None:
    language = Language("quantity", "a quantity", limit=10, mistakes=[])
    with pytest.raises(TextError, match="'MB' does not belong here") as caught:
        language.parse("64MB")
    assert (caught.value.start, caught.value.end) == (2, 4)
    assert str(language.explain("")) == "a quantity cannot end here"


def test_what_the_grammar_takes_is_still_said_to_be_wrong() -> None:
    assert str(quantity._LANGUAGE.explain("1m")) == "'1m' is not a quantity"


def scalar(text: str) -> Scalar:
    node = read_text(text, "f.yaml").documents[0].node(("a",))
    assert isinstance(node, Scalar)
    return node


@pytest.mark.parametrize(
    ("text", "start", "end", "columns"),
    [
        ("a: 64MB\n", 2, 4, (6, 8)),
        ('a: "64MB"\n', 2, 4, (7, 9)),
        ("a: '64MB'\n", 2, 4, (7, 9)),
        ("a: 64MB\n", 4, 4, (7, 8)),  # what is missing at the end is shown at the last character
        ('a: ""\n', 0, 0, (5, 6)),
    ],
)
def test_the_mark_is_under_the_fault(text: str, start: int, end: int, columns: tuple[int, int]) -> None:
    part = scalar(text).part(start, end)
    assert (part.column, part.end_column) == columns


@pytest.mark.parametrize("text", ['a: "64\\x4dB"\n', "a: >-\n  64MB\n", 'a: "64\\\n  MB"\n'])
def test_where_the_places_are_not_known_all_of_it_is_marked(text: str) -> None:
    node = scalar(text)
    assert node.raw == "64MB"
    assert node.part(2, 4) == node.span
