"""Runs looked at as they go: whether a finite run already breaks a property, when it has come so far and stays there.

A run that is still moving can break only what is safety. Where only disturbances are left to happen, staying there for
ever is a fair run, and what was to be reached and has not been is never reached. Loops are not seen: a run that goes
round for ever without its goal breaks nothing here, and ``kverify.engines.liveness`` finds it.
"""

from __future__ import annotations

from kverify.engines.compiled import Compiled
from kverify.model.expr import Condition
from kverify.model.system import State
from kverify.spec.property import (
    Always,
    AlwaysEventually,
    Eventually,
    EventuallyAlways,
    LeadsTo,
    OnceAlways,
    Possibly,
    Property,
    Quiescence,
    Reaches,
    Until,
)


class NotWatchable(ValueError):
    """No single finite run breaks the property. The message says what to ask instead."""


class Monitor:
    """One property, watched along one run: ``begin``, then ``breaks`` of every state in order.

    Raises ``NotWatchable`` for what no finite run can show: that something is impossible, or that a loop never ends.
    """

    def __init__(self, compiled: Compiled, prop: Property) -> None:
        if isinstance(prop, Possibly):
            raise NotWatchable(f"{prop.name}: no run shows that something is impossible; ask the exhaustive search")
        if isinstance(prop, Quiescence):
            raise NotWatchable(f"{prop.name}: only a loop shows that a system never rests; ask the liveness engine")
        self.prop = prop
        parts: tuple[Condition, Condition]
        match prop:
            case Always(condition=condition):
                parts = (condition, True)
            case OnceAlways(condition=condition, premise=premise):
                parts = (condition, premise)
            case Until(hold=hold, goal=goal):
                parts = (hold, goal)
            case Reaches(goal=goal, premise=premise) | LeadsTo(goal=goal, premise=premise):
                parts = (goal, premise)
            case Eventually(goal=goal) | EventuallyAlways(goal=goal) | AlwaysEventually(goal=goal):
                parts = (goal, True)
        self._first, self._second = map(compiled.condition, parts)
        self.begin()

    def begin(self) -> None:
        """Forget the run so far."""
        self._seen = False

    def breaks(self, state: State, at_rest: bool) -> bool:
        """Whether the run breaks the property once it has come to ``state``; ``at_rest`` as in ``engines.replay``."""
        first, second = self._first(state), self._second(state)
        match self.prop:
            case Always():
                return not first
            case OnceAlways():
                self._seen = self._seen or second
                return self._seen and not first
            case Until():
                self._seen = self._seen or second
                return not self._seen and (at_rest or not first)
            case Reaches():
                return at_rest and second and not first
            case LeadsTo():
                # What is seen here is a premise whose goal is still owed.
                self._seen = (self._seen or second) and not first
                return at_rest and self._seen
            case Eventually():
                self._seen = self._seen or first
                return at_rest and not self._seen
            case EventuallyAlways() | AlwaysEventually():
                return at_rest and not first
        raise AssertionError(self.prop)

    @property
    def local(self) -> bool:
        """The last state alone decides, whatever came before."""
        return isinstance(self.prop, Always | Reaches | EventuallyAlways | AlwaysEventually)
