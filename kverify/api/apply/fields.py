"""Sets of fields: which manager set what (``metadata.managedFields``, format ``FieldsV1``).

A path is a tuple of elements, and an element is its own serialized form: ``f:spec`` a named field or map key,
``k:{"name":"c"}`` an item of a list by its keys, ``v:"x"`` an item of a set. A set of fields is then a plain set of
paths; a path in it does not imply its parents.

Source: ``sigs.k8s.io/structured-merge-diff/v6/fieldpath``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from kverify.api.apply.shape import ListShape, MapShape, Shape

Path: TypeAlias = tuple[str, ...]
FieldSet: TypeAlias = frozenset[Path]
EMPTY_SET: FieldSet = frozenset()
_SELF = "."


class ListItemError(ValueError):
    """An item of a list cannot be told from the others; the message says why."""


def field(name: str) -> str:
    """The element of a named field or a map key."""
    return f"f:{name}"


def item_element(shape: ListShape, item: Any) -> str:
    """The element of an item of a ``map`` or ``set`` list. Raises :class:`ListItemError` when it has none."""
    if shape.type == "set":
        if isinstance(item, Mapping | list) or item is None:
            raise ListItemError("an item of a set is not a single value")
        return f"v:{compact(item)}"
    if not isinstance(item, Mapping):
        raise ListItemError("an item of a list with keys is not a mapping")
    keys: dict[str, Any] = {}
    element = shape.element()
    for key in shape.keys:
        value = item.get(key)
        if key not in item:
            known = element.field(key) if isinstance(element, MapShape) else None
            value = known.default if known is not None else None
            if value is None:
                raise ListItemError(f"an item has no {key}, which tells the items of its list apart")
        keys[key] = value
    return f"k:{compact(keys)}"


def compact(value: Any) -> str:
    """JSON as Go writes it: no blanks, keys sorted, text not escaped beyond what JSON asks for."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def parse(fields_v1: Mapping[str, Any]) -> FieldSet:
    """A ``fieldsV1`` value as a set."""
    found: set[Path] = set()
    todo: list[tuple[Path, Mapping[str, Any]]] = [((), fields_v1)]
    while todo:
        path, node = todo.pop()
        for element, inner in node.items():
            if element == _SELF:
                if path:
                    found.add(path)
                continue
            here = (*path, _normal(element))
            if isinstance(inner, Mapping) and inner:
                todo.append((here, inner))
            else:
                found.add(here)
    return frozenset(found)


def serialize(fields: Iterable[Path]) -> dict[str, Any]:
    """A set as a ``fieldsV1`` value."""
    root: dict[str, Any] = {}
    members = set(fields)
    for path in sorted(members):
        node = root
        for element in path:
            node = node.setdefault(element, {})
    for path in members:
        node = root
        for element in path:
            node = node[element]
        if node:
            node[_SELF] = {}
    return root


def _normal(element: str) -> str:
    """Keys may be stored in any order; here they are sorted."""
    kind, _, text = element.partition(":")
    return f"{kind}:{compact(json.loads(text))}" if kind in ("k", "v") else element


def subset(fields: FieldSet, element: str) -> FieldSet:
    """The paths below ``element``, without it."""
    return frozenset(path[1:] for path in fields if len(path) > 1 and path[0] == element)


def without_below(fields: FieldSet, removed: FieldSet) -> FieldSet:
    """``fields`` without ``removed`` and everything below it (``RecursiveDifference``)."""
    if not removed:
        return fields
    return frozenset(p for p in fields if not any(p[:length] in removed for length in range(1, len(p) + 1)))


def with_named_parents(fields: FieldSet, shape: Shape) -> FieldSet:
    """``fields`` and every named field above one of them (``EnsureNamedFieldsAreMembers``). Keys of plain maps and
    items of lists are not named fields."""
    result = set(fields)
    for path in fields:
        here: Shape | None = shape
        for length, element in enumerate(path[:-1], 1):
            named = isinstance(here, MapShape) and element[:2] == "f:" and element[2:] in here.fields()
            if named:
                result.add(path[:length])
            here = step(here, element)
    return frozenset(result)


def step(shape: Shape | None, element: str) -> Shape | None:
    """The shape one element further down, None where it is not known."""
    if isinstance(shape, MapShape) and element[:2] == "f:":
        known = shape.field(element[2:])
        return None if known is None else known.shape()
    if isinstance(shape, ListShape):
        return shape.element()
    return None


def text(path: Path) -> str:
    """A path as conflicts print it: ``.spec.template.spec.containers[name="c"].image``."""
    parts = []
    for element in path:
        kind, _, name = element.partition(":")
        if kind == "f":
            parts.append(f".{name}")
        elif kind == "k":
            keys = json.loads(name)
            parts.append(f"[{','.join(f'{key}={compact(keys[key])}' for key in sorted(keys))}]")
        else:
            parts.append(f"[={name}]" if kind == "v" else f"[{name}]")
    return "".join(parts)


def locate(plain: Any, path: Path, shape: Shape) -> tuple[str | int, ...] | None:
    """Where a path is in a value, as keys and indexes; None when it is not there."""
    found: list[str | int] = []
    here: Shape | None = shape
    for element in path:
        kind, _, name = element.partition(":")
        if kind == "f" and isinstance(plain, Mapping) and name in plain:
            found.append(name)
            plain = plain[name]
        elif isinstance(plain, list) and isinstance(here, ListShape) and here.type != "atomic":
            index = next((i for i, item in enumerate(plain) if _is(here, item, element)), None)
            if index is None:
                return None
            found.append(index)
            plain = plain[index]
        else:
            return None
        here = step(here, element)
    return tuple(found)


def _is(shape: ListShape, item: Any, element: str) -> bool:
    try:
        return item_element(shape, item) == element
    except ListItemError:
        return False
