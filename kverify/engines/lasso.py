"""Lassos: a way into a fair component and a short fair loop in it, as a concrete run.

The search may have kept one state for many that interchangeable blocks make alike. Which action is enabled, taken or
starved is a question about the real ones, so the component is unfolded first, from the concrete state that the stem
leads to: permuting blocks maps fair loops to fair loops, so one of them can be reached from there if there is any.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice, pairwise

from attrs import Factory, define, frozen

from kverify.engines.compiled import Compiled
from kverify.engines.errors import ReplayError, Undecided
from kverify.engines.fair import Edges, Rules, fair_components
from kverify.engines.verdict import Step, Trace
from kverify.model.system import State

_ELSEWHERE = 0xFFFFFFFF
"""The target of an edge that leaves the unfolded part."""
_SEEDS = 200
"""How many states are tried as the beginning of a short loop, and how many components and round tours are compared."""
_TRIES = 5

Loop = list[tuple[int, int]]
"""The steps of a loop: actions with the states after them. Empty: the run stays where it is."""


@frozen(kw_only=True)
class Wanted:
    """What the loop must do besides being fair: visit a state of ``often`` again and again, or change something."""

    often: Callable[[State], bool] | None = None
    moving: bool = False


@define
class Unfolded:
    """A part of the concrete graph: ``states`` with the first one where it was entered, edges, and the step by which
    each state was first reached (-1 for the first)."""

    states: list[State]
    edges: Edges = Factory(Edges)
    before: list[tuple[int, int]] = Factory(lambda: [(-1, -1)])

    def stem(self, state: int) -> list[tuple[int, int]]:
        """The steps on a shortest way from the entry to ``state``."""
        way = []
        while state:
            source, action = self.before[state]
            way.append((action, state))
            state = source
        return way[::-1]


def unfold(
    compiled: Compiled, entry: State, allowed: Callable[[State], bool], rules: Rules, limit: int | None
) -> Unfolded:
    """Every concrete state that steps which may go on for ever reach from ``entry`` through ``allowed`` states.

    Raises ``Undecided`` when there are more than ``limit``.
    """
    part = Unfolded([entry])
    number: dict[State, int | None] = {entry: 0}
    edges, endless = part.edges, rules.endless
    for position, state in enumerate(part.states):
        for action, target in compiled.successors(state):
            index = None
            if endless[action]:
                if target not in number:
                    number[target] = len(part.states) if allowed(target) else None
                    if number[target] is not None:
                        part.states.append(target)
                        part.before.append((position, action))
                index = number[target]
            edges.actions.append(action)
            edges.targets.append(_ELSEWHERE if index is None else index)
        edges.first.append(len(edges.targets))
        if limit is not None and len(part.states) > limit:
            raise Undecided(f"more than {limit:,} states when interchangeable blocks are told apart")
    return part


def fair_parts(part: Unfolded, rules: Rules, wanted: Wanted) -> Iterator[list[int]]:
    """The fair components of ``part``."""
    often = None if wanted.often is None else bytes(map(wanted.often, part.states))
    return fair_components(part.edges, range(len(part.states)), rules, often=often, moving=wanted.moving)


def lasso(stem: Trace, part: Unfolded, rules: Rules, wanted: Wanted) -> Trace | None:
    """``stem``, which ends where ``part`` begins, continued to a fair loop in it; None if there is none."""
    best: tuple[int, int, Loop] | None = None
    for component in islice(fair_parts(part, rules, wanted), _TRIES):
        for entry, loop in _loops(part, component, rules, wanted):
            length = len(part.stem(entry)) + len(loop)
            if best is None or length < best[0]:
                best = (length, entry, loop)
    if best is None:
        return None
    _, entry, loop = best
    system = stem.system
    way = part.stem(entry)
    steps = [Step(system.actions[action], part.states[state]) for action, state in [*way, *loop]]
    begin = len(stem.steps) + len(way)
    return Trace(system, stem.start, (*stem.steps, *steps), loop=begin if loop else None)


def _loops(part: Unfolded, component: list[int], rules: Rules, wanted: Wanted) -> Iterator[tuple[int, Loop]]:
    """Fair loops in ``component``, each with where it begins: standing still, short circles, a tour of everything."""
    members = sorted(component)
    inside = set(members)

    def good(entry: int, loop: Loop) -> bool:
        return _fair(part, entry, loop, rules, wanted)

    found = False
    still = next((s for s in members if good(s, [])), None)
    if still is not None:
        found = True
        yield still, []
    if len(members) == 1 or (still is not None and still == members[0]):
        if still is None:
            yield members[0], _tour(part, members[0], inside, rules, wanted)
        return
    for state in members[:_SEEDS]:
        circle = _way(part, state, inside, rules, partial(_arrives_at, state))
        if circle is not None and good(state, circle):
            found = True
            yield state, circle
    if not found:
        tour = _tour(part, members[0], inside, rules, wanted)
        yield _shortened(part, members[0], tour, good)


def _fair(part: Unfolded, entry: int, loop: Loop, rules: Rules, wanted: Wanted) -> bool:
    """Whether going round ``loop`` from ``entry`` is fair and does what is ``wanted``."""
    states = [entry, *(state for _, state in loop)]
    always, ever, taken = -1, 0, 0
    for state in states:
        enabled = part.edges.enabled(state)
        always &= enabled
        ever |= enabled
    for action, _ in loop:
        taken |= 1 << action
    if any(rules.starving(always, ever, taken)):
        return False
    if wanted.often is not None and not any(wanted.often(part.states[state]) for state in states):
        return False
    return not wanted.moving or any(a != b for a, b in pairwise(states))


def _way(
    part: Unfolded, start: int, inside: set[int], rules: Rules, arrived: Callable[[int, int], bool]
) -> Loop | None:
    """The fewest steps from ``start`` through ``inside``, at least one, the last of which has ``arrived``."""
    before: dict[int, tuple[int, int]] = {}
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        for action, target in part.edges.of(state):
            if target not in inside or not rules.endless[action]:
                continue
            if arrived(action, target):
                way = [(action, target)]
                while state != start:
                    source, taken = before[state]
                    way.append((taken, state))
                    state = source
                return way[::-1]
            if target not in before and target != start:
                before[target] = (state, action)
                waiting.append(target)
    return None


def _arrives_at(goal: int, _: int, target: int) -> bool:
    return target == goal


def _takes(actions: int, action: int, _: int) -> bool:
    return bool(actions >> action & 1)


def _relieves(actions: int, enabled: Mapping[int, int], action: int, target: int) -> bool:
    """One of ``actions`` is taken, or not enabled any more."""
    return bool(actions & ~enabled[target] or actions >> action & 1)


def _tour(part: Unfolded, start: int, inside: set[int], rules: Rules, wanted: Wanted) -> Loop:
    """A loop from ``start`` through ``inside`` that meets every obligation, nearest first."""
    loop: Loop = []
    here = start

    def go(arrived: Callable[[int, int], bool]) -> None:
        nonlocal here
        way = _way(part, here, inside, rules, arrived)
        if way is None:
            raise ReplayError("a fair component cannot be travelled")
        loop.extend(way)
        here = way[-1][1]

    enabled = {state: part.edges.enabled(state) for state in inside}
    everywhere, ever = -1, 0
    for bits in enabled.values():
        everywhere &= bits
        ever |= bits
    owed = everywhere & rules.weak | ever & rules.strong
    while True:
        taken = 0
        for action, _ in loop:
            taken |= 1 << action
        left = owed & ~taken
        if not left:
            break
        go(partial(_takes, left))
    # Weakly fair actions that are enabled in some states only: pass by one in which they are not.
    while True:
        visited = [start, *(state for _, state in loop)]
        taken = 0
        for action, _ in loop:
            taken |= 1 << action
        always = -1
        for state in visited:
            always &= enabled[state]
        left = always & rules.weak & ~taken
        if not left:
            break
        go(partial(_relieves, left, enabled))
    if wanted.often is not None and not any(wanted.often(part.states[s]) for s in [start, *(s for _, s in loop)]):
        often = wanted.often
        go(lambda _a, t: often(part.states[t]))
    if wanted.moving and all(state == start for _, state in loop):
        go(lambda _a, t: t != start)
    if here != start:
        go(lambda _a, t: t == start)
    return loop


def _shortened(part: Unfolded, entry: int, loop: Loop, good: Callable[[int, Loop], bool]) -> tuple[int, Loop]:
    """``loop`` without the stretches between two visits of a state that it can do without, and begun where that is
    nearest."""
    changed = True
    while changed:
        changed = False
        states = [entry, *(state for _, state in loop)]
        for begin in range(len(states)):
            for end in range(len(states) - 1, begin, -1):
                if states[begin] != states[end] or end - begin == len(loop):
                    continue
                shorter = loop[:begin] + loop[end:]
                if good(entry, shorter):
                    loop, changed = shorter, True
                    break
            if changed:
                break
    if not loop:
        return entry, loop
    begin = min(range(len(loop)), key=lambda i: len(part.stem(loop[i][1])))
    return loop[begin][1], loop[begin + 1 :] + loop[: begin + 1]
