"""From typed objects back to plain JSON values and YAML text, as Kubernetes stores and prints them.

Source: the JSON tags of ``k8s.io/api``. A field that is ``None`` and an empty list or map are left out (``omitempty``),
or printed as ``null`` where Go has no ``omitempty``. Zeros are printed, unless they are Go values with ``omitempty``;
empty objects always are (Go never leaves out a struct). Quantities are spelled as Go spells them.

Reading the text again gives an equal object: ``structure`` of ``to_yaml(obj)`` is ``obj``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import attrs
from attrs import frozen

from kverify.api.base import json_name, model_fields
from kverify.api.object import OtherObject
from kverify.api.quantity import Quantity
from kverify.api.registry import AnyObject
from kverify.manifest.scalars import resolve_plain


def to_plain(obj: AnyObject, status: bool = True) -> dict[str, Any]:
    """The object as new dicts, lists and scalars; without its ``status`` if that is not asked for."""
    if isinstance(obj, OtherObject):
        plain = {str(key): _thaw(value) for key, value in obj.content.items()}
        plain["metadata"] = plain_value(obj.metadata)
    else:
        printed = plain_value(obj)
        plain = {name: printed.pop(name) for name in ("apiVersion", "kind", "metadata")} | printed
    if not status:
        plain.pop("status", None)
    return plain


def plain_value(value: Any) -> Any:
    """Any typed value (an object, a part of one, a map or list of them) as plain values."""
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, Quantity):
        return value.printed()
    if isinstance(value, Mapping):
        return {key: plain_value(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain_value(item) for item in value]
    cls: type = type(value)
    if attrs.has(cls):
        plain: dict[str, Any] = {}
        for field in _printed_fields(cls):
            item = getattr(value, field.attribute)
            if item is None or (field.empty_is_absent and not item):
                if field.null:
                    plain[field.name] = None
            elif item or not field.omit_zero:
                plain[field.name] = plain_value(item)
        return plain
    return value


def to_yaml(obj: AnyObject, status: bool = True) -> str:
    """The object as one YAML document, keys sorted, as kubectl prints it."""
    return yaml_text(to_plain(obj, status))


def yaml_text(plain: Any) -> str:
    """A plain JSON value as YAML that ``sigs.k8s.io/yaml`` reads back as the same value: what it would take for a
    number or a boolean is quoted."""
    import yaml

    return str(yaml.dump(plain, Dumper=_dumper(), sort_keys=True, allow_unicode=True, width=2**30))


@frozen
class _PrintedField:
    """A field as the encoder sees it."""

    attribute: str
    name: str
    omit_zero: bool
    null: bool
    empty_is_absent: bool


@cache
def _printed_fields(cls: type) -> tuple[_PrintedField, ...]:
    """The fields of a class, in its order."""
    return tuple(
        _PrintedField(
            attribute.name,
            json_name(attribute),
            attribute.metadata.get("omit_zero", False),
            attribute.metadata.get("null", False),
            isinstance(attribute.default, (tuple, Mapping)),
        )
        for attribute in model_fields(cls)
    )


def _thaw(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _thaw(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_thaw(item) for item in value]
    return value


@cache
def _dumper() -> type[Any]:
    """No anchors, and quotes wherever either YAML 1.1 or Kubernetes would not read the bare text as text."""
    import yaml

    class Dumper(yaml.CSafeDumper):
        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (nothing is ever an alias)
            return True

    def represent(dumper: Any, value: str) -> yaml.ScalarNode:
        style = None
        if resolve_plain(value) is not value:
            style = '"'
        elif "\n" in value and "\t" not in value and not any(line.endswith(" ") for line in value.split("\n")):
            style = "|"
        node: yaml.ScalarNode = dumper.represent_scalar("tag:yaml.org,2002:str", value, style)
        return node

    Dumper.add_representer(str, represent)
    return Dumper
