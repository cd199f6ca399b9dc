"""The exhaustive search over packed states: the same order, parents and edges as over tuples, in half the memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from sys import getsizeof
from typing import Any, overload

from attrs import define, field

from kverify.engines.fair import Edges
from kverify.engines.packed import Packed
from kverify.model.expr import Condition
from kverify.model.system import State

_SMALL = 1 << 24
"""A table of so many bytes is always affordable."""

_HASHED = 64
"""Roughly how many bytes a state takes in a set or dictionary."""


@define(eq=False)
class PackedStates(Sequence[State]):
    """States that are stored as numbers and read as tuples."""

    packed: Packed = field(repr=False)
    numbers: Sequence[int]

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> State: ...

    @overload
    def __getitem__(self, index: slice) -> list[State]: ...

    def __getitem__(self, index: int | slice) -> State | list[State]:
        if isinstance(index, slice):
            return list(map(self.packed.unpack, self.numbers[index]))
        return self.packed.unpack(self.numbers[index])

    def __iter__(self) -> Iterator[State]:
        return map(self.packed.unpack, self.numbers)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Sequence):
            return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def select(self, condition: Condition, begin: int = 0) -> list[int]:
        """The positions, from ``begin`` on and ascending, of the states in which ``condition`` holds."""
        hits = self.packed.select_numbers(condition)(self.numbers[begin:] if begin else self.numbers)
        return [begin + i for i in hits] if begin else hits

    def cut(self, size: int) -> None:
        """Forget all but the first ``size`` states."""
        self.numbers = self.numbers[:size]


class PackedSearch:
    """The inner loop of the search and what it remembers between chunks."""

    def __init__(self, states: PackedStates, parents: array[int], edges: Edges | None, expanded: int = 0) -> None:
        """Continue a search that has found ``states`` and has expanded the first ``expanded`` of them."""
        self.states = states
        self.parents = parents
        self.edges = edges
        self.expanded = expanded
        self.successors = 0
        """Those met since this search took over."""
        self._direct = False
        self._seen: Any = set(states.numbers) if edges is None else {n: i for i, n in enumerate(states.numbers)}
        self._choose()

    def _choose(self) -> None:
        """Look states up by their number as soon as a table with a place for every number takes less memory."""
        limit, numbers = self.states.packed.layout.limit, self.states.numbers
        size = limit // 8 + 1 if self.edges is None else 4 * limit
        if self._direct or size > max(_SMALL, _HASHED * len(numbers)):
            return
        # Memory that is asked for in this way is not touched before it is needed.
        table = bytearray(size)
        self._direct = True
        if self.edges is None:
            self._seen = table
            for number in numbers:
                table[number >> 3] |= 1 << (number & 7)
        else:
            self._seen = memoryview(table).cast("I")
            for position, number in enumerate(numbers):
                self._seen[number] = position + 1
        self.states.numbers = array("q", numbers)

    def expand(self, count: int, limit: int) -> None:
        """Expand up to ``count`` states; fewer when there are no more, or more than ``limit`` are found.

        Raises ``ModelError`` and ``ZeroDivisionError`` as ``Compiled`` does; ``expanded`` is then the state at fault.
        """
        self._choose()
        numbers, edges = self.states.numbers, self.edges
        end = min(len(numbers), self.expanded + count)
        expand = self.states.packed.expand(edges=edges is not None, direct=self._direct)
        rows = () if edges is None else (edges.actions, edges.targets, edges.first)
        expand(numbers, self.parents, self._seen, self.expanded, end, limit, self._report, *rows)

    def _report(self, expanded: int, successors: int) -> None:
        self.expanded = expanded
        self.successors += successors

    @property
    def bytes(self) -> int:
        """The memory taken by the states, the table that finds them, and their parents."""
        numbers = self.states.numbers
        size = getsizeof(numbers) + getsizeof(self.parents)
        if self._direct:
            return size + len(memoryview(self._seen).cast("B"))
        # Small objects come in steps of 16 bytes; positions are objects of their own.
        each = getsizeof(numbers[-1]) + 15 & ~15 if numbers else 0
        return size + getsizeof(self._seen) + (each + (0 if self.edges is None else 32)) * len(numbers)
