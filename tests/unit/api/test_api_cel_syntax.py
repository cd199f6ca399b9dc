"""The grammar of CEL: trees, places, printing, and what is said about mistakes."""

from __future__ import annotations

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
        ("-(0.a)", "-(0.a)"),
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


LEAVES = LITERALS | NAMES.map(Ident)
SHAPES = st.sampled_from(
    ["select", "binary", "conditional", "sign", "index", "optional", "call", "method", "list", "map", "message"]
)


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3, chains: bool = True) -> Expr:
    """Any tree that the parser can return, except that it balances ``chains`` of ``&&`` and ``||``."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(LEAVES)

    def inner() -> Expr:
        return draw(expressions(depth - 1, chains))

    def several() -> tuple[Expr, ...]:
        return tuple(inner() for _ in range(draw(st.integers(0, 2))))

    match draw(SHAPES):
        case "select":
            return Select(inner(), draw(FIELDS))
        case "binary":
            return Call(draw(SIGNS if chains else st.sampled_from(sorted(ast.BINARY.values()))), (inner(), inner()))
        case "conditional":
            return Call(ast.CONDITIONAL, (inner(), inner(), inner()))
        case "sign":
            sign, operand = draw(st.sampled_from([ast.NOT, ast.NEGATE])), inner()
            doubled = isinstance(operand, Call) and operand.function == sign
            number = sign == ast.NEGATE and isinstance(operand, Literal)
            return operand if doubled or number else Call(sign, (operand,))
        case "index":
            return Call(draw(st.sampled_from([ast.INDEX, ast.OPTIONAL_INDEX])), (inner(), inner()))
        case "optional":
            return Call(ast.OPTIONAL_SELECT, (inner(), Literal("string", draw(FIELDS))))
        case "call":
            return Call(draw(NAMES), several())
        case "method":
            return Call(draw(FIELDS), several(), inner())
        case "list":
            return ListExpr(several())
        case "map":
            return MapExpr(tuple(Entry(key, inner(), draw(st.booleans())) for key in several()))
    fields = tuple(Entry(Literal("string", draw(FIELDS)), value, draw(st.booleans())) for value in several())
    return Message(draw(NAMES), fields)


EXPRESSIONS = expressions()


@given(EXPRESSIONS)
@settings(max_examples=200)
def test_what_is_shown_is_read_again(expr: Expr) -> None:
    """The parser balances chains of ``&&`` and ``||``, so an arbitrary tree is read once before it is compared."""
    read = parse(show(expr))
    assert parse(show(read)) == read
    assert show(parse(show(read))) == show(read)


@given(expressions(chains=False))
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
