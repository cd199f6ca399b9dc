"""What holds for every schema and every value: nothing breaks, and completing twice changes nothing."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kverify.api.custom.conformance import faults_of
from kverify.api.custom.filling import defaulted, prune, without_nulls
from kverify.api.custom.schema import read_schema
from kverify.api.decode import decode_all
from kverify.manifest import read_text

Plain = dict[str, Any]
NAMES = st.sampled_from(["a", "b", "metadata", "kind", "x-y"])
SCALARS = st.none() | st.booleans() | st.integers(-3, 2**40) | st.floats(-3, 3) | st.sampled_from(["", "a", "b c", "3"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
RULES = st.sampled_from(
    ["self == self", "self.a > 1", "size(self) > 1", "self.all(x, x == x)", "oldSelf == self", "self."]
)


def _common(draw: st.DrawFn) -> Plain:
    return draw(
        st.fixed_dictionaries(
            {},
            optional={
                "nullable": st.booleans(),
                "default": VALUES,
                "enum": st.lists(SCALARS, min_size=1, max_size=2),
                "description": st.just("x"),
            },
        )
    )


@st.composite
def schemas(draw: st.DrawFn, depth: int = 3) -> Plain:
    """Mostly structural schemas."""
    kinds = ["string", "integer", "number", "boolean", "int-or-string", "any"]
    kind = draw(st.sampled_from([*kinds, "object", "object", "array", "map"] if depth else kinds))
    inner = schemas(depth - 1) if depth else st.just({"type": "string"})
    schema = _common(draw)
    match kind:
        case "object":
            names = draw(st.lists(NAMES, max_size=3, unique=True))
            schema |= {"type": "object", "properties": {name: draw(inner) for name in names}}
            schema |= {"required": draw(st.lists(NAMES, max_size=1))}
        case "map":
            schema |= {"type": "object", "additionalProperties": draw(inner)}
        case "array":
            schema |= {"type": "array", "items": draw(inner)}
            schema |= draw(st.sampled_from([{}, {"x-kubernetes-list-type": "set"}, {"maxItems": 2}, {"minItems": 1}]))
        case "int-or-string":
            schema |= {"x-kubernetes-int-or-string": True}
        case "any":
            schema |= {"x-kubernetes-preserve-unknown-fields": True}
        case "string":
            more = [
                {},
                {"pattern": "^a"},
                {"maxLength": 2},
                {"format": "date-time"},
                {"format": "byte"},
                {"minLength": 2},
            ]
            schema |= {"type": "string", **draw(st.sampled_from(more))}
        case _:
            schema |= {"type": kind, **draw(st.sampled_from([{}, {"minimum": 1}, {"maximum": 1.5}, {"multipleOf": 2}]))}
    if draw(st.booleans()):
        schema["x-kubernetes-validations"] = [{"rule": draw(RULES)}]
    return schema


def definition(schema: Plain) -> Plain:
    spec = {
        "group": "e.com",
        "names": {"plural": "foos", "kind": "Foo"},
        "scope": "Namespaced",
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
    }
    metadata = {"name": "foos.e.com"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": metadata,
        "spec": spec,
    }


def decode_both(schema: Plain, spec: Any) -> Any:
    resource = {"apiVersion": "e.com/v1", "kind": "Foo", "metadata": {"name": "x"}, "spec": spec}
    documents = [
        read_text(json.dumps(one), "all.json").documents[0]
        for one in (resource, definition({"type": "object", "properties": {"spec": schema}}))
    ]
    return decode_all(documents)


@given(schemas(), VALUES)
@settings(max_examples=200)
def test_every_value_meets_every_schema(schema: Plain, value: Any) -> None:
    decoded = decode_both(schema, value)
    assert all(problem.message and problem.path is not None for problem in decoded.diagnostics)


KEYS = st.sampled_from(
    [
        "type",
        "properties",
        "items",
        "additionalProperties",
        "anyOf",
        "allOf",
        "oneOf",
        "not",
        "default",
        "enum",
        "required",
        "pattern",
        "format",
        "maxLength",
        "$ref",
        "definitions",
        "x-kubernetes-validations",
        "x-kubernetes-list-type",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-embedded-resource",
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-int-or-string",
        "rule",
    ]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from(["object", "array", "string", "map", "self", "("]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(ANYTHING, VALUES)
@settings(max_examples=300)
def test_whatever_stands_in_a_schema_is_read_or_refused(schema: Any, value: Any) -> None:
    decode_both(schema, value)


@given(schemas(), VALUES)
@settings(max_examples=200)
def test_completing_twice_changes_nothing(schema: Plain, value: Any) -> None:
    read = read_schema(schema)
    once, _ = prune(defaulted(without_nulls(value, read), read), read, root=False)
    again, removed = prune(defaulted(without_nulls(once, read), read), read, root=False)
    assert not removed
    if "default" not in json.dumps(schema):
        # A default may hold a null that is dropped only when it is an ordinary value.
        assert again == once


@given(schemas(), VALUES.filter(lambda value: value is not None))
@settings(max_examples=200)
def test_not_and_its_schema_never_agree(schema: Plain, value: Any) -> None:
    fits = not faults_of(value, read_schema(schema), "1.36")
    refused = faults_of(value, read_schema({"not": schema}), "1.36")
    assert bool(refused) is fits
    assert bool(faults_of(value, read_schema({"allOf": [schema, schema]}), "1.36")) is not fits
