"""Label selectors as text: what is accepted, what it means, and what a user reads about a wrong one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.languages.selectors import format_selector, parse_selector
from kverify.api.types.meta import LabelSelector, LabelSelectorRequirement
from tests.unit.api.language_cases import refusal


def requirement(key: str, operator: str, *values: str) -> LabelSelectorRequirement:
    return LabelSelectorRequirement(key=key, operator=operator, values=values)


@pytest.mark.parametrize(
    ("text", "requirements"),
    [
        ("", ()),
        (" \t\n", ()),
        ("app=web", (requirement("app", "In", "web"),)),
        ("app == web", (requirement("app", "In", "web"),)),
        ("app!=web", (requirement("app", "NotIn", "web"),)),
        ("gpu", (requirement("gpu", "Exists"),)),
        ("!gpu", (requirement("gpu", "DoesNotExist"),)),
        ("! gpu , b", (requirement("b", "Exists"), requirement("gpu", "DoesNotExist"))),
        ("env in (b,a,b)", (requirement("env", "In", "a", "b"),)),
        ("env notin(a)", (requirement("env", "NotIn", "a"),)),
        ("size>5,size < 09", (requirement("size", "Gt", "5"), requirement("size", "Lt", "09"))),
        ("a=,b!=", (requirement("a", "In", ""), requirement("b", "NotIn", ""))),
        (
            "a in (),b in (,),c in (x,)",
            (*(requirement(key, "In", "") for key in "ab"), requirement("c", "In", "", "x")),
        ),
        ("in in (in,notin),notin", (requirement("in", "In", "in", "notin"), requirement("notin", "Exists"))),
        ("example.com/a.b_c=V-1", (requirement("example.com/a.b_c", "In", "V-1"),)),
    ],
)
def test_requirements(text: str, requirements: tuple[LabelSelectorRequirement, ...]) -> None:
    assert parse_selector(text) == LabelSelector(match_expressions=requirements)


KEYS = st.sampled_from(["app", "in", "notin", "example.com/tier"])
VALUES = st.sampled_from(["", "web", "in", "a.b-c_d", "9"])
LABELS = st.dictionaries(KEYS, VALUES)
REQUIREMENTS = st.one_of(
    st.builds(requirement, KEYS, st.sampled_from(["Exists", "DoesNotExist"])),
    st.builds(
        lambda key, op, values: requirement(key, op, *values),
        KEYS,
        st.sampled_from(["In", "NotIn"]),
        st.sets(VALUES, min_size=1),
    ),
    st.builds(requirement, KEYS, st.sampled_from(["Gt", "Lt"]), st.integers(0, 99).map(str)),
)


@given(LABELS, st.lists(REQUIREMENTS).map(tuple), LABELS)
def test_round_trip_keeps_the_meaning(
    pairs: dict[str, str], requirements: tuple[LabelSelectorRequirement, ...], labels: dict[str, str]
) -> None:
    selector = LabelSelector(match_labels=pairs, match_expressions=requirements)
    text = format_selector(selector)
    again = parse_selector(text)
    assert again.matches(labels) == selector.matches(labels)
    assert parse_selector(format_selector(again)) == again


def accepted_by_descent(text: str) -> bool:
    """An independent reading of the syntax: the recursive descent of the source, over its tokens."""
    tokens = re.findall(r"==|!=|[=!(),<>]|[^=!(),<> \t\r\n]+", text)
    position = 0

    def next_token() -> str:
        nonlocal position
        position += 1
        return tokens[position - 1] if position <= len(tokens) else ""

    def peek() -> str:
        return tokens[position] if position < len(tokens) else ""

    def is_word(token: str) -> bool:
        return bool(token) and token[0] not in "=!(),<>"

    def values() -> bool:
        if next_token() != "(":
            return False
        expect_word = True
        while True:
            token = next_token()
            if token == ")":
                return True
            if token == ",":
                expect_word = True
            elif is_word(token) and expect_word:
                expect_word = False
            else:
                return False

    if not tokens:
        return True
    while True:
        token = next_token()
        if token == "!":
            if not is_word(next_token()):
                return False
        elif is_word(token):
            if peek() not in ("", ","):
                operator = next_token()
                if operator in ("in", "notin"):
                    if not values():
                        return False
                elif operator in ("=", "==", "!=", "<", ">"):
                    if peek() not in ("", ",") and not is_word(next_token()):
                        return False
                else:
                    return False
        else:
            return False
        if peek() == "":
            return True
        if next_token() != ",":
            return False


@given(
    st.lists(st.sampled_from(["a", "b", "in", "notin", "=", "==", "!=", "!", ",", "(", ")", ">", " "]), max_size=9).map(
        "".join
    )
)
def test_the_grammar_is_that_of_the_source(text: str) -> None:
    """Words and symbols only, so what is refused is refused for its syntax, or because no number is compared."""
    error = refusal(parse_selector, text)
    assert (error is None or "compares whole numbers" in str(error)) == accepted_by_descent(text)


@pytest.mark.parametrize(
    ("text", "fault", "message", "mend"),
    [
        ("a,", "", "the selector ends with a comma", "remove it"),
        ("a not in (b)", "not", "the operator is spelled notin", "write notin"),
        ("a in b", "b", "the values of in and notin stand in parentheses", "write a in (b)"),
        ("z,a IN (b)", "IN", "operators are in lower case", "write in or notin"),
        ("a=b c=d", "c", "a requirement has one value", "write key in (a,b), or a comma between requirements"),
        ("a && b", "&&", "requirements are joined by commas", "write a comma"),
        ("a=1 or b", "or", "a requirement has one value", "write key in (a,b), or a comma between requirements"),
        ("a or b", "or", "requirements cannot be alternatives", "select once for each of them, or write key in (a,b)"),
        ("a>=5", "=", "there is no such operator", "the operators are =, !=, >, <, in and notin"),
        ("a>b", "b", "> compares whole numbers", "write a whole number behind it"),
        ("a in (b", "", "the parenthesis is not closed", "add )"),
        ("a in (b c)", "c", "a comma is missing before 'c'", "separate the values by commas"),
        ("!a=b", "=", "a key that must not exist has no value", "write key!=value"),
        ("x/y/z=1", "x/y/z", "'x/y/z' is not a label key: it has more than one '/'", ""),
        (
            'a="b"',
            '"b"',
            "'\"b\"' is not a label value: it must consist of letters, digits, '-', '_' and '.', "
            "and begin and end with a letter or digit",
            "write b without quotes",
        ),
    ],
)
def test_refusals_point_at_the_fault_and_say_what_was_meant(text: str, fault: str, message: str, mend: str) -> None:
    error = refusal(parse_selector, text)
    assert error is not None
    assert (text[error.start : error.end], str(error), error.mend) == (fault, message, mend)


@given(st.text(max_size=30))
def test_any_text_is_read_or_explained(text: str) -> None:
    error = refusal(parse_selector, text)
    assert error is None or (str(error) and 0 <= error.start <= error.end <= len(text))
