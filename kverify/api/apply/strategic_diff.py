"""What a strategic merge patch says: the difference between two values, by the merge keys and strategies of a type.

Source: ``diffMaps``, ``diffLists`` and ``CreateThreeWayMergePatch`` in
``k8s.io/apimachinery/pkg/util/strategicpatch/patch.go``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from kverify.api.apply.shape import ANY, AnyShape, FieldShape, ListShape, MapShape, Shape
from kverify.api.apply.strategic_lists import (
    DELETE,
    DELETE_FROM_LIST,
    DIRECTIVE,
    RETAIN_KEYS,
    SET_ORDER,
    PatchError,
    in_order,
    item_kind,
    key_of,
    kind,
    printed,
    same_scalar,
    sorted_by,
    sorted_scalars,
    without_duplicates,
)
from kverify.api.apply.structured import same


@frozen
class DiffOptions:
    """``retain_keys``: the map being compared gets a ``$retainKeys`` directive."""

    changes: bool = True
    deletions: bool = True
    retain_keys: bool = False


def diff(
    original: Mapping[str, Any], modified: Mapping[str, Any], shape: Shape, options: DiffOptions
) -> dict[str, Any]:
    """A patch that makes ``modified`` of ``original``, as far as the options want. Raises :class:`PatchError`."""
    patch: dict[str, Any] = {}
    for key, value in modified.items():
        if key not in original:
            if options.changes:
                patch[key] = value
            continue
        old = original[key]
        if key == DIRECTIVE:
            if value != old:
                patch[key] = value
        elif kind(old) != kind(value):
            if options.changes:
                patch[key] = value
        elif isinstance(value, Mapping):
            _diff_map(key, old, value, patch, shape, options)
        elif isinstance(value, list):
            _diff_list(key, old, value, patch, shape, options)
        elif options.changes and not same_scalar(old, value):
            patch[key] = value
    if options.deletions:
        patch |= {key: None for key in original if key not in modified}
    if options.retain_keys:
        kept = [key for key, value in modified.items() if value is not None]
        cleared = any(value is not None and key not in modified for key, value in original.items())
        if kept and (patch or cleared):
            patch[RETAIN_KEYS] = sorted_scalars(kept)
    return patch


def lookup(shape: Shape, key: str) -> FieldShape:
    """How a field merges. Raises :class:`PatchError` for a field that the type does not have."""
    if isinstance(shape, AnyShape):
        return FieldShape(lambda: ANY)
    known = shape.field(key) if isinstance(shape, MapShape) else None
    if known is None:
        raise PatchError(f"the type has no field {key}")
    return known


def _diff_map(
    key: str,
    original: Mapping[str, Any],
    modified: Mapping[str, Any],
    patch: dict[str, Any],
    shape: Shape,
    options: DiffOptions,
) -> None:
    if same(original, modified) and not _known(shape, key):
        return
    known = lookup(shape, key)
    if known.replaces:
        if options.changes:
            patch[key] = modified
        return
    inner = diff(original, modified, known.shape(), evolve(options, retain_keys=known.retains_keys))
    if inner:
        patch[key] = inner


def _diff_list(
    key: str, original: list[Any], modified: list[Any], patch: dict[str, Any], shape: Shape, options: DiffOptions
) -> None:
    if same(original, modified) and not _known(shape, key):
        return
    known = lookup(shape, key)
    if not known.merges:
        if options.changes and not same(original, modified):
            patch[key] = modified
        return
    inner = known.shape()
    element = inner.element() if isinstance(inner, ListShape) else ANY
    options = evolve(options, retain_keys=known.retains_keys)
    items, deleted, order = _diff_items(original, modified, element, known.merge_key, options)
    if items:
        patch[key] = items
    if deleted:
        patch[f"{DELETE_FROM_LIST}/{key}"] = deleted
    if order:
        patch[f"{SET_ORDER}/{key}"] = order


def _known(shape: Shape, key: str) -> bool:
    return isinstance(shape, AnyShape) or (isinstance(shape, MapShape) and shape.field(key) is not None)


def _diff_items(
    original: list[Any], modified: list[Any], element: Shape, merge_key: str, options: DiffOptions
) -> tuple[list[Any], list[Any], list[Any]]:
    """The items to set, the scalars to delete, and the order of all (empty when it does not matter)."""
    if not original:
        return (modified if options.changes else []), [], []
    if item_kind(original, modified) == "map":
        items, deleted = _diff_maps(original, modified, element, merge_key, options)
        items = in_order(items, modified, merge_key, True) + deleted
        old_keys = [key_of(item, merge_key) for item in original]
        new_keys = [key_of(item, merge_key) for item in modified]
        moved = len(old_keys) != len(new_keys) or not all(map(same_scalar, old_keys, new_keys))
        if (options.changes and (items or moved)) or (options.deletions and items):
            return items, [], [{merge_key: key} for key in new_keys]
        return items, [], []
    items, deleted = _diff_scalars(original, modified, options)
    items = in_order(items, modified, "", False)
    ordered = (options.deletions and bool(deleted)) or (
        options.changes and not same(sorted_scalars(original), modified)
    )
    return items, deleted, list(modified) if ordered else []


def _diff_scalars(original: list[Any], modified: list[Any], options: DiffOptions) -> tuple[list[Any], list[Any]]:
    old, new = sorted_scalars(original), sorted_scalars(modified)
    added: list[Any] = []
    deleted: list[Any] = []
    i = j = 0
    while i < len(old) or j < len(new):
        left = printed(old[i]) if i < len(old) else None
        right = printed(new[j]) if j < len(new) else None
        if left == right:
            i, j = i + 1, j + 1
        elif left is None or (right is not None and left > right):
            added += [new[j]] if options.changes else []
            j += 1
        else:
            deleted += [old[i]] if options.deletions else []
            i += 1
    return added, without_duplicates(deleted)


def _diff_maps(
    original: list[Any], modified: list[Any], element: Shape, merge_key: str, options: DiffOptions
) -> tuple[list[Any], list[Any]]:
    """Items to add or change, and directives for those to delete."""

    def text(item: Any) -> str:
        return printed(item.get(merge_key))

    old, new = sorted_by(original, text), sorted_by(modified, text)
    for item in (*old, *new):
        key_of(item, merge_key)
    items: list[Any] = []
    deleted: list[Any] = []
    i = j = 0
    while i < len(old) or j < len(new):
        left = text(old[i]) if i < len(old) else None
        right = text(new[j]) if j < len(new) else None
        if left == right:
            inner = diff(old[i], new[j], element, options)
            if inner:
                items.append({**inner, merge_key: new[j][merge_key]})
            i, j = i + 1, j + 1
        elif left is None or (right is not None and left > right):
            items += [new[j]] if options.changes else []
            j += 1
        else:
            deleted += [{merge_key: old[i][merge_key], DIRECTIVE: DELETE}] if options.deletions else []
            i += 1
    return items, deleted
