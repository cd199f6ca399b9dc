"""What an apply changes, field by field, and why: because the manifest says so, because it no longer does, or because
somebody else does."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

from attrs import frozen

from kverify.api.apply.fields import ListItemError, item_element
from kverify.api.apply.managers import LAST_APPLIED
from kverify.api.apply.shape import ANY, FieldShape, ListShape, MapShape, Shape
from kverify.api.apply.structured import ABSENT, resolve, same
from kverify.api.decode import decode
from kverify.api.encode import to_plain
from kverify.api.versions import DEFAULT_VERSION
from kverify.cluster.apply import Change, Mode
from kverify.manifest.nodes import FieldPath, format_path
from kverify.manifest.span import Span


class Reason(Enum):
    """Why a field is what it is after the apply."""

    SET = "set"
    """The manifest has it."""
    REMOVED = "removed"
    """The manifest no longer has it, and there is no default."""
    DEFAULT = "default"
    """The manifest does not have it, and the server fills in a default."""
    REPLACED = "replaced"
    """The manifest has a list or map that does not merge: it takes the place of the old one as a whole."""
    KEPT = "kept"
    """The manifest does not have it, and it stays from the live object."""


@frozen
class FieldChange:
    """One field. ``path`` is that of the new object, of a removed field that of the old one, as the API server prints
    it; ``before`` and ``after`` are plain values, ``ABSENT`` for none. ``span`` is its place in the manifest, or that
    of the nearest thing around it."""

    path: str
    reason: Reason
    before: Any
    after: Any
    span: Span

    @property
    def differs(self) -> bool:
        return self.reason is not Reason.KEPT


_SERVER_METADATA = frozenset({"managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "selfLink"})


def differences(change: Change, mode: Mode, version: str = DEFAULT_VERSION) -> tuple[FieldChange, ...]:
    """What changes, and what stays although the manifest does not have it, in the order of the new object.

    What only the server writes and kubectl's own annotation are left out. Nothing changes when the manifest is refused.
    """
    if change.refused or change.after is None:
        return ()
    before = _shown(change.before.plain) if change.before is not None else ABSENT
    after = _shown(to_plain(change.after))
    alone = decode(change.manifest, version).object if before is not ABSENT else None
    walker = _Walker(change, mode, ABSENT if alone is None else _shown(to_plain(alone)))
    return tuple(walker.walk(before, after, walker.alone, change.shape, None, ()))


def _shown(plain: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in (plain.get("metadata") or {}).items() if key not in _SERVER_METADATA}
    annotations = {key: value for key, value in metadata.pop("annotations", {}).items() if key != LAST_APPLIED}
    if annotations:
        metadata["annotations"] = annotations
    return {**{key: value for key, value in plain.items() if key != "status"}, "metadata": metadata}


class _Walker:
    """Walks the object before and after, what the manifest would make of nothing (``alone``), and the manifest."""

    def __init__(self, change: Change, mode: Mode, alone: Any) -> None:
        self.change = change
        self.mode = mode
        self.alone = alone
        self.document = change.after.source.document if change.after is not None else None

    def walk(
        self, before: Any, after: Any, alone: Any, shape: Shape, known: FieldShape | None, path: FieldPath
    ) -> Iterator[FieldChange]:
        value = after if after is not ABSENT else before
        shape = resolve(shape, value)
        if isinstance(shape, MapShape) and not shape.atomic and isinstance(value, dict):
            yield from self._map(before, after, alone, shape, path)
        elif isinstance(shape, ListShape) and isinstance(value, list) and self._merges(shape, known):
            yield from self._list(before, after, alone, shape, path)
        else:
            yield from self._leaf(before, after, alone, path)

    def _merges(self, shape: ListShape, known: FieldShape | None) -> bool:
        """Whether the list is merged item by item, which client-side and server-side apply decide differently."""
        return shape.type != "atomic" and (self.mode.server_side or known is None or known.merges)

    def _map(self, before: Any, after: Any, alone: Any, shape: MapShape, path: FieldPath) -> Iterator[FieldChange]:
        old, new, own = (side if isinstance(side, dict) else {} for side in (before, after, alone))
        if not old and not new:
            yield from self._leaf(before, after, alone, path)
        for key in {**new, **old}:
            known = shape.field(key)
            inner = known.shape() if known is not None else ANY
            left, right, mine = (side.get(key, ABSENT) for side in (old, new, own))
            yield from self.walk(left, right, mine, inner, known, (*path, key))

    def _list(self, before: Any, after: Any, alone: Any, shape: ListShape, path: FieldPath) -> Iterator[FieldChange]:
        old, new, own = (_by_element(shape, side) for side in (before, after, alone))
        if not old and not new:
            yield from self._leaf(before, after, alone, path)
        for element in {**new, **old}:
            index, item = new.get(element, (-1, ABSENT))
            gone, previous = old.get(element, (-1, ABSENT))
            place = index if index >= 0 else gone
            mine = own.get(element, (-1, ABSENT))[1]
            stays = mine is ABSENT and self.alone is not ABSENT and same(previous, item)
            if previous is ABSENT or item is ABSENT or stays:
                yield from self._leaf(previous, item, mine, (*path, place))
            else:
                yield from self.walk(previous, item, mine, shape.element(), None, (*path, place))

    def _leaf(self, before: Any, after: Any, alone: Any, path: FieldPath) -> Iterator[FieldChange]:
        if before is ABSENT and after is ABSENT:
            return
        equal = before is not ABSENT and after is not ABSENT and same(before, after)
        written = self._written(path, after)
        if equal and (written or self.alone is ABSENT or (alone is not ABSENT and same(alone, after))):
            return
        if equal:
            reason = Reason.KEPT
        elif after is ABSENT:
            reason = Reason.REMOVED
        elif not written:
            reason = Reason.DEFAULT
        else:
            both = isinstance(before, dict | list) and isinstance(after, dict | list)
            reason = Reason.REPLACED if both else Reason.SET
        assert self.document is not None
        span = self.document.locate_key(path) if written or after is ABSENT else self.document.locate(path)
        yield FieldChange(format_path(path), reason, before, after, span)

    def _written(self, path: FieldPath, after: Any) -> bool:
        """The manifest has the value. An item that only holds its place in a list is not written."""
        if after is ABSENT or self.document is None:
            return False
        node = self.document.node(path)
        return node is not None and (node.value is not None or after is None)


def _by_element(shape: ListShape, items: Any) -> dict[str, tuple[int, Any]]:
    """Items by what tells them apart; of two with one key the second stands alone."""
    found: dict[str, tuple[int, Any]] = {}
    for index, item in enumerate(items if isinstance(items, list) else ()):
        try:
            element = item_element(shape, item)
        except ListItemError:
            element = f"i:{index}"
        found[element if element not in found else f"{element}#{index}"] = (index, item)
    return found
