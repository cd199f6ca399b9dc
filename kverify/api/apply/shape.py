"""The shape of a kind as merging sees it: which values are scalars, lists and maps, and how each of them merges.

Built from the fields of the typed classes (:func:`kverify.api.base.api_field`); for custom resources from the schema of
their definition, or, without one, from the values alone: maps merge key by key and lists are replaced.

Sources: the OpenAPI extensions ``x-kubernetes-list-type``, ``-list-map-keys``, ``-map-type``, ``-patch-strategy`` and
``-patch-merge-key``, and how ``k8s.io/kube-openapi/pkg/schemaconv`` turns them into a structured-merge-diff schema.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

import attrs
from attrs import field, frozen

from kverify.api import registry
from kverify.api.base import Timestamp, json_name, model_fields
from kverify.api.quantity import Quantity

ListType: TypeAlias = Literal["atomic", "set", "map"]


@frozen(eq=False)
class ScalarShape:
    """``type``: ``string``, ``numeric``, ``boolean``, or ``untyped`` for a scalar of any type."""

    type: str


@frozen(eq=False)
class ListShape:
    """``keys`` tell the items of a ``map`` apart, the values those of a ``set``; an ``atomic`` list is one value."""

    type: ListType
    element: Callable[[], Shape]
    keys: tuple[str, ...] = ()


@frozen(eq=False)
class FieldShape:
    """A named field. ``default`` is the value that an absent list key has. ``strategies`` and ``merge_key`` are those
    of a strategic merge patch."""

    shape: Callable[[], Shape]
    default: str | int | None = None
    strategies: frozenset[str] = frozenset()
    merge_key: str = ""

    @property
    def merges(self) -> bool:
        return "merge" in self.strategies

    @property
    def retains_keys(self) -> bool:
        return "retainKeys" in self.strategies

    @property
    def replaces(self) -> bool:
        return "replace" in self.strategies


@frozen(eq=False)
class MapShape:
    """Named ``fields`` (an object), values of any other name (``element``), or both. Without ``element`` other names
    are errors. An ``atomic`` map is one value."""

    fields: Callable[[], Mapping[str, FieldShape]]
    element: Callable[[], Shape] | None = None
    atomic: bool = False

    def field(self, name: str) -> FieldShape | None:
        """What is known of a name: its field, or the shape of all values of a plain map."""
        known = self.fields().get(name)
        if known is not None or self.element is None:
            return known
        return FieldShape(self.element)


@frozen(eq=False)
class AnyShape:
    """A value of any type: a custom resource without a schema (maps merge, lists are atomic), or, ``atomic``, opaque
    data that is one value."""

    atomic: bool = field(default=False)


Shape: TypeAlias = ScalarShape | ListShape | MapShape | AnyShape

STRING = ScalarShape("string")
UNTYPED = ScalarShape("untyped")
ANY = AnyShape()
OPAQUE = AnyShape(atomic=True)
_SCALARS: dict[Any, Shape] = {
    str: STRING,
    int: ScalarShape("numeric"),
    float: ScalarShape("numeric"),
    bool: ScalarShape("boolean"),
    Quantity: UNTYPED,
}
KEY_DEFAULTS = {"protocol": "TCP"}
"""Optional list keys that have a default: ``ContainerPort.protocol`` and ``ServicePort.protocol``."""


def shape_of_kind(api_version: str, kind: str) -> Shape | None:
    """The shape of a typed kind, None for every other one."""
    cls: type | None = registry.class_of(api_version, kind)
    return None if cls is None else shape_of_class(cls)


@cache
def shape_of_class(cls: type) -> MapShape:
    """The shape of a typed class."""

    @cache
    def fields() -> Mapping[str, FieldShape]:
        hints = get_type_hints(cls, include_extras=True)
        return {json_name(item): _field(item, hints[item.name]) for item in model_fields(cls)}

    return MapShape(fields, atomic=getattr(cls, "ATOMIC", False))


def _field(attribute: attrs.Attribute[Any], hint: Any) -> FieldShape:
    rules = attribute.metadata
    name = json_name(attribute)
    default = attribute.default if isinstance(attribute.default, str | int) else KEY_DEFAULTS.get(name)
    return FieldShape(
        shape=cache(lambda: _shape(hint, rules)),
        default=default,
        strategies=frozenset(part for part in rules.get("patch", "").split(",") if part),
        merge_key=rules.get("merge_key", ""),
    )


def _shape(hint: Any, rules: Mapping[str, Any]) -> Shape:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return UNTYPED if isinstance(arguments[1], Timestamp) else _SCALARS[int]
    if origin in (Union, types.UnionType):
        inner = tuple(argument for argument in arguments if argument is not type(None))
        return UNTYPED if set(inner) == {int, str} else _shape(inner[0], rules)
    if origin is tuple:
        element = cache(lambda: _shape(arguments[0], {}))
        return ListShape(rules.get("list_type", "atomic"), element, tuple(rules.get("list_keys", ())))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if arguments[1] is Any:
            return OPAQUE
        element = cache(lambda: _shape(arguments[1], {}))
        return MapShape(_no_fields, element, atomic=rules.get("map_type") == "atomic")
    if hint in _SCALARS:
        return _SCALARS[hint]
    if isinstance(hint, type) and attrs.has(hint):
        return shape_of_class(hint)
    return OPAQUE


def _no_fields() -> Mapping[str, FieldShape]:
    return {}
