"""What a test shows when a walk breaks a property: the run in Kubernetes' words, and how to see it again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from attrs import evolve, field, frozen

from kverify.checks.deciding.scenes import Scene
from kverify.checks.deciding.stuck import explain, opening
from kverify.checks.declared.specs import lowered
from kverify.engines.replay import at_rest
from kverify.engines.verdict import Trace
from kverify.model.expr import Condition, lift, to_text
from kverify.model.system import State, TransitionSystem
from kverify.report.evidence import Inputs
from kverify.report.style import Style
from kverify.spec.property import Always, OnceAlways, Possibly, Property, Quiescence, Until
from kverify.words import sentences

_SHOWN = 12
"""How many variables are shown at most."""

_LONG = 200
"""A condition of more characters than this says nothing to people."""


@frozen
class Watched:
    """A property that is watched. ``id`` and ``check`` name what it is from, ``outcome`` tells the end of a run."""

    prop: Property
    id: str = ""
    check: str = ""
    outcome: Callable[[Trace], str] | None = field(default=None, eq=False, repr=False)


def _watched(properties: Iterable[Property | Watched]) -> tuple[Watched, ...]:
    return tuple(one if isinstance(one, Watched) else Watched(one) for one in properties)


@frozen(eq=False, kw_only=True)
class Situation:
    """A system, what is asked of it, and where it is from.

    Of a system that was built from manifests, ``scene`` is its part of the cluster and ``begins`` what has just
    happened; they are how a run is told. ``object`` is the workload that is asked about. With ``inputs`` a run can be
    looked at by ``kverify replay``. ``origin`` is what it was drawn from, if it was.
    """

    system: TransitionSystem
    properties: tuple[Watched, ...] = field(default=(), converter=_watched)
    object: str = ""
    scene: Scene | None = None
    begins: str = ""
    assumptions: tuple[str, ...] = field(default=(), repr=False)
    inputs: Inputs | None = field(default=None, repr=False)
    origin: Any = field(default=None, repr=False)

    def asking(self, *properties: Property) -> Situation:
        """The same with further properties."""
        return evolve(self, properties=(*self.properties, *_watched(properties)))


class Violation(AssertionError):
    """A run that breaks a property. It has been taken again, step by step, by the plain interpreter.

    ``trace`` is the run, ``prop`` what it breaks, ``situation`` where it is from, ``notes`` how to see it again. The
    text is what ``kverify check`` would print of the run.
    """

    def __init__(self, situation: Situation, watched: Watched, trace: Trace, notes: Mapping[str, str]) -> None:
        super().__init__(watched.prop.name)
        self.situation = situation
        self.prop = watched.prop
        self._told = watched.outcome
        self.trace = trace
        self.notes = dict(notes)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """The text, line by line."""
        style = Style()
        who = f"{self.situation.object}: " if self.situation.object else ""
        name = self.trace.system.name
        # Of what is built from manifests the name says which workload it is.
        where = "" if who and who[:-2] in name else f" ({name})"
        yield from style.wrap(f"{who}it is not true that {lowered(self.prop.name)}{where}:", hang=4)
        yield from style.wrap(self.opening, indent=4)
        width = len(str(len(self.trace.steps)))
        for number, step in enumerate(self.trace.sentences(), 1):
            yield from style.wrap(step, indent=4, label=f"{number:>{width}}. ")
        yield from style.wrap(self.outcome, indent=4, label="=> ")
        for label, text in self.notes.items():
            # To be copied, so in one line.
            yield f"  {label}: {text}"

    @property
    def opening(self) -> str:
        """What has happened when the run begins."""
        scene = self.situation.scene
        if scene is None:
            return f"It begins with {_values(self.trace.system, self.trace.start) or 'nothing anywhere'}."
        return sentences(opening(scene, self.trace), self.situation.begins)

    @property
    def outcome(self) -> str:
        """How the run ends: what is not true, or why nothing moves any more."""
        if self._told is not None:
            return self._told(self.trace)
        system, final, scene = self.trace.system, self.trace.final, self.situation.scene
        wanted, in_a_state = self._wanted()
        text = to_text(lift(wanted))
        worth = f"this is not true: {text}" if len(text) <= _LONG else ""
        values = _values(system, final, lift(wanted).variables())
        if in_a_state:
            return sentences(f"now {values}" if values else "", worth)
        if scene is not None:
            return sentences(*explain(scene, self.trace).sentences, "nothing moves any more")
        return sentences("nothing moves any more", f"it stays with {values}" if values else "", worth)

    def _wanted(self) -> tuple[Condition, bool]:
        """The condition that is missing at the end, and whether it was due in that very state."""
        match self.prop:
            case Always(condition=condition) | OnceAlways(condition=condition):
                return condition, True
            case Until(hold=hold, goal=goal):
                return (goal, False) if at_rest(self.trace.system, self.trace.final) else (hold, True)
            case Possibly() | Quiescence():
                raise AssertionError("no run breaks it")
            case prop:
                return prop.goal, False


def _values(system: TransitionSystem, state: State, names: frozenset[str] | None = None) -> str:
    """``free = 3, used = 0``: of the variables with these names; without names, of those that are not zero."""
    told = [
        f"{variable.name} = {variable.show(value)}"
        for variable, value in zip(system.variables, state, strict=True)
        if (value if names is None else variable.name in names)
    ]
    return ", ".join(told[:_SHOWN]) + (f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else "")
