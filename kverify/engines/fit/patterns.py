"""Blocking placements put together from patterns: what a single node may bear so that it refuses the waiting pod.

For each kind of node some patterns are worked out (pods of one kind, or of two where the second fills the gap that the
first leaves), and a linear program deals the pods that there are out to patterns, minding what spreads over domains.
Rounded down, it leaves a few nodes of each class, which are filled with what is left. Only a guess, as all of
``build.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence

from kverify.engines.fit.build import finish, parts, ranked
from kverify.engines.fit.concrete import Alike, State, Table
from kverify.engines.fit.lp import Program
from kverify.engines.fit.programs import Programs

_CLOSERS = 8
"""How many kinds of pods are tried for the gap that another kind leaves."""
_REDUCED = 3
"""How many pods of the first kind are left out at most to make room for the second."""
_SECONDS = 3
"""How many kinds for the smallest gap become patterns."""
_TURNS = 4
_MOST_PARTS = 4

_Pattern = tuple[tuple[int, int], ...]
"""Pods on one node: (demand, number)."""


def patterned(table: Table, programs: Programs, demand: int) -> Iterator[State]:
    """States in which a pod of ``demand`` waits and nobody takes it."""
    if not programs.available or not table.counting.domains(demand).simple:
        return
    known: dict[Hashable, list[_Pattern]] = {}
    tried = 0
    for target in parts(table, demand):
        if not target or tried >= _MOST_PARTS or not programs.may_block(demand, sorted(target)):
            continue
        tried += 1
        state = State(table, waiting=demand)
        if _dealt(state, demand, target, known):
            found = finish(state, demand, target)
            if found is not None:
                yield found


def _dealt(state: State, demand: int, target: frozenset[int], known: dict[Hashable, list[_Pattern]]) -> bool:
    """Put pods on the nodes of ``target`` by patterns; False if there are too few pods for that."""
    program = Program()
    uses: dict[int, dict[int, int]] = {}
    on_class: dict[tuple[int, int], dict[int, int]] = {}
    columns: list[tuple[int, int, _Pattern]] = []
    for c in sorted(target):
        row: dict[int, int] = {}
        size = state.book.classes[c].size
        for pattern in _patterns(state, demand, c, target, known):
            x = program.variable(size, gain=1)
            columns.append((x, c, pattern))
            row[x] = 1
            for d, number in pattern:
                uses.setdefault(d, {})[x] = number
                on_class.setdefault((d, c), {})[x] = number
        program.at_most(row, size)
    for d, row in uses.items():
        program.at_most(row, state.left(d))
        _spread(state, program, d, row, on_class, target)
    for members, most in state.table.limits:
        row = {}
        for d in members:
            for x, number in uses.get(d, {}).items():
                row[x] = row.get(x, 0) + number
        program.at_most(row, most - (demand in members))
    if not columns:
        return False
    values = program.solve().values
    wanted = sum(state.book.classes[c].size for c in target)
    if sum(values[x] for x, _, _ in columns) < wanted * 0.999 - 1:
        return False
    for x, c, pattern in columns:
        number = int(values[x] + 1e-6)
        empty = next((alike for alike in state.nodes[c] if not alike.pods), None)
        if empty is not None:
            number = min([number, empty.number, *(state.left(d) // each for d, each in pattern)])
        if empty is None or number < 1:
            continue
        chosen = state.part(c, empty, number) if number < empty.number else empty
        for d, each in pattern:
            state.put(d, c, chosen, number, each)
    return True


def _spread(
    state: State,
    program: Program,
    demand: int,
    uses: dict[int, int],
    on_class: dict[tuple[int, int], dict[int, int]],
    target: Collection[int],
) -> None:
    """Keep the domains of a spread demand together; those that are not touched need pods as well."""
    spread = state.table.counting.domains(demand).spread
    if spread is None:
        return
    touched = spread.touched(target)
    rows: dict[int, dict[int, int]] = {z: {} for z in touched}
    for (d, c), row in on_class.items():
        if d == demand:
            rows[spread.domain(c)].update(row)
    if spread.zero:
        for z, row in rows.items():
            program.at_most(row, max(spread.skew - spread.staying[z], 0))
        return
    fewest = program.variable(min(spread.staying) + state.left(demand))
    for z, row in rows.items():
        program.at_most({**row, fewest: -1}, spread.skew - spread.staying[z])
        program.at_most({**{x: -n for x, n in row.items()}, fewest: 1}, spread.staying[z])
    rest = [stay for z, stay in enumerate(spread.staying) if z not in touched]
    program.at_most({**uses, fewest: len(rest)}, state.left(demand) + sum(rest))


def _patterns(
    state: State, demand: int, node_class: int, target: frozenset[int], known: dict[Hashable, list[_Pattern]]
) -> list[_Pattern]:
    """What single nodes of a class may bear so that they refuse ``demand``; the same for classes that look alike."""
    counting = state.table.counting
    spread = counting.domains(demand).spread
    whole = spread is None or spread.touched(target) >= {z for z, able in enumerate(spread.open) if able}
    kinds = [d for d in ranked(state, demand, node_class, target) if d != demand or whole]
    # Pods that spread and of which some stay count from different heights: they are left to the filling.
    kinds = [d for d in kinds if (s := counting.domains(d).spread) is None or max(s.staying) - min(s.staying) <= s.skew]
    bounds = tuple((check.sum, check.most + check.least) for check in state.table.checks(demand, node_class))
    tops = tuple(
        tuple((check.sum, check.most + check.least) for check in state.table.checks(d, node_class)) for d in kinds
    )
    key = tuple(kinds), bounds, tops
    if key not in known:
        known[key] = list(dict.fromkeys(_found(state, demand, node_class, kinds)))
    return known[key]


def _found(state: State, demand: int, node_class: int, kinds: Sequence[int]) -> Iterator[_Pattern]:
    share = {d: weight / cost for d, (weight, cost) in state.table.counting.shares(demand, node_class).items()}
    small = sorted(kinds, key=lambda d: share.get(d, 1.0))
    step = max(len(small) // _CLOSERS, 1)
    closers = list(dict.fromkeys([*small[: _CLOSERS // 2], *small[::step]]))
    empty = Alike(1)
    # Pods of which a node takes few, such as those that keep off each other, come on top of one another.
    few = [d for d in kinds if not _closes(state, demand, d, node_class, empty)]
    bases = [empty]
    for turn in range(0, len(few), max(len(few) // _TURNS, 1)):
        base = empty
        for d in (*few[turn:], *few[:turn]):
            if not state.refused(demand, node_class, base) and (number := _until(state, demand, d, node_class, base)):
                base = state.grown(d, node_class, base, number)
        if state.refused(demand, node_class, base):
            yield tuple(base.pods.items())
        else:
            bases.append(base)
    for base in bases:
        for first in kinds:
            yield from _topped(state, demand, node_class, base, first, closers, share)


def _topped(
    state: State,
    demand: int,
    node_class: int,
    base: Alike,
    first: int,
    closers: Sequence[int],
    share: Mapping[int, float],
) -> Iterator[_Pattern]:
    """Patterns with pods of ``first`` on top of ``base``, and those that fill the gap, the least wasteful first."""
    most = _until(state, demand, first, node_class, base)
    if not most:
        return
    full = state.grown(first, node_class, base, most)
    closed = state.refused(demand, node_class, full)
    if closed:
        yield tuple(full.pods.items())
    if closed and base.pods:
        return
    for number in range(most - closed, max(most - closed - _REDUCED, 0), -1):
        begun = state.grown(first, node_class, base, number)
        found: list[tuple[float, _Pattern]] = []
        for second in closers:
            if second == first or not (more := _until(state, demand, second, node_class, begun)):
                continue
            whole = state.grown(second, node_class, begun, more)
            if state.refused(demand, node_class, whole):
                found.append((more * share.get(second, 1.0), tuple(whole.pods.items())))
        yield from (pattern for _, pattern in sorted(found)[: _SECONDS if number == most - closed else 1])


def _closes(state: State, demand: int, other: int, node_class: int, alike: Alike) -> bool:
    """Pods of one kind alone make a node refuse ``demand``."""
    number = _until(state, demand, other, node_class, alike)
    return number > 0 and state.refused(demand, node_class, state.grown(other, node_class, alike, number))


def _until(state: State, demand: int, other: int, node_class: int, alike: Alike) -> int:
    """So many pods of ``other`` the node takes until it refuses ``demand``, or as many as it takes."""
    if not (number := state.takes(other, node_class, alike, state.left(other))):
        return 0
    return min(number, state.needed(other, demand, node_class, alike) or 0)
