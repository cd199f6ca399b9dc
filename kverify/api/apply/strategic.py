"""Strategic merge patches: how kubectl and the API server patch objects of the built-in kinds.

Source: ``mergeMap``, ``mergeSlice`` and ``CreateThreeWayMergePatch`` in
``k8s.io/apimachinery/pkg/util/strategicpatch/patch.go`` (v0.36).
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from kverify.api.apply.json_merge import without_nulls
from kverify.api.apply.shape import ANY, ListShape, Shape
from kverify.api.apply.strategic_diff import DiffOptions, diff, lookup
from kverify.api.apply.strategic_lists import (
    DELETE,
    DELETE_FROM_LIST,
    DIRECTIVE,
    REPLACE,
    RETAIN_KEYS,
    SET_ORDER,
    PatchError,
    index,
    interleaved,
    item_kind,
    key_of,
    kind,
    partition,
    same_scalar,
    without_duplicates,
)
from kverify.api.apply.structured import same


def three_way_patch(
    original: Mapping[str, Any], modified: Mapping[str, Any], current: Mapping[str, Any], shape: Shape
) -> dict[str, Any]:
    """The patch that client-side apply sends: what ``modified`` adds to and changes in ``current``, and what it lacks
    of ``original``, the last applied manifest. Raises :class:`PatchError`."""
    changes = diff(current, modified, shape, DiffOptions(deletions=False))
    deletions = diff(original, modified, shape, DiffOptions(changes=False))
    return _merge(deepcopy(deletions), deepcopy(changes), shape, applying=False)


def apply(value: Mapping[str, Any], patch: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """``patch`` applied to ``value``, as the API server does it. Raises :class:`PatchError`."""
    return _merge(deepcopy(dict(value)), deepcopy(dict(patch)), shape, applying=True)


def _merge(original: dict[str, Any], patch: dict[str, Any], shape: Shape, applying: bool) -> dict[str, Any]:
    """Both are used up. Not ``applying``: ``original`` is a patch too, so directives are kept."""
    if DIRECTIVE in patch:
        return _directive(patch)
    _retain_keys(original, patch, applying)
    _set_order(original, patch, shape, applying)
    for key, value in patch.items():
        deleting = key.startswith(DELETE_FROM_LIST)
        if deleting and not applying:
            original[key] = value
            continue
        name = _list_of(key, DELETE_FROM_LIST) if deleting else key
        if value is None:
            original.pop(name, None)
            if applying:
                continue
        if name not in original or kind(original[name]) != kind(value):
            if not deleting:
                _take(original, name, value, applying)
        elif isinstance(value, Mapping):
            known = lookup(shape, name)
            original[name] = value if known.replaces else _merge(original[name], dict(value), known.shape(), applying)
        elif isinstance(value, list):
            known = lookup(shape, name)
            if known.merges:
                original[name] = _merge_items(
                    original[name], value, _element(known.shape()), known.merge_key, applying, deleting
                )
            else:
                original[name] = value
        else:
            original[name] = value
    return original


def _take(original: dict[str, Any], name: str, value: Any, applying: bool) -> None:
    """A value that is new. Directives in it, and when ``applying`` nulls too, mean nothing."""
    kept, keep = _without_directives(without_nulls(value) if applying else value)
    if keep:
        original[name] = kept
    else:
        original.pop(name, None)


def _without_directives(value: Any) -> tuple[Any, bool]:
    """The value, and whether it is to be kept at all."""
    if isinstance(value, Mapping):
        if DIRECTIVE in value:
            return None, False
        pairs = {key: _without_directives(item) for key, item in value.items()}
        return {key: item for key, (item, keep) in pairs.items() if keep}, True
    if isinstance(value, list):
        return [item for item, keep in map(_without_directives, value) if keep], True
    return value, True


def _element(shape: Shape) -> Shape:
    return shape.element() if isinstance(shape, ListShape) else ANY


def _directive(patch: dict[str, Any]) -> dict[str, Any]:
    directive = patch.pop(DIRECTIVE)
    if directive == REPLACE:
        return patch
    if directive == DELETE:
        return {}
    raise PatchError(f"{directive!r} is not a patch directive")


def _list_of(key: str, prefix: str) -> str:
    name = key.partition("/")[2]
    if not name:
        raise PatchError(f"{prefix} names no list")
    return name


def _retain_keys(original: dict[str, Any], patch: dict[str, Any], applying: bool) -> None:
    if RETAIN_KEYS not in patch:
        return
    keys = patch.pop(RETAIN_KEYS)
    if not applying:
        if not same(original.setdefault(RETAIN_KEYS, keys), keys):
            raise PatchError(f"two patches disagree about {RETAIN_KEYS}")
        return
    if not isinstance(keys, list):
        raise PatchError(f"{RETAIN_KEYS} is not a list")
    for key, value in patch.items():
        if value is not None and not key.startswith((DELETE_FROM_LIST, SET_ORDER)) and key not in keys:
            raise PatchError(f"the patch sets {key}, which {RETAIN_KEYS} does not keep")
    for key in [key for key in original if key not in keys]:
        del original[key]


def _set_order(original: dict[str, Any], patch: dict[str, Any], shape: Shape, applying: bool) -> None:
    """Lists whose order the patch gives are merged and sorted at once."""
    for key in [key for key in patch if key.startswith(SET_ORDER)]:
        order = patch.pop(key)
        if not isinstance(order, list):
            raise PatchError(f"{SET_ORDER} is not a list")
        if not applying and not same(original.setdefault(key, order), order):
            raise PatchError(f"two patches disagree about {SET_ORDER}")
        name = _list_of(key, SET_ORDER)
        known = lookup(shape, name)
        live, items = original.get(name), patch.get(name)
        for side in (original, patch):
            if name in side and not isinstance(side[name], list):
                raise PatchError(f"{name} is not a list")
        _check_order(items or [], order, known.merge_key)
        if name in original and name in patch:
            merged = items
            if known.merges:
                merged = _merge_items(
                    live or [], items or [], _element(known.shape()), known.merge_key, applying, False
                )
        elif name in original:
            merged = live
        elif name in patch:
            merged, _ = _without_directives(items)
        else:
            continue
        inside, outside = partition(merged or [], order, known.merge_key)
        of_maps = item_kind(live or [], items or []) == "map"
        original[name] = interleaved(inside, outside, order, live or [], known.merge_key, of_maps)
        patch.pop(name, None)


def _check_order(items: list[Any], order: list[Any], merge_key: str) -> None:
    """The items of a patch are in the order it gives, and all of them are named there."""
    wanted = [item for item in items if not (isinstance(item, Mapping) and DIRECTIVE in item)]
    if not order or not wanted:
        return
    place = 0
    for item in wanted:
        found = index(order[place:], item, merge_key)
        if found < 0:
            raise PatchError(f"the patch contradicts its own {SET_ORDER}")
        place += found + 1


def _merge_items(
    original: list[Any], patch: list[Any], element: Shape, merge_key: str, applying: bool, deleting: bool
) -> list[Any]:
    """The merged list. ``original`` is left as Go leaves it, which is what the order of the server is then read from:
    items behind a deleted one have moved up, and new ones have taken the places that became free."""
    if not original and not patch:
        return original
    of_maps = item_kind(original, patch) == "map"
    if not of_maps:
        if applying and deleting:
            return [item for item in original if not any(same_scalar(item, gone) for gone in patch)]
        merged = without_duplicates([*original, *patch])
        live = original
    else:
        if not merge_key:
            raise PatchError("a list of mappings cannot be merged without a merge key")
        replaced = any(item.get(DIRECTIVE) == REPLACE for item in patch)
        live, patch = _special(original, patch, merge_key)
        merged = _merge_maps(live, patch, element, merge_key, applying)
        if not replaced:
            freed = slice(len(live), len(original))
            original[freed] = [*merged[freed], *original[freed][len(merged[freed]) :]]
    inside, outside = partition(merged, patch, merge_key)
    return interleaved(inside, outside, patch, live, merge_key, of_maps)


def _special(original: list[Any], patch: list[Any], merge_key: str) -> tuple[list[Any], list[Any]]:
    """Items of the patch that are directives, carried out; and the others."""
    plain: list[Any] = []
    replaced = False
    length = len(original)
    for item in patch:
        directive = item.get(DIRECTIVE)
        if DIRECTIVE not in item:
            plain.append(item)
        elif directive == DELETE:
            key_of(item, merge_key)
            while (place := index(original[:length], item, merge_key)) >= 0:
                original[place : length - 1] = original[place + 1 : length]
                length -= 1
        elif directive == REPLACE:
            replaced = True
        else:
            raise PatchError(f"{directive!r} is not a directive of a list item")
    return (plain, []) if replaced else (original[:length], plain)


def _merge_maps(original: list[Any], patch: list[Any], element: Shape, merge_key: str, applying: bool) -> list[Any]:
    merged = list(original)
    for item in patch:
        key_of(item, merge_key)
        place = index(merged, item, merge_key)
        if place >= 0:
            merged[place] = _merge(dict(merged[place]), dict(item), element, applying)
        else:
            merged.append(item)
    return merged
