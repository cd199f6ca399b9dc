"""States as numbers: every variable is a digit of one integer, and source is generated that works on it.

A variable with values ``low..high`` is a digit with ``high - low + 1`` values that stands for the distance from
``low``. The variables of an interchangeable block lie side by side, the first as the highest digit, so comparing two
blocks is comparing two numbers, and the order of blocks is the one that tuples of values have. An update adds a number;
putting a block in its place adds a multiple of a constant. Digits rather than bits, because Python finds an integer in
a set by its lowest bits: where these are used densely, states do not get into each other's way.

Values are read back through tables: a number is cut into chunks of about 16 bits (no variable or small block straddles
two of them), and a chunk is looked up. Tables fill up as chunks are met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from math import isinf, prod
from struct import Struct
from typing import Any

from attrs import field, frozen

from kverify.engines.compiled import Compiled, _define, _indent, _Writer
from kverify.engines.errors import ModelError
from kverify.engines.ranges import Range, bounds, declared, refine
from kverify.engines.starts import initial_states
from kverify.model.expr import Condition, Expr, Op, lift
from kverify.model.source import ATOM
from kverify.model.system import State, TransitionSystem

_CHUNK = 1 << 12
"""How many values a chunk has at most. Two of them fit one digit of a Python integer."""

_BYTES = 2
"""Where there are more than two chunks, each begins at a whole byte and all are unpacked at once."""

_NESTED = 12
"""A block among more than this many others is put in its place by sorting them all."""

_ROUNDS = 12
"""How often every action is applied to intervals before a range that keeps growing is given up."""


class Unpackable(ModelError):
    """States of this system have no known width."""


# -- where the bits are ------------------------------------------------------------------------------------------


@frozen
class Chunk:
    """``size`` values from ``weight`` on, and the variables in them; the next chunk begins at ``span * weight``. A wide
    one is not looked up but divided."""

    weight: int
    size: int
    span: int
    inside: tuple[int, ...]

    @property
    def wide(self) -> bool:
        return self.size > _CHUNK


@frozen
class Layout:
    """``weights``, ``sizes`` and ``lows`` of all variables; ``blocks`` are weight and size of every interchangeable
    block, by group. All states are below ``limit``."""

    weights: tuple[int, ...]
    sizes: tuple[int, ...]
    lows: tuple[int, ...]
    blocks: tuple[tuple[tuple[int, int], ...], ...]
    chunks: tuple[Chunk, ...]
    limit: int
    ranges: dict[str, Range] = field(repr=False)

    @property
    def bits(self) -> int:
        return (self.limit - 1).bit_length()

    def pack(self, state: State) -> int:
        """The number of a state within the variables' ranges."""
        return sum((value - low) * weight for value, low, weight in zip(state, self.lows, self.weights, strict=True))

    def value(self, number: int, position: int) -> int:
        """The value of one variable."""
        weight, size = self.weights[position], self.sizes[position]
        chunk = self.chunk(weight)
        return number // chunk.weight % chunk.span // (weight // chunk.weight) % size + self.lows[position]

    def chunk(self, weight: int) -> Chunk:
        """The chunk in which a digit lies."""
        return next(chunk for chunk in reversed(self.chunks) if chunk.weight <= weight)

    def unpack(self, number: int) -> State:
        """The state of a number."""
        return tuple(self.value(number, position) for position in range(len(self.weights)))


def layout(system: TransitionSystem) -> Layout:
    """Digits for every variable of ``system``. Raises ``Unpackable`` when a variable has no bounds, not even by
    intervals over everything that can be reached, or when it belongs to two groups of interchangeable blocks."""
    ranges = known_ranges(system)
    position = {v.name: i for i, v in enumerate(system.variables)}
    grouped = [name for group in system.symmetry for block in group for name in block]
    if len(set(grouped)) < len(grouped):
        raise Unpackable(f"{system.name}: a variable belongs to two groups of interchangeable blocks")
    lows, sizes = [], []
    for v in system.variables:
        low, high = ranges[v.name]
        if not isinstance(low, int) or not isinstance(high, int):
            raise Unpackable(f"{system.name}: {v.name} has no bounds")
        lows.append(low)
        sizes.append(high - low + 1)
    single = [[i] for i, v in enumerate(system.variables) if v.name not in set(grouped)]
    # Truth values first: at the bottom each is one bit.
    single.sort(key=lambda unit: sizes[unit[0]] != 2)
    units = single + [[position[name] for name in block] for group in system.symmetry for block in group]
    weights, chunks = _digits(units, sizes, aligned=False)
    if len(chunks) > 2:
        weights, chunks = _digits(units, sizes, aligned=True)
    blocks = tuple(
        tuple((weights[position[block[-1]]], prod(sizes[position[n]] for n in block)) for block in group)
        for group in system.symmetry
        if group and group[0]
    )
    top = chunks[-1].weight * chunks[-1].size if chunks else 1
    return Layout(tuple(weights), tuple(sizes), tuple(lows), blocks, tuple(chunks), top, ranges)


def _digits(units: list[list[int]], sizes: list[int], *, aligned: bool) -> tuple[list[int], list[Chunk]]:
    """The weights of all variables, those of a unit side by side in one chunk, and the chunks.

    Chunks follow each other without a gap, or if ``aligned`` each begins at a multiple of whole bytes.
    """
    weights = [1] * len(sizes)
    chunks: list[Chunk] = []
    base, size, inside = 1, 1, list[int]()

    def close() -> None:
        nonlocal base, size, inside
        steps = -(-(size - 1).bit_length() // (8 * _BYTES))
        span = 1 << 8 * _BYTES * max(1, steps) if aligned else size
        chunks.append(Chunk(base, size, span, tuple(inside)))
        base *= span
        size, inside = 1, []

    for unit in units:
        values = prod(sizes[i] for i in unit)
        if inside and size * values > _CHUNK:
            close()
        weight = base * size * values
        for i in unit:
            weight //= sizes[i]
            weights[i] = weight
        size *= values
        inside += unit
    if inside:
        close()
    return weights, chunks


def known_ranges(system: TransitionSystem) -> dict[str, Range]:
    """The declared ranges, where one is open narrowed to what intervals show to be reachable."""
    ranges = declared(system.variables)
    if not any(isinf(low) or isinf(high) for low, high in ranges.values()):
        return ranges
    starts = initial_states(system)
    reached: dict[str, Range] = {
        v.name: (min(s[i] for s in starts), max(s[i] for s in starts)) for i, v in enumerate(system.variables)
    }
    for turn in range(2 * _ROUNDS):
        _same_in_blocks(system, reached)
        before = dict(reached)
        for action in system.actions:
            inside = refine(before, action.guard)
            if inside is None:
                continue
            for name, update in action.updates.items():
                low, high = bounds(update, inside)
                declared_low, declared_high = ranges[name]
                low, high = max(low, declared_low), min(high, declared_high)
                if low > high:
                    continue
                a, b = reached[name]
                grown = min(a, low), max(b, high)
                if grown != (a, b) and turn >= _ROUNDS:
                    # It has been growing for long: as far as it was declared, at once.
                    grown = ranges[name][0] if low < a else a, ranges[name][1] if high > b else b
                reached[name] = min(reached[name][0], grown[0]), max(reached[name][1], grown[1])
        if reached == before:
            return {name: (max(a, ranges[name][0]), min(b, ranges[name][1])) for name, (a, b) in reached.items()}
    return ranges


def _same_in_blocks(system: TransitionSystem, ranges: dict[str, Range]) -> None:
    """Sorting moves values from block to block."""
    for group in system.symmetry:
        for column in zip(*group, strict=True):
            union = min(ranges[n][0] for n in column), max(ranges[n][1] for n in column)
            for name in column:
                ranges[name] = union


class Table(dict[int, tuple[int, ...]]):
    """From a chunk to the values in it."""

    def __init__(self, fields: Iterable[tuple[int, int, int]]) -> None:
        """``fields`` are weight within the chunk, size, and the lowest value."""
        super().__init__()
        self._fields = tuple(fields)

    def __missing__(self, chunk: int) -> tuple[int, ...]:
        values = self[chunk] = tuple(chunk // weight % size + low for weight, size, low in self._fields)
        return values


# -- source ------------------------------------------------------------------------------------------------------


class Packed(Compiled):
    """The functions of one system over packed, canonical states."""

    def __init__(self, system: TransitionSystem, where: Layout) -> None:
        super().__init__(system)
        self.layout = where
        self._ranges = where.ranges
        self._edges = self._direct = False
        self._expanders: dict[tuple[bool, bool], Callable[..., None]] = {}
        self._sorters: set[int] = set()

    def expand(self, *, edges: bool, direct: bool) -> Callable[..., None]:
        """``expand(states, parents, seen, begin, end, limit, report)`` visits the states from ``begin`` up to ``end``,
        fewer if there are more than ``limit``, and calls ``report`` with the next position and the successors met.

        ``seen`` is a set of numbers; if ``direct`` one bit for every number there is. With ``edges``, which has three
        more arguments, ``actions, targets, first``, it is a dictionary from numbers to positions; if ``direct`` it has
        a place for every number, 0 or the position plus one.
        """
        key = edges, direct
        if key not in self._expanders:
            self._edges, self._direct = key
            self._expanders[key] = self._function("expand", self.loop_source())
        return self._expanders[key]

    @cached_property
    def unpack(self) -> Callable[[int], State]:
        """The state of a number, as a tuple of values."""
        body = [*self._unpack_names(self._names, "s"), f"return {self._tuple(self._names.values())}"]
        return self._function("unpack", _define("unpack(s)", body))

    def select_numbers(self, condition: Condition) -> Callable[[Iterable[int]], list[int]]:
        """A function from packed states to the positions at which ``condition`` holds, ascending."""
        expr = lift(condition)
        written = _Writer(self._names)
        loop = [*self._unpack(expr, "s"), *written.share([expr]), f"if {written.text(expr)}:", " push(i)"]
        body = ["out = []", "push = out.append", "for i, s in enumerate(states):", *_indent(loop), "return out"]
        return self._function("select", _define("select(states)", body))

    def loop_source(self) -> str:
        """The source of ``expand``."""
        each = [
            *self._unpack_names(self._names, "s"),
            *(self._block_line(g, b) for g, b in self._needed_blocks() if not self._is_field(g, b)),
            *(["q, r = s // 8, s & 7", "bit = bits[r]"] if self._direct and not self._edges else []),
            *self._steps(self._packed_effect),
            *(["row(len(targets))"] if self._edges else []),
            "done += 1",
            "total = count",
            "if len(states) > limit: break",
        ]
        body = [
            *(f"{name} = {method}" for name, method in self._shorthands()),
            "done, count, total = begin, 0, 0",
            "try:",
            " for s in states[begin:end]:",
            *_indent(_indent(each)),
            "finally:",
            " report(done, total)",
        ]
        more = ", actions, targets, first" if self._edges else ""
        sorters = [self.sort_source(g) for g in sorted(self._sorters)]
        main = _define(f"expand(states, parents, seen, begin, end, limit, report{more})", body)
        return "\n".join([*sorters, main])

    def _shorthands(self) -> Iterator[tuple[str, str]]:
        yield "append", "states.append"
        yield "parent", "parents.append"
        if self._edges:
            yield from [("act", "actions.append"), ("target", "targets.append"), ("row", "first.append")]
            yield "size", "len(states)"
            if not self._direct:
                yield "get", "seen.get"
        elif not self._direct:
            yield "add", "seen.add"
        else:
            yield "bits", "(1, 2, 4, 8, 16, 32, 64, 128)"

    def _found(self, index: int) -> list[str]:
        """Whether ``n`` is new, and what is done about it."""
        new = ["append(n)", "parent(done)"]
        match self._edges, self._direct:
            case False, False:
                return ["if n not in seen:", *_indent(["add(n)", *new])]
            case False, True:
                return ["p = n // 8", "x = bits[n & 7]", "if not seen[p] & x:", " seen[p] |= x", *_indent(new)]
            case True, False:
                ask, known = "t = get(n)", ["if t is None:", " t = seen[n] = size", " size += 1"]
            case _:
                # Positions are stored plus one, so that memory full of zeros is an empty table.
                ask, known = "t = seen[n] - 1", ["if t < 0:", " t = size", " size += 1", " seen[n] = size"]
        return [ask, *known, *_indent(new), f"act({index})", "target(t)"]

    def _found_nearby(self, texts: Mapping[int, _Difference]) -> list[str]:
        """What ``_found`` does, where an action changes only the byte of a state in the table or only the bit in it:
        the other is known, and ``n`` is not needed. Nothing for other actions."""
        weights = self.layout.weights
        if texts and all(weights[i] % 8 == 0 for i in texts):
            byte = _sum("q", texts, [weight // 8 for weight in weights])
            return [f"p = {byte}", "if not seen[p] & bit:", " seen[p] |= bit", " append(p * 8 + r)", " parent(done)"]
        if all(d.flipped and weights[i] < 8 for i, d in texts.items()):
            flips = sum(weights[i] for i in texts)
            return [
                f"x = bits[r ^ {flips}]",
                "if not seen[q] & x:",
                " seen[q] |= x",
                f" append(s ^ {flips})",
                " parent(done)",
            ]
        return []

    def _function(self, name: str, source: str, **constants: Any) -> Callable[..., Any]:
        tables = {f"T{c}": self._tables[c] for c, chunk in enumerate(self.layout.chunks) if not chunk.wide}
        cut = {} if self._whole is None else {"chunks": self._whole.unpack}
        return super()._function(name, source, **tables, **cut, **constants)

    # -- reading -------------------------------------------------------------------------------------------------

    @cached_property
    def _tables(self) -> list[Table]:
        where = self.layout
        return [
            Table((where.weights[i] // chunk.weight, where.sizes[i], where.lows[i]) for i in chunk.inside)
            for chunk in where.chunks
        ]

    @cached_property
    def _whole(self) -> Struct | None:
        """How to cut a state into many chunks at once; None where few of them are cut one by one."""
        chunks = self.layout.chunks
        if len(chunks) < 3 or any(chunk.wide for chunk in chunks):
            return None
        return Struct(f"<{len(chunks)}H")

    def _unpack_names(self, names: Iterable[str], source: str) -> list[str]:
        wanted = {self._position[name] for name in names}
        chunks = [(c, chunk) for c, chunk in enumerate(self.layout.chunks) if wanted.intersection(chunk.inside)]
        lines = []
        text: dict[int, str] = {}
        if self._whole is not None and 2 * len(chunks) >= len(self.layout.chunks):
            text = {c: f"c{c}" for c in range(len(self.layout.chunks))}
            lines.append(f"{', '.join(text.values())} = chunks({source}.to_bytes({_BYTES * len(text)}, 'little'))")
        for c, chunk in chunks:
            if chunk.wide:
                lines += [f"v{i} = {self._read(i, source)}" for i in chunk.inside if i in wanted]
                continue
            if c not in text:
                text[c] = self._cut(chunk.weight, chunk.size, source)
            targets = ", ".join(f"v{i}" if i in wanted else "_" for i in chunk.inside)
            lines.append(f"{targets}{',' if len(chunk.inside) == 1 else ''} = T{c}[{text[c]}]")
        return lines

    def _cut(self, weight: int, size: int, source: str) -> str:
        """The digit of a weight and a size."""
        chunk = self.layout.chunk(weight)
        text = f"{source} // {chunk.weight}" if chunk.weight > 1 else source
        if chunk is not self.layout.chunks[-1]:
            # A byte begins where the digits below it do not end, so digits are only found within their chunk.
            text += f" % {chunk.span}"
        relative = weight // chunk.weight
        if relative > 1:
            text += f" // {relative}"
        return text if relative * size == chunk.size else f"{text} % {size}"

    def _read(self, position: int, source: str) -> str:
        where = self.layout
        text = self._cut(where.weights[position], where.sizes[position], source)
        return f"{text} + {where.lows[position]}" if where.lows[position] else text

    # -- blocks --------------------------------------------------------------------------------------------------

    def _is_field(self, group: int, block: int) -> bool:
        """The block is one variable whose value is what its bits say."""
        inside = self._groups[group][block]
        return len(inside) == 1 and self.layout.lows[inside[0]] == 0

    def _block_name(self, group: int, block: int) -> str:
        return f"v{self._groups[group][block][0]}" if self._is_field(group, block) else f"b{group}_{block}"

    def _block_line(self, group: int, block: int) -> str:
        weight, size = self.layout.blocks[group][block]
        inside = self._groups[group][block]
        if len(inside) <= 4 and not any(self.layout.lows[i] for i in inside):
            # Put together from values that are known already.
            parts = [(f"v{i}", self.layout.weights[i] // weight) for i in inside]
            return f"b{group}_{block} = {' + '.join(v if f == 1 else f'{v} * {f}' for v, f in parts)}"
        return f"b{group}_{block} = {self._cut(weight, size, 's')}"

    def _needed_blocks(self) -> Iterator[tuple[int, int]]:
        """The blocks whose numbers are compared somewhere: those of groups in which one block changes alone."""
        for g, group in enumerate(self._groups):
            if len(group) <= _NESTED:
                yield from ((g, b) for b in range(len(group)))

    # -- writing -------------------------------------------------------------------------------------------------

    def _tally(self, count: int) -> list[str]:
        return [f"count += {count}"]

    def _packed_effect(self, index: int, written: _Writer) -> list[str]:
        change = self._change(index, written)
        if change is None:
            return []
        lines, updates = change
        ranges = refine(self._ranges, self.system.actions[index].guard)
        assert ranges is not None
        texts: dict[int, _Difference] = {}
        for position, (update, text, checked) in updates.items():
            lines += checked
            new = f"n{position}" if checked else text
            texts[position] = self._difference(position, update, new, ranges)
        if self._direct and not self._edges and not any(i in texts for g in self._groups for b in g for i in b):
            short = self._found_nearby(texts)
            if short:
                return lines + short
        lines.append(f"n = {_sum('s', texts, self.layout.weights)}")
        touched: dict[int, set[int]] = {}
        for g, group in enumerate(self._groups):
            blocks = {b for b, block in enumerate(group) if any(i in updates for i in block)}
            if blocks:
                touched[g] = blocks
        for g, blocks in touched.items():
            lines += self._in_place(g, blocks, texts)
        return lines + self._found(index)

    def _difference(self, position: int, update: Expr, text: str, ranges: dict[str, Range]) -> _Difference:
        """By what a variable's bits change."""
        name = self.system.variables[position].name
        low, high = ranges[name]
        weight, size = self.layout.weights[position], self.layout.sizes[position]
        if update.op is Op.NOT and update.args[0].name == name and size == 2:
            # A digit whose weight is a power of two, and all below it, is made of whole bits.
            return _Difference(flipped=True) if weight & weight - 1 == 0 else _Difference(text=f"(1 - v{position} * 2)")
        if update.op is Op.ADD and len(update.args) == 2 and update.args[0].name == name:
            step = update.args[1].value
            if step is not None:
                return _Difference(constant=int(step))
        if update.value is not None:
            value = int(update.value)
            if low == high:
                return _Difference(constant=value - int(low))
            return _Difference(text=f"({value} - v{position})")
        old = f" - v{position}" if low != high else f" - {low}" if low > 0 else f" + {-low}" if low else ""
        return _Difference(text=f"({text}{old})" if old or not ATOM.fullmatch(text) else text)

    def _in_place(self, group: int, touched: set[int], texts: dict[int, _Difference]) -> list[str]:
        """Put the changed blocks of a group of ``n`` where they belong."""
        blocks = self.layout.blocks[group]
        if len(touched) > 1 or len(blocks) > _NESTED:
            self._sorters.add(group)
            return [f"n = sort{group}(n)"]
        (block,) = touched
        weight, _ = blocks[block]
        inside = {i: texts[i] for i in self._groups[group][block] if i in texts}
        relative = {i: self.layout.weights[i] // weight for i in inside}
        lines = [f"x = {_sum(self._block_name(group, block), inside, relative)}"]
        constant = all(d.constant is not None for d in inside.values())
        step = sum((d.constant or 0) * relative[i] for i, d in inside.items())
        left = [] if constant and step >= 0 else self._exchanges(group, block, -1)
        right = [] if constant and step <= 0 else self._exchanges(group, block, 1)
        if left and right:
            right[0] = f"el{right[0]}"
        return lines + left + right

    def _exchanges(self, group: int, block: int, step: int) -> list[str]:
        """Move block ``x`` of ``n`` past its neighbours on one side, as far as they are on the wrong side of it."""
        other = block + step
        blocks = self.layout.blocks[group]
        if not 0 <= other < len(blocks):
            return []
        (near, _), (far, _) = blocks[block], blocks[other]
        name = self._block_name(group, other)
        wrong = f"x < {name}" if step < 0 else f"x > {name}"
        lines = [f"if {wrong}:", f" n += ({name} - x) * {near - far}"]
        return lines + list(_indent(self._exchanges(group, other, step)))

    def sort_source(self, group: int) -> str:
        """The source of the function that sorts all blocks of a group within a number."""
        blocks = self.layout.blocks[group]
        names = [f"x{b}" for b in range(len(blocks))]
        lines = [f"{x} = {self._cut(weight, size, 'n')}" for x, (weight, size) in zip(names, blocks, strict=True)]
        lines += [f"y{b} = x{b}" for b in range(len(blocks))]
        lines += self._sort_lines([f"y{b}" for b in range(len(blocks))])
        put = [f"(y{b} - x{b}) * {weight}" for b, (weight, _) in enumerate(blocks)]
        lines.append(f"return n + {' + '.join(put)}")
        return _define(f"sort{group}(n)", lines)

    def _sort_lines(self, names: Sequence[str]) -> list[str]:
        """Statements that sort the values of local variables."""
        if len(names) > 4:
            listed = ", ".join(names)
            return [f"{listed} = sorted(({listed}))"]
        return [
            f"if {names[i + 1]} < {names[i]}: {names[i]}, {names[i + 1]} = {names[i + 1]}, {names[i]}"
            for end in range(len(names) - 1, 0, -1)
            for i in range(end)
        ]


@frozen
class _Difference:
    """What is added to the bits of a variable: a constant, a text, or its one bit is flipped."""

    constant: int | None = None
    text: str = ""
    flipped: bool = False


def _sum(base: str, texts: Mapping[int, _Difference], weights: Mapping[int, int] | Sequence[int]) -> str:
    """``base`` with every difference at its place."""
    constant = sum((d.constant or 0) * weights[i] for i, d in texts.items())
    flips = sum(weights[i] for i, d in texts.items() if d.flipped)
    text = base
    for i, d in texts.items():
        if d.text:
            text += f" + {d.text}" + (f" * {weights[i]}" if weights[i] > 1 else "")
    if constant:
        text += f" {'+' if constant > 0 else '-'} {abs(constant)}"
    return f"{text} ^ {flips}" if flips else text
