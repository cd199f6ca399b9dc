"""What the printers share: names that every language accepts, and expressions by a table of their operators."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import frozen

from kverify.api.base import EMPTY
from kverify.model.expr import Condition, Expr, Number, Op, lift, walk
from kverify.model.system import TransitionSystem

_FOREIGN = re.compile(r"[^A-Za-z0-9]+")


def identifiers(names: Iterable[str], *, taken: Iterable[str] = (), prefix: str = "v") -> dict[str, str]:
    """Every name as an identifier of letters, digits and underscores, no two alike, none of ``taken``.

    ``shop/web/new.starting@node 1`` becomes ``web_new_starting_node_1``, or ``new_starting_node_1`` where all names
    begin with ``shop/web/``.
    """
    names = list(names)
    used = {word.lower() for word in taken}
    folders = {name.rpartition("/")[0] for name in names if "/" in name}
    same = f"{folders.pop()}/" if len(folders) == 1 else ""
    found: dict[str, str] = {}
    for name in names:
        plain = _FOREIGN.sub("_", name.removeprefix(same)).strip("_") or prefix
        if not plain[0].isalpha():
            plain = f"{prefix}_{plain}"
        unique, number = plain, 2
        while unique.lower() in used:
            unique, number = f"{plain}_{number}", number + 1
        used.add(unique.lower())
        found[name] = unique
    return found


@frozen(kw_only=True)
class Language:
    """How a language writes what an expression is made of. ``operators`` get their arguments as text, in parentheses
    where needed, and give text that can be an argument again; ``minus`` says that sums may subtract. ``truth`` turns a
    number into a condition and ``number`` a condition into a number, for languages that tell them apart."""

    operators: Mapping[Op, Callable[[Sequence[str]], str]]
    constant: Callable[[int | bool], str]
    truth: Callable[[str], str]
    number: Callable[[str], str]
    minus: bool = True


def parts_of(system: TransitionSystem, prefix: str = "part") -> dict[Expr, str]:
    """Names for what occurs more than once in guards and updates, in an order in which each needs only earlier ones.

    Expressions share what they have in common; written out in full the sync of a Deployment would take pages.
    """
    uses: Counter[Expr] = Counter()
    seen: dict[Expr, None] = {}
    for action in system.actions:
        for root in (action.guard, *action.updates.values()):
            for expr in walk(lift(root)):
                if expr not in seen:
                    seen[expr] = None
                    uses.update(expr.args)
    shared = [expr for expr in seen if uses[expr] > 1 and sum(1 for _ in walk(expr)) > _SMALL]
    return {expr: f"{prefix}_{i}" for i, expr in enumerate(shared)}


_SMALL = 4
"""Expressions of up to so many parts are written where they are used."""


def text(
    root: Number | Condition, language: Language, names: Mapping[str, str], parts: Mapping[Expr, str] = EMPTY
) -> str:
    """``root`` in ``language``, its variables called as ``names`` says, and what has a name in ``parts`` by that name
    (but for ``root`` itself)."""
    done: dict[Expr, str] = {}
    for expr in walk(lift(root)):
        if expr in parts and expr is not lift(root):
            done[expr] = parts[expr]
        elif expr.name is not None:
            done[expr] = names[expr.name]
        elif expr.op is None:
            assert expr.value is not None
            done[expr] = language.constant(expr.value)
        elif expr.op is Op.ADD and language.minus:
            done[expr] = _sum(expr, language, done)
        else:
            done[expr] = language.operators[expr.op](_arguments(expr, expr.op, language, done))
    return done[lift(root)]


def _sum(expr: Expr, language: Language, done: Mapping[Expr, str]) -> str:
    """``(a - b + 3)`` instead of ``(a + (b * (-1)) + 3)``, what is added first."""
    plus, minus = [], []
    for arg, written in zip(expr.args, _arguments(expr, Op.ADD, language, done), strict=True):
        if arg.op is Op.MUL and arg.args[1].value == -1:
            minus.append(_arguments(arg, Op.MUL, language, done)[0])
        elif arg.value is not None and arg.value < 0:
            minus.append(language.constant(-int(arg.value)))
        else:
            plus.append(written)
    return f"({' - '.join([' + '.join(plus) or language.constant(0), *minus])})"


def written(
    update: Number | Condition,
    truth: bool,
    language: Language,
    names: Mapping[str, str],
    parts: Mapping[Expr, str] = EMPTY,
) -> str:
    """An update of a variable, as the condition or the number that the variable is."""
    value = parts.get(lift(update)) or text(update, language, names, parts)
    if truth and not lift(update).boolean:
        return language.truth(value)
    return language.number(value) if lift(update).boolean and not truth else value


def condition(root: Condition, language: Language, names: Mapping[str, str], parts: Mapping[Expr, str] = EMPTY) -> str:
    """``root`` as a condition."""
    value = parts.get(lift(root)) or text(root, language, names, parts)
    return value if lift(root).boolean else language.truth(value)


def _arguments(expr: Expr, op: Op, language: Language, done: Mapping[Expr, str]) -> list[str]:
    """The arguments of an operator, each as the operator needs it: as a condition or as a number."""
    wanted: list[bool | None] = [False] * len(expr.args)
    if op in (Op.AND, Op.OR, Op.NOT):
        wanted = [True] * len(expr.args)
    elif op is Op.ITE:
        both = expr.args[1].boolean and expr.args[2].boolean
        wanted = [True, both, both]
    elif op is Op.EQ and all(arg.boolean for arg in expr.args):
        wanted = [True, True]
    written = []
    for arg, boolean in zip(expr.args, wanted, strict=True):
        if boolean and not arg.boolean:
            written.append(language.truth(done[arg]))
        elif not boolean and arg.boolean:
            written.append(language.number(done[arg]))
        else:
            written.append(done[arg])
    return written


def infix(word: str) -> Callable[[Sequence[str]], str]:
    """An operator between its arguments, all of it in parentheses."""
    return lambda args: f"({f' {word} '.join(args)})"


def folded(pair: Callable[[str, str], str]) -> Callable[[Sequence[str]], str]:
    """An operator on two arguments, applied from left to right."""

    def fold(args: Sequence[str]) -> str:
        result = args[0]
        for arg in args[1:]:
            result = pair(result, arg)
        return result

    return fold
