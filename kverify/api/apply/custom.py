"""Custom kinds: how objects merge and what is filled in, as the schema of their definition says.

``schema`` is the plain ``openAPIV3Schema`` of a served version. Source: ``k8s.io/kube-openapi/pkg/schemaconv``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from attrs import evolve, field, frozen

from kverify.api.apply.shape import ANY, UNTYPED, FieldShape, ListShape, MapShape, ScalarShape, Shape, shape_of_class
from kverify.api.custom.filling import defaulted, without_nulls
from kverify.api.custom.kinds import NO_DEFINITIONS, Definitions
from kverify.api.custom.kinds import CustomKind as DefinedKind
from kverify.api.custom.schema import read_schema
from kverify.api.types.extensions import CustomResourceDefinition
from kverify.api.types.meta import ObjectMeta

_SCALARS = {"string": "string", "integer": "numeric", "number": "numeric", "boolean": "boolean"}


@frozen
class CustomKind:
    """One version of a custom kind. ``has_status``: ``status`` has an endpoint of its own. ``defined`` is what its
    definition says, when there is one."""

    schema: Mapping[str, Any]
    has_status: bool = False
    defined: DefinedKind | None = None
    shape: Shape = field(init=False)

    @shape.default
    def _shape(self) -> Shape:
        return object_shape(self.schema)

    def default(self, obj: Mapping[str, Any]) -> dict[str, Any]:
        """``obj`` with the defaults of the schema. A null that the schema does not allow is no value."""
        schema = read_schema(self.schema) if self.defined is None else self.defined.schema
        filled: dict[str, Any] = defaulted(without_nulls(obj, schema), schema)
        return filled


def custom_kinds(definition: CustomResourceDefinition) -> dict[tuple[str, str], CustomKind]:
    """The kinds that a definition serves, by apiVersion and kind."""
    return kinds_of(NO_DEFINITIONS.extended([definition]))


def kinds_of(definitions: Definitions) -> dict[tuple[str, str], CustomKind]:
    """The kinds that are served, by apiVersion and kind."""
    return {
        key: CustomKind(kind.plain_schema, kind.has_status, kind)
        for key, kind in definitions.kinds.items()
        if kind.version.served
    }


def object_shape(schema: Mapping[str, Any]) -> Shape:
    """The shape of whole objects: what the schema says, and the metadata that every object has."""
    shape = schema_shape(schema)
    metadata = FieldShape(lambda: shape_of_class(ObjectMeta))
    text = FieldShape(lambda: ScalarShape("string"))
    if not isinstance(shape, MapShape):
        return ANY
    known = {**shape.fields(), "metadata": metadata, "apiVersion": text, "kind": text}
    return evolve(shape, fields=lambda: known)


def schema_shape(schema: Mapping[str, Any]) -> Shape:
    """The shape of a value. Lists are atomic unless ``x-kubernetes-list-type`` says otherwise."""
    if schema.get("x-kubernetes-int-or-string"):
        return UNTYPED
    type = schema.get("type")
    if type == "array":
        items = schema.get("items") or {}
        element = cache(lambda: schema_shape(items))
        keys = tuple(schema.get("x-kubernetes-list-map-keys") or ())
        return ListShape(schema.get("x-kubernetes-list-type", "atomic"), element, keys)
    if type == "object":
        return _map_shape(schema)
    return ScalarShape(_SCALARS[type]) if type in _SCALARS else ANY


def _map_shape(schema: Mapping[str, Any]) -> Shape:
    properties = schema.get("properties") or {}
    values = schema.get("additionalProperties")
    element = None
    if isinstance(values, Mapping):
        element = cache(lambda: schema_shape(values))
    elif values or schema.get("x-kubernetes-preserve-unknown-fields") or not properties:
        element = cache(lambda: ANY)

    @cache
    def fields() -> Mapping[str, FieldShape]:
        return {name: _field(inner) for name, inner in properties.items()}

    return MapShape(fields, element, atomic=schema.get("x-kubernetes-map-type") == "atomic")


def _field(schema: Mapping[str, Any]) -> FieldShape:
    default = schema.get("default")
    return FieldShape(cache(lambda: schema_shape(schema)), default=default if isinstance(default, str | int) else None)
