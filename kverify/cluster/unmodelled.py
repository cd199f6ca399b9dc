"""What was read and changes nothing: kinds and fields that the model does not have, so that nothing is ignored in
silence. The tables are in :mod:`kverify.cluster.fields`."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from attrs import frozen

from kverify.api.base import json_name, model_fields
from kverify.api.registry import AnyObject
from kverify.api.types.config import ConfigMap, Secret
from kverify.api.types.namespace import Namespace
from kverify.cluster.bundle import Bundle
from kverify.cluster.fields import DESCRIPTIVE, NOT_MODELLED, OTHER_KINDS, READ, Effect, class_name, is_modelled
from kverify.cluster.objects import controller_of, describe, namespace_of
from kverify.manifest.nodes import FieldPath, Plain

_NAMES_SHOWN = 2


@frozen
class Ignored:
    """A field that a manifest sets and the model does not read."""

    object: AnyObject
    path: FieldPath
    effect: Effect


def not_modelled(bundle: Bundle) -> tuple[str, ...]:
    """One line for each kind and each field that the input has and the model has not, kinds first."""
    kinds: dict[str, list[AnyObject]] = {}
    fields: dict[tuple[str, str], list[Ignored]] = {}
    for item in bundle.objects:
        if not is_modelled(item):
            kinds.setdefault(item.kind, []).append(item)
        elif controller_of(item) is None:
            for ignored in ignored_fields(item):
                fields.setdefault((short_path(ignored.path), ignored.effect.text), []).append(ignored)
    return (
        *(_kind_line(kind, rows) for kind, rows in kinds.items()),
        *(_field_line(name, effect, rows) for (name, effect), rows in fields.items()),
    )


def _kind_line(kind: str, rows: list[AnyObject]) -> str:
    names = [f"{namespace_of(row)}/{row.metadata.name}".lstrip("/") for row in rows]
    verb, whose = ("is", "its") if len(names) == 1 else ("are", "their")
    meaning = f": {OTHER_KINDS[kind].format(its=whose)}" if kind in OTHER_KINDS else ""
    return f"{kind} {_some(names)} {verb} not modelled{meaning}"


def _field_line(name: str, effect: str, rows: list[Ignored]) -> str:
    names = list(dict.fromkeys(describe(row.object) for row in rows))
    times = f"{len(rows)} times, " if len(rows) > len(names) else ""
    return f"{name} ({times}{_some(names)}): {effect}"


def _some(names: list[str]) -> str:
    """``shop/front``, ``shop/a and shop/b``, ``shop/a, shop/b and 3 more``."""
    if len(names) <= _NAMES_SHOWN:
        return " and ".join(names)
    return f"{', '.join(names[:_NAMES_SHOWN])} and {len(names) - _NAMES_SHOWN} more"


def short_path(path: FieldPath) -> str:
    """A field as a reader of manifests calls it: its last two names, without the numbers.

    >>> short_path(("spec", "template", "spec", "containers", 1, "livenessProbe"))
    'containers[*].livenessProbe'
    """
    parts: list[str] = []
    for step in path:
        if isinstance(step, int):
            parts[-1] += "[*]"
        else:
            parts.append(step)
    return ".".join(parts[-2:])


def ignored_fields(item: AnyObject) -> Iterator[Ignored]:
    """The fields that ``item``'s manifest sets to something unusual and the model does not read.

    Defaults are not in the manifest and are therefore not listed; nor is anything of a generated object.
    """
    document = item.source.document
    if document is None or not is_modelled(item) or isinstance(item, (ConfigMap, Secret, Namespace)):
        return
    for path, effect in _walk(item, document.plain, ()):
        yield Ignored(item, path, effect)


def _walk(value: object, text: Plain, path: FieldPath) -> Iterator[tuple[FieldPath, Effect]]:
    """Go down the typed value and the text together: the class says what a field is, the text whether it is set."""
    if isinstance(value, tuple) and isinstance(text, list):
        # Defaulting appends, so the items of the text are the first ones of the value.
        for index, (inner, part) in enumerate(zip(value, text, strict=False)):
            yield from _walk(inner, part, (*path, index))
        return
    if not attrs.has(type(value)) or not isinstance(text, dict):
        return
    attributes = {json_name(attribute): attribute.name for attribute in model_fields(type(value))}
    name = class_name(type(value))
    for json, part in text.items():
        # Null, an empty map and an empty list say the same as an absent field.
        if json not in attributes or part in (None, {}, []) or (name, json) in READ or (name, json) in DESCRIPTIVE:
            continue
        effect = NOT_MODELLED.get((name, json))
        if effect is None:
            yield from _walk(getattr(value, attributes[json]), part, (*path, json))
        elif isinstance(part, (dict, list)) or part not in effect.usual:
            yield (*path, json), effect
