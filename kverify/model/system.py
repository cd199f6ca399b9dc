"""Transition systems: what every engine explores.

A ``TransitionSystem`` is plain data. A researcher builds one by hand exactly as the Kubernetes components do::

    n = Variable("n", 0, 10, initial=0)
    up = Action("up", "counter", guard=n.expr < 10, updates={"n": n.expr + 1})
    TransitionSystem("counter", variables=(n,), actions=(up,))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from attrs import evolve, field, frozen

from kverify.model.expr import Condition, Expr, Number, all_of, boolean, evaluate, integer, lift, substitute

if TYPE_CHECKING:
    from kverify.model.legend import Legend

State: TypeAlias = "tuple[int, ...]"
"""The values of a system's variables, in their order. Truth values are 0 and 1."""


class Fairness(Enum):
    """What is assumed of an action that stays enabled (weak) or is enabled again and again (strong)."""

    NONE = "none"
    WEAK = "weak"
    STRONG = "strong"


@frozen
class Variable:
    """A bounded integer, a truth value, or one of ``values`` (stored as its index).

    ``low`` and ``high`` are inclusive; ``None`` leaves that side open, which only the symbolic engines accept.
    ``initial`` is the first value; ``None`` leaves it to the system's ``initial`` condition or ``starts``.
    """

    name: str
    low: int | None = 0
    high: int | None = None
    initial: int | None = None
    values: tuple[str, ...] = ()
    truth: bool = False

    @classmethod
    def boolean(cls, name: str, initial: bool | None = False) -> Variable:
        """A truth value."""
        return cls(name, 0, 1, None if initial is None else int(initial), truth=True)

    @classmethod
    def choice(cls, name: str, values: Iterable[str], initial: str | None) -> Variable:
        """One of ``values``; compare it with ``variable.is_(value)``."""
        values = tuple(values)
        return cls(name, 0, len(values) - 1, None if initial is None else values.index(initial), values)

    @property
    def expr(self) -> Expr:
        return boolean(self.name) if self.truth else integer(self.name)

    def is_(self, value: str) -> Condition:
        """The condition that this choice has ``value`` (``ValueError`` for a value it cannot have)."""
        return self.expr == self.values.index(value)

    def index(self, value: str) -> int:
        """What to assign for ``value``."""
        return self.values.index(value)

    def plain(self, value: int) -> int | bool:
        """``value``, as states have it, for expressions."""
        return bool(value) if self.truth else value

    def equals(self, value: int) -> Condition:
        """The condition that it has ``value``, as states have it."""
        return self.expr == self.plain(value)

    def named(self, value: int) -> int | bool | str:
        """``value``, as states have it, for files: a choice by its name."""
        return self.values[value] if self.values else self.plain(value)

    def show(self, value: int) -> str:
        """``value`` as a person reads it."""
        named = self.named(value)
        return str(named).lower() if self.truth else str(named)


def _frozen_updates(updates: Mapping[str, Number | Condition]) -> dict[str, Number | Condition]:
    return dict(updates)


@frozen(eq=False)
class Action:
    """One atomic step: where ``guard`` holds, all ``updates`` happen at once.

    ``component`` is who acts (``scheduler``, ``kubelet``, ``operator``). ``says`` is the step as a sentence for
    people; ``{before[x]}`` and ``{after[x]}`` in it stand for a variable's value. A disturbance (``environment``)
    may happen or not: no fairness is assumed of it, and a state in which only disturbances are possible is at rest.
    """

    name: str
    component: str
    guard: Condition
    updates: Mapping[str, Number | Condition] = field(converter=_frozen_updates)
    says: str = ""
    fairness: Fairness = Fairness.WEAK
    environment: bool = False


@frozen(eq=False)
class TransitionSystem:
    """Variables, where they start, and the actions that change them.

    The initial states are those in ``starts`` if it is given; otherwise every assignment that agrees with the
    variables' ``initial`` values and satisfies ``initial``. ``parameters`` are variables no action changes and whose
    value is left open under ``assume``: a proof then covers every value, and ``fix`` chooses one.

    ``symmetry`` lists groups of interchangeable blocks of variables: permuting the blocks of a group maps runs to
    runs. The search then keeps one state per orbit by sorting the blocks. It is a claim, checked by
    ``kverify.engines.symmetry``. ``legend`` says what the variables count, for those who draw states; no answer depends
    on it.

    Raises ``ValueError`` for unknown or doubled names, at construction.
    """

    name: str
    variables: tuple[Variable, ...]
    actions: tuple[Action, ...]
    initial: Condition = True
    starts: tuple[State, ...] | None = None
    parameters: tuple[Variable, ...] = ()
    assume: Condition = True
    symmetry: tuple[tuple[tuple[str, ...], ...], ...] = ()
    legend: Legend | None = field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        names = [v.name for v in (*self.variables, *self.parameters)]
        known = set(names)
        if len(known) != len(names):
            doubled = sorted({n for n in names if names.count(n) > 1})
            raise ValueError(f"{self.name}: two variables are called {', '.join(doubled)}")
        changeable = {v.name for v in self.variables}
        for action in self.actions:
            used = lift(action.guard).variables().union(*(lift(u).variables() for u in action.updates.values()))
            if used - known:
                raise ValueError(f"{self.name}: action {action.name!r} reads unknown {sorted(used - known)}")
            if action.updates.keys() - changeable:
                unknown = sorted(action.updates.keys() - changeable)
                raise ValueError(f"{self.name}: action {action.name!r} writes {unknown}, which it cannot")
        if lift(self.initial).variables() - known:
            raise ValueError(f"{self.name}: the initial condition reads unknown variables")
        for group in self.symmetry:
            if len({len(block) for block in group}) > 1:
                raise ValueError(f"{self.name}: interchangeable blocks must have equal length")

    def variable(self, name: str) -> Variable:
        """The variable or parameter called ``name`` (``KeyError`` if there is none)."""
        for variable in (*self.variables, *self.parameters):
            if variable.name == name:
                return variable
        raise KeyError(name)

    @property
    def initial_condition(self) -> Condition:
        """Where the system starts, as one condition: initial values and ``initial`` together, without ``starts``."""
        return all_of([self.initial, *(v.equals(v.initial) for v in self.variables if v.initial is not None)])

    @property
    def naturals(self) -> Iterator[Condition]:
        """That no count is below 0, a condition for each."""
        return (integer(v.name) >= 0 for v in self.variables if not v.truth)

    def view(self, state: State) -> dict[str, int | bool]:
        """``state`` by variable name, for ``evaluate``."""
        # ``Variable.plain``, without a call for each: this is asked of very many states.
        return {v.name: bool(value) if v.truth else value for v, value in zip(self.variables, state, strict=True)}

    def fix(self, **values: int) -> TransitionSystem:
        """The same system with some parameters replaced by numbers. ``ValueError`` if ``assume`` excludes them."""
        unknown = values.keys() - {p.name for p in self.parameters}
        if unknown:
            raise ValueError(f"{self.name} has no parameter {', '.join(sorted(unknown))}")
        assume = substitute(self.assume, values)
        if assume is False:
            raise ValueError(f"{self.name}: {values} contradicts {self.assume}")
        return evolve(
            self,
            actions=tuple(
                evolve(
                    a,
                    guard=substitute(a.guard, values),
                    updates={name: substitute(u, values) for name, u in a.updates.items()},
                )
                for a in self.actions
            ),
            initial=substitute(self.initial, values),
            parameters=tuple(p for p in self.parameters if p.name not in values),
            assume=assume,
        )

    def enabled(self, state: State) -> tuple[Action, ...]:
        """The actions whose guard holds in ``state``. The plain reading of the system: slow and obvious."""
        view = self.view(state)
        return tuple(action for action in self.actions if evaluate(action.guard, view))

    def step(self, state: State, action: Action) -> State:
        """The state after ``action``. ``ValueError`` if it is not enabled or leaves a variable's range."""
        view = self.view(state)
        if not evaluate(action.guard, view):
            raise ValueError(f"{action.name} is not enabled")
        new = dict(view)
        for name, update in action.updates.items():
            new[name] = evaluate(update, view)
        for v in self.variables:
            value = int(new[v.name])
            if (v.low is not None and value < v.low) or (v.high is not None and value > v.high):
                raise ValueError(f"{action.name} takes {v.name} to {value}, outside {v.low}..{v.high}")
        return tuple(int(new[v.name]) for v in self.variables)
