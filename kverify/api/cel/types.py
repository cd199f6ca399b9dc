"""Types of CEL: primitive, list, map, optional, objects with named fields, opaque library types, type parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal as OneOf
from typing import TypeAlias

from attrs import frozen

Kind: TypeAlias = OneOf[
    "dyn",
    "error",
    "null",
    "bool",
    "int",
    "uint",
    "double",
    "string",
    "bytes",
    "timestamp",
    "duration",
    "list",
    "map",
    "object",
    "opaque",
    "type",
    "param",
]


@frozen(cache_hash=True)
class Type:
    """``name`` tells objects, opaque types and parameters apart; ``params`` are those of list, map, opaque and type."""

    kind: Kind
    name: str = ""
    params: tuple[Type, ...] = ()

    def __str__(self) -> str:
        match self.kind:
            case "list" | "map" | "type" if self.params:
                return f"{self.kind}({', '.join(map(str, self.params))})"
            case "opaque" if self.params:
                return f"{self.name}({', '.join(map(str, self.params))})"
            case "timestamp" | "duration":
                return f"google.protobuf.{self.kind.capitalize()}"
            case "null":
                return "null_type"
            case "object" | "opaque" | "param":
                return self.name
        return self.kind


DYN = Type("dyn")
ERROR = Type("error")
NULL = Type("null")
BOOL = Type("bool")
INT = Type("int")
UINT = Type("uint")
DOUBLE = Type("double")
STRING = Type("string")
BYTES = Type("bytes")
TIMESTAMP = Type("timestamp")
DURATION = Type("duration")
TYPE = Type("type")

OPTIONAL_NAME = "optional_type"

PRIMITIVE: Mapping[str, Type] = {
    type_.kind: type_ for type_ in (DYN, BOOL, INT, UINT, DOUBLE, STRING, BYTES, TIMESTAMP, DURATION)
}


def list_of(element: Type) -> Type:
    return Type("list", "", (element,))


def map_of(key: Type, value: Type) -> Type:
    return Type("map", "", (key, value))


def optional_of(value: Type) -> Type:
    return Type("opaque", OPTIONAL_NAME, (value,))


def type_of(type_: Type) -> Type:
    return Type("type", "", (type_,))


def object_named(name: str) -> Type:
    return Type("object", name)


def opaque(name: str) -> Type:
    return Type("opaque", name)


def param(name: str) -> Type:
    return Type("param", name)


def unwrap_optional(type_: Type) -> tuple[Type, bool]:
    """What an optional type holds, and whether it was one."""
    if type_.kind == "opaque" and type_.name == OPTIONAL_NAME:
        return type_.params[0], True
    return type_, False
