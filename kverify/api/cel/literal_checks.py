"""What is refused about constants although its types are right (cel-go ``cel/validator.go``,
``interpreter/decorators.go``, ``ext/formatting.go``): patterns, durations, times, numbers, format texts, mixed lists.
"""

from __future__ import annotations

from collections.abc import Iterator

from kverify.api.cel import ast, types
from kverify.api.cel.ast import Call, Expr, ListExpr, Literal, MapExpr
from kverify.api.cel.checker import Checked, Complaint
from kverify.api.cel.functions import implementations
from kverify.api.cel.functions.formatting import CLAUSE, VERBS
from kverify.api.cel.functions.texts import regexp
from kverify.api.cel.types import Type
from kverify.api.cel.values import CelError, UInt

_CONVERSIONS = frozenset(["bool", "bytes", "double", "duration", "int", "string", "timestamp", "uint"])
_PATTERNS = frozenset({"matches", "find", "findAll"})

_ANY_NUMBER = frozenset({"int", "uint", "double"})
_WHOLE = frozenset({"int", "uint"})
_FORMATTED: dict[str, frozenset[str]] = {
    "d": _ANY_NUMBER,
    "f": _ANY_NUMBER,
    "e": _ANY_NUMBER,
    "b": _WHOLE | {"bool"},
    "o": _WHOLE,
    "x": _WHOLE | {"string", "bytes"},
    "X": _WHOLE | {"string", "bytes"},
}


def check_literals(checked: Checked) -> Iterator[Complaint]:
    for expr in ast.walk(checked.expr):
        if isinstance(expr, Call):
            yield from _constants(expr)
            if expr.function == "format" and expr.target is not None:
                yield from _format(expr, checked)
    yield from _mixed(checked.expr, checked)


def _constants(call: Call) -> Iterator[Complaint]:
    args = call.args
    if call.target is None and call.function in _CONVERSIONS and len(args) == 1 and isinstance(args[0], Literal):
        literal = args[0]
        value = UInt(literal.value) if literal.kind == "uint" else literal.value  # type: ignore[arg-type]
        result = implementations()[call.function](value)
        if isinstance(result, CelError):
            yield Complaint(result.message, literal.start, literal.end)
    if call.function in _PATTERNS and args:
        pattern = args[0] if call.target is not None else args[-1]
        if isinstance(pattern, Literal) and isinstance(pattern.value, str):
            compiled = regexp(pattern.value)
            if isinstance(compiled, CelError):
                yield Complaint(compiled.message, pattern.start, pattern.end)


def _format(call: Call, checked: Checked) -> Iterator[Complaint]:
    """``stringFormatValidator``: a literal text against a literal list."""
    text, values = call.target, call.args[0] if len(call.args) == 1 else None
    if not isinstance(text, Literal) or not isinstance(text.value, str) or not isinstance(values, ListExpr):
        return
    used = 0
    for match in CLAUSE.finditer(text.value):
        verb = match["verb"]
        if verb == "%" and match[0] == "%%":
            continue
        if not verb or verb not in VERBS:
            yield Complaint(
                f"{match[0]} is no formatting clause", text.start, text.end, "use one of %s %d %f %e %b %o %x"
            )
            return
        if used >= len(values.elements):
            yield Complaint("there are fewer values than formatting clauses", text.start, text.end)
            return
        value = values.elements[used]
        found = checked.type_of(value)
        used += 1
        if not _formattable(verb, found):
            yield Complaint(f"{match[0]} cannot show a {found}", value.start, value.end)
    if used < len(values.elements):
        extra = values.elements[used]
        yield Complaint("there are more values than formatting clauses", extra.start, extra.end)


def _formattable(verb: str, type_: Type) -> bool:
    if type_.kind in ("dyn", "error", "param"):
        return True
    if verb != "s":
        return type_.kind in _FORMATTED[verb]
    if type_.kind in ("list", "map"):
        return all(_formattable("s", inner) for inner in type_.params)
    return type_.kind not in ("object", "opaque")


def _mixed(root: Expr, checked: Checked) -> Iterator[Complaint]:
    """Lists and maps that hold ``dyn`` beside other types; those given to ``format`` may."""
    stack: list[tuple[Expr, bool]] = [(root, False)]
    while stack:
        expr, free = stack.pop()
        free = (isinstance(expr, Call) and expr.function == "format") or (
            free and isinstance(expr, (ListExpr, MapExpr))
        )
        stack.extend((child, free) for child in ast.children(expr))
        if free:
            continue
        if isinstance(expr, ListExpr):
            yield from _same([_element(checked, item, i in expr.optional) for i, item in enumerate(expr.elements)])
        elif isinstance(expr, MapExpr):
            yield from _same([_element(checked, entry.key, False) for entry in expr.entries])
            yield from _same([_element(checked, entry.value, entry.optional) for entry in expr.entries])


def _element(checked: Checked, expr: Expr, optional: bool) -> tuple[Expr, Type]:
    found = checked.type_of(expr)
    return expr, types.unwrap_optional(found)[0] if optional else found


def _same(elements: list[tuple[Expr, Type]]) -> Iterator[Complaint]:
    for expr, found in elements[1:]:
        first = elements[0][1]
        if found != first and "error" not in (found.kind, first.kind):
            message = f"this is a {found}, and the first one in the same place is a {first}"
            yield Complaint(message, expr.start, expr.end, "make them one type, or wrap all in dyn()")
            return
