"""Exhaustive search: every reachable state, breadth first, so that counterexamples are shortest.

States are stored exactly, never as hashes alone. When the system declares interchangeable blocks and the property does
not tell them apart, only the canonical state of each orbit is kept; permuting blocks maps runs to runs, so an orbit
reaches a goal or a violation exactly when its representative does. Both claims are checked, see ``symmetry``.

There are several ways to store states (``Store``). They find the same states in the same order; a search begins with
the one that is ready at once and changes over to a faster one when it turns out to be long.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from sys import getsizeof, maxsize
from typing import Literal, TypeAlias

from attrs import Factory, define, evolve, frozen

from kverify.collector import paused
from kverify.engines.budget import over, why_stopped
from kverify.engines.compiled import Compiled, compile_system
from kverify.engines.coverage import coverage
from kverify.engines.errors import ModelError
from kverify.engines.fair import Edges
from kverify.engines.packed import Packed, Unpackable, layout
from kverify.engines.packed_numba import MachineSearch, available
from kverify.engines.packed_search import PackedSearch, PackedStates
from kverify.engines.replay import concretise, replay
from kverify.engines.starts import initial_states
from kverify.engines.symmetry import check_symmetry, respected
from kverify.engines.verdict import Outcome, Trace, Verdict
from kverify.model.expr import Condition, negate
from kverify.model.system import State, TransitionSystem
from kverify.spec.property import Always, Reaches, StateProperty
from kverify.words import count

Progress: TypeAlias = "Callable[[int, int], None]"
"""Called now and then with the number of states found and of states still to be expanded."""

Store: TypeAlias = Literal["auto", "tuples", "packed", "numba"]
"""How states are stored: as tuples of values, as numbers (``packed``), or as numbers in machine code (``numba``, which
needs ``kverify[fast]`` and keeps no edges). ``auto`` takes tuples for the first states, because that needs no
preparation, and then what is fastest of what is possible."""

METHOD = "exhaustive search"
_CHUNK = 4_096
"""How many states are expanded between two looks at limits, progress and the watched condition."""

PACK_FROM = 20_000
"""From how many states on it pays to generate the code that works on packed states."""

COMPILE_FROM = 500_000
"""From how many states on it pays to have that code compiled."""


@frozen
class _Bounds:
    max_bytes: int | None = None
    progress: Progress | None = None


_UNBOUNDED = _Bounds()
_BOUNDS: ContextVar[_Bounds] = ContextVar("bounds", default=_UNBOUNDED)


@contextmanager
def within(*, max_bytes: int | None = None, progress: Progress | None = None) -> Iterator[None]:
    """Within the context every search that is not told otherwise gives up at ``max_bytes`` and calls ``progress``."""
    token = _BOUNDS.set(_Bounds(max_bytes, progress))
    try:
        yield
    finally:
        _BOUNDS.reset(token)


def bytes_allowed() -> int | None:
    """The memory that a search in this context may take."""
    return _BOUNDS.get().max_bytes


@define
class Exploration:
    """What a search has found: ``states`` in the order of their distance from the start.

    ``parents[i]`` is the state through which state ``i`` was first reached, -1 for a start. ``successors`` counts every
    enabled action of every expanded state, and each initial state once. ``complete`` says that nothing is missing;
    otherwise ``reason`` says why. ``found`` is the first state in which the watched condition holds. ``store`` is how
    the states were stored at the end, ``refused`` why not in a faster way, and ``bytes`` the memory that took, without
    edges.
    """

    compiled: Compiled
    origins: dict[State, State]
    states: Sequence[State] = ()
    parents: Sequence[int] = Factory(lambda: array("i"))
    successors: int = 0
    complete: bool = False
    reason: str = ""
    found: int | None = None
    edges: Edges | None = None
    store: Store = "tuples"
    refused: str = ""
    bytes: int = 0

    @property
    def system(self) -> TransitionSystem:
        return self.compiled.system

    @property
    def transitions(self) -> int:
        """The successors, without the initial states."""
        return self.successors - len(self.origins)

    @property
    def evidence(self) -> str:
        return f"{count(len(self.states), 'state')}, {count(self.transitions, 'transition')}"

    def path(self, index: int) -> list[State]:
        """The canonical states on a shortest way to state ``index``."""
        path = []
        while index >= 0:
            path.append(self.states[index])
            index = self.parents[index]
        return path[::-1]

    def trace(self, index: int) -> Trace:
        """A shortest concrete run to a state represented by state ``index``."""
        path = self.path(index)
        return concretise(self.compiled, self.origins[path[0]], path)

    def select(self, condition: Condition, begin: int = 0) -> list[int]:
        """The indices, from ``begin`` on and ascending, of the states in which ``condition`` holds."""
        try:
            if isinstance(self.states, PackedStates):
                return self.states.select(condition, begin)
            hits = self.compiled.select(condition)(self.states[begin:] if begin else self.states)
        except ZeroDivisionError as error:
            raise ModelError(f"{self.system.name}: {condition} divides by zero in a reachable state") from error
        return [begin + i for i in hits] if begin else hits


def explore(
    system: TransitionSystem,
    *,
    reduce: bool = True,
    limit: int | None = None,
    watch: Condition | None = None,
    keep_edges: bool = False,
    progress: Progress | None = None,
    store: Store = "auto",
    max_bytes: int | None = None,
) -> Exploration:
    """Every state ``system`` can reach, up to symmetry if ``reduce``.

    Stops early, with ``complete`` false, when there are more than ``limit`` states, when they take more than
    ``max_bytes``, at a state in which ``watch`` holds (none found before it is nearer to the start), at Ctrl-C, or when
    the time is over (``budget``).
    ``reduce`` believes ``system.symmetry``; ``check`` verifies it.

    Raises ``ModelError`` when a parameter is open, a variable leaves its range, a divisor is zero, or ``store`` asks
    for what is not possible.
    """
    bounds = _BOUNDS.get()
    max_bytes = bounds.max_bytes if max_bytes is None else max_bytes
    progress = bounds.progress if progress is None else progress
    compiled = compile_system(system if reduce else evolve(system, symmetry=()))
    starts = initial_states(system)
    origins = {compiled.canonical(start): start for start in reversed(starts)}
    origins = {state: origins[state] for state in dict.fromkeys(map(compiled.canonical, starts))}
    result = Exploration(compiled, origins, list(origins), array("i", [-1] * len(origins)), len(origins))
    result.edges = Edges() if keep_edges else None
    steps = _Steps(result, maxsize if limit is None else limit, store)
    looked_at = 0
    # Tuples of numbers form no cycles.
    with paused():
        try:
            while True:
                if watch is not None:
                    hits = result.select(watch, looked_at)
                    if hits:
                        result.found = hits[0]
                        result.reason = "the watched condition holds"
                        break
                    looked_at = len(result.states)
                if steps.search.expanded == len(result.states):
                    result.complete = True
                    break
                if limit is not None and len(result.states) > limit:
                    result.reason = f"more than {limit:,} states"
                    break
                if max_bytes is not None and steps.bytes > max_bytes:
                    result.reason = f"more than {max_bytes / 1e6:,g} MB of memory"
                    break
                result.reason = over()
                if result.reason:
                    break
                steps.expand(_CHUNK)
                if progress is not None:
                    progress(len(result.states), len(result.states) - steps.search.expanded)
        except KeyboardInterrupt as stop:
            steps.interrupted()
            result.reason = why_stopped(stop)
        result.bytes = steps.search.bytes
    return result


class _Steps:
    """Makes a search go on, in the way of storing states that is the best by now."""

    def __init__(self, result: Exploration, limit: int, store: Store) -> None:
        self.result = result
        self.limit = limit
        self.store = store
        self.search: _Search | PackedSearch | MachineSearch = _Search(result)
        if store == "packed":
            self._pack()
        elif store == "numba":
            if result.edges is not None:
                raise Unpackable(f"{result.system.name}: machine code keeps no edges")
            if not available():
                raise Unpackable("numba and numpy are not installed: pip install kverify[fast]")
            self._compile()

    def expand(self, count: int) -> None:
        """Expand up to ``count`` states; fewer when there are no more, or too many are found."""
        result = self.result
        if self.store == "auto" and not result.refused:
            self._choose()
        before = self.search.successors
        try:
            self.search.expand(count, self.limit)
        except ZeroDivisionError as error:
            system, state = result.system, result.states[self.search.expanded]
            raise ModelError(f"{system.name}: a divisor is zero in {system.view(state)}") from error
        finally:
            result.successors += self.search.successors - before
            result.parents = self.search.parents

    @property
    def bytes(self) -> int:
        """The memory the search takes, with edges."""
        edges = self.result.edges
        rows = (edges.first, edges.actions, edges.targets) if edges is not None else ()
        return self.search.bytes + sum(map(getsizeof, rows))

    def _choose(self) -> None:
        """Change over if the search has become long enough."""
        result = self.result
        try:
            if result.store == "tuples" and len(result.states) > PACK_FROM:
                self._pack()
            elif result.store == "packed" and len(result.states) > COMPILE_FROM and result.edges is None:
                if available():
                    self._compile()
                else:
                    result.refused = "numba and numpy are not installed"
        except Unpackable as error:
            result.refused = str(error)

    def _compile(self) -> None:
        result = self.result
        where = layout(result.system)
        numbers = result.states.numbers if isinstance(result.states, PackedStates) else map(where.pack, result.states)
        packed = Packed(result.system, where)
        self.search = MachineSearch(packed, list(numbers), result.parents, self.search.expanded)
        result.states, result.parents, result.store = self.search.states, self.search.parents, "numba"

    def _pack(self) -> None:
        result = self.result
        where = layout(result.system)
        states = PackedStates(Packed(result.system, where), list(map(where.pack, result.states)))
        assert isinstance(result.parents, array)
        self.search = PackedSearch(states, result.parents, result.edges, self.search.expanded)
        result.states, result.store = states, "packed"

    def interrupted(self) -> None:
        """Leave out a state that has no parent yet."""
        states, size = self.result.states, len(self.result.parents)
        if isinstance(states, PackedStates):
            states.cut(size)
        else:
            self.result.states = states[:size]


class _Search:
    """The inner loop over tuples and what it remembers between chunks; ``PackedSearch`` is the same for numbers."""

    def __init__(self, result: Exploration) -> None:
        self.states = list(result.states)
        result.states = self.states
        self.parents = array("i", result.parents)
        result.parents = self.parents
        self.edges, self._compiled = result.edges, result.compiled
        self.expanded = self.successors = 0
        self.index = {state: i for i, state in enumerate(self.states)}

    @property
    def bytes(self) -> int:
        """The memory taken by the states, the table that finds them, and their parents; positions are objects too."""
        each = getsizeof(self.states[0]) + getsizeof(1 << 20) + 15 & ~15 if self.states else 0
        return getsizeof(self.states) + getsizeof(self.index) + getsizeof(self.parents) + each * len(self.states)

    def expand(self, count: int, limit: int) -> None:
        """Expand up to ``count`` states; fewer when there are no more, or more than ``limit`` are found."""
        end = min(len(self.states), self.expanded + count)
        if self.edges is None:
            self._expand(end, limit)
        else:
            self._expand_with_edges(end, limit, self.edges)

    def _expand(self, end: int, limit: int) -> None:
        states, parents, index = self.states, self.parents, self.index
        images = self._compiled.images
        for position in range(self.expanded, end):
            following = images(states[position])
            for state in following:
                if state not in index:
                    index[state] = len(states)
                    states.append(state)
                    parents.append(position)
            self.successors += len(following)
            self.expanded = position + 1
            if len(states) > limit:
                break

    def _expand_with_edges(self, end: int, limit: int, edges: Edges) -> None:
        states, parents, index = self.states, self.parents, self.index
        actions, targets, first = edges.actions, edges.targets, edges.first
        moves = self._compiled.moves
        for position in range(self.expanded, end):
            following = moves(states[position])
            for action, state in following:
                target = index.get(state)
                if target is None:
                    target = index[state] = len(states)
                    states.append(state)
                    parents.append(position)
                actions.append(action)
                targets.append(target)
            first.append(len(targets))
            self.successors += len(following)
            self.expanded = position + 1
            if len(states) > limit:
                break


# -- verdicts ----------------------------------------------------------------------------------------------------


def check(
    system: TransitionSystem,
    prop: StateProperty,
    *,
    limit: int | None = None,
    cover: bool = False,
    progress: Progress | None = None,
) -> Verdict:
    """Decide ``prop`` by visiting every reachable state; ``unknown`` when that takes more than ``limit`` states.

    ``cover`` also counts how often each action was seen and, if the search is complete, looks for those that never
    happen.

    Raises ``SymmetryError`` when blocks declared interchangeable are not, and ``ModelError`` as ``explore`` does.
    """
    reduced = evolve(system, symmetry=respected(system, prop))
    notes = check_symmetry(reduced)
    try:
        if isinstance(prop, Always):
            watch = negate(prop.condition)
            search = explore(reduced, limit=limit, watch=watch, keep_edges=cover, progress=progress)
            verdict = _always(search, prop)
        else:
            search = explore(reduced, limit=limit, keep_edges=True, progress=progress)
            verdict = reached(search, prop)
        if cover and search.edges is not None:
            seen = coverage(reduced, search.edges, search.select if search.complete else None)
            verdict = evolve(verdict, coverage=seen)
    except KeyboardInterrupt as stop:
        return Verdict(outcome=Outcome.UNKNOWN, method=METHOD, scope=system.name, reason=why_stopped(stop))
    if verdict.trace is not None:
        verdict = evolve(verdict, trace=replay(evolve(verdict.trace, system=system), prop), question=prop)
    return evolve(verdict, assumptions=(*verdict.assumptions, *notes))


def _unknown(search: Exploration) -> Verdict:
    return Verdict(
        outcome=Outcome.UNKNOWN,
        method=METHOD,
        scope=search.system.name,
        evidence=search.evidence,
        reason=f"{search.reason}; {len(search.states):,} states explored",
        states=len(search.states),
    )


def _settled(search: Exploration, prop: StateProperty) -> Verdict:
    """The verdict on a property that no reachable state violates: it holds, or its premise never does."""
    if search.select(prop.premise):
        outcome, reason = Outcome.HOLDS, ""
    else:
        outcome, reason = Outcome.VACUOUS, f"no reachable state satisfies {prop.premise}"
    return Verdict(
        outcome=outcome,
        method=METHOD,
        scope=search.system.name,
        evidence=search.evidence,
        reason=reason,
        states=len(search.states),
    )


def _always(search: Exploration, prop: Always) -> Verdict:
    if search.found is None:
        return _settled(search, prop) if search.complete else _unknown(search)
    return Verdict(
        outcome=Outcome.VIOLATED,
        method=METHOD,
        scope=search.system.name,
        evidence=search.evidence,
        trace=search.trace(search.found),
        states=len(search.states),
    )


def reached(search: Exploration, prop: Reaches) -> Verdict:
    """The verdict on ``prop`` from a search with edges; its trace has not been replayed."""
    if not search.complete:
        return _unknown(search)
    graph = _Calm(search)
    able = graph.able_to_reach(search.select(prop.goal))
    stuck = [i for i in search.select(prop.premise) if not able[i]]
    if not stuck:
        return _settled(search, prop)
    return Verdict(
        outcome=Outcome.VIOLATED,
        method=METHOD,
        scope=search.system.name,
        evidence=search.evidence,
        assumptions=("every step that stays possible is taken some day",),
        # A disturbance that leads to the goal may come.
        certain=not search.select(prop.goal),
        trace=_stuck_trace(search, graph, stuck),
        states=len(search.states),
    )


class _Calm:
    """The graph of an exploration without its disturbances."""

    def __init__(self, search: Exploration) -> None:
        edges = search.edges
        assert edges is not None
        environment = bytes(action.environment for action in search.system.actions)
        calm = bytes(environment[action] ^ 1 for action in edges.actions)
        self.size = len(search.states)
        self.first = array("Q", [0])
        self.targets: array[int] = array("I")
        for state in range(self.size):
            begin, end = edges.first[state], edges.first[state + 1]
            self.targets.extend(t for t, keep in zip(edges.targets[begin:end], calm[begin:end], strict=True) if keep)
            self.first.append(len(self.targets))

    def following(self, state: int) -> array[int]:
        return self.targets[self.first[state] : self.first[state + 1]]

    def able_to_reach(self, goals: Sequence[int]) -> bytearray:
        """For every state, 1 if some run leads from it into ``goals``."""
        first, sources = self._reversed()
        able = bytearray(self.size)
        for goal in goals:
            able[goal] = 1
        waiting = list(goals)
        while waiting:
            state = waiting.pop()
            for source in sources[first[state] : first[state + 1]]:
                if not able[source]:
                    able[source] = 1
                    waiting.append(source)
        return able

    def _reversed(self) -> tuple[array[int], array[int]]:
        """All edges turned round, in the same layout: the sources that lead into each state."""
        first = array("Q", bytes(8 * (self.size + 1)))
        for target in self.targets:
            first[target + 1] += 1
        for state in range(self.size):
            first[state + 1] += first[state]
        free = first[:]
        sources = array("I", bytes(self.targets.itemsize * len(self.targets)))
        for state in range(self.size):
            for target in self.following(state):
                sources[free[target]] = state
                free[target] += 1
        return first, sources

    def paths_from(self, start: int) -> dict[int, int]:
        """Every state reachable from ``start`` with its predecessor on a shortest path, nearest first."""
        before = {start: -1}
        waiting = [start]
        for state in waiting:
            for target in self.following(state):
                if target not in before:
                    before[target] = state
                    waiting.append(target)
        return before

    def bottom_component(self, start: int) -> set[int]:
        """A strongly connected component reachable from ``start`` that no edge leaves: the first Tarjan finishes."""
        number = {start: 0}
        low = {start: 0}
        stack, calls = [start], [(start, iter(self.following(start)))]
        while True:
            state, targets = calls[-1]
            for target in targets:
                if target not in number:
                    number[target] = low[target] = len(number)
                    stack.append(target)
                    calls.append((target, iter(self.following(target))))
                    break
                low[state] = min(low[state], number[target])
            else:
                if low[state] == number[state]:
                    return set(stack[stack.index(state) :])
                calls.pop()
                low[calls[-1][0]] = min(low[calls[-1][0]], low[state])


def _stuck_trace(search: Exploration, graph: _Calm, stuck: Sequence[int]) -> Trace:
    """The shortest run to a stuck state at rest; failing that, a run into a component it cannot leave, and round it."""
    resting = next((i for i in stuck if not graph.following(i)), None)
    if resting is not None:
        return search.trace(resting)
    path = search.path(stuck[0])
    origin, quiet = search.origins[path[0]], len(path) - 1
    paths = graph.paths_from(stuck[0])
    resting = next((i for i in paths if not graph.following(i)), None)
    if resting is not None:
        path += [search.states[i] for i in _back(paths, resting)[1:]]
        return concretise(search.compiled, origin, path, quiet=quiet)
    component = graph.bottom_component(stuck[0])
    entry = next(i for i in paths if i in component)
    path += [search.states[i] for i in _back(paths, entry)[1:]]
    loop = len(path) - 1
    around = graph.paths_from(entry)
    last = next(i for i in around if entry in graph.following(i))
    path += [search.states[i] for i in _back(around, last)[1:]] + [search.states[entry]]
    return concretise(search.compiled, origin, path, quiet=quiet, loop=loop)


def _back(before: dict[int, int], state: int) -> list[int]:
    """The way from the beginning of ``before`` to ``state``."""
    way = []
    while state >= 0:
        way.append(state)
        state = before[state]
    return way[::-1]
