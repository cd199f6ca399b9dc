"""Expression to text: ``parse(show(expr))`` is ``expr`` again, for every expression that ``parse`` returns."""

from __future__ import annotations

from kverify.api.cel import ast, literals
from kverify.api.cel.ast import Call, Comprehension, Entry, Expr, Ident, ListExpr, Literal, MapExpr, Message, Select

_SIGNS = {function: sign for sign, function in ast.BINARY.items()}
_LEVELS = {
    **dict.fromkeys((ast.IN, *(ast.BINARY[sign] for sign in ("<", "<=", ">", ">=", "==", "!="))), 3),
    ast.BINARY["+"]: 4,
    ast.BINARY["-"]: 4,
    **dict.fromkeys((ast.BINARY[sign] for sign in "*/%"), 5),
}
_CONDITIONAL, _OR, _AND, _UNARY, _MEMBER = 0, 1, 2, 6, 7


def show(expr: Expr) -> str:
    """The expression in one line. A comprehension, which only the expansion of macros makes, is shown as
    ``fold(...)``."""
    return _show(expr)[0]


def _show(expr: Expr) -> tuple[str, int]:
    """The text and how tightly it binds."""
    match expr:
        case Literal():
            return _literal(expr)
        case Ident():
            return expr.name, _MEMBER
        case Select():
            text = f"{_within(expr.operand, _MEMBER)}.{expr.field}"
            return (f"has({text})" if expr.test else text), _MEMBER
        case Call():
            return _call(expr)
        case ListExpr():
            items = (("?" if i in expr.optional else "") + show(item) for i, item in enumerate(expr.elements))
            return f"[{', '.join(items)}]", _MEMBER
        case MapExpr():
            return f"{{{', '.join(_entry(entry, show(entry.key)) for entry in expr.entries)}}}", _MEMBER
        case Message():
            fields = (_entry(entry, _plain(entry.key)) for entry in expr.entries)
            return f"{expr.type_name}{{{', '.join(fields)}}}", _MEMBER
    return _fold(expr), _MEMBER


def _within(expr: Expr, level: int) -> str:
    text, binds = _show(expr)
    return text if binds >= level else f"({text})"


def _literal(expr: Literal) -> tuple[str, int]:
    match expr.kind:
        case "null":
            return "null", _MEMBER
        case "bool":
            return ("true" if expr.value else "false"), _MEMBER
        case "uint":
            assert isinstance(expr.value, int)
            return f"{expr.value}u", _MEMBER
        case "string":
            return literals.quoted(str(expr.value)), _MEMBER
        case "bytes":
            assert isinstance(expr.value, bytes)
            return literals.quoted_bytes(expr.value), _MEMBER
        case "double":
            text = repr(expr.value)
            return (text if any(mark in text for mark in ".e") else f"{text}.0"), _MEMBER
    assert isinstance(expr.value, int)
    return str(expr.value), _MEMBER


def _call(expr: Call) -> tuple[str, int]:
    args = expr.args
    if expr.target is not None:
        return f"{_within(expr.target, _MEMBER)}.{expr.function}({', '.join(map(show, args))})", _MEMBER
    match expr.function:
        case ast.CONDITIONAL:
            return f"{_within(args[0], _OR)} ? {_within(args[1], _OR)} : {show(args[2])}", _CONDITIONAL
        case ast.OR:
            return f"{_within(args[0], _AND)} || {_within(args[1], _AND)}", _OR
        case ast.AND:
            return f"{_within(args[0], _AND + 1)} && {_within(args[1], _AND + 1)}", _AND
        case ast.NOT | ast.NEGATE:
            # A number takes the sign before it as its own, so what begins with one is put into parentheses.
            inner = f"({show(args[0])})" if _begins_with_number(args[0]) else _within(args[0], _MEMBER)
            return f"{expr.function[0]}{inner}", _UNARY
        case ast.INDEX:
            return f"{_within(args[0], _MEMBER)}[{show(args[1])}]", _MEMBER
        case ast.OPTIONAL_INDEX:
            return f"{_within(args[0], _MEMBER)}[?{show(args[1])}]", _MEMBER
        case ast.OPTIONAL_SELECT:
            return f"{_within(args[0], _MEMBER)}.?{_plain(args[1])}", _MEMBER
    sign = _SIGNS.get(expr.function)
    if sign is None:
        return f"{expr.function}({', '.join(map(show, args))})", _MEMBER
    level = _LEVELS[expr.function]
    return f"{_within(args[0], level)} {sign} {_within(args[1], level + 1)}", level


def _begins_with_number(expr: Expr) -> bool:
    while True:
        if isinstance(expr, Select) and not expr.test:
            expr = expr.operand
        elif isinstance(expr, Call) and expr.target is not None:
            expr = expr.target
        elif isinstance(expr, Call) and expr.function in (ast.INDEX, ast.OPTIONAL_INDEX, ast.OPTIONAL_SELECT):
            expr = expr.args[0]
        else:
            return isinstance(expr, Literal) and expr.kind in ("int", "double")


def _entry(entry: Entry, key: str) -> str:
    return f"{'?' if entry.optional else ''}{key}: {show(entry.value)}"


def _plain(key: Expr) -> str:
    assert isinstance(key, Literal)
    return str(key.value)


def _fold(expr: Comprehension) -> str:
    names = f"{expr.variable}, {expr.second}" if expr.second else expr.variable
    parts = (expr.range, expr.init, expr.condition, expr.step, expr.result)
    return f"fold({names}; {expr.accumulator}; {'; '.join(map(show, parts))})"
