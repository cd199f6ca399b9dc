"""Documents as trees of nodes that know where they stand, and the paths that lead to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, TypeAlias

from attrs import evolve, field, frozen

from kverify.manifest.source import SourceText
from kverify.manifest.span import Span

Style: TypeAlias = Literal["plain", "single", "double", "literal", "folded"]
Value: TypeAlias = str | int | float | bool | None
Plain: TypeAlias = "dict[str, Plain] | list[Plain] | Value"
FieldPath: TypeAlias = tuple[str | int, ...]

# No document is nested deeper than this, aliases followed, so a walk that calls itself for every level stays far from
# Python's own limit of 1,000 frames. The deepest real manifests (CRD schemas) stay below 100.
MAX_DEPTH = 200


# Nodes compare by identity: comparing or hashing whole trees by value would cost a walk wherever a node is a key.
@frozen(eq=False)
class Scalar:
    """A leaf. ``value`` is what ``sigs.k8s.io/yaml`` makes of it, ``raw`` the text before that (quotes and escapes
    undone). ``style`` tells ``8080`` (plain) from ``"8080"`` (double). As a key its value is always a string.
    """

    span: Span
    value: Value
    raw: str
    style: Style = "plain"

    def part(self, start: int, end: int) -> Span:
        """Where the characters ``start`` to ``end`` of ``raw`` are written (the end is exclusive; an empty part is the
        place of the character before it). The whole scalar when they cannot be told: the text goes over several lines,
        or is written with escapes.
        """
        span, quotes = self.span, int(self.style in ("single", "double"))
        if span.line != span.end_line or span.end_column - span.column != len(self.raw) + 2 * quotes:
            return span
        start, end = max(0, min(start, len(self.raw) - (start >= end))), min(end, len(self.raw))
        first = span.column + quotes + start
        return evolve(span, column=first, end_column=max(first + 1, span.column + quotes + end))


@frozen(eq=False)
class Sequence:
    """A list: ``items`` in order. An item reached through an alias is the anchored node itself."""

    span: Span
    items: tuple[Node, ...]


@frozen(eq=False)
class Entry:
    """One key of a mapping and its value."""

    key: Scalar
    value: Node


@frozen(eq=False)
class Mapping:
    """A map: ``entries`` with distinct keys. Merge keys are already applied; of a duplicate key the last is here."""

    span: Span
    entries: tuple[Entry, ...]

    def entry(self, key: str) -> Entry | None:
        """The entry of ``key``, or None."""
        for entry in self.entries:
            if entry.key.value == key:
                return entry
        return None

    def get(self, key: str) -> Node | None:
        """The value of ``key``, or None when the key is absent (a null value is a ``Scalar``)."""
        entry = self.entry(key)
        return None if entry is None else entry.value


Node: TypeAlias = Mapping | Sequence | Scalar


@frozen(eq=False)
class Document:
    """One object's text: a tree of nodes, the file it is from, and the Helm template (``origin``) if one is named."""

    root: Node
    file: str
    origin: str | None = None
    source: SourceText = field(factory=lambda: SourceText("", ""), repr=False, kw_only=True)

    def node(self, path: FieldPath) -> Node | None:
        """The node at ``path``, or None when there is none."""
        found, depth = self._descend(path)
        return found if depth == len(path) else None

    def locate(self, path: FieldPath) -> Span:
        """Where ``path`` is written; of a path that does not exist, where its deepest existing node is written."""
        return self._descend(path)[0].span

    def locate_key(self, path: FieldPath) -> Span:
        """Where the key that ``path`` ends with is written. A list item has no key, so the item's own place is
        given; for a path that does not exist this is ``locate(path)``.
        """
        if path and isinstance(path[-1], str):
            parent = self.node(path[:-1])
            if isinstance(parent, Mapping):
                entry = parent.entry(path[-1])
                if entry is not None:
                    return entry.key.span
        return self.locate(path)

    def child(self, path: FieldPath) -> Document:
        """The item at ``path`` as a document of its own, with the same positions: paths then start at the item.

        Raises ``KeyError`` when there is nothing at ``path``.
        """
        node = self.node(path)
        if node is None:
            raise KeyError(format_path(path))
        return Document(node, self.file, self.origin, source=self.source)

    def source_line(self, number: int) -> str:
        """Line ``number`` (from 1) of the file, without its line end; empty when there is no such line."""
        return self.source.line(number)

    def _descend(self, path: FieldPath) -> tuple[Node, int]:
        """The deepest existing node on ``path`` and how many steps led to it."""
        node = self.root
        for depth, step in enumerate(path):
            inner: Node | None = None
            if isinstance(node, Mapping) and isinstance(step, str):
                inner = node.get(step)
            elif isinstance(node, Sequence) and isinstance(step, int) and 0 <= step < len(node.items):
                inner = node.items[step]
            if inner is None:
                return node, depth
            node = inner
        return node, len(path)


def walk(root: Node) -> Iterator[tuple[FieldPath, Node]]:
    """Every node with its path, parents first. A node that aliases share is yielded at each of its places."""
    stack: list[tuple[FieldPath, Node]] = [((), root)]
    while stack:
        path, node = stack.pop()
        yield path, node
        if isinstance(node, Mapping):
            stack.extend(((*path, str(entry.key.value)), entry.value) for entry in reversed(node.entries))
        elif isinstance(node, Sequence):
            stack.extend(((*path, index), node.items[index]) for index in reversed(range(len(node.items))))


def to_plain(node: Node) -> Plain:
    """The node as dicts, lists and scalars, new ones at each place (aliases are not shared)."""
    if isinstance(node, Mapping):
        result: dict[str, Plain] = {}
        for entry in node.entries:
            result[str(entry.key.value)] = to_plain(entry.value)
        return result
    if isinstance(node, Sequence):
        return list(map(to_plain, node.items))
    return node.value


_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BARE_KEY = re.compile(r'(?![0-9]+\Z)[^\[\]"\\]+')
_STEP = re.compile(
    r'\[(?:(?P<index>[0-9]+)|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\[\]"\\]+))\]|(?P<dot>\.)?(?P<name>[A-Za-z_]\w*)',
    re.DOTALL | re.ASCII,
)


def format_path(path: FieldPath) -> str:
    """The path as the API server prints it: ``spec.containers[0].image``, ``metadata.labels[app.kubernetes.io/name]``.

    A key that would be misread between brackets (digits only, empty, or with a bracket, quote or backslash in it) is
    quoted, so that ``parse_path`` always gives the same path back.
    """
    parts: list[str] = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif _IDENTIFIER.fullmatch(step):
            parts.append(f".{step}" if parts else step)
        elif _BARE_KEY.fullmatch(step):
            parts.append(f"[{step}]")
        else:
            escaped = step.replace("\\", "\\\\").replace('"', '\\"')
            parts.append(f'["{escaped}"]')
    return "".join(parts)


def parse_path(text: str) -> FieldPath:
    """The inverse of ``format_path``; the empty text is the root.

    Raises ``ValueError`` that says where the text stops being a path.
    """
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        # A name needs a dot before it everywhere but at the beginning, and only there.
        if match is None or (match["name"] is not None and (match["dot"] is None) != (position == 0)):
            raise ValueError(f"not a field path at character {position + 1}: {text!r}")
        if match["index"] is not None:
            steps.append(int(match["index"]))
        elif match["quoted"] is not None:
            steps.append(re.sub(r"\\(.)", r"\1", match["quoted"], flags=re.DOTALL))
        else:
            steps.append(match["bare"] or match["name"])
        position = match.end()
    return tuple(steps)
