"""The schema of a custom resource (``JSONSchemaProps``) as a tree that can be walked.

Sources: ``k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/types_jsonschema.go`` and ``v1/marshal.go``. The
schema is read from plain JSON, because below ``items`` and ``additionalProperties`` the API server reads it leniently:
unknown fields there are dropped without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from attrs import field, frozen

Json = Any


class SchemaError(ValueError):
    """A schema has a value of the wrong type. ``path`` leads to it from the root of the schema."""

    def __init__(self, path: tuple[str | int, ...], wanted: str) -> None:
        super().__init__(f"{wanted} belongs here")
        self.path = path


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""What ``default`` holds when there is none. A default of ``null`` is none either, as in Go."""


@frozen
class Rule:
    """One of ``x-kubernetes-validations``."""

    rule: str = ""
    message: str = ""
    message_expression: str = ""
    reason: str | None = None
    field_path: str = ""
    optional_old_self: bool | None = None


@frozen(eq=False)
class Schema:
    """One node. ``present`` are the JSON names of all fields that are set to something."""

    present: frozenset[str] = frozenset()
    type: str = ""
    format: str = ""
    title: str = ""
    description: str = ""
    default: Json = ABSENT
    nullable: bool = False
    properties: Mapping[str, Schema] = field(factory=dict)
    required: tuple[str, ...] = ()
    items: Schema | None = None
    item_list: tuple[Schema, ...] = ()
    """``items`` written as a list of schemas, which is refused."""
    additional: Schema | None = None
    additional_allowed: bool | None = None
    """``additionalProperties``: true also when it is a schema, None when it is absent."""
    enum: tuple[Json, ...] = ()
    pattern: str = ""
    maximum: float | None = None
    exclusive_maximum: bool = False
    minimum: float | None = None
    exclusive_minimum: bool = False
    multiple_of: float | None = None
    max_length: int | None = None
    min_length: int | None = None
    max_items: int | None = None
    min_items: int | None = None
    max_properties: int | None = None
    min_properties: int | None = None
    unique_items: bool = False
    all_of: tuple[Schema, ...] = ()
    any_of: tuple[Schema, ...] = ()
    one_of: tuple[Schema, ...] = ()
    not_: Schema | None = None
    definitions: Mapping[str, Schema] = field(factory=dict)
    pattern_properties: Mapping[str, Schema] = field(factory=dict)
    dependencies: Mapping[str, Schema | None] = field(factory=dict)
    embedded: bool = False
    int_or_string: bool = False
    preserve: bool | None = None
    list_type: str | None = None
    list_keys: tuple[str, ...] = ()
    map_type: str | None = None
    rules: tuple[Rule, ...] = ()

    @property
    def has_default(self) -> bool:
        return self.default is not ABSENT

    @property
    def rules_are_correlatable(self) -> bool:
        """``MapIsCorrelatable``: old and new values of the fields belong together."""
        return self.map_type in (None, "granular", "atomic")


_FIELDS: dict[str, tuple[str, type | tuple[type, ...], str]] = {
    "type": ("type", str, "a text"),
    "format": ("format", str, "a text"),
    "title": ("title", str, "a text"),
    "description": ("description", str, "a text"),
    "nullable": ("nullable", bool, "true or false"),
    "pattern": ("pattern", str, "a text"),
    "maximum": ("maximum", (int, float), "a number"),
    "exclusiveMaximum": ("exclusive_maximum", bool, "true or false"),
    "minimum": ("minimum", (int, float), "a number"),
    "exclusiveMinimum": ("exclusive_minimum", bool, "true or false"),
    "multipleOf": ("multiple_of", (int, float), "a number"),
    "maxLength": ("max_length", int, "a whole number"),
    "minLength": ("min_length", int, "a whole number"),
    "maxItems": ("max_items", int, "a whole number"),
    "minItems": ("min_items", int, "a whole number"),
    "maxProperties": ("max_properties", int, "a whole number"),
    "minProperties": ("min_properties", int, "a whole number"),
    "uniqueItems": ("unique_items", bool, "true or false"),
    "x-kubernetes-embedded-resource": ("embedded", bool, "true or false"),
    "x-kubernetes-int-or-string": ("int_or_string", bool, "true or false"),
    "x-kubernetes-preserve-unknown-fields": ("preserve", bool, "true or false"),
    "x-kubernetes-list-type": ("list_type", str, "a text"),
    "x-kubernetes-map-type": ("map_type", str, "a text"),
}
_POINTERS = frozenset(
    [
        "maximum",
        "minimum",
        "multipleOf",
        "maxLength",
        "minLength",
        "maxItems",
        "minItems",
        "maxProperties",
        "minProperties",
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-list-type",
        "x-kubernetes-map-type",
        "$ref",
        "additionalItems",
        "default",
    ]
)
"""Fields that count as set when they are zero."""

_Path = tuple[str | int, ...]


def read_schema(plain: Mapping[str, Json], path: _Path = ()) -> Schema:
    """The tree of a schema. Raises :class:`SchemaError` for a value of the wrong type."""
    values: dict[str, Any] = {}
    present: set[str] = set()
    for name, value in plain.items():
        if value is None or (not value and name not in _POINTERS and name not in ("additionalProperties", "items")):
            continue
        present.add(name)
        here = (*path, name)
        known = _FIELDS.get(name)
        if known is not None:
            attribute, kind, wanted = known
            values[attribute] = _scalar(value, kind, here, wanted)
            continue
        reader = _READERS.get(name)
        if reader is not None:
            values.update(reader(value, here))
    return Schema(present=frozenset(present), **values)


def _scalar(value: Json, kind: type | tuple[type, ...], path: _Path, wanted: str) -> Json:
    if isinstance(value, float) and kind is int and value.is_integer():
        return int(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise SchemaError(path, wanted)
    return value


def _mapping(value: Json, path: _Path) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise SchemaError(path, "a mapping")
    return value


def _sequence(value: Json, path: _Path) -> tuple[Json, ...]:
    if not isinstance(value, (list, tuple)):
        raise SchemaError(path, "a list")
    return tuple(value)


def _schema(value: Json, path: _Path) -> Schema:
    return read_schema({} if value is None else _mapping(value, path), path)


def _many(attribute: str) -> Callable[[Json, _Path], dict[str, Any]]:
    def read(value: Json, path: _Path) -> dict[str, Any]:
        return {attribute: {key: _schema(inner, (*path, key)) for key, inner in _mapping(value, path).items()}}

    return read


def _each(attribute: str) -> Callable[[Json, _Path], dict[str, Any]]:
    def read(value: Json, path: _Path) -> dict[str, Any]:
        items = enumerate(_sequence(value, path))
        return {attribute: tuple([_schema(inner, (*path, index)) for index, inner in items])}

    return read


def _texts(attribute: str) -> Callable[[Json, _Path], dict[str, Any]]:
    def read(value: Json, path: _Path) -> dict[str, Any]:
        items = enumerate(_sequence(value, path))
        return {attribute: tuple([_scalar(item, str, (*path, index), "a text") for index, item in items])}

    return read


def _items(value: Json, path: _Path) -> dict[str, Any]:
    if isinstance(value, (list, tuple)):
        return _each("item_list")(value, path)
    return {"items": _schema(value, path)}


def _additional(value: Json, path: _Path) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"additional_allowed": value}
    return {"additional": _schema(value, path), "additional_allowed": True}


def _dependencies(value: Json, path: _Path) -> dict[str, Any]:
    found = {
        key: _schema(inner, (*path, key)) if isinstance(inner, Mapping) else None
        for key, inner in _mapping(value, path).items()
    }
    return {"dependencies": found}


def _rules(value: Json, path: _Path) -> dict[str, Any]:
    return {"rules": tuple([_rule(item, (*path, index)) for index, item in enumerate(_sequence(value, path))])}


def _rule(value: Json, path: _Path) -> Rule:
    plain = _mapping(value, path)

    def text(name: str) -> str:
        found = plain.get(name)
        return "" if found is None else str(_scalar(found, str, (*path, name), "a text"))

    optional = plain.get("optionalOldSelf")
    return Rule(
        text("rule"),
        text("message"),
        text("messageExpression"),
        text("reason") if plain.get("reason") is not None else None,
        text("fieldPath"),
        None if optional is None else _scalar(optional, bool, (*path, "optionalOldSelf"), "true or false"),
    )


_READERS: dict[str, Callable[[Json, _Path], dict[str, Any]]] = {
    "default": lambda value, _: {"default": value},
    "properties": _many("properties"),
    "definitions": _many("definitions"),
    "patternProperties": _many("pattern_properties"),
    "dependencies": _dependencies,
    "required": _texts("required"),
    "items": _items,
    "additionalProperties": _additional,
    "enum": lambda value, path: {"enum": _sequence(value, path)},
    "allOf": _each("all_of"),
    "anyOf": _each("any_of"),
    "oneOf": _each("one_of"),
    "not": lambda value, path: {"not_": _schema(value, path)},
    "x-kubernetes-list-map-keys": _texts("list_keys"),
    "x-kubernetes-validations": _rules,
}


def walk(schema: Schema) -> Iterator[Schema]:
    """Every schema in the tree (``SchemaHas`` goes through the same)."""
    stack = [schema]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(
            inner
            for inner in (
                current.items,
                *current.item_list,
                *current.all_of,
                *current.any_of,
                *current.one_of,
                current.not_,
                *current.properties.values(),
                current.additional,
                *current.pattern_properties.values(),
                *current.definitions.values(),
                *current.dependencies.values(),
            )
            if inner is not None
        )
