"""Expressions of CEL as small immutable trees.

Operators are calls of functions with the names that cel-go gives them (``common/operators``), so that one table of
overloads types functions and operators alike. An expression as it is written holds macros as plain calls; after
:func:`kverify.api.cel.macros.expand` it holds comprehensions instead.

``start`` and ``end`` of a node are the offsets, in characters of the expression, of what is shown when something is
wrong with it: the name of a field or function, the sign of an operator. They take no part in equality. They and
``depth`` are made by the parser and by the expansion of macros.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal as OneOf
from typing import TypeAlias

from attrs import field, frozen

LiteralKind: TypeAlias = OneOf["null", "bool", "int", "uint", "double", "string", "bytes"]

AND, OR, NOT, NEGATE = "_&&_", "_||_", "!_", "-_"
CONDITIONAL, IN, INDEX = "_?_:_", "@in", "_[_]"
OPTIONAL_INDEX, OPTIONAL_SELECT = "_[?_]", "_?._"
NOT_STRICTLY_FALSE = "@not_strictly_false"
MAP_INSERT = "cel.@mapInsert"
BINARY = {name: f"_{name}_" for name in ("+", "-", "*", "/", "%", "<", "<=", ">", ">=", "==", "!=")} | {"in": IN}
"""Sign to function name."""


@frozen
class _Node:
    start: int = field(default=0, eq=False, kw_only=True)
    end: int = field(default=0, eq=False, kw_only=True)
    depth: int = field(default=1, eq=False, kw_only=True)
    """How many nodes are above each other in this tree, parentheses counted."""


@frozen
class Literal(_Node):
    """``kind`` tells ``1`` from ``1u``, ``1.0`` and ``true``, which Python holds to be equal."""

    kind: LiteralKind
    value: bool | int | float | str | bytes | None


@frozen
class Ident(_Node):
    """A name, without the leading dot that it may be written with: there is only one scope."""

    name: str


@frozen
class Select(_Node):
    """``operand.field``; ``has(operand.field)`` with ``test``."""

    operand: Expr
    field: str
    test: bool = False


@frozen
class Call(_Node):
    """``function(args)``, or ``target.function(args)``."""

    function: str
    args: tuple[Expr, ...] = ()
    target: Expr | None = None


@frozen
class ListExpr(_Node):
    """``[a, ?b]``: the positions of optional elements are in ``optional``."""

    elements: tuple[Expr, ...] = ()
    optional: frozenset[int] = frozenset()


@frozen
class Entry(_Node):
    """One entry of a map or field of a message (then ``key`` is a string literal)."""

    key: Expr
    value: Expr
    optional: bool = False


@frozen
class MapExpr(_Node):
    entries: tuple[Entry, ...] = ()


@frozen
class Message(_Node):
    """``type_name{field: value}``."""

    type_name: str
    entries: tuple[Entry, ...] = ()


@frozen
class Comprehension(_Node):
    """A fold over ``range``: ``result`` of ``accumulator``, begun with ``init``, carried on by ``step`` while
    ``condition`` is not false. ``second`` is the second variable of a fold over keys or indexes and values."""

    range: Expr
    variable: str
    second: str
    accumulator: str
    init: Expr
    condition: Expr
    step: Expr
    result: Expr


Expr: TypeAlias = Literal | Ident | Select | Call | ListExpr | MapExpr | Message | Comprehension


def children(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly under ``expr``, in the order in which they are written."""
    match expr:
        case Select():
            return (expr.operand,)
        case Call():
            return (*((expr.target,) if expr.target is not None else ()), *expr.args)
        case ListExpr():
            return expr.elements
        case MapExpr():
            return tuple(part for entry in expr.entries for part in (entry.key, entry.value))
        case Message():
            return tuple(entry.value for entry in expr.entries)
        case Comprehension():
            return (expr.range, expr.init, expr.condition, expr.step, expr.result)
    return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """Every expression in the tree, parents first."""
    stack: list[Expr] = [expr]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(children(current)))


def qualified_name(expr: Expr) -> str | None:
    """``a.b.c`` when the expression is nothing but names joined by dots."""
    parts: list[str] = []
    while isinstance(expr, Select) and not expr.test:
        parts.append(expr.field)
        expr = expr.operand
    return ".".join((expr.name, *reversed(parts))) if isinstance(expr, Ident) else None
