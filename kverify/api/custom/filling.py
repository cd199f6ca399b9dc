"""What the API server does to a custom resource before it validates it: unknown fields go, defaults come.

Sources: ``pruning``, ``defaulting`` and ``listtype`` of ``k8s.io/apiextensions-apiserver/pkg/apiserver/schema``. Values
are plain (mappings, lists or tuples, scalars) and never changed: every function returns new ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve

from kverify.api.custom.conformance import Way
from kverify.api.custom.schema import Schema
from kverify.api.validation.report import CUSTOM, DUPLICATE, Path, Report

Json = Any

META_FIELDS = frozenset(["apiVersion", "kind", "metadata"])


def prune(value: Json, schema: Schema, root: bool) -> tuple[Json, list[Way]]:
    """``value`` without the fields that ``schema`` does not know, and where they were. ``root`` says that it is a
    whole resource, which has apiVersion, kind and metadata anyway."""
    removed: list[Way] = []
    kept = _pruned(value, evolve(schema, embedded=True) if root else schema, (), removed)
    return kept, removed


def _pruned(value: Json, schema: Schema | None, way: Way, removed: list[Way]) -> Json:
    keeps = schema is not None and bool(schema.preserve)
    if isinstance(value, Mapping):
        return _pruned_mapping(value, schema, keeps, way, removed)
    if not isinstance(value, (list, tuple)):
        return value
    items = None if schema is None else schema.items
    if keeps and items is None:
        return value
    # Below a list that keeps unknown fields, items keep them too (skipPrune goes on with itself).
    inner = evolve(items, preserve=True) if keeps and items is not None else items
    return [_pruned(item, inner, (*way, index), removed) for index, item in enumerate(value)]


def _pruned_mapping(
    value: Mapping[str, Json], schema: Schema | None, keeps: bool, way: Way, removed: list[Way]
) -> dict[str, Json]:
    kept: dict[str, Json] = {}
    for key, inner in value.items():
        here = (*way, key)
        if schema is None:
            removed.append(here)
        elif schema.embedded and key in META_FIELDS:
            kept[key] = inner
        elif key in schema.properties:
            kept[key] = _pruned(inner, schema.properties[key], here, removed)
        elif schema.additional_allowed is not None:
            kept[key] = _pruned(inner, schema.additional, here, removed)
        elif keeps:
            kept[key] = inner
        else:
            removed.append(here)
    return kept


def without_nulls(value: Json, schema: Schema | None) -> Json:
    """``value`` without the nulls that are neither allowed nor have a default (they mean the same as nothing)."""
    if isinstance(value, Mapping):
        kept: dict[str, Json] = {}
        for key, inner in value.items():
            known = _field(schema, key)
            if inner is None and known is not None and not known.nullable and not known.has_default:
                continue
            kept[key] = without_nulls(inner, known)
        return kept
    if isinstance(value, (list, tuple)):
        items = None if schema is None else schema.items
        return [without_nulls(item, items) for item in value]
    return value


def _field(schema: Schema | None, key: str) -> Schema | None:
    if schema is None:
        return None
    return schema.properties.get(key) or schema.additional


def defaulted(value: Json, schema: Schema | None) -> Json:
    """``value`` with the defaults of ``schema``, also inside of what is already there."""
    if schema is None:
        return value
    if isinstance(value, Mapping):
        filled = dict(value)
        for key, known in schema.properties.items():
            if known.has_default and (key not in filled or _is_bad_null(filled[key], known)):
                filled[key] = known.default
        for key, inner in filled.items():
            known_field = _field(schema, key)
            if key not in schema.properties and known_field is not None and _is_bad_null(inner, known_field):
                inner = known_field.default if known_field.has_default else None
            filled[key] = defaulted(inner, known_field)
        return filled
    if isinstance(value, (list, tuple)):
        return [defaulted(_item(item, schema.items), schema.items) for item in value]
    return value


def _item(item: Json, schema: Schema | None) -> Json:
    if schema is None or not _is_bad_null(item, schema):
        return item
    return schema.default if schema.has_default else None


def _is_bad_null(value: Json, schema: Schema) -> bool:
    return value is None and not schema.nullable


def check_unique(value: Json, schema: Schema | None, path: Path, report: Report) -> None:
    """Items of sets that are equal, and of ``map`` lists that have equal keys (``ValidateListSetsAndMaps``)."""
    if schema is None:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if schema.additional is not None:
                check_unique(inner, schema.additional, path.key(key), report)
            if key in schema.properties:
                check_unique(inner, schema.properties[key], path.child(key), report)
    elif isinstance(value, (list, tuple)):
        if schema.list_type == "set":
            _check_doubles([_spelled(item) for item in value], path, "the same item", report)
        elif schema.list_type == "map":
            _check_keys(value, schema, path, report)
        for here, item in path.each(value):
            check_unique(item, schema.items, here, report)


def _check_keys(items: Sequence[Json], schema: Schema, path: Path, report: Report) -> None:
    keys: list[str] = []
    for here, item in path.each(items):
        if item is not None and not isinstance(item, Mapping):
            report.error(CUSTOM, here, "The items of a list of type map are mappings.")
            return
        given = {} if item is None else {name: item[name] for name in schema.list_keys if name in item}
        keys.append(_spelled(given))
    _check_doubles(keys, path, f"the same {', '.join(schema.list_keys)}", report)


def _spelled(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def _check_doubles(spelled: Sequence[str], path: Path, what: str, report: Report) -> None:
    """Only the second of equal items is reported, however many there are."""
    seen: dict[str, int] = {}
    for here, text in path.each(spelled):
        seen[text] = seen.get(text, 0) + 1
        if seen[text] == 2:
            message = f"Item {spelled.index(text)} has {what}, which must be unique."
            report.error(DUPLICATE, here, message, "remove one of them")
