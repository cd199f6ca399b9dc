"""Changes of node trees that keep every place: what is moved stays where the author wrote it, and what is added stands
where its reason does. Nothing is changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from attrs import define, evolve, field, frozen

from kverify.manifest.nodes import Entry, FieldPath, Mapping, Node, Plain, Scalar, Sequence, format_path
from kverify.manifest.span import Span

Change: TypeAlias = Callable[[Mapping, FieldPath], Mapping]
"""A change of one mapping, given where it is in the object."""

EACH = "[]"
"""In a path: every item of a list."""


@frozen
class Note:
    """Something of the old version that the new one has no place for, or understands otherwise."""

    span: Span
    path: str
    message: str
    mend: str


@define
class Notes:
    """What there is to say about one conversion, in the order of the text."""

    target: str
    """The API version that is converted to."""
    found: list[Note] = field(factory=list)

    def add(self, place: Node, path: FieldPath, message: str, mend: str = "") -> None:
        self.found.append(Note(place.span, format_path(path), message, mend))


def edit(node: Node, path: tuple[str, ...], change: Change, at: FieldPath = ()) -> Node:
    """``node`` with ``change`` applied to every mapping at ``path``. Where the tree is otherwise it is left alone: the
    decoder says so.
    """
    if not path:
        return change(node, at) if isinstance(node, Mapping) else node
    step, rest = path[0], path[1:]
    if step == EACH:
        if not isinstance(node, Sequence):
            return node
        return listed(node, [edit(item, rest, change, (*at, index)) for index, item in enumerate(node.items)])
    inner = given(node, step)
    if inner is None or not isinstance(node, Mapping):
        return node
    return put(node, step, edit(inner, rest, change, (*at, step)))


def edit_root(root: Mapping, path: tuple[str, ...], change: Change) -> Mapping:
    """:func:`edit` of a whole object, which stays a mapping."""
    changed = edit(root, path, change)
    assert isinstance(changed, Mapping)
    return changed


def given(node: Node | None, *path: str) -> Node | None:
    """The value at ``path``; None where there is none, and for ``null``, which says the same."""
    for step in path:
        node = node.get(step) if isinstance(node, Mapping) else None
    return None if isinstance(node, Scalar) and node.value is None else node


def entry_of(mapping: Mapping, name: str) -> Entry | None:
    """The key ``name`` with its value, or None when it is absent."""
    key, value = mapping.key(name), mapping.get(name)
    return None if key is None or value is None else Entry(key, value)


def text_of(node: Node | None) -> str:
    """The text of a scalar; empty for everything else."""
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""


def mapped(place: Node, entries: Iterable[Entry]) -> Mapping:
    """A mapping of ``entries`` that stands at ``place``."""
    keys, values = [], []
    plain: dict[str, Plain] = {}
    for entry in entries:
        keys.append(entry.key)
        values.append(entry.value)
        plain[str(entry.key.value)] = entry.value.value
    return Mapping(place.extract, place.start, place.end, plain, keys, values)


def listed(place: Node, items: list[Node]) -> Sequence:
    """A list of ``items`` that stands at ``place``."""
    return Sequence(place.extract, place.start, place.end, [item.value for item in items], items)


def made(value: Any, place: Node) -> Node:
    """Plain data (and nodes, as they are) as nodes that all stand at one place."""
    if isinstance(value, (Mapping, Sequence, Scalar)):
        return value
    if isinstance(value, dict):
        return mapped(place, [Entry(_scalar(key, place), made(item, place)) for key, item in value.items()])
    if isinstance(value, list):
        return listed(place, [made(item, place) for item in value])
    return _scalar(value, place)


def _scalar(value: str | float | None, place: Node) -> Scalar:
    return Scalar(place.extract, place.start, place.end, value, str(value))


def put(mapping: Mapping, name: str, value: Any, place: Node | None = None) -> Mapping:
    """``mapping`` with the key ``name`` set. What is new stands at ``place``, by default where the old value or the
    mapping does.
    """
    key = mapping.key(name)
    value = made(value, place or mapping.get(name) or mapping)
    if key is None:
        return mapped(mapping, [*mapping.entries, Entry(_scalar(name, place or mapping), value)])
    return mapped(mapping, [Entry(key, value) if entry.key is key else entry for entry in mapping.entries])


def default(mapping: Mapping, name: str, value: Any, place: Node | None = None) -> Mapping:
    """``put`` unless the key is there, and not null."""
    return mapping if given(mapping, name) is not None else put(drop(mapping, name), name, value, place)


def drop(mapping: Mapping, *names: str) -> Mapping:
    if all(mapping.key(name) is None for name in names):
        return mapping
    return mapped(mapping, [entry for entry in mapping.entries if entry.key.value not in names])


def rename(mapping: Mapping, old: str, new: str) -> Mapping:
    """The entry of ``old`` under another key; left alone when the new key is there already."""
    key = mapping.key(old)
    if key is None or mapping.key(new) is not None:
        return mapping
    renamed = evolve(key, value=new)
    return mapped(mapping, [Entry(renamed, e.value) if e.key is key else e for e in mapping.entries])


def forget(mapping: Mapping, name: str, at: FieldPath, notes: Notes, why: str = "", mend: str = "remove it") -> Mapping:
    """``drop``, and say that the new version has no such field."""
    key = mapping.key(name)
    if key is None:
        return mapping
    notes.add(key, (*at, name), why or f"{name} has no meaning in {notes.target}.", mend)
    return drop(mapping, name)
