"""Whether a schema is structural: it says of every field what it is, apart from the conditions on its value.

Source: ``k8s.io/apiextensions-apiserver/pkg/apiserver/schema`` (``validation.go``, ``complete.go``, ``convert.go``).
"""

from __future__ import annotations

from collections.abc import Iterator

from kverify.api.custom.schema import Schema
from kverify.api.languages.regexp import RegexpError, compile_regexp
from kverify.api.validation.report import SCHEMA, Path, Report

_UNSUPPORTED = ("id", "$schema", "$ref", "patternProperties", "dependencies", "additionalItems", "definitions")
_NOT_NESTED = {
    "type": "the type belongs outside of it",
    "additionalProperties": "additionalProperties belong outside of it",
    "default": "the default belongs outside of it",
    "title": "remove it",
    "description": "remove it",
    "nullable": "it belongs outside of it",
    "externalDocs": "remove it",
    "x-kubernetes-preserve-unknown-fields": "it belongs outside of it",
    "x-kubernetes-embedded-resource": "it belongs outside of it",
    "x-kubernetes-int-or-string": "it belongs outside of it",
    "x-kubernetes-list-map-keys": "it belongs outside of it",
    "x-kubernetes-list-type": "it belongs outside of it",
    "x-kubernetes-map-type": "it belongs outside of it",
    "x-kubernetes-validations": "it belongs outside of it",
}
"""What allOf, anyOf, oneOf and not may not say, and the mend."""

_SILENT = frozenset(["externalDocs", "example"])
"""Fields that a structural schema does not keep."""


def unsupported(schema: Schema) -> str:
    """Which field keeps the schema from being read as a structural one (``NewStructural``); empty when none does."""
    stack = [schema]
    while stack:
        current = stack.pop()
        for name in _UNSUPPORTED:
            if name in current.present:
                return name
        if current.item_list:
            return "items"
        if current.preserve is False:
            return "x-kubernetes-preserve-unknown-fields"
        inner = (current.items, current.additional, current.not_)
        stack += [*current.properties.values(), *current.all_of, *current.any_of, *current.one_of]
        stack += [one for one in inner if one is not None]
    return ""


def check_structural(schema: Schema, path: Path, report: Report) -> None:
    """``ValidateStructural``, on a schema for which :func:`unsupported` is empty."""
    _invariants(schema, "root", path, report)
    for inner, _ in _junctors(schema, path):
        _complete(inner, schema, path, report)


def _invariants(schema: Schema, level: str, path: Path, report: Report) -> None:
    if schema.type == "array" and schema.items is None:
        report.required(path.child("items"), "A list says what its items are.", "add items with a type")
    if schema.items is not None:
        _invariants(schema.items, "items", path.child("items"), report)
    for name, inner in schema.properties.items():
        _invariants(inner, "field", path.child("properties").key(name), report)
    additional = path.child("additionalProperties")
    if schema.additional_allowed is not None and level == "root":
        report.forbidden(additional, "The root of a resource cannot have additionalProperties.", "use properties")
    if schema.additional is not None:
        _invariants(schema.additional, "field", additional, report)
    _extensions(schema, path, report)
    _value_validation(schema, _is_int_or_string(schema.any_of), _first_is_int_or_string(schema), path, report)
    _type(schema, level, path, report)
    if schema.embedded and schema.additional_allowed is not None:
        report.forbidden(additional, "An embedded resource cannot have additionalProperties.", "use properties")
    if level == "root" and schema.type and schema.type != "object":
        report.error(SCHEMA, path.child("type"), f"A resource is an object, not of type {schema.type}.", "type: object")
    _metadata(schema, level, path.child("properties"), report)
    if schema.embedded and not schema.preserve and not schema.properties:
        message = "An embedded resource has properties, or keeps unknown fields."
        report.required(path.child("properties"), message, "add x-kubernetes-preserve-unknown-fields: true")


def _extensions(schema: Schema, path: Path, report: Report) -> None:
    if not schema.int_or_string:
        return
    message = "A value that is a number or a text has no fields."
    if schema.preserve:
        report.error(SCHEMA, path.child("x-kubernetes-preserve-unknown-fields"), message, "remove it")
    if schema.embedded:
        report.error(SCHEMA, path.child("x-kubernetes-embedded-resource"), message, "remove it")


def _type(schema: Schema, level: str, path: Path, report: Report) -> None:
    place = path.child("type")
    if schema.embedded and schema.type != "object":
        if schema.type:
            report.error(
                SCHEMA, place, f"An embedded resource is an object, not of type {schema.type}.", "type: object"
            )
        else:
            report.required(place, "An embedded resource is an object.", "add type: object")
    elif not schema.type and not schema.int_or_string and not schema.preserve:
        what = {"root": "The root of the schema", "items": "The items of a list", "field": "Every field"}[level]
        report.required(place, f"{what} must have a type.", "add type")


def _metadata(schema: Schema, level: str, path: Path, report: Report) -> None:
    checked = level == "root" or schema.embedded
    for name in ("kind", "apiVersion"):
        inner = schema.properties.get(name)
        if inner is not None and checked and inner.type != "string":
            report.error(SCHEMA, path.key(name).child("type"), f"{name} is a text.", "type: string")
    metadata = schema.properties.get("metadata")
    if metadata is None:
        return
    if checked and metadata.type != "object":
        report.error(SCHEMA, path.key("metadata").child("type"), "metadata is an object.", "type: object")
    if level == "root":
        allowed = {"type", "properties", "default"} | _SILENT
        if not metadata.present <= allowed or not metadata.properties.keys() <= {"name", "generateName"}:
            message = "Of the metadata only name and generateName can be described; the rest is known."
            report.forbidden(path.key("metadata"), message, "write only type: object")


# -- conditions on values --------------------------------------------------------------------------------------------


def _junctors(schema: Schema, path: Path) -> Iterator[tuple[Schema, Path]]:
    for name, inners in (("allOf", schema.all_of), ("anyOf", schema.any_of), ("oneOf", schema.one_of)):
        for place, inner in path.child(name).each(inners):
            yield inner, place
    if schema.not_ is not None:
        yield schema.not_, path.child("not")


def _is_int_or_string(choices: tuple[Schema, ...]) -> bool:
    return len(choices) == 2 and all(
        choice.type == wanted and choice.present - _SILENT == {"type"}
        for choice, wanted in zip(choices, ("integer", "string"), strict=True)
    )


def _first_is_int_or_string(schema: Schema) -> bool:
    return bool(schema.all_of) and _is_int_or_string(schema.all_of[0].any_of)


def _value_validation(schema: Schema, skip_any: bool, skip_first_all: bool, path: Path, report: Report) -> None:
    for inner, place in _junctors(schema, path):
        first = bool(schema.all_of) and inner is schema.all_of[0]
        if skip_any and any(inner is one for one in schema.any_of):
            continue
        _nested(inner, first and skip_first_all, place, report)
    if schema.pattern:
        try:
            compile_regexp(schema.pattern)
        except RegexpError as error:
            message = f"The pattern is no regular expression of Go: {error}."
            report.error(SCHEMA, path.child("pattern"), message, error.mend, part=(error.start, error.end))


def _nested(schema: Schema, skip_any: bool, path: Path, report: Report) -> None:
    _value_validation(schema, skip_any, False, path, report)
    if schema.items is not None:
        _nested(schema.items, False, path.child("items"), report)
    for name, inner in schema.properties.items():
        _nested(inner, False, path.child("properties").key(name), report)
    for field, mend in _NOT_NESTED.items():
        if field in schema.present:
            message = f"Below allOf, anyOf, oneOf and not only values are restricted, so {field} cannot stand there."
            report.forbidden(path.child(field), message, mend)
    if "metadata" in schema.properties:
        message = "Below allOf, anyOf, oneOf and not nothing is said about metadata."
        report.forbidden(path.child("properties").key("metadata"), message, "remove it")


def _complete(restricting: Schema, schema: Schema | None, path: Path, report: Report) -> None:
    """What is restricted must also be described."""
    if schema is None:
        message = "This is restricted below allOf, anyOf, oneOf or not, and described nowhere."
        report.required(path, message, "describe it outside of them too")
        return
    for inner, _ in _junctors(restricting, path):
        _complete(inner, schema, path, report)
    if restricting.items is not None:
        _complete(restricting.items, schema.items, path.child("items"), report)
    for name, inner in restricting.properties.items():
        _complete(inner, schema.properties.get(name), path.child("properties").key(name), report)
