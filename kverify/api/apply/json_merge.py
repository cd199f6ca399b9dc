"""JSON merge patches (RFC 7386): how kubectl and the API server patch objects of kinds that have no Go type.

Sources: ``k8s.io/apimachinery/pkg/util/jsonmergepatch`` (``CreateThreeWayJSONMergePatch``) and
``gopkg.in/evanphx/json-patch.v4`` (``CreateMergePatch``, ``MergePatch``). Maps merge, lists are replaced, null removes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kverify.api.apply.structured import same


def three_way_patch(original: Mapping[str, Any], modified: Mapping[str, Any], current: Mapping[str, Any]) -> Any:
    """The patch that client-side apply sends: what ``modified`` adds to and changes in ``current``, and what it lacks
    of ``original``, the last applied manifest."""
    additions = _filtered(diff(current, modified), keep_null=False)
    deletions = _filtered(diff(original, modified), keep_null=True)
    return apply(deletions, additions, prune=False)


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch from one value to another."""
    patch: dict[str, Any] = {}
    for key, value in after.items():
        if key not in before or type(before[key]) is not type(value):
            if key not in before or not same(before[key], value):
                patch[key] = value
        elif isinstance(value, Mapping):
            inner = diff(before[key], value)
            if inner:
                patch[key] = inner
        elif not same(before[key], value):
            patch[key] = value
    patch |= {key: None for key in before if key not in after}
    return patch


def _filtered(patch: Mapping[str, Any], *, keep_null: bool) -> dict[str, Any]:
    """Only the removals of a patch, or everything else. An empty map is a value."""
    kept: dict[str, Any] = {}
    for key, value in patch.items():
        if value is None:
            if keep_null:
                kept[key] = None
        elif isinstance(value, Mapping) and value:
            inner = _filtered(value, keep_null=keep_null)
            if inner:
                kept[key] = inner
        elif not keep_null:
            kept[key] = value
    return kept


def apply(value: Any, patch: Any, *, prune: bool = True) -> Any:
    """``patch`` applied. ``prune`` drops nulls also from maps that are new, as RFC 7386 says."""
    if not isinstance(patch, Mapping):
        return patch
    result: dict[str, Any] = dict(value) if isinstance(value, Mapping) else {}
    for key, item in patch.items():
        if item is None:
            result.pop(key, None)
        elif isinstance(item, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = apply(result[key], item, prune=prune)
        else:
            result[key] = without_nulls(item) if prune else item
    return result


def without_nulls(value: Any) -> Any:
    """A value without the entries of maps that are null, lists included; null items of lists stay."""
    if isinstance(value, Mapping):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value
