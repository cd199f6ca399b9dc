"""Macros: ``has``, ``all``, ``exists``, ``map``, ... are rewritten before anything is checked.

Sources: cel-go ``parser/macro.go``, ``cel/library.go`` (``optMap``, ``optFlatMap``), ``ext/comprehensions.go`` (two
variables). A call with the name of a macro and another number of arguments is a plain call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from attrs import evolve

from kverify.api.cel import ast
from kverify.api.cel.ast import Call, Comprehension, Entry, Expr, Ident, ListExpr, Literal, MapExpr, Message, Select
from kverify.api.cel.parser import MAX_DEPTH, CelSyntaxError

ACCUMULATOR = "@result"
UNUSED = "#unused"

Expander: TypeAlias = Callable[[Call], Expr]
Macros: TypeAlias = Mapping[tuple[str, int, bool], Expander]
"""(name, number of arguments, with a receiver) to what rewrites such a call."""


def expand(expr: Expr, macros: Macros) -> Expr:
    """``expr`` with every macro rewritten, innermost first. Raises ``CelSyntaxError`` for a misused macro, and when
    the result is nested too deep."""
    done = _expand(expr, macros)
    if done.depth > MAX_DEPTH:
        raise CelSyntaxError(f"the macros make it nested more than {MAX_DEPTH} levels deep", "", expr.start, expr.end)
    return done


def _expand(expr: Expr, macros: Macros) -> Expr:
    match expr:
        case Select():
            operand = _expand(expr.operand, macros)
            return evolve(expr, operand=operand, depth=operand.depth + 1)
        case Call():
            args = _expand_all(expr.args, macros)
            target = None if expr.target is None else _expand(expr.target, macros)
            call = evolve(expr, args=args, target=target, depth=_above(*args, *((target,) if target else ())))
            expander = macros.get((call.function, len(args), target is not None))
            return call if expander is None else expander(call)
        case ListExpr():
            elements = _expand_all(expr.elements, macros)
            return evolve(expr, elements=elements, depth=_above(*elements))
        case MapExpr() | Message():
            entries: list[Entry] = []
            parts: list[Expr] = []
            for entry in expr.entries:
                key, value = _expand(entry.key, macros), _expand(entry.value, macros)
                entries.append(evolve(entry, key=key, value=value))
                parts += (key, value)
            return evolve(expr, entries=tuple(entries), depth=_above(*parts))
    return expr


def _expand_all(parts: tuple[Expr, ...], macros: Macros) -> tuple[Expr, ...]:
    done: list[Expr] = []
    for part in parts:
        done.append(_expand(part, macros))
    return tuple(done)


def _above(*parts: Expr) -> int:
    return 1 + max((part.depth for part in parts), default=0)


# -- building --------------------------------------------------------------------------------------------------------


def _call(at: Expr, function: str, *args: Expr) -> Call:
    return Call(function, args, start=at.start, end=at.end, depth=_above(*args))


def _bool(at: Expr, value: bool) -> Literal:
    return Literal("bool", value, start=at.start, end=at.end)


def _int(at: Expr, value: int) -> Literal:
    return Literal("int", value, start=at.start, end=at.end)


def _list(at: Expr, *elements: Expr) -> ListExpr:
    return ListExpr(elements, start=at.start, end=at.end, depth=_above(*elements))


def _result(at: Expr) -> Ident:
    return Ident(ACCUMULATOR, start=at.start, end=at.end)


def _fold(call: Call, names: tuple[str, ...], init: Expr, condition: Expr, step: Expr, result: Expr) -> Expr:
    target = call.target
    assert target is not None
    return Comprehension(
        target,
        names[0],
        names[1] if len(names) > 1 else "",
        ACCUMULATOR,
        init,
        condition,
        step,
        result,
        start=call.start,
        end=call.end,
        depth=_above(target, init, condition, step, result),
    )


def _names(call: Call, count: int) -> tuple[str, ...]:
    found: list[str] = []
    for argument in call.args[:count]:
        if not isinstance(argument, Ident):
            message = (
                f"the first {'argument' if count == 1 else 'arguments'} of {call.function}() must be a simple name"
            )
            raise CelSyntaxError(
                message, "name the variable that stands for each element", argument.start, argument.end
            )
        found.append(argument.name)
    if len(set(found)) < len(found):
        raise CelSyntaxError(f"{call.function}() needs two different names", "", call.args[1].start, call.args[1].end)
    return tuple(found)


# -- macros of the standard ------------------------------------------------------------------------------------------


def _has(call: Call) -> Expr:
    argument = call.args[0]
    if not isinstance(argument, Select) or argument.test:
        raise CelSyntaxError(
            "has() takes a field, as in has(a.b)", "for keys write 'key' in map", argument.start, argument.end
        )
    return evolve(argument, test=True)


def _all(count: int) -> Expander:
    def rewrite(call: Call) -> Expr:
        step = _call(call, ast.AND, _result(call), call.args[count])
        condition = _call(call, ast.NOT_STRICTLY_FALSE, _result(call))
        return _fold(call, _names(call, count), _bool(call, True), condition, step, _result(call))

    return rewrite


def _exists(count: int) -> Expander:
    def rewrite(call: Call) -> Expr:
        step = _call(call, ast.OR, _result(call), call.args[count])
        condition = _call(call, ast.NOT_STRICTLY_FALSE, _call(call, ast.NOT, _result(call)))
        return _fold(call, _names(call, count), _bool(call, False), condition, step, _result(call))

    return rewrite


def _exists_one(count: int) -> Expander:
    def rewrite(call: Call) -> Expr:
        more = _call(call, "_+_", _result(call), _int(call, 1))
        step = _call(call, ast.CONDITIONAL, call.args[count], more, _result(call))
        result = _call(call, "_==_", _result(call), _int(call, 1))
        return _fold(call, _names(call, count), _int(call, 0), _bool(call, True), step, result)

    return rewrite


def _collect(count: int) -> Expander:
    """``map`` with one variable, ``transformList`` with two; a filter may stand before what is collected."""

    def rewrite(call: Call) -> Expr:
        more = _call(call, "_+_", _result(call), _list(call, call.args[-1]))
        return _fold(
            call, _names(call, count), _list(call), _bool(call, True), _filtered(call, count, more), _result(call)
        )

    return rewrite


def _filtered(call: Call, count: int, step: Expr) -> Expr:
    if len(call.args) == count + 1:
        return step
    return _call(call, ast.CONDITIONAL, call.args[count], step, _result(call))


def _filter(call: Call) -> Expr:
    names = _names(call, 1)
    more = _call(call, "_+_", _result(call), _list(call, call.args[0]))
    step = _call(call, ast.CONDITIONAL, call.args[1], more, _result(call))
    return _fold(call, names, _list(call), _bool(call, True), step, _result(call))


STANDARD: Macros = {
    ("has", 1, False): _has,
    ("all", 2, True): _all(1),
    ("exists", 2, True): _exists(1),
    ("exists_one", 2, True): _exists_one(1),
    ("existsOne", 2, True): _exists_one(1),
    ("map", 2, True): _collect(1),
    ("map", 3, True): _collect(1),
    ("filter", 2, True): _filter,
}


# -- optional values -------------------------------------------------------------------------------------------------


def _opt_map(flat: bool) -> Expander:
    """``target.optMap(x, f(x))``: ``target.hasValue() ? optional.of(f(target.value())) : optional.none()``.

    The value is bound to the name.
    """

    def rewrite(call: Call) -> Expr:
        (name,) = _names(call, 1)
        target = call.target
        assert target is not None
        place = {"start": call.start, "end": call.end}
        value = Call("value", (), target, **place, depth=target.depth + 1)
        bound = _bind(call, name, value, call.args[1])
        some = bound if flat else _call(call, "optional.of", bound)
        has_value = Call("hasValue", (), target, **place, depth=target.depth + 1)
        return _call(call, ast.CONDITIONAL, has_value, some, _call(call, "optional.none"))

    return rewrite


OPTIONAL: Macros = {("optMap", 2, True): _opt_map(False), ("optFlatMap", 2, True): _opt_map(True)}


def _bind(call: Call, name: str, value: Expr, body: Expr) -> Expr:
    """``body`` in which ``name`` is ``value``: a fold over nothing."""
    return Comprehension(
        _list(call),
        UNUSED,
        "",
        name,
        value,
        _bool(call, False),
        Ident(name, start=call.start, end=call.end),
        body,
        start=call.start,
        end=call.end,
        depth=_above(value, body),
    )


# -- lists -----------------------------------------------------------------------------------------------------------


def _sort_by(call: Call) -> Expr:
    """``list.sortBy(e, key(e))``: sorted by the keys that are computed first (``ext/lists.go``)."""
    assert call.target is not None
    name = "@__sortBy_input__"
    bound = Ident(name, start=call.start, end=call.end)
    keys = _collect(1)(evolve(call, target=bound))
    by_keys = Call("@sortByAssociatedKeys", (keys,), bound, start=call.start, end=call.end, depth=_above(keys))
    return _bind(call, name, call.target, by_keys)


LISTS: Macros = {("sortBy", 2, True): _sort_by}


# -- two variables ---------------------------------------------------------------------------------------------------


def _transform_map(entries: bool) -> Expander:
    def rewrite(call: Call) -> Expr:
        names = _names(call, 2)
        key = () if entries else (call.args[0],)
        more = _call(call, ast.MAP_INSERT, _result(call), *key, call.args[-1])
        empty = MapExpr((), start=call.start, end=call.end)
        return _fold(call, names, empty, _bool(call, True), _filtered(call, 2, more), _result(call))

    return rewrite


TWO_VARIABLES: Macros = {
    ("all", 3, True): _all(2),
    ("exists", 3, True): _exists(2),
    ("existsOne", 3, True): _exists_one(2),
    ("exists_one", 3, True): _exists_one(2),
    ("transformList", 3, True): _collect(2),
    ("transformList", 4, True): _collect(2),
    ("transformMap", 3, True): _transform_map(False),
    ("transformMap", 4, True): _transform_map(False),
    ("transformMapEntry", 3, True): _transform_map(True),
    ("transformMapEntry", 4, True): _transform_map(True),
}
