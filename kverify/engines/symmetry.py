"""Whether blocks that were declared interchangeable really are.

The search keeps one state of every orbit on the strength of ``TransitionSystem.symmetry``. A wrong claim would hide
states, so it is checked: swapping two neighbouring blocks of a group must map the set of actions onto itself. Swaps of
neighbours generate every permutation. Actions are compared as trees, modulo the order of commutative operands; when two
trees differ that might still mean the same, successors of random states are compared instead, and the verdict says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from itertools import pairwise
from random import Random
from typing import TypeAlias

from kverify.engines.errors import SymmetryError
from kverify.model.expr import Condition, Number, Op, evaluate, lift, substitute, walk
from kverify.model.system import Action, Fairness, State, TransitionSystem
from kverify.spec.property import Property, conditions

_COMMUTATIVE = {Op.ADD, Op.MUL, Op.MIN, Op.MAX, Op.EQ, Op.AND, Op.OR}
_SAMPLES = 200
_REACH = 4
"""How far from its lower bound a variable without an upper one is sampled."""

Group: TypeAlias = "tuple[tuple[str, ...], ...]"
Renaming: TypeAlias = "Mapping[str, str]"


def check_symmetry(system: TransitionSystem) -> tuple[str, ...]:
    """Check every group of ``system.symmetry``; the result names those that were only tested, not proved.

    Raises ``SymmetryError`` naming the group and the action that tells its blocks apart.
    """
    forms = _Forms()
    notes: list[str] = []
    for group in system.symmetry:
        _check_ranges(system, group)
        for renaming in _swaps(group):
            odd = _unmatched(system, forms, renaming)
            if odd is None:
                continue
            culprit = odd if system.parameters else _refuted(system, renaming)
            if culprit is not None:
                raise SymmetryError(
                    f"{system.name}: {_show(group)} are not interchangeable, action {culprit.name!r} tells them apart"
                )
            notes.append(f"{_show(group)} are interchangeable (tested on {_SAMPLES} states, not proved)")
            break
    return tuple(notes)


def respected(system: TransitionSystem, prop: Property) -> tuple[Group, ...]:
    """The symmetry groups whose blocks ``prop`` does not tell apart: permuting them never changes its answer."""
    return tuple(group for group in system.symmetry if all(_invariant(c, group) for c in conditions(prop)))


def orbit(system: TransitionSystem, condition: Condition, most: int) -> list[Condition] | None:
    """``condition`` in every form that permuting the blocks of ``system.symmetry`` gives it; None when there are more
    than ``most``."""
    forms = _Forms()
    found = {forms.of(condition, {}): condition}
    waiting = [condition]
    swaps = [
        {a: system.variable(b).expr for a, b in renaming.items()}
        for group in system.symmetry
        for renaming in _swaps(group)
    ]
    while waiting:
        here = waiting.pop()
        for swap in swaps:
            there = substitute(here, swap)
            form = forms.of(there, {})
            if form not in found:
                found[form] = there
                waiting.append(there)
        if len(found) > most:
            return None
    return list(found.values())


def alike(system: TransitionSystem) -> list[int] | None:
    """For every action the number of the first one that permuting blocks makes of it, so alike actions have the same.

    None when that cannot be seen from the form of the actions (see ``check_symmetry``).
    """
    forms = _Forms()
    by_form = {forms.action(action, {}): index for index, action in reversed(list(enumerate(system.actions)))}
    first = [by_form[forms.action(action, {})] for action in system.actions]
    for group in system.symmetry:
        for renaming in _swaps(group):
            for index, action in enumerate(system.actions):
                other = by_form.get(forms.action(action, renaming))
                if other is None:
                    return None
                a, b = sorted((_root(first, index), _root(first, other)))
                first[b] = a
    return [_root(first, index) for index in range(len(first))]


def _root(first: list[int], index: int) -> int:
    while first[index] != index:
        index = first[index]
    return index


def _invariant(condition: Condition, group: Group) -> bool:
    forms = _Forms()
    plain = forms.of(condition, {})
    return all(forms.of(condition, renaming) == plain for renaming in _swaps(group))


def _swaps(group: Group) -> list[Renaming]:
    """The renamings that exchange two neighbouring blocks."""
    return [{**dict(zip(a, b, strict=True)), **dict(zip(b, a, strict=True))} for a, b in pairwise(group)]


def _show(group: Group) -> str:
    return ", ".join("(" + ", ".join(block) + ")" for block in group)


def _check_ranges(system: TransitionSystem, group: Group) -> None:
    names = [name for block in group for name in block]
    if len(set(names)) < len(names):
        raise SymmetryError(f"{system.name}: a variable occurs twice in {_show(group)}")
    for column in zip(*group, strict=True):
        try:
            kinds = {(v.low, v.high, v.values, v.truth) for v in map(system.variable, column)}
        except KeyError as error:
            raise SymmetryError(f"{system.name}: {_show(group)} names {error}, which is no variable") from error
        if len(kinds) > 1:
            raise SymmetryError(f"{system.name}: {', '.join(column)} are interchangeable but have different ranges")


class _Forms:
    """Numbers for expressions: equal exactly when the trees are, up to the order of commutative operands."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}

    def of(self, root: Number | Condition, renaming: Renaming) -> int:
        """The number of ``root`` after ``renaming`` its variables."""
        known: dict[int, int] = {}
        for expr in walk(lift(root)):
            key: Hashable
            if expr.name is not None:
                key = renaming.get(expr.name, expr.name)
            elif expr.op is None:
                key = (expr.value, expr.boolean)
            else:
                args = [known[id(arg)] for arg in expr.args]
                key = (expr.op, tuple(sorted(args) if expr.op in _COMMUTATIVE else args))
            known[id(expr)] = self._numbers.setdefault(key, len(self._numbers))
        return known[id(lift(root))]

    def action(self, action: Action, renaming: Renaming) -> Hashable:
        """What ``action`` does, comparable with others of the same table."""
        updates = frozenset(
            (renaming.get(name, name), self.of(update, renaming))
            for name, update in action.updates.items()
            if lift(update).name != name
        )
        return self.of(action.guard, renaming), updates, action.environment, action.fairness


def _unmatched(system: TransitionSystem, forms: _Forms, renaming: Renaming) -> Action | None:
    """An action whose renamed form is not an action of the system; None when renaming permutes the actions."""
    plain = Counter(forms.action(action, {}) for action in system.actions)
    for action in system.actions:
        form = forms.action(action, renaming)
        if not plain[form]:
            return action
        plain[form] -= 1
    return None


# -- testing -----------------------------------------------------------------------------------------------------


def _refuted(system: TransitionSystem, renaming: Renaming) -> Action | None:
    """An action that leads from some random state where no action leads after swapping the blocks."""
    random = Random(system.name)
    position = {v.name: i for i, v in enumerate(system.variables)}
    order = [position[renaming.get(v.name, v.name)] for v in system.variables]
    for _ in range(_SAMPLES):
        state = _random_state(system, random)
        here = _outcomes(system, state)
        there = _outcomes(system, _permuted(state, order))
        for action, outcome in here:
            kind, after = outcome
            if (kind, None if after is None else _permuted(after, order)) not in {o for _, o in there}:
                return action
    return None


def _permuted(state: State, order: list[int]) -> State:
    return tuple(state[i] for i in order)


def _random_state(system: TransitionSystem, random: Random) -> State:
    values = []
    for v in system.variables:
        low = v.low if v.low is not None else (v.high if v.high is not None else 0) - _REACH
        values.append(random.randint(low, v.high if v.high is not None else low + 2 * _REACH))
    return tuple(values)


_Outcome: TypeAlias = "tuple[tuple[bool, Fairness], State | None]"


def _outcomes(system: TransitionSystem, state: State) -> list[tuple[Action, _Outcome]]:
    """Every enabled action with where it leads, ranges not regarded; None where it divides by zero."""
    view = system.view(state)
    result: list[tuple[Action, _Outcome]] = []
    for action in system.actions:
        kind = action.environment, action.fairness
        try:
            if not evaluate(action.guard, view):
                continue
            after = dict(view)
            after.update((name, evaluate(update, view)) for name, update in action.updates.items())
            result.append((action, (kind, tuple(int(after[v.name]) for v in system.variables))))
        except ZeroDivisionError:
            result.append((action, (kind, None)))
    return result
