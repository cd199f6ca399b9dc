"""Documents as trees of nodes that know where they stand, and the paths that lead to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal, TypeAlias

from attrs import define, evolve, field, frozen

from kverify.manifest.source import Extract
from kverify.manifest.span import Span

Style: TypeAlias = Literal["plain", "single", "double", "literal", "folded"]
Value: TypeAlias = str | int | float | bool | None
Plain: TypeAlias = "dict[str, Plain] | list[Plain] | Value"
FieldPath: TypeAlias = tuple[str | int, ...]

# No document is nested deeper than this, aliases followed, so a walk that calls itself for every level stays far from
# Python's own limit of 1,000 frames. The deepest real manifests (CRD schemas) stay below 100.
MAX_DEPTH = 200


# Nodes compare by identity: comparing or hashing whole trees by value would cost a walk wherever a node is a key. They
# are not frozen, because attrs then takes three times as long to make one, and a cluster has millions; nobody changes
# one. Places are offsets into the extract: most are never asked for, and lines and columns follow from them.
@define(eq=False)
class Scalar:
    """A leaf. ``value`` is what ``sigs.k8s.io/yaml`` makes of it, ``raw`` the text before that (quotes and escapes
    undone). ``style`` tells ``8080`` (plain) from ``"8080"`` (double). As a key its value is always a string.
    """

    extract: Extract
    start: int
    end: int
    value: Value
    raw: str
    style: Style = "plain"

    @property
    def span(self) -> Span:
        return self.extract.span(self.start, self.end)

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


@define(eq=False)
class Sequence:
    """A list: ``items`` in order. An item reached through an alias is the anchored node itself.

    ``value`` is the same list as plain data. Whoever holds the node shares both: they are not to be changed.
    """

    extract: Extract
    start: int
    end: int
    value: list[Plain]
    items: list[Node]

    @property
    def span(self) -> Span:
        return self.extract.span(self.start, self.end)


@frozen(eq=False)
class Entry:
    """One key of a mapping and its value."""

    key: Scalar
    value: Node


@define(eq=False)
class Mapping:
    """A map with distinct keys. Merge keys are already applied; of a duplicate key the last value is here.

    ``value`` is the map as plain data; ``keys`` and ``values`` are its nodes in the same order. Whoever holds the node
    shares them: they are not to be changed.
    """

    extract: Extract
    start: int
    end: int
    value: dict[str, Plain]
    keys: list[Scalar]
    values: list[Node]
    _positions: dict[str, int] | None = field(default=None, init=False, repr=False)

    @property
    def span(self) -> Span:
        return self.extract.span(self.start, self.end)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Each key with its value."""
        return tuple(map(Entry, self.keys, self.values))

    def key(self, name: str) -> Scalar | None:
        """The node of the key ``name``, or None when it is absent."""
        return self.keys[self._position(name)] if name in self.value else None

    def get(self, name: str) -> Node | None:
        """The value of the key ``name``, or None when it is absent (a null value is a ``Scalar``)."""
        return self.values[self._position(name)] if name in self.value else None

    def _position(self, name: str) -> int:
        if self._positions is None:
            self._positions = {key: position for position, key in enumerate(self.value)}
        return self._positions[name]


Node: TypeAlias = Mapping | Sequence | Scalar


@define(eq=False)
class Document:
    """One object's text: as plain data at once, and as a tree of nodes for whoever asks where something stands.

    ``plain`` are dicts, lists and scalars. Whoever holds the document shares them: they are not to be changed.
    """

    extract: Extract
    plain: Plain
    _root: Node | None = field(default=None, kw_only=True, repr=False)
    # Nodes are made when they are asked for: most objects of a cluster have no finding.
    _read: Callable[[], Node] | None = field(default=None, kw_only=True, repr=False)
    _read_item: Callable[[int], Node] | None = field(default=None, kw_only=True, repr=False)

    @classmethod
    def of(cls, root: Node) -> Document:
        """The document of a tree."""
        return cls(root.extract, root.value, root=root)

    @property
    def root(self) -> Node:
        """The tree of nodes."""
        if self._root is None:
            assert self._read is not None
            self._root = self._read()
        return self._root

    @property
    def file(self) -> str:
        return self.extract.source.file

    @property
    def origin(self) -> str | None:
        """The file that Helm or kustomize says the document was rendered from, if they do."""
        return self.extract.origin

    def node(self, path: FieldPath) -> Node | None:
        """The node at ``path``, or None when there is none."""
        found, depth = deepest(self.root, path)
        return found if depth == len(path) else None

    def locate(self, path: FieldPath) -> Span:
        """Where ``path`` is written; of a path that does not exist, where its deepest existing node is written."""
        return deepest(self.root, path)[0].span

    def locate_key(self, path: FieldPath) -> Span:
        """Where the key that ``path`` ends with is written; of a path that does not exist, the key of its deepest
        existing node. A list item and the whole document have no key, so their own place is given.
        """
        node, depth = deepest(self.root, path)
        if depth > 0 and isinstance(path[depth - 1], str):
            parent = self.node(path[: depth - 1])
            key = parent.key(str(path[depth - 1])) if isinstance(parent, Mapping) else None
            if key is not None:
                return key.span
        return node.span

    def child(self, path: FieldPath) -> Document:
        """The item at ``path`` as a document of its own, with the same positions: paths then start at the item.

        Raises ``KeyError`` when there is nothing at ``path``.
        """
        if self._read_item is not None and len(path) == 2 and path[0] == "items" and isinstance(path[1], int):
            assert isinstance(self.plain, dict)
            items = self.plain["items"]
            if isinstance(items, list) and 0 <= path[1] < len(items):
                return Document(self.extract, items[path[1]], read=partial(self._read_item, path[1]))
        node = self.node(path)
        if node is None:
            raise KeyError(format_path(path))
        return Document.of(node)

    def extended(self, fields: dict[str, str]) -> Document:
        """The same object with ``fields`` that its text does not have; they are placed where the object stands.

        Raises ``TypeError`` when the document is no mapping.
        """
        if not isinstance(self.plain, dict):
            raise TypeError(f"{type(self.plain).__name__} has no fields")
        return Document(self.extract, {**fields, **self.plain}, read=partial(_extended, self, fields))

    def source_line(self, number: int) -> str:
        """Line ``number`` (from 1) of the file, without its line end; empty when there is no such line."""
        return self.extract.source.line(number)


def _extended(document: Document, fields: dict[str, str]) -> Mapping:
    root = document.root
    assert isinstance(root, Mapping)
    extract, start, end = root.extract, root.start, root.end
    return Mapping(
        extract,
        start,
        end,
        {**fields, **root.value},
        [*(Scalar(extract, start, end, name, name) for name in fields), *root.keys],
        [*(Scalar(extract, start, end, value, value) for value in fields.values()), *root.values],
    )


def deepest(root: Node, path: FieldPath) -> tuple[Node, int]:
    """The deepest existing node on ``path`` and how many steps led to it."""
    node = root
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
            pairs = list(zip(node.value, node.values, strict=True))
            stack.extend(((*path, name), value) for name, value in reversed(pairs))
        elif isinstance(node, Sequence):
            stack.extend(((*path, index), node.items[index]) for index in reversed(range(len(node.items))))


def to_plain(node: Node) -> Plain:
    """The node as dicts, lists and scalars, new ones at each place, which may be changed."""
    if isinstance(node, Mapping):
        return dict(zip(node.value, map(to_plain, node.values), strict=True))
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
