"""Values with a shape: checking them, merging one into another, comparing two, and the fields one has.

Source: ``sigs.k8s.io/structured-merge-diff/v6/typed`` (``validate``, ``merge``, ``compare``, ``tofieldset``,
``remove``). Values are plain JSON and are never changed in place; results share what did not change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from kverify.api.apply.fields import FieldSet, ListItemError, Path, field, item_element, subset, without_below
from kverify.api.apply.shape import OPAQUE, UNTYPED, AnyShape, ListShape, MapShape, ScalarShape, Shape


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""No value at all, which is not null."""


@frozen
class TypeProblem:
    """A value that does not fit its shape."""

    path: Path
    message: str


@frozen
class Comparison:
    """What differs between two values. A field is in at most one of the three sets."""

    removed: FieldSet
    modified: FieldSet
    added: FieldSet

    def without(self, ignored: FieldSet) -> Comparison:
        """All three without the fields below ``ignored``."""
        return Comparison(*(without_below(part, ignored) for part in (self.removed, self.modified, self.added)))


def resolve(shape: Shape, value: Any) -> Shape:
    """The shape that ``value`` gives to a place where anything may stand."""
    if not isinstance(shape, AnyShape):
        return shape
    if isinstance(value, list):
        return ListShape("atomic", lambda: OPAQUE)
    if isinstance(value, Mapping) or value is None or value is ABSENT:
        return MapShape(dict, lambda: shape, atomic=shape.atomic)
    return UNTYPED


def validate(value: Any, shape: Shape, *, duplicates: bool = False) -> list[TypeProblem]:
    """Everything that does not fit. Two items of one key are refused unless ``duplicates``."""
    problems: list[TypeProblem] = []
    _validate(value, shape, (), problems, duplicates)
    return problems


def _validate(value: Any, shape: Shape, path: Path, problems: list[TypeProblem], duplicates: bool) -> None:
    shape = resolve(shape, value)
    if value is None:
        return
    if isinstance(shape, ScalarShape):
        if not _is_scalar(value, shape.type):
            problems.append(TypeProblem(path, f"{_kind(value)} is here, and {_WORDS[shape.type]} belongs here"))
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            problems.append(TypeProblem(path, f"{_kind(value)} is here, and a list belongs here"))
            return
        seen: set[str] = set()
        for index, item in enumerate(value):
            element = f"i:{index}"
            if shape.type != "atomic":
                try:
                    element = item_element(shape, item)
                except ListItemError as error:
                    problems.append(TypeProblem((*path, element), str(error)))
                    return
                if element in seen and not duplicates:
                    problems.append(TypeProblem((*path, element), "two items of the list have this key"))
                seen.add(element)
            _validate(item, shape.element(), (*path, element), problems, duplicates)
    elif isinstance(shape, MapShape):
        if not isinstance(value, Mapping):
            problems.append(TypeProblem(path, f"{_kind(value)} is here, and a mapping belongs here"))
            return
        for key, item in value.items():
            known = shape.field(key)
            if known is None:
                problems.append(TypeProblem((*path, field(key)), "there is no such field"))
            else:
                _validate(item, known.shape(), (*path, field(key)), problems, duplicates)


_WORDS = {"string": "a text", "numeric": "a number", "boolean": "true or false", "untyped": "a single value"}


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "a boolean"
    return "a text" if isinstance(value, str) else "a number"


def _is_scalar(value: Any, type: str) -> bool:
    if type == "string":
        return isinstance(value, str)
    if type == "boolean":
        return isinstance(value, bool)
    if type == "numeric":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str | int | float)


def merge(live: Any, config: Any, shape: Shape) -> Any:
    """``config`` over ``live``: nothing is removed, every leaf of ``config`` wins.

    The items of a list keep the order of ``live``, or take that of ``config`` where the two disagree.
    """
    atom = resolve(shape, live) if config is ABSENT else resolve(shape, config)
    if isinstance(atom, ListShape) and atom.type != "atomic":
        left, right = _list(live), _list(config)
        if left or right:
            return _merge_items(atom, left, right)
    elif isinstance(atom, MapShape) and not atom.atomic:
        before, after = _map(live), _map(config)
        if before or after:
            out = {}
            for key in {**before, **after}:
                known = atom.field(key)
                inner = OPAQUE if known is None else known.shape()
                value = merge(before.get(key, ABSENT), after.get(key, ABSENT), inner)
                if value is not ABSENT:
                    out[key] = value
            return out or ABSENT
    return live if config is ABSENT else config


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _merge_items(shape: ListShape, left: list[Any], right: list[Any]) -> Any:
    """Both lists walked together. Items of ``left`` alone stay between their neighbours; a key that ``left`` has twice
    takes the item of ``right`` as it is."""
    lefts = [item_element(shape, item) for item in left]
    rights = [item_element(shape, item) for item in right]
    of_left: dict[str, Any] = {}
    for element, item in zip(lefts, left, strict=True):
        of_left[element] = None if element in of_left else item
    of_right = dict(zip(rights, right, strict=True))
    shared = [element for element in rights if element in of_left]
    merged: set[str] = set()
    out: list[Any] = []

    def emit(live: Any, config: Any) -> None:
        value = merge(live, config, shape.element())
        if value is not ABSENT:
            out.append(value)

    i = j = 0
    while i < len(lefts) or j < len(rights):
        if i < len(lefts) and j < len(rights):
            element = lefts[i]
            if element == rights[j]:
                merged.add(element)
                emit(of_left[element], of_right[element])
                i, j, shared = i + 1, j + 1, shared[1:]
                continue
            if element in of_right and shared and shared[0] != element:
                i += 1
                continue
        if i < len(lefts):
            element = lefts[i]
            if element not in of_right:
                emit(left[i], ABSENT)
                i += 1
                continue
            if element in merged:
                i += 1
        if j < len(rights):
            element = rights[j]
            merged.add(element)
            emit(of_left.get(element, ABSENT), of_right[element])
            j += 1
            if shared and shared[0] == element:
                shared = shared[1:]
    return out or ABSENT


def compare(before: Any, after: Any, shape: Shape) -> Comparison:
    """The fields that ``after`` removes, changes and adds."""
    removed: set[Path] = set()
    modified: set[Path] = set()
    added: set[Path] = set()

    def leaf(left: Any, right: Any, path: Path) -> None:
        if left is ABSENT:
            added.add(path)
        elif right is ABSENT:
            removed.add(path)
        elif not same(left, right):
            modified.add(path)

    def walk(left: Any, right: Any, shape: Shape, path: Path) -> None:
        first, second = resolve(shape, left), resolve(shape, right)
        atoms = [first] if right is ABSENT else [second]
        if left is not ABSENT and right is not ABSENT and type(first) is not type(second):
            atoms = [first, second]
        was_leaf = [descend(left, right, atom, path) for atom in atoms][-1]
        if not was_leaf and path:
            if left is ABSENT:
                added.add(path)
            elif right is ABSENT:
                removed.add(path)

    def descend(left: Any, right: Any, atom: Shape, path: Path) -> bool:
        """Whether the whole value was one leaf."""
        if isinstance(atom, ListShape) and atom.type != "atomic":
            lefts, rights = _list(left), _list(right)
            if lefts or rights:
                items(atom, lefts, rights, path)
                return False
        elif isinstance(atom, MapShape) and not atom.atomic:
            old, new = _map(left), _map(right)
            if old or new:
                for key in {**old, **new}:
                    known = atom.field(key)
                    inner = OPAQUE if known is None else known.shape()
                    walk(old.get(key, ABSENT), new.get(key, ABSENT), inner, (*path, field(key)))
                return False
        if path:
            leaf(left, right, path)
        return True

    def items(shape: ListShape, lefts: list[Any], rights: list[Any], path: Path) -> None:
        old, new = _by_element(shape, lefts), _by_element(shape, rights)
        for element in {**old, **new}:
            here = (*path, element)
            ours, theirs = old.get(element, []), new.get(element, [])
            if len(ours) <= 1 and len(theirs) <= 1:
                walk(ours[0] if ours else ABSENT, theirs[0] if theirs else ABSENT, shape.element(), here)
            elif len(ours) >= 2 and len(theirs) >= 2:
                if not same(ours, theirs):
                    modified.add(here)
            elif len(ours) >= 2:
                if theirs:
                    walk(ABSENT, theirs[0], shape.element(), here)
                removed.add(here)
            else:
                if ours:
                    walk(ours[0], ABSENT, shape.element(), here)
                added.add(here)

    walk(before, after, shape, ())
    return Comparison(frozenset(removed), frozenset(modified), frozenset(added))


def _by_element(shape: ListShape, values: list[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for item in values:
        try:
            found.setdefault(item_element(shape, item), []).append(item)
        except ListItemError:
            continue
    return found


def same(left: Any, right: Any) -> bool:
    """Equal as JSON: ``1`` is ``1.0`` and not ``true``."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right) and isinstance(left, Mapping | list) == isinstance(right, Mapping | list)


def field_set(value: Any, shape: Shape) -> FieldSet:
    """Every leaf that ``value`` has, every item of its lists, every key of its plain maps, and empty objects."""
    found: set[Path] = set()

    def walk(value: Any, shape: Shape, path: Path) -> None:
        shape = resolve(shape, value)
        if isinstance(shape, ScalarShape):
            found.add(path)
        elif isinstance(shape, ListShape):
            if shape.type == "atomic":
                found.add(path)
                return
            for element, values in _by_element(shape, _list(value)).items():
                found.add((*path, element))
                if len(values) == 1:
                    walk(values[0], shape.element(), (*path, element))
        elif isinstance(shape, MapShape):
            if shape.atomic:
                found.add(path)
                return
            for key, item in _map(value).items():
                known = shape.field(key)
                here = (*path, field(key))
                walk(item, OPAQUE if known is None else known.shape(), here)
                if item is None or item == {} or key not in shape.fields():
                    found.add(here)

    walk(value, shape, ())
    return frozenset(found - {()})


def remove(value: Any, fields: FieldSet, shape: Shape) -> Any:
    """``value`` without the fields of a set. A list or map that lost everything is null."""
    shape = resolve(shape, value)
    if isinstance(shape, ListShape):
        items = _list(value)
        if not items or shape.type == "atomic":
            return None
        kept = []
        for item in items:
            element = item_element(shape, item)
            if (element,) in fields:
                continue
            below = subset(fields, element)
            kept.append(remove(item, below, shape.element()) if below else item)
        return kept or None
    if isinstance(shape, MapShape):
        entries = _map(value)
        if not entries or shape.atomic:
            return None
        left: dict[str, Any] = {}
        for key, item in entries.items():
            element = field(key)
            if (element,) in fields:
                continue
            below = subset(fields, element)
            known = shape.field(key)
            left[key] = remove(item, below, OPAQUE if known is None else known.shape()) if below else item
        return left or None
    return value
