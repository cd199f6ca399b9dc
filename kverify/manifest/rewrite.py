"""One change of a document as replacements of characters, from the places of its nodes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property

from attrs import frozen

from kverify.manifest.nodes import Mapping, Node, Plain, Scalar, Sequence, deepest, format_path, walk
from kverify.manifest.textedit import Add, Edit, Put, Remove, Rename, Replacement
from kverify.manifest.write import Layout

# Anchors and tags stand before the node that they belong to, and count as its beginning.
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*[ \t]*(?:\r?\n[ \t]*)?)*")
_BLANK = re.compile(r"[ \t]*")
_COLON = re.compile(r"[ \t]*:")
_LINE_END = re.compile(r"\r\n|\r|\n")


class CannotEdit(ValueError):
    """The text cannot be changed without touching something else; the message says why, as a clause."""


def replacements(text: str, root: Node, edit: Edit, newline: str = "\n") -> tuple[Replacement, ...]:
    """What to replace in ``text``, whose nodes are ``root``, for ``edit``. Lines end with ``newline``.

    Its path leads to something that is there; only the last step of a ``Put`` may be a new key. An ``Add`` finds a
    list that is not empty. Raises ``CannotEdit``.
    """
    return tuple(_Page(text, root, newline).edit(edit))


@frozen(slots=False, eq=False)
class _Page:
    text: str
    root: Node
    newline: str

    @cached_property
    def layout(self) -> Layout:
        """How this document is set, as far as its nodes tell."""
        step = items = None
        for _, node in walk(self.root):
            if not isinstance(node, Mapping) or self.is_flow(node):
                continue
            for key, value in zip(node.keys, node.values, strict=True):
                if not self.begins_below(key, value):
                    continue
                offset = self.column(self.content(value)) - self.column(key.start)
                if isinstance(value, Mapping) and step is None and offset > 0:
                    step = offset
                elif isinstance(value, Sequence) and items is None and offset >= 0:
                    items = offset
        is_json = self.is_flow(self.root)
        if is_json and isinstance(self.root, Mapping) and self.root.keys and step is None:
            first = self.root.keys[0].start
            step = self.column(first) if self.is_first(first) else None
        return Layout(step or 2, items or 0, self.newline, is_json)

    def begins_below(self, key: Scalar, value: Node) -> bool:
        """It is a block below its key, not an alias and not beside it."""
        return not isinstance(value, Scalar) and value.start > key.end and not self.is_flow(value)

    # -- places ----------------------------------------------------------------------------------------------------

    def content(self, node: Node) -> int:
        """Where a node begins, behind its anchor and tag."""
        match = _PROPERTIES.match(self.text, self.at(node.start, node))
        assert match is not None
        return match.end()

    def at(self, offset: int, node: Node) -> int:
        """An offset of a node as one of the text."""
        return node.extract.offset + offset

    def start(self, node: Node) -> int:
        return self.at(node.start, node)

    def end(self, node: Node) -> int:
        return self.at(node.end, node)

    def is_flow(self, node: Node) -> bool:
        """A collection between brackets."""
        return not isinstance(node, Scalar) and self.text[self.content(node) : self.content(node) + 1] in ("{", "[")

    def line_start(self, offset: int) -> int:
        return max(self.text.rfind("\n", 0, offset), self.text.rfind("\r", 0, offset)) + 1

    def line_end(self, offset: int) -> int:
        match = _LINE_END.search(self.text, offset)
        return len(self.text) if match is None else match.start()

    def column(self, offset: int) -> int:
        return offset - self.line_start(offset)

    def is_first(self, offset: int) -> bool:
        """Nothing but white space is before it on its line."""
        return not self.text[self.line_start(offset) : offset].strip(" \t")

    def after_colon(self, key: Scalar) -> int:
        match = _COLON.match(self.text, self.end(key))
        if match is None:
            raise CannotEdit(f"the key {key.value} is not followed by a colon")
        return match.end()

    def own(self, node: Mapping) -> list[tuple[Scalar, Node]]:
        """The entries that are written in this mapping itself, in the order of the text; merged ones are not."""
        begin, end = self.content(node), self.end(node)
        pairs = [
            (key, value)
            for key, value in zip(node.keys, node.values, strict=True)
            if begin <= self.start(key) <= end and id(key) not in self.shared
        ]
        return sorted(pairs, key=lambda pair: pair[0].start)

    @cached_property
    def shared(self) -> frozenset[int]:
        """What stands at more than one place of the document, because of an alias or a merge."""
        seen = Counter(id(node) for _, node in walk(self.root))
        for _, node in walk(self.root):
            if isinstance(node, Mapping):
                seen.update(map(id, node.keys))
        return frozenset(name for name, number in seen.items() if number > 1)

    def is_alias(self, key: Scalar, value: Node) -> bool:
        return value.start < key.start

    def entry_end(self, key: Scalar, value: Node) -> int:
        """Where the text of an entry ends, a comment behind it not counted."""
        if self.is_alias(key, value):
            return self.line_end(self.end(key))
        return max(self.end(value), self.after_colon(key))

    # -- the changes -----------------------------------------------------------------------------------------------

    def edit(self, edit: Edit) -> Iterator[Replacement]:
        # The nodes on the way, the root first; without the last where it is a key that is not there.
        depth = deepest(self.root, edit.path)[1]
        chain = [deepest(self.root, edit.path[:number])[0] for number in range(depth + 1)]
        for node in chain[1:]:
            if id(node) in self.shared:
                raise CannotEdit(f"{format_path(edit.path)} is written once and used at several places (an anchor)")
        flow = any(self.is_flow(node) for node in chain[: len(edit.path)])
        if isinstance(edit, Rename):
            yield self.rename(chain, edit)
        elif isinstance(edit, Put):
            if len(chain) > len(edit.path):
                yield from self.replace(chain, edit, flow)
                return
            parent = chain[-1]
            assert isinstance(parent, Mapping)
            yield from self.insert(parent, str(edit.path[-1]), edit.value, edit.after)
        elif isinstance(edit, Add):
            target = chain[-1]
            assert isinstance(target, Sequence)
            yield from self.append(target, edit.value)
        else:
            yield from self.remove(chain, edit, flow)

    def insert(self, parent: Mapping, key: str, value: Plain, after: tuple[str, ...]) -> Iterator[Replacement]:
        """A key that is not there yet."""
        entries = self.own(parent)
        if self.is_flow(parent):
            yield from self.insert_flow(parent, entries, key, value)
            return
        if not entries:
            raise CannotEdit("everything beside it is merged in from somewhere else")
        # The first key may stand behind the dash of its item; all stand in one column.
        column = self.column(self.start(entries[0][0]))
        names = [str(k.value) for k, _ in entries]
        number = max((names.index(name) for name in after if name in names), default=len(entries) - 1)
        place = self.line_end(self.entry_end(*entries[number]))
        new = self.layout.entry(key, value, column)
        yield Replacement(place, place, f"{self.layout.newline}{' ' * column}{new}")

    def insert_flow(
        self, parent: Mapping, entries: list[tuple[Scalar, Node]], key: str, value: Plain
    ) -> Iterator[Replacement]:
        layout = self.layout
        if not entries:
            yield Replacement(self.content(parent), self.end(parent), layout.flow({key: value}))
            return
        last, node = entries[-1]
        end = self.end(parent) - 1
        end = self.before(end) if self.is_alias(last, node) else self.entry_end(last, node)
        begin, name = self.start(last), layout.scalar(key, flow=True)
        if self.is_first(begin):
            written = layout.spread(value, self.column(begin)) if layout.json else layout.flow(value)
            new = f"{layout.newline}{self.text[self.line_start(begin) : begin]}{name}: {written}"
        else:
            new = f" {name}: {layout.flow(value)}"
        yield Replacement(end, end, f",{new}")

    def before(self, offset: int) -> int:
        """The end of what stands before ``offset``, white space not counted."""
        return len(self.text[:offset].rstrip())

    def append(self, target: Sequence, value: Plain) -> Iterator[Replacement]:
        layout, last = self.layout, target.items[-1]
        if id(last) in self.shared:
            raise CannotEdit("the item before it is an alias")
        end = self.end(last)
        if self.is_flow(target):
            begin = self.start(last)
            if self.is_first(begin):
                column = self.column(begin)
                written = layout.spread(value, column) if layout.json else layout.flow(value)
                yield Replacement(end, end, f",{layout.newline}{self.text[self.line_start(begin) : begin]}{written}")
            else:
                yield Replacement(end, end, f", {layout.flow(value)}")
            return
        column = self.column(self.content(target))
        place = self.line_end(end)
        yield Replacement(place, place, f"{layout.newline}{' ' * column}- {layout.block(value, column + 2)}")

    def rename(self, chain: list[Node], edit: Rename) -> Replacement:
        """Another key for the same value."""
        parent = chain[-2]
        assert isinstance(parent, Mapping)
        key = next((k for k, _ in self.own(parent) if k.value == edit.path[-1]), None)
        if key is None:
            raise CannotEdit(f"{format_path(edit.path)} is merged in from somewhere else")
        return Replacement(self.start(key), self.end(key), self.layout.scalar(edit.key, key.style))

    def replace(self, chain: list[Node], edit: Put, flow: bool) -> Iterator[Replacement]:
        """Another value for what is there."""
        old, value, layout = chain[-1], edit.value, self.layout
        start, end = self.content(old), self.end(old)
        if len(chain) == 1:
            raise CannotEdit("the whole object would change")
        parent, step = chain[-2], edit.path[-1]
        key = parent.key(step) if isinstance(parent, Mapping) and isinstance(step, str) else None
        empty = isinstance(old, Scalar) and old.start == old.end
        if flow or layout.json:
            column = len(_blank_at(self.text, self.line_start(start)))
            several = layout.json and self.text[start:end].count("\n") > 0
            new = layout.spread(value, column) if several else self.flow_value(value, old, flow=True)
            yield Replacement(start, end, f" {new}" if empty else new)
        elif isinstance(value, dict | list) and value:
            yield from self.replace_by_block(key, old, value)
        elif key is not None and (empty or (not isinstance(old, Scalar) and not self.is_flow(old))):
            # Comments between a key and its block stay where they are.
            colon = self.after_colon(key)
            yield Replacement(colon, colon, f" {self.flow_value(value, old)}")
            yield Replacement(max(colon, self.before(self.start(old))), max(colon, end), "")
        else:
            yield Replacement(start, end, f" {self.flow_value(value, old)}" if empty else self.flow_value(value, old))

    def replace_by_block(self, key: Scalar | None, old: Node, value: Plain) -> Iterator[Replacement]:
        layout, start, end = self.layout, self.content(old), self.end(old)
        if not isinstance(old, Scalar) and old.value and self.is_flow(old):
            yield Replacement(start, end, layout.flow(value))
        elif key is None or (isinstance(old, Sequence) and isinstance(value, list) and old.value):
            yield Replacement(start, end, layout.block(value, self.column(start)))
        else:
            colon, column = self.after_colon(key), self.column(self.start(key))
            inline = not isinstance(old, Scalar) or old.style in ("plain", "single", "double")
            # What is beside the key goes, a comment behind it stays, and the block follows below.
            if inline and (isinstance(old, Scalar) or self.is_flow(old)):
                end = max(end, colon)
                place = self.line_end(end)
                if place > end:
                    yield Replacement(colon, end, "")
                    yield Replacement(place, place, layout.under(value, column))
                    return
            yield Replacement(colon, end, layout.under(value, column))

    def flow_value(self, value: Plain, old: Node, *, flow: bool = False) -> str:
        """A value on one line, text quoted as what it replaces."""
        if isinstance(value, dict | list):
            return self.layout.flow(value)
        quoted = isinstance(old, Scalar) and isinstance(old.value, str)
        return self.layout.scalar(value, old.style if quoted and isinstance(old, Scalar) else "plain", flow=flow)

    def remove(self, chain: list[Node], edit: Remove, flow: bool) -> Iterator[Replacement]:
        if len(chain) == 1:
            raise CannotEdit("the whole object would go")
        parent, step = chain[-2], edit.path[-1]
        stretches: list[tuple[int, int]]
        if isinstance(parent, Mapping):
            entries = self.own(parent)
            stretches = [(self.start(key), self.entry_end(key, value)) for key, value in entries]
            number = next((n for n, (key, _) in enumerate(entries) if key.value == step), None)
            if number is None:
                raise CannotEdit(f"{format_path(edit.path)} is merged in from somewhere else")
            empty: Plain = {}
        else:
            assert isinstance(parent, Sequence)
            assert isinstance(step, int)
            if any(id(item) in self.shared for item in parent.items):
                raise CannotEdit("an item beside it is an alias")
            stretches = [(self.start(item), self.end(item)) for item in parent.items]
            number, empty = step, []
        if len(stretches) == 1 and len(parent.value) == 1:
            yield from self.replace(chain[:-1], Put(edit.path[:-1], empty), flow and self.in_flow(chain[:-1]))
        elif flow:
            yield self.cut_flow(stretches, number)
        elif isinstance(parent, Sequence):
            yield self.cut_item(stretches[number])
        else:
            yield self.cut_entry(stretches, number)

    def in_flow(self, chain: list[Node]) -> bool:
        return any(self.is_flow(node) for node in chain[:-1])

    def cut_flow(self, stretches: list[tuple[int, int]], number: int) -> Replacement:
        start, end = stretches[number]
        if number + 1 < len(stretches):
            end = stretches[number + 1][0]
        else:
            start = stretches[number - 1][1]
        if "#" in self.text[start:end].replace(self.text[slice(*stretches[number])], ""):
            raise CannotEdit("a comment stands beside it")
        return Replacement(start, end, "")

    def cut_item(self, stretch: tuple[int, int]) -> Replacement:
        dash = self.before(stretch[0]) - 1
        if self.text[dash : dash + 1] != "-" or not self.is_first(dash):
            raise CannotEdit("the item does not begin a line")
        return self.cut_lines(dash, stretch[1])

    def cut_entry(self, stretches: list[tuple[int, int]], number: int) -> Replacement:
        start, end = stretches[number]
        if self.is_first(start):
            return self.cut_lines(start, end)
        # It stands behind a dash: the next key takes its place.
        if number + 1 == len(stretches):
            raise CannotEdit("it stands on a line with something else")
        following = stretches[number + 1][0]
        if self.text[self.line_end(end) : following].strip():
            raise CannotEdit("a comment stands between it and the next key")
        return Replacement(start, following, "")

    def cut_lines(self, start: int, end: int) -> Replacement:
        """Whole lines, with the comment behind the last one."""
        begin, place = self.line_start(start), self.line_end(end)
        match = _LINE_END.match(self.text, place)
        if match is None and begin:
            # The last line has no end: the one before it keeps none either.
            before = begin - (2 if self.text[begin - 2 : begin] == "\r\n" else 1)
            return Replacement(before, place, "")
        return Replacement(begin, place if match is None else match.end(), "")


def _blank_at(text: str, offset: int) -> str:
    match = _BLANK.match(text, offset)
    return "" if match is None else match[0]
