"""A formula of the language as a question to the engines, and a scenario as a script."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from kverify.model.expr import negate
from kverify.spec.language import syntax
from kverify.spec.language.evaluate import Environment, condition
from kverify.spec.language.events import EVENTS
from kverify.spec.language.syntax import Declaration, Formula, Shape
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


def question(name: str, formula: Formula, env: Environment) -> Property:
    """What ``formula`` asks of the world whose state ``env`` knows. Raises ``NotModelled``."""
    if formula.shape is Shape.COMES_TO_REST:
        return Quiescence(name=name)
    first, *rest = (condition(part, env) for part in formula.conditions)
    match formula.shape:
        case Shape.ALWAYS:
            return Always(name=name, condition=first)
        case Shape.NEVER:
            return Always(name=name, condition=negate(first))
        case Shape.EVENTUALLY:
            return Eventually(name=name, goal=first)
        case Shape.EVENTUALLY_ALWAYS:
            return EventuallyAlways(name=name, goal=first)
        case Shape.ALWAYS_EVENTUALLY:
            return AlwaysEventually(name=name, goal=first)
        case Shape.POSSIBLY:
            return Possibly(name=name, goal=first)
        case Shape.RECOVERABLE:
            return Reaches(name=name, goal=first)
        case Shape.ONCE:
            return OnceAlways(name=name, premise=first, condition=rest[0])
        case Shape.LEADS_TO:
            return LeadsTo(name=name, premise=first, goal=rest[0])
        case Shape.UNTIL:
            return Until(name=name, hold=first, goal=rest[0])


@frozen
class Script:
    """A scenario: what has just happened, what may happen how often, and what has to happen first."""

    name: str
    starts: str = ""
    at_most: Mapping[str, int] = field(factory=dict)
    before: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, declaration: Declaration) -> Script:
        """The script of a declared scenario."""
        starts = next((c.event.name for c in declaration.clauses if isinstance(c, syntax.Starts)), "")
        limits = {c.event.name: c.number for c in declaration.clauses if isinstance(c, syntax.AtMost)}
        order = tuple((c.first.name, c.second.name) for c in declaration.clauses if isinstance(c, syntax.Before))
        return cls(declaration.name, starts, {e: n for e, n in limits.items() if n}, order)

    def unmodelled(self) -> str:
        """Why the model cannot play this script; empty when it can."""
        for event in (self.starts, *self.at_most):
            if event and EVENTS[event].unmodelled:
                return EVENTS[event].unmodelled
        return ""
