"""The grammar of CEL: trees, places, printing, and what is said about mistakes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kverify.api.cel import ast
from kverify.api.cel.ast import Call, Entry, Expr, Ident, ListExpr, Literal, MapExpr, Message, Select
from kverify.api.cel.parser import RESERVED, parse
from kverify.api.cel.printer import show
from tests.unit.api.language_cases import refusal


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1+2*3", "1 + 2 * 3"),
        ("(1+2)*3", "(1 + 2) * 3"),
        ("1-2-3", "1 - 2 - 3"),
        ("1-(2-3)", "1 - (2 - 3)"),
        ("a||b&&c", "a || b && c"),
        ("(a||b)&&c", "(a || b) && c"),
        ("a?b:c?d:e", "a ? b : c ? d : e"),
        ("(a?b:c)?d:e", "(a ? b : c) ? d : e"),
        ("!a.b[0].c(d)", "!a.b[0].c(d)"),
        ("!!a", "a"),
        ("!!!a", "!a"),
        ("-(-1)", "-(-1)"),
        ("-a", "-a"),
        ("a in [1,2,]", "a in [1, 2]"),
        ("{'k':1,}", '{"k": 1}'),
        ("[?a,b]", "[?a, b]"),
        ("{?'a':b}", '{?"a": b}'),
        ("a.?b.c[?d]", "a.?b.c[?d]"),
        ("Object.spec{replicas:1,?b:c}", "Object.spec{replicas: 1, ?b: c}"),
        (".a.b", "a.b"),
        ("has(a.b)", "has(a.b)"),
        ("a.all(x,x>0)", "a.all(x, x > 0)"),
        ("'it''s'", None),
        ("0x1F", "31"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("18446744073709551615u", "18446744073709551615u"),
        ("1e3", "1000.0"),
        (".5", "0.5"),
        ("'a\\n\\x41\\u00e9\\101'", '"a\\u000aAéA"'),
        ("r'a\\n'", '"a\\\\n"'),
        ("'''a'b\n'''", '"a\'b\\u000a"'),
        ("b'\\xff'", 'b"\\xff"'),
        ("true // said", "true"),
        ("a\n  &&\tb", "a && b"),
    ],
)
def test_one_line(text: str, shown: str | None) -> None:
    if shown is None:
        assert refusal(parse, text) is not None
    else:
        assert show(parse(text)) == shown


def test_nodes_know_where_they_stand() -> None:
    expr = parse("a.bc + size(d)")
    assert isinstance(expr, Call)
    select, call = expr.args
    assert [(node.start, node.end) for node in (expr, select, call)] == [(5, 6), (2, 4), (7, 11)]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("", 0, 0),
        ("a b", 2, 3),
        ("a &&", 4, 4),
        ("a = b", 2, 3),
        ("a & b", 2, 3),
        ("a.b.", 4, 4),
        ("(a", 2, 2),
        ("a)", 1, 2),
        ("[1, 2", 5, 5),
        ("'abc", 0, 4),
        ("for", 0, 3),
        ("1.2.3", None, None),
        ("99999999999999999999", 0, 20),
        ("'\\q'", 0, 4),
        ("a ? b", 5, 5),
        ("5{a: 1}", 1, 2),
    ],
)
def test_mistakes_are_found_where_they_are(text: str, start: int | None, end: int | None) -> None:
    error = refusal(parse, text)
    assert error is not None
    assert start is None or (error.start, error.end) == (start, end)


@pytest.mark.parametrize(
    ("text", "mend"),
    [("a = b", "=="), ("a & b", "&&"), ("a | b", "||"), ("a and b", "&&"), ("a or b", "||")],
)
def test_signs_of_other_languages_are_explained(text: str, mend: str) -> None:
    error = refusal(parse, text)
    assert error is not None
    assert mend in f"{error} {error.mend}"


@pytest.mark.parametrize(
    "text", ["(" * 300 + "a" + ")" * 300, "!(" * 200 + "a" + ")" * 200 + "+1" * 200, "[" * 500, "-" * 9999]
)
def test_nesting_is_bounded(text: str) -> None:
    refused = refusal(parse, text)
    assert refused is not None or len(text) == 9999


def test_length_is_bounded() -> None:
    assert refusal(parse, "a" * 100_001) is not None


NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,4}", fullmatch=True).filter(lambda name: name not in RESERVED)
FIELDS = st.from_regex(r"[a-z_][a-z0-9_]{0,4}", fullmatch=True).filter(
    lambda name: name not in ("in", "true", "false", "null")
)
LITERALS: st.SearchStrategy[Expr] = st.one_of(
    st.just(Literal("null", None)),
    st.booleans().map(lambda value: Literal("bool", value)),
    st.integers(-(2**63), 2**63 - 1).map(lambda value: Literal("int", value)),
    st.integers(0, 2**64 - 1).map(lambda value: Literal("uint", value)),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda value: Literal("double", value)),
    st.text(max_size=6).map(lambda value: Literal("string", value)),
    st.binary(max_size=6).map(lambda value: Literal("bytes", value)),
)
SIGNS = st.sampled_from(sorted(set(ast.BINARY.values()) | {ast.AND, ast.OR}))


def _grow(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    lists = st.lists(inner, max_size=3).map(tuple)
    entries: st.SearchStrategy[Any] = st.lists(st.builds(Entry, inner, inner, st.booleans()), max_size=2).map(tuple)
    fields = st.lists(
        st.builds(lambda name, value, on: Entry(Literal("string", name), value, on), FIELDS, inner, st.booleans()),
        max_size=2,
    )
    number = (Literal,)
    return st.one_of(
        st.builds(Select, inner, FIELDS),
        st.builds(lambda sign, left, right: Call(sign, (left, right)), SIGNS, inner, inner),
        st.builds(lambda a, b, c: Call(ast.CONDITIONAL, (a, b, c)), inner, inner, inner),
        st.builds(
            lambda a: Call(ast.NOT, (a,)), inner.filter(lambda e: not (isinstance(e, Call) and e.function == ast.NOT))
        ),
        st.builds(
            lambda a: Call(ast.NEGATE, (a,)),
            inner.filter(
                lambda e: not (isinstance(e, Call) and e.function == ast.NEGATE) and not isinstance(e, number)
            ),
        ),
        st.builds(lambda a, b: Call(ast.INDEX, (a, b)), inner, inner),
        st.builds(lambda a, b: Call(ast.OPTIONAL_INDEX, (a, b)), inner, inner),
        st.builds(lambda a, name: Call(ast.OPTIONAL_SELECT, (a, Literal("string", name))), inner, FIELDS),
        st.builds(lambda name, args: Call(name, args), NAMES, lists),
        st.builds(lambda name, args, target: Call(name, args, target), FIELDS, lists, inner),
        st.builds(lambda elements: ListExpr(elements), lists),
        st.builds(lambda found: MapExpr(found), entries),
        st.builds(lambda name, found: Message(name, tuple(found)), NAMES, fields),
    )


EXPRESSIONS = st.recursive(st.one_of(LITERALS, NAMES.map(Ident)), _grow, max_leaves=12)


@given(EXPRESSIONS)
@settings(max_examples=200)
def test_what_is_shown_is_read_again(expr: Expr) -> None:
    """The parser balances chains of ``&&`` and ``||``, so an arbitrary tree is read once before it is compared."""
    read = parse(show(expr))
    assert parse(show(read)) == read
    assert show(parse(show(read))) == show(read)


@given(
    EXPRESSIONS.filter(
        lambda expr: not any(isinstance(node, Call) and node.function in (ast.AND, ast.OR) for node in ast.walk(expr))
    )
)
@settings(max_examples=200)
def test_without_chains_the_tree_itself_is_read_again(expr: Expr) -> None:
    assert parse(show(expr)) == expr


@given(st.text(st.sampled_from("ab.()[]{}?:'\"\\+-*/%<>=!&|,01uexr \n#/"), max_size=30) | st.text(max_size=20))
@settings(max_examples=300)
def test_any_text_is_read_or_refused(text: str) -> None:
    error = refusal(parse, text)
    if error is None:
        assert parse(show(parse(text))) == parse(text)
    else:
        assert str(error)
        assert 0 <= error.start <= error.end <= max(len(text), error.start)
