"""Candidates for invariants, read off a system and a property: what ``houdini.py`` sieves.

Nothing here is claimed to be true. A bank that is too rich costs time, one that is too poor costs proofs; the shapes
are those that counters of a control plane turn out to need (``shared/engines.md`` of the design has the measurements):

* a counter is not negative, is zero, is at most a parameter, is at most another counter;
* what a guard or an update compares, in both directions, with and without its constant;
* the property itself with one or two of its counters replaced by others that stand for the same pods elsewhere
  (asked for instead of available, seen instead of real);
* one of two counters is zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, permutations, product
from math import prod
from typing import TypeAlias

from kverify.engines.ranges import linear
from kverify.model.expr import Condition, Expr, Number, Op, any_of, integer, lift, times, total, walk
from kverify.model.system import TransitionSystem

MOST = 1_500
"""Candidates that are tried; the simpler shapes come first."""

Form: TypeAlias = "tuple[tuple[tuple[str, int], ...], int]"
"""``sum(factor * variable) + constant <= 0``: the factors by name, sorted, and the constant."""


def bank(system: TransitionSystem, condition: Condition, *, rich: bool = True) -> tuple[Condition, ...]:
    """Candidates for ``system`` that may help to prove ``condition``: the simplest first, at most ``MOST``.

    Without ``rich`` only what guards and the property say, and plain bounds: a fifth of the candidates, which is enough
    for most questions.
    """
    found: dict[Condition, None] = {}
    for candidate in _candidates(system, condition, rich):
        if isinstance(candidate, Expr):
            found.setdefault(candidate)
            if len(found) == MOST:
                break
    return tuple(found)


def _candidates(system: TransitionSystem, condition: Condition, rich: bool) -> Iterator[Condition]:
    counters: list[Expr] = [v.expr for v in system.variables if not v.truth]
    parameters: list[Expr] = [p.expr for p in system.parameters if not p.truth]
    yield from (counter >= 0 for counter in counters)
    yield from (counter == 0 for counter in counters)
    yield from (counter <= parameter for counter in counters for parameter in parameters)
    names = frozenset(e.name or "" for e in (*counters, *parameters))
    own = tuple(_forms([condition], names))
    fixed = frozenset(p.name or "" for p in parameters)
    for form in own:
        yield from map(_below, _elsewhere(form, [c.name or "" for c in counters], fixed))
    same = [(a, b) for a, b in permutations(counters, 2) if rich or _object(a.name or "") == _object(b.name or "")]
    yield from (a <= b for a, b in same)
    for factors, constant in (*own, *_forms(_parts(system), names)):
        for number in dict.fromkeys((constant, 0)):
            yield _below((factors, number))
            yield _below((tuple((name, -factor) for name, factor in factors), -number))
    if rich:
        for form in own:
            yield from map(_below, _replaced(form, [c.name or "" for c in counters], fixed))
        yield from (any_of([a == 0, b == 0]) for a, b in combinations(counters, 2))


def _parts(system: TransitionSystem) -> Iterator[Condition]:
    for action in system.actions:
        yield action.guard
        for update in action.updates.values():
            yield from _compared(update)


def _compared(update: Number | Condition) -> Iterator[Condition]:
    """What an update chooses between: the conditions of ``if``, and the differences that ``min`` and ``max`` look
    at."""
    for part in walk(lift(update)):
        if part.op is Op.ITE:
            yield part.args[0]
        elif part.op in (Op.MIN, Op.MAX):
            yield from (a <= b for a, b in combinations(part.args, 2))


def _forms(conditions: Iterable[Condition], names: frozenset[str]) -> Iterator[Form]:
    """Every linear comparison over ``names`` in ``conditions``."""
    seen: set[Form] = set()
    for condition in conditions:
        for part in walk(lift(condition)):
            for terms, constant in linear(part) if part.op in (Op.LE, Op.LT, Op.EQ) else ():
                kept = {leaf.name: factor for leaf, factor in terms.items() if leaf.name in names and factor}
                if kept and len(kept) == sum(1 for factor in terms.values() if factor):
                    form = tuple(sorted((name or "", factor) for name, factor in kept.items())), constant
                    if form not in seen:
                        seen.add(form)
                        yield form


def _elsewhere(form: Form, counters: Sequence[str], fixed: frozenset[str]) -> Iterator[Form]:
    """``form`` with every counter replaced by one of the same object: what is asked for, seen or real of each
    ReplicaSet."""
    factors, constant = form
    weights = {name: factor for name, factor in factors if name not in fixed}
    families = [[c for c in counters if _object(c) == _object(name)] for name in weights]
    if prod(map(len, families)) <= MOST // 2:
        kept = {name: factor for name, factor in factors if name in fixed}
        for others in product(*families):
            yield tuple(sorted({**kept, **dict(zip(others, weights.values(), strict=True))}.items())), constant


def _replaced(form: Form, counters: Sequence[str], fixed: frozenset[str]) -> Iterator[Form]:
    """``form`` with one or two of its counters replaced by any others, or one left out."""
    factors, constant = form
    weights = {name: factor for name, factor in factors if name not in fixed}
    for number in (1, 2):
        for chosen in combinations(weights, number):
            kept = {name: factor for name, factor in factors if name not in chosen}
            free = [c for c in counters if c not in kept]
            for others in permutations(free, number):
                extra = dict(zip(others, (weights[name] for name in chosen), strict=True))
                yield tuple(sorted({**kept, **extra}.items())), constant
    for name in weights:
        rest = tuple(pair for pair in factors if pair[0] != name)
        if rest:
            yield rest, constant


def _object(name: str) -> str:
    """What a counter belongs to: the part of its name before the first dot."""
    return name.partition(".")[0]


def _below(form: Form) -> Condition:
    """The form as people write it: what is subtracted stands on the other side."""
    factors, constant = form
    left = total([*(times(factor, integer(name)) for name, factor in factors if factor > 0), max(constant, 0)])
    right = total([*(times(-factor, integer(name)) for name, factor in factors if factor < 0), max(-constant, 0)])
    return left <= right
