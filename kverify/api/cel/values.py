"""Values of CEL at run time.

``None``, ``bool``, ``int``, ``float``, ``str``, ``bytes`` stand for themselves; lists are tuples. Everything else has a
class here or in the library it belongs to. An error is a value too: ``false && error`` is ``false``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen

from kverify.api.cel import types
from kverify.api.cel.types import Type

Value = Any


@frozen
class CelError:
    """Why there is no value: a key that does not exist, a number that is too large, ..."""

    message: str

    def __str__(self) -> str:
        return self.message


def no_such_overload() -> CelError:
    return CelError("no such overload")


class UInt(int):
    """An unsigned integer."""

    __slots__ = ()


@frozen(order=True)
class Timestamp:
    """Nanoseconds since 1970, from year 1 to 9999."""

    nanos: int


@frozen(order=True)
class Duration:
    nanos: int


@frozen
class Optional:
    """``optional.of(value)``, or ``optional.none()`` when ``present`` is false."""

    present: bool
    value: Value = None


NONE = Optional(False)


@frozen
class TypeValue:
    """A type as a value: what ``type(x)`` returns. Parameters do not count."""

    name: str


class SetList(tuple[Value, ...]):
    """A list of ``x-kubernetes-list-type: set``: equal in any order, and ``+`` adds what is new."""

    __slots__ = ()


class KeyedList(tuple[Value, ...]):
    """A list of ``x-kubernetes-list-type: map``: equal in any order; ``+`` replaces what has the same keys."""

    keys: tuple[str, ...]

    def __new__(cls, items: Iterator[Value] | tuple[Value, ...], keys: tuple[str, ...]) -> KeyedList:
        made = super().__new__(cls, items)
        made.keys = keys
        return made

    def key_of(self, item: Value) -> tuple[Value, ...]:
        return tuple(item.fields.get(key) for key in self.keys) if isinstance(item, ObjectValue) else (item,)


@frozen(eq=False)
class ObjectValue:
    """An object with named fields (names as CEL writes them)."""

    type_name: str
    fields: Mapping[str, Value]


_Key = tuple[str, Value]


@frozen(eq=False)
class MapValue:
    """A map. Python holds ``1``, ``1.0`` and ``true`` to be one key; here the truth values are apart."""

    _entries: dict[_Key, tuple[Value, Value]] = field(factory=dict)

    @staticmethod
    def of(entries: Mapping[str, Value]) -> MapValue:
        """A map with text keys."""
        return MapValue({("", key): (key, value) for key, value in entries.items()})

    def __len__(self) -> int:
        return len(self._entries)

    def keys(self) -> tuple[Value, ...]:
        return tuple([key for key, _ in self._entries.values()])

    def items(self) -> Iterator[tuple[Value, Value]]:
        return iter(self._entries.values())

    def find(self, key: Value) -> Optional:
        entry = self._entries.get(_normal(key)) if is_key(key) else None
        return NONE if entry is None else Optional(True, entry[1])

    def with_entry(self, key: Value, value: Value) -> MapValue | CelError:
        if not is_key(key):
            return CelError("unsupported key type")
        normal = _normal(key)
        if normal in self._entries:
            return CelError(f"insert failed: key {key!r} already exists")
        return MapValue({**self._entries, normal: (key, value)})


def is_key(value: Value) -> bool:
    return isinstance(value, (bool, int, str)) or (isinstance(value, float) and not math.isnan(value))


def _normal(key: Value) -> _Key:
    return ("bool", key) if isinstance(key, bool) else ("", key)


def adapt(plain: Any) -> Value:
    """A JSON value as CEL sees it when there is no schema."""
    if isinstance(plain, Mapping):
        return MapValue.of({str(key): adapt(value) for key, value in plain.items()})
    if isinstance(plain, (list, tuple)):
        return tuple([adapt(item) for item in plain])
    if isinstance(plain, int) and not isinstance(plain, bool) and not -(2**63) <= plain < 2**63:
        return float(plain)
    return plain


def is_number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def type_name(value: Value) -> str:
    """The name of the type of a value, as ``string(type(value))`` would give it."""
    simple = {type(None): "null_type", bool: "bool", int: "int", UInt: "uint", float: "double", str: "string"}
    simple |= {bytes: "bytes", TypeValue: "type", MapValue: "map", Optional: types.OPTIONAL_NAME}
    found = simple.get(type(value))
    if found is not None:
        return found
    if isinstance(value, tuple):
        return "list"
    if isinstance(value, Timestamp):
        return "google.protobuf.Timestamp"
    if isinstance(value, Duration):
        return "google.protobuf.Duration"
    name = getattr(value, "type_name", "")
    return str(name)


def name_of_type(type_: Type) -> str:
    """The name by which a type is compared at run time: without its parameters."""
    if type_.kind in ("list", "map", "type"):
        return type_.kind
    return type_.name if type_.kind == "opaque" else str(type_)


def equal(first: Value, second: Value) -> bool:
    """``==`` of CEL: numbers compare across their types, values of different types are not equal."""
    if is_number(first) and is_number(second):
        return bool(first == second)
    if isinstance(first, (SetList, KeyedList)) and isinstance(second, (SetList, KeyedList)):
        return len(first) == len(second) and all(any(equal(a, b) for b in second) for a in first)
    if isinstance(first, tuple) and isinstance(second, tuple):
        return len(first) == len(second) and all(equal(a, b) for a, b in zip(first, second, strict=True))
    if isinstance(first, MapValue) and isinstance(second, MapValue):
        if len(first) != len(second):
            return False
        return all((other := second.find(key)).present and equal(value, other.value) for key, value in first.items())
    if isinstance(first, ObjectValue) and isinstance(second, ObjectValue):
        return first.fields.keys() == second.fields.keys() and all(
            equal(value, second.fields[name]) for name, value in first.fields.items()
        )
    if isinstance(first, Optional) and isinstance(second, Optional):
        return first.present == second.present and equal(first.value, second.value)
    if type(first) is not type(second):
        return False
    return bool(first == second)
