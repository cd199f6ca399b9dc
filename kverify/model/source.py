"""Expressions as Python source, for whatever compiles them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from kverify.model.expr import Expr, Op, walk

ATOM = re.compile(r"\w+")
"""A name or a number: what needs no local variable of its own."""

_WIDEST = 120
"""Sums of more terms are written as ``sum((...))``, which nests no deeper however many they are."""


def python_text(root: Expr, names: Mapping[str, str]) -> str:
    """``root`` as a Python expression, its variables spelt as ``names`` says; parts used twice are written twice."""
    done: dict[Expr, str] = {}
    for expr in walk(root):
        if expr.name is not None:
            done[expr] = names[expr.name]
        elif expr.op is None:
            done[expr] = constant_text(expr)
        else:
            done[expr] = operation(expr.op, expr, done)
    return done[root]


def constant_text(expr: Expr) -> str:
    """A number or a truth value."""
    return repr(expr.value) if expr.boolean or (expr.value or 0) >= 0 else f"({expr.value})"


def operation(op: Op, expr: Expr, done: Mapping[Expr, str]) -> str:
    """One operator, in parentheses, applied to the text of its arguments, which ``done`` has."""
    args = [done[arg] for arg in expr.args]
    match op:
        case Op.ADD:
            return _sum(expr.args, done)
        case Op.MIN | Op.MAX:
            if len(args) == 2 and all(ATOM.fullmatch(a) for a in args):
                a, b = args
                return f"({a} if {a} {'<' if op is Op.MIN else '>'} {b} else {b})"
            return f"{op.value}({', '.join(args)})"
        case Op.AND | Op.OR:
            parts = [text if arg.boolean else f"({text} != 0)" for arg, text in zip(expr.args, args, strict=True)]
            return f"({f' {op.value} '.join(parts)})"
        case Op.NOT:
            inner = expr.args[0]
            if inner.op is Op.EQ and inner.args[0] in done:
                return f"({done[inner.args[0]]} != {done[inner.args[1]]})"
            return f"(not {args[0]})"
        case Op.ITE:
            return f"({args[1]} if {args[0]} else {args[2]})"
        case _:
            return f"({args[0]} {op.value} {args[1]})"


def _sum(terms: Sequence[Expr], done: Mapping[Expr, str]) -> str:
    parts: list[str] = []
    for term in terms:
        # A term that has a local name already is used by it: then its own arguments were not spelt out.
        spelt = all(arg in done for arg in term.args)
        one_or_none = term.op is Op.ITE and term.args[0].boolean and term.args[1].value == 1 and term.args[2].value == 0
        if one_or_none and spelt:
            # Truth values are 0 and 1 already, as long as they are added to something.
            parts.append(f"+ {done[term.args[0]]}")
        elif term.op is Op.MUL and term.args[1].value == -1 and spelt:
            parts.append(f"- {done[term.args[0]]}")
        elif term.value is not None and term.value < 0:
            parts.append(f"- {-term.value}")
        else:
            parts.append(f"+ {done[term]}")
    if len(parts) > _WIDEST:
        return f"sum(({', '.join(part.removeprefix('+ ') for part in parts)}))"
    return f"({' '.join(parts).removeprefix('+ ')})"
