"""The data of custom resources as rules see them (``schema/cel/values.go``: ``UnstructuredToVal``)."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

from kverify.api.cel.functions.times import read_timestamp
from kverify.api.cel.values import (
    CelError,
    Duration,
    KeyedList,
    MapValue,
    ObjectValue,
    SetList,
    Value,
    adapt,
)
from kverify.api.custom.declarations import escape, with_meta
from kverify.api.custom.schema import Schema
from kverify.api.languages.durations import DurationError, parse_long_duration

Json = Any


def to_value(plain: Json, schema: Schema, root: bool = False) -> Value:
    """The CEL value of ``plain``; what does not fit ``schema`` is an error value. ``root``: a whole resource."""
    if plain is None:
        return None if schema.nullable else CelError("null is here, and the schema does not allow it")
    if schema.int_or_string:
        fits = isinstance(plain, (int, str)) and not isinstance(plain, bool)
        return plain if fits else CelError("a whole number or a text is expected")
    match schema.type:
        case "object":
            return _mapping(plain, schema, root)
        case "array":
            return _list(plain, schema)
        case "string":
            return _text(plain, schema.format) if isinstance(plain, str) else CelError("a text is expected")
        case "boolean":
            return plain if isinstance(plain, bool) else CelError("a boolean is expected")
        case "number":
            fits = isinstance(plain, (int, float)) and not isinstance(plain, bool)
            return float(plain) if fits else CelError("a number is expected")
        case "integer":
            whole = isinstance(plain, float) and plain.is_integer()
            fits = whole or (isinstance(plain, int) and not isinstance(plain, bool))
            return int(plain) if fits else CelError("a whole number is expected")
    return adapt(plain)


def _mapping(plain: Json, schema: Schema, root: bool) -> Value:
    if not isinstance(plain, Mapping):
        return CelError("a mapping is expected")
    whole = root or schema.embedded
    if not whole and not schema.properties and schema.additional is not None:
        return MapValue.of({str(key): to_value(value, schema.additional) for key, value in plain.items()})
    if whole:
        schema = with_meta(schema)
    fields: dict[str, Value] = {}
    for key, value in plain.items():
        known = schema.properties.get(key)
        if value is None:
            continue  # of an object, a null field is an absent one
        if known is None:
            # No expression can name it, but two objects that differ in it are not equal.
            fields[f"\0{key}"] = adapt(value)
        else:
            fields[escape(key) or f"\0{key}"] = to_value(value, known)
    return ObjectValue("object", fields)


def _list(plain: Json, schema: Schema) -> Value:
    if not isinstance(plain, (list, tuple)) or schema.items is None:
        return CelError("a list is expected")
    items = tuple([to_value(item, schema.items) for item in plain])
    if schema.list_type == "set":
        return SetList(items)
    if schema.list_type == "map":
        return KeyedList(items, tuple([escape(key) or f"\0{key}" for key in schema.list_keys]))
    return items


def _text(text: str, name: str) -> Value:
    match name:
        case "duration":
            try:
                return Duration(parse_long_duration(text))
            except DurationError as error:
                return CelError(f"invalid duration: {error}")
        case "date":
            return read_timestamp(f"{text}T00:00:00Z")
        case "date-time":
            return read_timestamp(text)
        case "byte":
            try:
                return urlsafe_b64decode(text)
            except ValueError:
                return CelError("the text is not base64")
    return text
