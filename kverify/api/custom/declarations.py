"""Which CEL types the data of a schema has (``k8s.io/apiserver/pkg/cel/common/schemas.go``, ``escaping.go``)."""

from __future__ import annotations

import re

from attrs import evolve

from kverify.api.cel import types
from kverify.api.cel.declared import (
    BOOL,
    DATE_SIZE,
    DOUBLE,
    INT,
    MAX_DATETIME_SIZE,
    MAX_DURATION_SIZE,
    MAX_REQUEST_BYTES,
    MIN_DATETIME_SIZE,
    MIN_DURATION_SIZE,
    MIN_STRING_SIZE,
    OBJECT,
    DeclType,
    list_type,
    map_type,
)
from kverify.api.cel.parser import RESERVED
from kverify.api.custom.schema import Schema

_ESCAPES = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}
_ESCAPABLE = re.compile(r"[A-Za-z_./-][A-Za-z0-9_./-]*", re.ASCII)

_STRING = Schema(type="string", present=frozenset({"type"}))
_METADATA = Schema(
    type="object",
    present=frozenset({"type", "properties"}),
    properties={"name": _STRING, "generateName": _STRING},
)


def escape(name: str) -> str | None:
    """How CEL writes a field; None when it cannot."""
    if name in RESERVED:
        return f"__{name}__"
    if not _ESCAPABLE.fullmatch(name):
        return None
    return re.sub(r"__|[./-]", lambda match: _ESCAPES[match[0]], name)


def with_meta(schema: Schema) -> Schema:
    """``WithTypeAndObjectMeta``: every resource has apiVersion, kind, metadata.name and metadata.generateName."""
    properties = schema.properties
    metadata = properties.get("metadata")
    if (
        all(name in properties and properties[name].type == "string" for name in ("kind", "apiVersion"))
        and metadata is not None
        and metadata.type == "object"
        and all(
            name in metadata.properties and metadata.properties[name].type == "string"
            for name in ("name", "generateName")
        )
    ):
        return schema
    return evolve(schema, properties={**properties, "kind": _STRING, "apiVersion": _STRING, "metadata": _METADATA})


def declare(schema: Schema, root: bool = False) -> DeclType | None:
    """The type of the data, None when CEL does not see it (nothing is known of its shape)."""
    if schema.int_or_string:
        limit = _nonnegative(schema.max_length) * 4 if schema.max_length is not None else MAX_REQUEST_BYTES - 2
        return DeclType(types.DYN, 1, limit)
    if root:
        schema = with_meta(schema)
    match schema.type:
        case "array":
            return _array(schema)
        case "object":
            return _map(schema) if schema.additional is not None else _object(schema)
        case "string":
            return _string(schema)
        case "boolean":
            return BOOL
        case "number":
            return DOUBLE
        case "integer":
            return INT
    return None


def is_declared(schema: Schema | None) -> bool:
    """Whether :func:`declare` has a type for the data."""
    while schema is not None and not schema.int_or_string:
        if schema.type == "array":
            schema = schema.items
        elif schema.type == "object" and schema.additional is not None:
            schema = schema.additional
        else:
            return schema.type in ("object", "string", "boolean", "number", "integer")
    return schema is not None


def _array(schema: Schema) -> DeclType | None:
    element = None if schema.items is None else declare(schema.items, schema.items.embedded)
    if element is None:
        return None
    if schema.max_items is not None:
        return list_type(element, _nonnegative(schema.max_items))
    return list_type(element, (MAX_REQUEST_BYTES - 2) // (element.min_size + 1))


def _map(schema: Schema) -> DeclType | None:
    assert schema.additional is not None
    element = declare(schema.additional, schema.additional.embedded)
    if element is None:
        return None
    if schema.max_properties is not None:
        return map_type(element, _nonnegative(schema.max_properties))
    return map_type(element, (MAX_REQUEST_BYTES - 2) // (element.min_size + 6))


def _object(schema: Schema) -> DeclType:
    fields: dict[str, DeclType] = {}
    size = 2
    for name, inner in schema.properties.items():
        declared = declare(inner, inner.embedded)
        if declared is None:
            continue
        escaped = escape(name)
        if escaped is not None:
            fields[escaped] = declared
        if name in schema.required and not inner.has_default:
            size += len(name) + declared.min_size + 4
    return DeclType(OBJECT, size, fields=fields)


def _string(schema: Schema) -> DeclType:
    match schema.format:
        case "byte":
            return DeclType(types.BYTES, MIN_STRING_SIZE, _text_limit(schema, 1))
        case "duration":
            return DeclType(types.DURATION, MIN_DURATION_SIZE, MAX_DURATION_SIZE)
        case "date":
            return DeclType(types.TIMESTAMP, DATE_SIZE, DATE_SIZE)
        case "date-time":
            return DeclType(types.TIMESTAMP, MIN_DATETIME_SIZE, MAX_DATETIME_SIZE)
    if schema.max_length is None and schema.enum:
        longest = max((len(value.encode()) for value in schema.enum if isinstance(value, str)), default=0)
        return DeclType(types.STRING, MIN_STRING_SIZE, longest)
    return DeclType(types.STRING, MIN_STRING_SIZE, _text_limit(schema, 4))


def _text_limit(schema: Schema, bytes_per_character: int) -> int:
    if schema.max_length is None:
        return MAX_REQUEST_BYTES - 2
    return _nonnegative(schema.max_length) * bytes_per_character


def _nonnegative(value: int) -> int:
    return max(value, 0)
