"""Which fields make a condition false: what a finding points at."""

from __future__ import annotations

from collections.abc import Iterator

from kverify.spec.language import syntax
from kverify.spec.language.evaluate import Environment, condition, items_of, value_of
from kverify.spec.language.syntax import Expr
from kverify.spec.language.values import Item


def blame(expr: Expr, env: Environment, wanted: bool = True) -> Iterator[Item]:
    """The fields because of which ``expr`` is not ``wanted``; nothing when it is. Only for what asks no state."""
    if condition(expr, env) is wanted:
        return
    match expr:
        case syntax.Unary(operator="not", operand=operand):
            yield from blame(operand, env, not wanted)
        case syntax.Junction(parts=parts):
            for part in parts:
                yield from blame(part, env, wanted)
        case syntax.Binary(operator="implies", left=left, right=right):
            yield from blame(right, env, wanted)
            if not wanted:
                yield from blame(left, env, True)
        case syntax.Conditional(condition=asked, then=then, otherwise=otherwise):
            yield from blame(then if condition(asked, env) else otherwise, env, wanted)
        case syntax.Binder(kind="forall" | "exists"):
            yield from _bound(expr, env, wanted)
        case syntax.Call(function=function) if function in env.definitions:
            definition = env.definitions[function]
            inner = env
            for argument, value in zip(definition.arguments, expr.arguments, strict=True):
                inner = inner.bind(argument.name, value_of(value, env))
            yield from blame(definition.body, inner, wanted)
        case _:
            yield from fields(expr, env)


def _bound(expr: syntax.Binder, env: Environment, wanted: bool) -> Iterator[Item]:
    assert expr.body is not None
    found = False
    for item in items_of(value_of(expr.domain, env)):
        inner = env.bind(expr.variable, item)
        if expr.where is not None and not condition(expr.where, inner):
            continue
        if condition(expr.body, inner) is not wanted:
            found = True
            yield from blame(expr.body, inner, wanted)
    if not found:  # exists over nothing: the list itself is what is missing.
        yield from fields(expr.domain, env)


def fields(expr: Expr, env: Environment) -> Iterator[Item]:
    """Every field that is read in ``expr``, by the longest path that exists in the tree."""
    match expr:
        case syntax.Select() | syntax.Index() | syntax.Name():
            found = value_of(expr, env)
            if isinstance(found, Item):
                yield found
                return
            # A field that is absent: what it would be in is all there is to show.
            place = _nearest(expr, env)
            if place is not None:
                yield place
        case syntax.Binder(domain=domain):
            yield from fields(domain, env)
        case _:
            for part in syntax.children(expr):
                yield from fields(part, env)


def _nearest(expr: Expr, env: Environment) -> Item | None:
    steps: list[str | int] = []
    while isinstance(expr, syntax.Select | syntax.Index):
        key = expr.name if isinstance(expr, syntax.Select) else value_of(expr.index, env)
        if isinstance(key, Item):
            key = key.value
        if isinstance(key, str | int):
            steps.insert(0, key)
        expr = expr.operand
        found = value_of(expr, env)
        if isinstance(found, Item):
            return Item(None, found.root, (*found.path, *steps))
    return None
