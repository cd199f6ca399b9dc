"""What all examples of one machine have in common: systems made ready to walk, and what was seen on the way."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

from attrs import Factory, define, evolve, field, frozen
from hypothesis import strategies as st

from kverify.checks import CHECKS
from kverify.checks.finding import Finding
from kverify.engines.compiled import Compiled, compile_system
from kverify.engines.monitor import Monitor
from kverify.engines.replay import replay
from kverify.engines.shorten import shortened
from kverify.engines.starts import initial_states
from kverify.engines.verdict import Outcome, Trace, Verdict
from kverify.manifest.diagnostics import Severity
from kverify.model.system import State, TransitionSystem
from kverify.report import evidence, itf
from kverify.spec.property import Property
from kverify.testing.violation import Situation, Violation, Watched

METHOD = "random walks (Hypothesis)"


@frozen(eq=False)
class Spot:
    """One situation, ready to be walked."""

    situation: Situation
    compiled: Compiled = field(repr=False)
    index: Mapping[str, tuple[int, ...]] = field(repr=False)
    _known: dict[State, Mapping[int, State]] = field(factory=dict, repr=False)

    @classmethod
    def of(cls, situation: Situation) -> Spot:
        """Raises ``ModelError`` for a system that cannot be executed."""
        index: dict[str, tuple[int, ...]] = {}
        for number, action in enumerate(situation.system.actions):
            # One name may stand for several actions, of which one at most is possible at a time.
            index[action.name] = (*index.get(action.name, ()), number)
        return cls(situation, compile_system(situation.system), index)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Who can hold back: components and actions."""
        actions = self.system.actions
        return tuple(sorted({a.component for a in actions} | {a.name for a in actions}))

    @property
    def system(self) -> TransitionSystem:
        return self.situation.system

    def moves(self, state: State) -> Mapping[int, State]:
        """What can happen in ``state``: the number of every enabled action with the state after it."""
        found = self._known.get(state)
        if found is None:
            found = self._known[state] = dict(self.compiled.successors(state))
        return found

    def at_rest(self, moves: Iterable[int]) -> bool:
        """Only disturbances are left to happen."""
        return all(self.system.actions[i].environment for i in moves)

    def monitors(self) -> list[Monitor]:
        """One for each property, at the beginning of a walk. Raises ``NotWatchable``."""
        return [Monitor(self.compiled, watched.prop) for watched in self.situation.properties]


@frozen(eq=False, repr=False)
class Start:
    """Where a walk begins, and who holds back in it."""

    spot: Spot
    number: int
    state: State
    holding_back: tuple[str, ...] = ()

    def __repr__(self) -> str:
        held = f", holding back {', '.join(self.holding_back)}" if self.holding_back else ""
        origin = self.spot.situation.origin
        return f"{self.number}{held}" if origin is None else f"{self.number}{held}, of\n{origin!r}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """How Hypothesis shows it."""
        printer.text("..." if cycle else repr(self))


@frozen
class Held:
    """The actions that hold back in one walk, by number."""

    never: frozenset[int] = frozenset()
    """Disturbances: they do not happen."""
    late: frozenset[int] = frozenset()
    """What controllers do: it waits until nobody else has anything to do. It does happen then, because a controller
    that never acts is not fair, and the state it never leaves is no failure."""

    @classmethod
    def of(cls, system: TransitionSystem, names: Iterable[str]) -> Held:
        """Those whose name, or whose component, is among ``names``."""
        chosen = set(names)
        held = {i for i, a in enumerate(system.actions) if a.name in chosen or a.component in chosen}
        never = frozenset(i for i in held if system.actions[i].environment)
        return cls(never, frozenset(held - never))

    def able(self, moves: Iterable[int]) -> list[int]:
        """Those of ``moves`` that may come next."""
        left = [i for i in moves if i not in self.never]
        prompt = [i for i in left if i not in self.late]
        return prompt or left


@define(eq=False)
class Plan:
    """``starts`` are all first states of all situations, each with its number; none where situations are ``drawn``."""

    name: str
    properties: tuple[Property, ...]
    folder: Path | None
    drawn: st.SearchStrategy[Situation] | None
    starts: tuple[tuple[Spot, int, State], ...] = ()
    taken: Counter[str] = Factory(Counter)
    walks: int = 0
    rested: int = 0
    _kinds: dict[tuple[str, str], type[Violation]] = Factory(dict)

    @classmethod
    def of(
        cls,
        name: str,
        system: TransitionSystem | None,
        properties: Sequence[Property],
        situations: Sequence[Situation] | st.SearchStrategy[Situation],
        traces: str | PathLike[str] | None,
    ) -> Plan:
        """Raises ``TypeError`` where there is nothing to walk, ``NotWatchable``, and whatever ``Spot.of`` raises."""
        folder = None if traces is None else Path(traces)
        if isinstance(situations, st.SearchStrategy):
            return cls(name, tuple(properties), folder, situations)
        given = (*situations, *(() if system is None else (Situation(system=system),)))
        if not given:
            raise TypeError(f"{name} has nothing to walk: give it a system, or situations")
        plan = cls(name, tuple(properties), folder, None)
        found = [(spot, state) for situation in given for spot, _, state in plan.ready(situation)]
        plan.starts = tuple((spot, number, state) for number, (spot, state) in enumerate(found))
        return plan

    def ready(self, situation: Situation) -> tuple[tuple[Spot, int, State], ...]:
        """The first states of one situation, ready to be walked."""
        spot = Spot.of(evolve(situation, properties=(*situation.properties, *self.properties)))
        spot.monitors()
        self.taken.update(dict.fromkeys((action.name for action in spot.system.actions), 0))
        return tuple((spot, number, state) for number, state in enumerate(initial_states(spot.system)))

    def violation(self, spot: Spot, number: int, start: int, trace: Trace) -> Violation:
        """What to raise where ``trace`` breaks the property with this number.

        The run is made shorter where steps can be left out, and taken again by the plain interpreter. Raises
        ``ReplayError`` if that does not find what the walk has found: a bug in kverify.
        """
        watched = spot.situation.properties[number]
        prop = watched.prop
        replay(trace, prop)
        monitor = spot.monitors()[number]
        if monitor.local:

            def broken(state: State) -> bool:
                return monitor.breaks(state, spot.at_rest(spot.moves(state)))

            trace = replay(shortened(spot.compiled, trace, broken), prop)
        arguments = [repr(step.action.name) for step in trace.steps] + ([f"start={start}"] if start else [])
        # What was drawn is shown by Hypothesis, and can only be drawn again.
        notes = {"again": f"{self.name}.replay({', '.join(arguments)})"} if self.drawn is None else {}
        if self.folder is not None:
            path, known = self._write(spot.situation, watched, trace)
            notes["trace"] = f"kverify replay {path}" if known else str(path)
        # A class of its own for each property: Hypothesis takes failures of one class at one place for the same, and
        # would come from one property to another while it shrinks.
        key = (spot.system.name, prop.name)
        kind = self._kinds.setdefault(key, type("Violation", (Violation,), {"__doc__": Violation.__doc__}))
        kind.__module__ = Violation.__module__
        return kind(spot.situation, watched, trace, notes)

    def _write(self, situation: Situation, watched: Watched, trace: Trace) -> tuple[Path, bool]:
        """Write the run to a file; its name, and whether ``kverify replay`` can take it."""
        assert self.folder is not None
        prop, inputs = watched.prop, situation.inputs
        text = None
        if inputs is not None and watched.check in CHECKS:
            finding = Finding(
                id=watched.id,
                severity=Severity.ERROR,
                object=situation.object,
                message=prop.name,
                property=watched.check,
                verdict=Verdict(outcome=Outcome.VIOLATED, method=METHOD, trace=trace, question=prop),
            )
            text = evidence.render(finding, inputs, inputs.digests())
        self.folder.mkdir(parents=True, exist_ok=True)
        known = list(dict.fromkeys(id(spot.situation) for spot, *_ in self.starts))
        which = known.index(id(situation)) if self.drawn is None else 0
        told = f"{self.name}-{watched.check or prop.name}{f'-{which + 1}' if which else ''}"
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", told)
        path = self.folder / f"{stem}.itf.json"
        path.write_text(text or itf.render(trace, {"question": prop.name, "machine": self.name}), "utf-8")
        return path, text is not None
