"""Interval arithmetic over expressions: between which numbers a value must lie.

Every answer is an over-approximation: the true value is never outside the interval, which may be wider than needed.
``-inf`` and ``inf`` stand for an open side; truth values lie within 0..1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf, isinf
from typing import TypeAlias

from kverify.model.expr import Condition, Expr, Number, Op, lift, walk
from kverify.model.system import Variable

Bound: TypeAlias = "int | float"
Range: TypeAlias = "tuple[Bound, Bound]"

_ROUNDS = 3
"""How often bounds are propagated through all conjuncts. More rounds rarely narrow anything further."""


def declared(variables: Iterable[Variable]) -> dict[str, Range]:
    """The range each variable was declared with."""
    return {v.name: (-inf if v.low is None else v.low, inf if v.high is None else v.high) for v in variables}


def bounds(root: Number | Condition, ranges: Mapping[str, Range]) -> Range:
    """The interval of ``root``; a variable that is not in ``ranges`` may have any value."""
    known: dict[Expr, Range] = {}
    for expr in walk(lift(root)):
        if expr.name is not None:
            known[expr] = ranges.get(expr.name, (0, 1) if expr.boolean else (-inf, inf))
        elif expr.op is None:
            known[expr] = (int(expr.value or 0), int(expr.value or 0))
        else:
            known[expr] = apply(expr.op, [known[arg] for arg in expr.args])
    return known[lift(root)]


def decided(condition: Condition, ranges: Mapping[str, Range]) -> bool | None:
    """Whether ``condition`` is true, or false, everywhere in ``ranges``; None when the intervals do not tell."""
    low, high = bounds(condition, ranges)
    if low == high:
        return bool(low)
    return True if low > 0 or high < 0 else None


def _product(a: Bound, b: Bound) -> Bound:
    return 0 if a == 0 or b == 0 else a * b


def _quotient(a: Bound, b: Bound) -> Bound:
    if isinf(b):
        return 0 if a >= 0 else -1
    return a if isinf(a) else a // b


def apply(op: Op, args: list[Range]) -> Range:
    """The interval of one operator, from those of its arguments."""
    match op:
        case Op.ADD:
            return sum(low for low, _ in args), sum(high for _, high in args)
        case Op.MUL:
            corners = [_product(a, b) for a in args[0] for b in args[1]]
            return min(corners), max(corners)
        case Op.FLOORDIV:
            if args[1][0] <= 0:
                return -inf, inf
            corners = [_quotient(a, b) for a in args[0] for b in args[1]]
            return min(corners), max(corners)
        case Op.MOD:
            return (0, args[1][1] - 1) if args[1][0] > 0 else (-inf, inf)
        case Op.MIN:
            return min(low for low, _ in args), min(high for _, high in args)
        case Op.MAX:
            return max(low for low, _ in args), max(high for _, high in args)
        case Op.ITE:
            return min(args[1][0], args[2][0]), max(args[1][1], args[2][1])
        case Op.NOT:
            low, high = _truth(args[0])
            return 1 - high, 1 - low
        case Op.AND:
            return min(_truth(a)[0] for a in args), min(_truth(a)[1] for a in args)
        case Op.OR:
            return max(_truth(a)[0] for a in args), max(_truth(a)[1] for a in args)
        case Op.LE | Op.LT | Op.EQ:
            return _comparison(op, args[0], args[1])


def _truth(value: Range) -> Range:
    low, high = value
    if low > 0 or high < 0:
        return 1, 1
    return 0, int(low != 0 or high != 0)


def _comparison(op: Op, left: Range, right: Range) -> Range:
    if op is Op.EQ:
        possible = left[0] <= right[1] and right[0] <= left[1]
        certain = left[0] == left[1] == right[0] == right[1]
    elif op is Op.LE:
        possible, certain = left[0] <= right[1], left[1] <= right[0]
    else:
        possible, certain = left[0] < right[1], left[1] < right[0]
    return int(certain), int(possible)


# -- what a condition says about its variables -------------------------------------------------------------------


def conjuncts(condition: Condition) -> tuple[Expr, ...]:
    """The parts that must all hold; none for a condition that is true."""
    expr = lift(condition)
    if expr.value is True:
        return ()
    return expr.args if expr.op is Op.AND else (expr,)


def refine(ranges: Mapping[str, Range], condition: Condition) -> dict[str, Range] | None:
    """``ranges`` narrowed to where ``condition`` may hold, or None where it cannot hold at all.

    Reads linear comparisons and plain truth values; whatever else the condition says is ignored, which is safe.
    """
    result = dict(ranges)
    parts = conjuncts(condition)
    inequalities = [inequality for part in parts for inequality in linear(part)]
    for _ in range(_ROUNDS):
        before = dict(result)
        for terms, constant in inequalities:
            _tighten(result, terms, constant)
        if any(low > high for low, high in result.values()):
            return None
        if result == before:
            break
    if any(decided(part, result) is False for part in parts):
        return None
    return result


def linear(part: Expr) -> list[tuple[dict[Expr, int], int]]:
    """``part`` as sums (factors of leaves, and a constant) that must not exceed 0; none if it is of another shape."""
    if part.is_variable and part.boolean:
        return [({part: -1}, 1)]
    if part.op is Op.NOT and part.args[0].is_variable and part.args[0].boolean:
        return [({part.args[0]: 1}, 0)]
    if part.op not in (Op.LE, Op.LT, Op.EQ) or part.args[0].boolean or part.args[1].boolean:
        return []
    terms, constant = _linear(part.args[0])
    right, right_constant = _linear(part.args[1])
    for leaf, factor in right.items():
        terms[leaf] = terms.get(leaf, 0) - factor
    constant += int(part.op is Op.LT) - right_constant
    result = [(terms, constant)]
    if part.op is Op.EQ:
        result.append(({leaf: -factor for leaf, factor in terms.items()}, -constant))
    return result


def _linear(root: Expr) -> tuple[dict[Expr, int], int]:
    """``root`` as a sum of factors times leaves and a constant; what is not linear is a leaf of its own."""
    terms: dict[Expr, int] = {}
    constant = 0
    for part in root.args if root.op is Op.ADD else (root,):
        if part.value is not None:
            constant += int(part.value)
        elif part.op is Op.MUL and part.args[1].value is not None:
            terms[part.args[0]] = terms.get(part.args[0], 0) + int(part.args[1].value)
        else:
            terms[part] = terms.get(part, 0) + 1
    return terms, constant


def _tighten(ranges: dict[str, Range], terms: Mapping[Expr, int], constant: int) -> None:
    """Narrow every variable of ``sum(factor * leaf) + constant <= 0`` as far as the others' least values allow."""
    least = {leaf: min(_product(factor, end) for end in bounds(leaf, ranges)) for leaf, factor in terms.items()}
    for leaf, factor in terms.items():
        if leaf.name is None or leaf.name not in ranges or factor == 0:
            continue
        room = -constant - sum(value for other, value in least.items() if other is not leaf)
        if isinf(room):
            continue
        low, high = ranges[leaf.name]
        # factor * leaf <= room, rounded towards the inside.
        if factor > 0:
            ranges[leaf.name] = low, min(high, room // factor)
        else:
            ranges[leaf.name] = max(low, -(room // -factor)), high
