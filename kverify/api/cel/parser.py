"""Text to expression: ``grammar/cel.lark`` with nodes that know where they stand.

Sources: cel-spec (langdef.md), cel-go ``CEL.g4`` and ``parser.go``: ``!!a`` is ``a``, chains of ``&&`` or ``||`` become
balanced trees, reserved words are no names, and an expression is bounded in length and nesting.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from kverify.api.cel import ast, literals
from kverify.api.cel.ast import Call, Entry, Expr, Ident, ListExpr, Literal, MapExpr, Message, Select
from kverify.api.languages.language import Fault, Language, Mistake, TextError, shown
from kverify.resources import grammar

if TYPE_CHECKING:
    from lark import Lark, Token

MAX_LENGTH = 100_000
"""Code points of one expression (``expressionSizeCodePointLimit``)."""

MAX_DEPTH = 250
"""``maxRecursionDepth`` of the parser of cel-go. It counts each rule of its grammar, here whole nodes count."""

KEYWORDS = frozenset({"in", "true", "false", "null"})
RESERVED = KEYWORDS | frozenset(
    [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "namespace",
        "package",
        "return",
        "var",
        "void",
        "while",
    ]
)


class CelSyntaxError(TextError):
    """The text is not a CEL expression. ``start`` and ``end`` are the characters at fault."""


def parse(text: str) -> Expr:
    """The expression as written, macros not yet expanded. Raises :class:`CelSyntaxError`."""
    from lark.exceptions import UnexpectedInput

    _LANGUAGE.check_length(text)
    try:
        expr: Expr = _parser().parse(text)  # type: ignore[assignment]
    except UnexpectedInput:
        raise _explain(text) from None
    if expr.depth > MAX_DEPTH:
        raise CelSyntaxError(f"the expression is nested more than {MAX_DEPTH} levels deep", "", 0, len(text))
    return expr


def _explain(text: str) -> TextError:
    error = _LANGUAGE.explain(text)
    found = text[error.start : error.end]
    if found in ("'", '"'):
        return CelSyntaxError(
            "this quote is never closed", "close it, or escape the quote inside", error.start, len(text)
        )
    return CelSyntaxError(str(error), _HINTS.get(found, error.mend), error.start, error.end)


@cache
def _parser() -> Lark:
    return grammar("cel", transformer=_Builder(), maybe_placeholders=False)


class _Builder:
    """Callbacks for the rules of the grammar; each gets the children of its rule."""

    def start(self, parts: list[Any]) -> Expr:
        expr: Expr = parts[0]
        return expr

    def conditional(self, parts: list[Any]) -> Expr:
        return _call(ast.CONDITIONAL, tuple(parts), parts[0].start, parts[0].end)

    def any_of(self, parts: list[Any]) -> Expr:
        return _balanced(ast.OR, parts, 0, len(parts) - 1)

    def all_of(self, parts: list[Any]) -> Expr:
        return _balanced(ast.AND, parts, 0, len(parts) - 1)

    def binary(self, parts: list[Any]) -> Expr:
        left, sign, right = parts
        return _call(ast.BINARY[str(sign)], (left, right), *_place(sign))

    def negation(self, parts: list[Any]) -> Expr:
        *signs, operand = parts
        if len(signs) % 2 == 0:
            return operand  # type: ignore[no-any-return]
        return _call(ast.NOT if signs[0] == "!" else ast.NEGATE, (operand,), *_place(signs[0]))

    def select(self, parts: list[Any]) -> Expr:
        operand, *question, name = parts
        start, end = _place(name)
        _check_member(name)
        if question:
            field = Literal("string", str(name), start=start, end=end)
            return _call(ast.OPTIONAL_SELECT, (operand, field), start, end)
        return Select(operand, str(name), start=start, end=end, depth=operand.depth + 1)

    def member_call(self, parts: list[Any]) -> Expr:
        target, name, *arguments = parts
        _check_member(name)
        args = arguments[0] if arguments else ()
        start, end = _place(name)
        return Call(str(name), args, target, start=start, end=end, depth=_above((target, *args)))

    def index(self, parts: list[Any]) -> Expr:
        operand, bracket, *question, index = parts
        function = ast.OPTIONAL_INDEX if question else ast.INDEX
        return _call(function, (operand, index), *_place(bracket))

    def message(self, parts: list[Any]) -> Expr:
        named, brace, *fields = parts
        name = ast.qualified_name(named)
        if name is None:
            start, end = _place(brace)
            raise CelSyntaxError("only the name of a type can stand before '{'", "", start, end)
        _check_names(name, named)
        depth = _above([entry.value for entry in fields])
        return Message(name, tuple(fields), start=named.start, end=named.end, depth=depth)

    def field(self, parts: list[Any]) -> Entry:
        *question, name, value = parts
        _check_member(name)
        start, end = _place(name)
        return Entry(Literal("string", str(name), start=start, end=end), value, bool(question), start=start, end=end)

    def identifier(self, parts: list[Any]) -> Expr:
        name = parts[-1]
        _check_reserved(name)
        start, end = _place(name)
        return Ident(str(name), start=start, end=end)

    def call(self, parts: list[Any]) -> Expr:
        arguments = parts.pop() if isinstance(parts[-1], tuple) else ()
        name = parts[-1]
        _check_reserved(name)
        return _call(str(name), arguments, *_place(name))

    def nested(self, parts: list[Any]) -> Expr:
        from attrs import evolve

        inner: Expr = parts[0]
        return evolve(inner, depth=inner.depth + 1)

    def list_of(self, parts: list[Any]) -> Expr:
        bracket, *items = parts
        start, end = _place(bracket)
        elements = tuple(item for item, _ in items)
        optional = frozenset(index for index, (_, marked) in enumerate(items) if marked)
        return ListExpr(elements, optional, start=start, end=end, depth=_above(elements))

    def map_of(self, parts: list[Any]) -> Expr:
        brace, *entries = parts
        start, end = _place(brace)
        depth = _above([part for entry in entries for part in (entry.key, entry.value)])
        return MapExpr(tuple(entries), start=start, end=end, depth=depth)

    def arguments(self, parts: list[Any]) -> tuple[Expr, ...]:
        return tuple(parts)

    def item(self, parts: list[Any]) -> tuple[Expr, bool]:
        return parts[-1], len(parts) > 1

    def entry(self, parts: list[Any]) -> Entry:
        *question, key, value = parts
        return Entry(key, value, bool(question), start=key.start, end=key.end)

    def literal(self, parts: list[Any]) -> Expr:
        token = parts[0]
        start, end = _place(token)
        text = str(token)
        try:
            match token.type:
                case "INTEGER":
                    return Literal("int", literals.integer(text), start=start, end=end)
                case "UNSIGNED":
                    return Literal("uint", literals.unsigned(text), start=start, end=end)
                case "DECIMAL":
                    return Literal("double", literals.decimal(text), start=start, end=end)
                case "STRING":
                    return Literal("string", literals.string(text), start=start, end=end)
                case "BYTES":
                    return Literal("bytes", literals.byte_string(text), start=start, end=end)
                case "NULL":
                    return Literal("null", None, start=start, end=end)
        except TextError as error:
            raise CelSyntaxError(str(error), error.mend, start, end) from None
        return Literal("bool", text == "true", start=start, end=end)


def _call(function: str, args: tuple[Expr, ...], start: int, end: int) -> Call:
    return Call(function, args, start=start, end=end, depth=_above(args))


def _above(parts: Any) -> int:
    return 1 + max((part.depth for part in parts), default=0)


def _balanced(function: str, terms: list[Expr], low: int, high: int) -> Expr:
    """``balancer`` of cel-go: chains of one operator are as deep as the logarithm of their length."""
    if low == high:
        return terms[low]
    middle = (low + high) // 2 + (low + high) % 2
    args = (_balanced(function, terms, low, middle - 1), _balanced(function, terms, middle, high))
    return _call(function, args, terms[middle].start, terms[middle].end)


def _place(token: Token) -> tuple[int, int]:
    assert token.start_pos is not None
    return token.start_pos, token.start_pos + len(token)


def _check_reserved(name: Token) -> None:
    if name in RESERVED:
        raise CelSyntaxError(f"{name} is a reserved word of CEL and cannot be a name", "", *_place(name))


def _check_member(name: Token) -> None:
    if name in KEYWORDS:
        mend = f'write ["{name}"] if it is a key, or __{name}__ if it is a field'
        raise CelSyntaxError(f"{name} is a keyword of CEL and cannot follow a dot", mend, *_place(name))


def _check_names(name: str, node: Expr) -> None:
    for part in name.split("."):
        if part in KEYWORDS:
            raise CelSyntaxError(f"{part} is a keyword of CEL", "", node.start, node.end)


def _end_message(fault: Fault) -> str:
    if fault.found:
        return f"{shown(fault.found)} does not belong here"
    word = fault.before.split()[-1:] or [""]
    return f"the expression ends after {shown(word[0])}, where a value is missing" if word[0] else "it is empty"


_HINTS = {
    "=": "compare with ==",
    "&": "write && for 'and'",
    "|": "write || for 'or'",
    "and": "write &&",
    "or": "write ||",
    "not": "write !",
    "is": "compare with ==",
    ";": "CEL is one expression; join conditions with &&",
    "$": "CEL names have no $",
    "{": "CEL has no blocks; a map is {key: value}",
    "{{": "render the template first",
}

_LANGUAGE = Language(
    "cel",
    "a CEL expression",
    limit=MAX_LENGTH,
    error=CelSyntaxError,
    mistakes=(
        Mistake(
            _end_message,
            "complete the expression",
            examples=(
                "",
                "a <",
                "a +",
                "a *",
                "a &&",
                "a ||",
                "!",
                "-",
                "a ? b :",
                "a ?",
                "[a,",
                "{a:",
                "f(a,",
                "a in",
            ),
        ),
        Mistake("a bracket is never closed", "add the closing bracket", examples=("(a", "f(a", "[a", "{a: b", "a[b")),
        Mistake("the name of a field or function is missing after the dot", "", examples=("a.", "a.b.", "a.?")),
        Mistake(
            "':' and the value for the other case are missing", "write condition ? this : that", examples=("a ? b",)
        ),
        Mistake("{found} closes nothing", "remove it", examples=("a)", "a]", "a}")),
        Mistake("{found} is no operator of CEL", "compare with ==", examples=("a = b", "a + b = c", "f(a) = b")),
        Mistake("{found} is no operator of CEL", "write && or ||", examples=("a & b", "a | b")),
        Mistake("there is no value before {found}", "", examples=("== a", "&& a", "|| a", "* a", "< a")),
    ),
)
