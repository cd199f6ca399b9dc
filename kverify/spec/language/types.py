"""The types of the property language, and the types of the fields of Kubernetes objects.

Fields are typed from the classes of ``kverify/api/types``: what a manifest can hold, an expression can ask. Whole
numbers whose name ends in ``Seconds`` are durations, texts that may be a percentage are amounts.
"""

from __future__ import annotations

import types as python_types
from collections.abc import Mapping as MappingABC
from functools import cache
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin, get_type_hints

import attrs
from attrs import frozen

from kverify.api import registry
from kverify.api.base import json_name, model_fields
from kverify.api.object import KubeObject
from kverify.api.quantity import Quantity as QuantityValue
from kverify.api.types.meta import ObjectMeta


@frozen
class Plain:
    """A type without parts."""

    name: str

    def __str__(self) -> str:
        return self.name


CONDITION = Plain("a condition")
NUMBER = Plain("a number")
TEXT = Plain("a text")
PERCENT = Plain("a percentage")
DURATION = Plain("a duration")
AMOUNT = Plain("a number or percentage")
ANY = Plain("any value")
"""A part of an object of which no schema is known. It goes together with everything."""


@frozen
class QuantityType:
    """A resource quantity. ``of`` is ``memory``, ``cpu``, ``count`` (of things), or empty when it is not known."""

    of: str = ""

    def __str__(self) -> str:
        return {"": "a quantity", "count": "a quantity of things"}.get(self.of, f"a quantity of {self.of}")


@frozen
class ObjectType:
    """An object of a kind, or a part of one."""

    cls: type
    title: str

    def __str__(self) -> str:
        article = "an" if self.title[:1] in "AEIOU" and self.title[:2] != "Us" else "a"
        return f"{article} {self.title}"


@frozen
class GroupType:
    """An object of one of several kinds: what they share can be asked."""

    title: str
    kinds: tuple[str, ...]

    def __str__(self) -> str:
        return f"a {self.title} ({', '.join(self.kinds)})"


@frozen
class ListType:
    item: Type

    def __str__(self) -> str:
        return f"a list, each item of it {self.item}"


@frozen
class MapType:
    """Texts to values. ``resources``: the keys are names of resources."""

    value: Type
    resources: bool = False

    def __str__(self) -> str:
        return f"a map from texts, each value of it {self.value}"


Type: TypeAlias = "Plain | QuantityType | ObjectType | GroupType | ListType | MapType"

WORKLOAD = GroupType("Workload", ("Deployment", "ReplicaSet", "Pod"))
"""What the checks call a workload: everything that makes pods, or is one, and is modelled."""

GROUPS = {WORKLOAD.title: WORKLOAD}

_BYTES = ("memory", "storage", "ephemeral-storage")
SHORT = ("name", "namespace", "labels", "annotations")
"""Fields of ``metadata`` that every object has directly as well: ``d.labels`` is ``d.metadata.labels``."""


def resource_type(name: str | None) -> QuantityType:
    """The type of an amount of a resource, of one that is only known at run time when ``name`` is None."""
    if name is None:
        return QuantityType()
    name = name.removeprefix("requests.").removeprefix("limits.")
    if name in _BYTES or name.startswith("hugepages-"):
        return QuantityType("memory")
    return QuantityType("cpu" if name == "cpu" else "count")


@cache
def kinds() -> dict[str, ObjectType]:
    """Every kind that is typed, by its name; of a kind with several versions the newest."""
    found: dict[str, ObjectType] = {}
    for api_version, kind in sorted(registry.TYPED):
        cls = registry.class_of(api_version, kind)
        if cls is not None:
            found[kind] = ObjectType(cls, kind)
    return found


def type_named(name: str) -> Type | None:
    """The type of a kind or group, or of an argument of a definition (``number``, ``text``, ``condition``)."""
    plain = {"number": NUMBER, "text": TEXT, "condition": CONDITION, "duration": DURATION}
    return GROUPS.get(name) or kinds().get(name) or plain.get(name)


@frozen
class FieldType:
    """A field: the attribute that holds it, and its type."""

    attribute: str
    type: Type


@cache
def fields_of(cls: type) -> dict[str, FieldType]:
    """The fields of an attrs class by their names in a manifest."""
    hints = get_type_hints(cls, include_extras=True)
    found = {
        json_name(a): FieldType(a.name, _seconds(json_name(a), type_of_hint(hints[a.name]))) for a in model_fields(cls)
    }
    if issubclass(cls, KubeObject):
        found = {"apiVersion": FieldType("api_version", TEXT), "kind": FieldType("kind", TEXT), **found}
    return found


def _seconds(name: str, type: Type) -> Type:
    return DURATION if type is NUMBER and name.endswith("Seconds") else type


def field_type(type: Type, name: str) -> FieldType | None:
    """The field ``name`` of a value of ``type``; None when there is none."""
    if isinstance(type, GroupType):
        members = [kinds()[kind] for kind in type.kinds]
        found = [field_type(member, name) for member in members]
        return found[0] if all(f is not None and f == found[0] for f in found) else None
    if not isinstance(type, ObjectType):
        return None
    own = fields_of(type.cls).get(name)
    if own is None and name in SHORT and issubclass(type.cls, KubeObject):
        return fields_of(ObjectMeta).get(name)
    return own


def field_names(type: Type) -> tuple[str, ...]:
    """The fields that a value of ``type`` has."""
    if isinstance(type, GroupType):
        return tuple(name for name in fields_of(kinds()[type.kinds[0]].cls) if field_type(type, name)) + SHORT
    if isinstance(type, ObjectType):
        return (*fields_of(type.cls), *(SHORT if issubclass(type.cls, KubeObject) else ()))
    return ()


def type_of_hint(hint: Any) -> Type:
    """The type of a field from the annotation of its attribute."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return type_of_hint(arguments[0])
    if origin in (Union, python_types.UnionType):
        rest = [argument for argument in arguments if argument is not type(None)]
        plain = {get_args(r)[0] if get_origin(r) is Annotated else r for r in rest}
        if plain == {int, str}:
            return AMOUNT
        return type_of_hint(rest[0]) if len(rest) == 1 else ANY
    if origin is tuple:
        return ListType(type_of_hint(arguments[0]))
    if origin is MappingABC:
        value = type_of_hint(arguments[1])
        return ANY if value is ANY else MapType(value, resources=isinstance(value, QuantityType))
    simple: dict[Any, Type] = {bool: CONDITION, int: NUMBER, str: TEXT, QuantityValue: QuantityType()}
    if hint in simple:
        return simple[hint]
    if isinstance(hint, type) and attrs.has(hint):
        return ObjectType(hint, hint.__name__)
    return ANY


def comparable(left: Type, right: Type) -> bool:
    """Whether ``==`` between the two makes sense."""
    if left is ANY or right is ANY or left == right:
        return True
    if isinstance(left, QuantityType) and isinstance(right, QuantityType):
        return not left.of or not right.of
    pair = {left, right}
    if pair in ({AMOUNT, NUMBER}, {AMOUNT, PERCENT}):
        return True
    for one, other in ((left, right), (right, left)):
        if isinstance(one, QuantityType) and one.of in ("cpu", "count") and other is NUMBER:
            return True
        if isinstance(one, GroupType) and isinstance(other, ObjectType):
            return other.title in one.kinds
        if isinstance(one, ListType) and isinstance(other, ListType):
            return comparable(one.item, other.item)
    return False


def ordered(left: Type, right: Type) -> bool:
    """Whether ``<`` between the two makes sense."""
    orderly = (NUMBER, DURATION, PERCENT, ANY)
    return comparable(left, right) and all(t in orderly or isinstance(t, QuantityType) for t in (left, right))
