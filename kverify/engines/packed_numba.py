"""The exhaustive search over packed states as machine code, with the extra ``kverify[fast]`` (numpy and numba).

The source is generated from the same expressions as for plain Python (``packed``) and compiled by numba, which takes a
second or more. States are found by an open-addressing table of 64-bit numbers; where all numbers there are take less
memory as bits, by those. Both are exact. States come in the same order and with the same parents as in ``explicit``.

What does not fit a machine word is refused with its reason (``Unpackable``): states of more than 62 bits, and
expressions whose values intervals cannot keep within them, because machine arithmetic would wrap round in silence.
That includes every division by what may be zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from importlib.util import find_spec
from typing import Any

from kverify.engines.compiled import _define, _indent, _Writer, compile_system
from kverify.engines.packed import Layout, Packed, Unpackable
from kverify.engines.packed_search import PackedStates
from kverify.engines.ranges import Range, apply, bounds
from kverify.model.expr import Condition, Expr, lift, walk
from kverify.model.system import TransitionSystem

_WORD = 62
_SAFE = 1 << 55
"""No intermediate value may be larger: sums of many such values still fit a word."""

_SORTED = 24
"""More blocks than this are not sorted by a network of comparisons."""

_SELECT_FROM = 400_000
"""From how many states on a condition is compiled before they are looked through."""

_SMALL = 1 << 24
"""A table of so many bytes is always affordable."""

_BITS = 16
"""Bytes per state that a table of bits may take; the other table takes at least as much."""

_RUNTIME = """
def fresh(table, n):
    mask = len(table) - 1
    h = n * -7046029254386353131
    slot = (h ^ (h >> 32)) & mask
    while True:
        k = table[slot]
        if k == n:
            return False
        if k < 0:
            table[slot] = n
            return True
        slot = (slot + 1) & mask

def marked(table, n):
    bit = 1 << (n & 7)
    if table[n >> 3] & bit:
        return False
    table[n >> 3] |= bit
    return True

def refill(table, states, size):
    for i in range(size):
        fresh(table, states[i])

def remark(table, states, size):
    for i in range(size):
        marked(table, states[i])
"""


def available() -> bool:
    """Whether the extra is installed; nothing is imported to find out."""
    return find_spec("numba") is not None and find_spec("numpy") is not None


class Machine(Packed):
    """The functions of one system over packed states, as machine code.

    Raises ``Unpackable`` at construction when the numbers of the system may not fit a machine word.
    """

    def __init__(self, system: TransitionSystem, where: Layout) -> None:
        super().__init__(system, where)
        if where.bits > _WORD:
            raise Unpackable(f"{system.name}: a state takes {where.bits} bits, more than {_WORD}")
        if any(len(group) > _SORTED for group in where.blocks):
            raise Unpackable(f"{system.name}: more than {_SORTED} interchangeable blocks")
        roots = [lift(part) for a in system.actions for part in (a.guard, *a.updates.values())]
        large = _largest(roots, where.ranges)
        if large >= _SAFE:
            raise Unpackable(f"{system.name}: intervals do not keep its numbers within {_SAFE.bit_length() - 1} bits")

    @cached_property
    def runtime(self) -> dict[str, Any]:
        """The functions around the tables."""
        import numba

        namespace: dict[str, Any] = {}
        exec(_RUNTIME, namespace)
        for name in ("fresh", "marked", "refill", "remark"):
            namespace[name] = numba.njit(namespace[name])
        return namespace

    @cached_property
    def steps(self) -> Callable[..., tuple[int, int, int]]:
        """``steps(states, parents, table, bits, direct, size, begin, end, limit, left, buffer)`` visits the states from
        ``begin`` up to ``end`` and gives back the next one, the number of states now, and the successors met.

        It ends early when there are more than ``limit`` states, or where the next state might not find room.
        ``left[0]`` becomes 1 if an action of the next state takes a variable out of its range.
        """
        return self._jit("steps", self.steps_source())

    def steps_source(self) -> str:
        """The source of ``steps``."""
        each = [
            "s = states[done]",
            "k = 0",
            *self._unpack_names(self._names, "s"),
            *(self._block_line(g, b) for g, b in self._needed_blocks() if not self._is_field(g, b)),
            *self._steps(self._packed_effect),
            "for j in range(k):",
            " n = buffer[j]",
            " if direct:",
            "  new = marked(bits, n)",
            " else:",
            "  new = fresh(table, n)",
            " if new:",
            "  states[size] = n",
            "  parents[size] = done",
            "  size += 1",
            "total += k",
            "done += 1",
            "if size > limit: break",
        ]
        body = [
            "done, total = begin, 0",
            f"room = len(states) - {len(self.system.actions)}",
            "while done < end and size <= room:",
            *_indent(each),
            "return done, size, total",
        ]
        sorters = [self.sort_source(g) for g in sorted(self._sorters)]
        return "\n".join(
            [
                *sorters,
                _define("steps(states, parents, table, bits, direct, size, begin, end, limit, left, buffer)", body),
            ]
        )

    def selecting(self, condition: Condition) -> Callable[..., int] | None:
        """``select(states, begin, end, hits)`` notes the positions at which ``condition`` holds and gives back how
        many; None if its numbers may not fit a machine word."""
        expr = lift(condition)
        if _largest([expr], self.layout.ranges) >= _SAFE:
            return None
        written = _Writer(self._names)
        loop = ["s = states[i]", *self._unpack(expr, "s"), *written.share([expr])]
        loop += [f"if {written.text(expr)}:", " hits[k] = i", " k += 1"]
        body = ["k = 0", "for i in range(begin, end):", *_indent(loop), "return k"]
        return self._jit("select", _define("select(states, begin, end, hits)", body))

    def _jit(self, name: str, source: str) -> Callable[..., Any]:
        import numba

        namespace = dict(self.runtime)
        exec(compile(source, f"<{self.system.name}: {name}>", "exec"), namespace)
        for g in self._sorters:
            if f"sort{g}" in namespace:
                namespace[f"sort{g}"] = numba.njit(namespace[f"sort{g}"])
        function: Callable[..., Any] = numba.njit(namespace[name])
        return function

    # -- what is written differently -----------------------------------------------------------------------------

    def _unpack_names(self, names: Iterable[str], source: str) -> list[str]:
        wanted = set(names)
        return [f"v{i} = {self._read(i, source)}" for n, i in self._position.items() if n in wanted]

    def _tally(self, count: int) -> list[str]:
        del count
        return []

    def _found(self, index: int) -> list[str]:
        del index
        return ["buffer[k] = n", "k += 1"]

    def _refuse(self, action: int, position: int) -> list[str]:
        del action, position
        return ["left[0] = 1", "return done, size, total"]

    def _sort_lines(self, names: Sequence[str]) -> list[str]:
        last = len(names) - 1
        return [
            f"if {names[i + 1]} < {names[i]}: {names[i]}, {names[i + 1]} = {names[i + 1]}, {names[i]}"
            for end in range(last, 0, -1)
            for i in range(end)
        ]


def _largest(roots: Iterable[Expr], ranges: dict[str, Range]) -> int | float:
    """The largest absolute value that any part of ``roots`` can have."""
    known: dict[Expr, Range] = {}
    for root in roots:
        for expr in walk(root):
            if expr in known:
                continue
            known[expr] = bounds(expr, ranges) if expr.op is None else apply(expr.op, [known[a] for a in expr.args])
    return max((max(abs(low), abs(high)) for low, high in known.values()), default=0)


class MachineStates(PackedStates):
    """Packed states that are searched by machine code where there are many."""

    def __init__(self, packed: Packed, numbers: Sequence[int], machine: Machine) -> None:
        super().__init__(packed, numbers)
        self.machine = machine
        self.array: Any = None
        self._compiled: dict[Expr, Callable[..., int] | None] = {}

    def select(self, condition: Condition, begin: int = 0) -> list[int]:
        """As ``PackedStates.select``."""
        expr = lift(condition)
        size = len(self)
        if expr.is_constant or (expr not in self._compiled and size - begin < _SELECT_FROM):
            return super().select(condition, begin)
        if expr not in self._compiled:
            self._compiled[expr] = self.machine.selecting(expr)
        select = self._compiled[expr]
        if select is None:
            return super().select(condition, begin)
        import numpy

        hits = numpy.empty(max(size - begin, 1), numpy.int64)
        found: list[int] = hits[: select(self.array, begin, size, hits)].tolist()
        return found


class MachineSearch:
    """The inner loop of the search and what it remembers between chunks, as ``PackedSearch``.

    Raises ``Unpackable`` at construction when numba cannot compile the system.
    """

    edges = None

    def __init__(self, packed: Packed, numbers: Sequence[int], parents: Sequence[int], expanded: int = 0) -> None:
        import numba.core.errors
        import numpy

        self._machine = Machine(packed.system, packed.layout)
        self._size = len(numbers)
        capacity = max(4 * self._size, 1 << 14) + len(packed.system.actions)
        self._numbers: Any = numpy.zeros(capacity, numpy.int64)
        self._numbers[: self._size] = numbers
        self._parents: Any = numpy.zeros(capacity, numpy.int32)
        self._parents[: self._size] = parents
        self._bits = numpy.zeros(1, numpy.uint8)
        self._table = numpy.full(1, -1, numpy.int64)
        self._direct = False
        self._left: Any = numpy.zeros(1, numpy.int64)
        self._buffer = numpy.zeros(len(packed.system.actions) + 1, numpy.int64)
        self.expanded = expanded
        self.successors = 0
        self.states = MachineStates(packed, (), self._machine)
        try:
            self._index()
            self._run(expanded, 0)
        except numba.core.errors.NumbaError as error:
            first = str(error).strip().splitlines()[0]
            raise Unpackable(f"{packed.system.name}: numba does not compile it: {first}") from error
        self._show()

    @property
    def parents(self) -> Any:
        """The states through which the states were first reached."""
        return memoryview(self._parents[: self._size])

    def _show(self) -> None:
        self.states.array = self._numbers
        self.states.numbers = memoryview(self._numbers[: self._size])

    def _index(self) -> None:
        """A table with room for at least as many states again."""
        import numpy

        limit, runtime = self._machine.layout.limit, self._machine.runtime
        if self._direct:
            return
        if limit // 8 <= max(_SMALL, _BITS * self._size):
            self._bits = numpy.zeros(limit // 8 + 1, numpy.uint8)
            self._table = self._table[:1]
            runtime["remark"](self._bits, self._numbers, self._size)
            self._direct = True
        elif len(self._table) < 2 * len(self._numbers):
            self._table = numpy.full(1 << (2 * len(self._numbers) - 1).bit_length(), -1, numpy.int64)
            runtime["refill"](self._table, self._numbers, self._size)

    def _run(self, end: int, limit: int) -> None:
        arrays = self._numbers, self._parents, self._table, self._bits, self._direct
        begin = self.expanded
        done, size, total = self._machine.steps(*arrays, self._size, begin, end, limit, self._left, self._buffer)
        self.expanded, self._size, self.successors = done, size, self.successors + total

    def expand(self, count: int, limit: int) -> None:
        """As ``PackedSearch.expand``."""
        import numpy

        end = min(self._size, self.expanded + count)
        try:
            while self.expanded < end and self._size <= limit:
                self._run(end, limit)
                if self._left[0]:
                    self._blame()
                if self.expanded < end and self._size <= limit:
                    room = 2 * len(self._numbers)
                    self._numbers = numpy.concatenate((self._numbers, numpy.zeros(room // 2, numpy.int64)))
                    self._parents = numpy.concatenate((self._parents, numpy.zeros(room // 2, numpy.int32)))
                    self._index()
        finally:
            self._show()

    def _blame(self) -> None:
        """Let plain Python say which action left which range."""
        state = self.states.packed.unpack(int(self._numbers[self.expanded]))
        compile_system(self._machine.system).images(state)
        raise AssertionError(f"{self._machine.system.name}: only machine code sees a range left in {state}")

    @property
    def bytes(self) -> int:
        """The memory taken by the states, the table that finds them, and their parents."""
        return int(self._numbers.nbytes + self._parents.nbytes + self._table.nbytes + self._bits.nbytes)
