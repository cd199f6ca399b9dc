"""Regular expressions as Go reads and runs them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kverify.api.languages.regexp import RegexpError, compile_regexp
from tests.unit.api.language_cases import refusal


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("^a+$", "aaa", True),
        ("^a+$", "aaa\n", False),
        ("(?m)^a$", "b\na\nc", True),
        ("a.c", "a\nc", False),
        ("(?s)a.c", "a\nc", True),
        ("(?i)ABC", "xabc", True),
        ("(?i:a)b", "AB", False),
        ("[a-c-e]", "-", True),
        ("[a-zA-Z0-9-_]+", "-", True),
        ("[]a]", "]", True),
        ("[^a]", "a", False),
        ("[[:alpha:]]", "é", False),
        (r"\p{L}", "é", True),
        (r"\pN", "5", True),
        (r"\P{Greek}", "α", False),
        (r"\p{Greek}", "α", True),
        (r"\d", "٣", False),
        (r"\w", "é", False),
        (r"\bfoo\b", "a foo b", True),
        (r"\Bfoo", "foo", False),
        (r"\Aa\z", "a", True),
        (r"\x41\x{1F600}", "A😀", True),
        (r"\Qa.b\E", "a.b", True),
        (r"\Qa.b\E", "axb", False),
        ("a{2,3}", "aa", True),
        ("a{,3}", "a{,3}", True),
        ("x*?", "", True),
        ("(?P<name>a)(?:b)", "ab", True),
        ("(?<name>a)", "a", True),
        ("", "", True),
        ("a||b", "", True),
        (r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", "my-name.example", True),
    ],
)
def test_matches(pattern: str, text: str, expected: bool) -> None:
    assert compile_regexp(pattern).matches(text) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("a+", "baaa", (1, 4)),
        ("a+?", "baaa", (1, 2)),
        ("a|ab", "ab", (0, 1)),
        ("(a|ab)(c|bcd)", "abcd", (0, 4)),
        ("x*", "aaa", (0, 0)),
        ("z", "aaa", None),
    ],
)
def test_the_leftmost_match_is_found(pattern: str, text: str, found: tuple[int, int] | None) -> None:
    assert compile_regexp(pattern).find(text) == found


@pytest.mark.parametrize(
    ("pattern", "start"),
    [
        ("a(", 1),
        ("a)", 1),
        ("[a", 0),
        ("[z-a]", 1),
        ("a**", 0),
        ("*a", 0),
        ("(?=a)", 0),
        ("(?!a)", 0),
        (r"(a)\1", 3),
        (r"\q", 0),
        ("a\\", 1),
        ("a{1001}", 1),
        ("(a{100}){100}", None),
        ("[[:wrod:]]", None),
        (r"\p{Klingon}", None),
        ("(?P<n>a)(?P<n>b)", None),
    ],
)
def test_what_go_refuses(pattern: str, start: int | None) -> None:
    error = refusal(compile_regexp, pattern)
    assert isinstance(error, RegexpError)
    assert start is None or error.start == start


def test_time_is_linear() -> None:
    assert not compile_regexp("^(a+)+$").matches("a" * 2000 + "b")


PIECES = st.recursive(
    st.sampled_from(["a", "b", "c", "[ab]", "[^a]", ".", "(?:)"]),
    lambda inner: (
        st.tuples(inner, inner).map("".join)
        | st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})")
        | st.tuples(inner, st.sampled_from(["*", "+", "?", "*?", "+?", "{1,2}"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        )
    ),
    max_leaves=6,
)


@given(PIECES, st.text(st.sampled_from("abc"), max_size=8))
@settings(max_examples=300)
def test_python_agrees_on_simple_patterns(pattern: str, text: str) -> None:
    """Where an empty repetition decides, Go and Python may prefer different matches, but never disagree whether."""
    ours = compile_regexp(pattern)
    assert ours.matches(text) is (re.search(pattern, text) is not None)
    assert compile_regexp(f"^(?:{pattern})$").matches(text) is (re.fullmatch(pattern, text) is not None)


@given(st.text(st.sampled_from(r"ab()[]{}|*+?.^$\-:=!<>PQE,019dwpLiU&"), max_size=16), st.text(max_size=6))
@settings(max_examples=300)
def test_any_pattern_is_compiled_or_refused(pattern: str, text: str) -> None:
    error = refusal(compile_regexp, pattern)
    if error is None:
        found = compile_regexp(pattern).find(text)
        assert (found is not None) is compile_regexp(pattern).matches(text)
    else:
        assert 0 <= error.start <= error.end <= max(len(pattern), error.start)
