"""The meaning of properties in its plainest form: sets of states, the plain interpreter, nothing clever.

Liveness is decided by the fixed point of Emerson and Lei, once for every set of strongly fair actions that might be the
ones taken for ever: no components, no unfolding, nothing in common with the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, combinations, product
from operator import eq
from typing import TypeAlias

from attrs import frozen

from kverify.engines.verdict import Outcome
from kverify.model.expr import Condition, evaluate
from kverify.model.system import Action, Fairness, State, TransitionSystem
from kverify.spec.property import (
    DECLARED,
    Always,
    AlwaysEventually,
    Eventually,
    EventuallyAlways,
    Fair,
    LeadsTo,
    OnceAlways,
    Possibly,
    Property,
    Quiescence,
    StateProperty,
    Until,
)

OPEN = 4


@frozen
class Answer:
    """The outcome; how many steps the shortest safety violation takes; whether no run at all comes to the goal."""

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
        met = {state for state in everything if holds(prop.goal, state)}
        able = set(met)
        calm = {s: {system.step(s, a) for a in system.enabled(s) if not a.environment} for s in everything}
        while True:
            more = {s for s in everything - able if calm[s] & able}
            if not more:
                break
            able |= more
        if any(holds(prop.premise, state) for state in everything - able):
            return Answer(Outcome.VIOLATED, certain=not met)
    asked = any(holds(prop.premise, state) for state in everything)
    return Answer(Outcome.HOLDS if asked else Outcome.VACUOUS)


# -- fair runs ---------------------------------------------------------------------------------------------------

Node: TypeAlias = "tuple[State, bool]"
"""A state and one truth value that remembers something about the past."""
Moment: TypeAlias = "tuple[Node, Action | None, bool]"
"""Where a run is, the action that has just been taken (None: it stayed), and whether that changed the state."""
Test: TypeAlias = "Callable[[State], bool]"


def _never(_: State) -> bool:
    return False


class Runs:
    """All runs of a system; a node's truth value is set by ``since`` and cleared by ``until``."""

    def __init__(self, system: TransitionSystem, fair: Fair, since: Test = _never, until: Test = _never) -> None:
        self.system, self.fair, self.since, self.until = system, fair, since, until
        self.starts = {self.remembering(s, False) for s in starts(system)}
        self.enabled: dict[Node, tuple[Action, ...]] = {}
        waiting = list(self.starts)
        while waiting:
            node = waiting.pop()
            if node not in self.enabled:
                self.enabled[node] = system.enabled(node[0])
                waiting += [self.after(node, action) for action in self.enabled[node]]

    def remembering(self, state: State, before: bool) -> Node:
        return state, (before or self.since(state)) and not self.until(state)

    def after(self, node: Node, action: Action) -> Node:
        return self.remembering(self.system.step(node[0], action), node[1])

    def reach(self, begin: set[Node], inside: Callable[[Node], bool]) -> dict[Node, int]:
        """Nodes that any steps reach from ``begin`` through ``inside`` alone, with their distance."""
        found = {node: 0 for node in begin if inside(node)}
        layer = set(found)
        while layer:
            after = {self.after(n, a) for n in layer for a in self.enabled[n]}
            layer = {n for n in after if inside(n)} - found.keys()
            found.update(dict.fromkeys(layer, max(found.values()) + 1))
        return found

    def next(self, node: Node) -> Iterator[Moment]:
        yield node, None, False
        for action in self.enabled[node]:
            if self.fair.endless_disturbances or not action.environment:
                there = self.after(node, action)
                yield there, action, there != node

    def staying(
        self, inside: Callable[[Node], bool], often: Callable[[Node], bool] | None = None, moving: bool = False
    ) -> set[Node]:
        """The nodes from which a fair run can stay ``inside`` for ever, being in ``often`` and moving for ever."""
        strong = [a for a in self.system.actions if self.fair.of(a) is Fairness.STRONG]
        weak = [a for a in self.system.actions if self.fair.of(a) is Fairness.WEAK]
        answer: set[Node] = set()
        for taken in chain.from_iterable(combinations(strong, n) for n in range(len(strong) + 1)):
            never = [a for a in strong if all(a is not t for t in taken)]
            region = {n for n in self.enabled if inside(n) and not any(_among(a, self.enabled[n]) for a in never)}
            goals: list[Callable[[Moment], bool]] = [partial(_takes, a) for a in taken]
            goals += [partial(self._heeds, a) for a in weak]
            if often is not None:
                goals.append(partial(_is_in, often))
            if moving:
                goals.append(lambda m: m[2])
            # Without any obligation standing still will do, but it has to be somewhere.
            answer |= self._for_ever(region, goals or [lambda _: True])
        return answer

    def _heeds(self, action: Action, moment: Moment) -> bool:
        """``action`` is taken, or cannot be."""
        return _takes(action, moment) or not _among(action, self.enabled[moment[0]])

    def _for_ever(self, region: set[Node], goals: list[Callable[[Moment], bool]]) -> set[Node]:
        alive = region
        while True:
            smaller = alive
            for goal in goals:
                # E[alive U (a step into alive that meets the goal)]
                able: set[Node] = set()
                while True:
                    more = {
                        n
                        for n in smaller - able
                        if any(m[0] in able or (m[0] in smaller and goal(m)) for m in self.next(n))
                    }
                    if not more:
                        break
                    able |= more
                smaller = able
            if smaller == alive:
                return alive
            alive = smaller

    def exists(
        self,
        inside: Callable[[Node], bool],
        *,
        begin: Callable[[Node], bool] | None = None,
        often: Callable[[Node], bool] | None = None,
        moving: bool = False,
    ) -> bool:
        """Whether some fair run is ``inside`` from some ``begin`` on (from its start if None)."""
        first = self.starts if begin is None else {n for n in self.enabled if begin(n)}
        return not self.staying(inside, often, moving).isdisjoint(self.reach(first, inside))


def _takes(action: Action, moment: Moment) -> bool:
    return moment[1] is action


def _is_in(nodes: Callable[[Node], bool], moment: Moment) -> bool:
    return nodes(moment[0])


def _among(action: Action, actions: tuple[Action, ...]) -> bool:
    return any(action is other for other in actions)


def judge(system: TransitionSystem, prop: Property, fair: Fair = DECLARED) -> Answer:
    """``decide`` for every class of property, with *certain* meaning that no fair run keeps it."""

    def holds(condition: Condition) -> Test:
        return lambda state: bool(evaluate(condition, system.view(state)))

    def anywhere(_: Node) -> bool:
        return True

    match prop:
        case Always(condition=condition, premise=given):
            ok = holds(condition)
            plain = decide(system, prop)
            runs = Runs(system, fair)
            return Answer(plain.outcome, plain.depth, plain.depth is not None and not runs.exists(lambda n: ok(n[0])))
        case OnceAlways(premise=given, condition=condition):
            ok = holds(condition)
            runs = Runs(system, fair, since=holds(given))
            bad = [d for n, d in runs.reach(runs.starts, anywhere).items() if n[1] and not ok(n[0])]
            if bad:
                kept = runs.exists(lambda n: not n[1] or ok(n[0]))
                return Answer(Outcome.VIOLATED, min(bad), not kept)
            return Answer(Outcome.HOLDS if any(n[1] for n in runs.enabled) else Outcome.VACUOUS)
        case Possibly(goal=goal):
            met = any(map(holds(goal), set().union(*layers(system))))
            return Answer(Outcome.HOLDS if met else Outcome.VIOLATED, certain=not met)
        case Eventually(goal=goal):
            done = holds(goal)
            runs = Runs(system, fair)
            broken = runs.exists(lambda n: not done(n[0]))
            kept = any(done(n[0]) for n in runs.enabled)
        case LeadsTo(premise=given, goal=goal):
            owed, done = holds(given), holds(goal)
            runs = Runs(system, fair, since=owed, until=done)
            broken = runs.exists(lambda n: n[1], begin=lambda n: n[1])
            kept = runs.exists(anywhere, often=lambda n: not n[1])
            if not broken and not any(owed(n[0]) for n in runs.enabled):
                return Answer(Outcome.VACUOUS)
        case EventuallyAlways(goal=goal):
            done = holds(goal)
            runs = Runs(system, fair)
            broken = runs.exists(anywhere, often=lambda n: not done(n[0]))
            kept = runs.exists(lambda n: done(n[0]), begin=lambda n: done(n[0]))
        case AlwaysEventually(goal=goal):
            done = holds(goal)
            runs = Runs(system, fair)
            broken = runs.exists(lambda n: not done(n[0]), begin=lambda n: not done(n[0]))
            kept = runs.exists(anywhere, often=lambda n: done(n[0]))
        case Until(hold=hold, goal=goal):
            going, done = holds(hold), holds(goal)
            runs = Runs(system, fair)
            open_ = runs.reach(runs.starts, lambda n: not done(n[0]))
            early = [d for n, d in open_.items() if not going(n[0])]
            broken = bool(early) or runs.exists(lambda n: not done(n[0]))
            through = runs.reach(runs.starts, lambda n: going(n[0]) and not done(n[0]))
            firsts = {runs.after(n, a) for n in through for a in runs.enabled[n]} | runs.starts
            kept = any(done(n[0]) for n in firsts)
            if early:
                return Answer(Outcome.VIOLATED, min(early), not kept)
        case Quiescence():
            runs = Runs(system, fair)
            broken = runs.exists(anywhere, moving=True)
            kept = any(n in runs.staying(partial(eq, n)) for n in runs.enabled)
        case _:
            return decide(system, prop)
    return Answer(Outcome.VIOLATED, certain=not kept) if broken else Answer(Outcome.HOLDS)
