"""The meaning of properties in its plainest form: sets of states, the plain interpreter, nothing clever."""

from __future__ import annotations

from itertools import product

from attrs import frozen

from kverify.engines.verdict import Outcome
from kverify.model.expr import Condition, evaluate
from kverify.model.system import State, TransitionSystem
from kverify.spec.property import Always, StateProperty

OPEN = 4


@frozen
class Answer:
    """The outcome; how many steps the shortest safety violation takes; whether no start reaches the goal."""

    outcome: Outcome
    depth: int | None = None
    certain: bool = False


def starts(system: TransitionSystem) -> list[State]:
    """All assignments within the ranges that satisfy the initial condition; an open range is tried up to ``OPEN``."""
    if system.starts is not None:
        return list(system.starts)
    everything = product(*(range(v.low or 0, (OPEN if v.high is None else v.high) + 1) for v in system.variables))
    initial = system.initial_condition
    return [state for state in everything if evaluate(initial, system.view(state))]


def layers(system: TransitionSystem) -> list[set[State]]:
    """The reachable states by their distance from the start."""
    found = [set(starts(system))]
    seen = set(found[0])
    while found[-1]:
        after = {system.step(s, a) for s in found[-1] for a in system.enabled(s)}
        found.append(after - seen)
        seen |= after
    return found[:-1]


def decide(system: TransitionSystem, prop: StateProperty) -> Answer:
    """What every engine must agree with."""

    def holds(condition: Condition, state: State) -> bool:
        return bool(evaluate(condition, system.view(state)))

    reachable = layers(system)
    everything = set().union(*reachable)
    if isinstance(prop, Always):
        for depth, layer in enumerate(reachable):
            if any(not holds(prop.condition, state) for state in layer):
                return Answer(Outcome.VIOLATED, depth)
    else:
        able = {state for state in everything if holds(prop.goal, state)}
        calm = {s: {system.step(s, a) for a in system.enabled(s) if not a.environment} for s in everything}
        while True:
            more = {s for s in everything - able if calm[s] & able}
            if not more:
                break
            able |= more
        if any(holds(prop.premise, state) for state in everything - able):
            return Answer(Outcome.VIOLATED, certain=not able.intersection(starts(system)))
    met = any(holds(prop.premise, state) for state in everything)
    return Answer(Outcome.HOLDS if met else Outcome.VACUOUS)
