"""The kinds that CustomResourceDefinitions make, found by apiVersion and kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from attrs import field, frozen

from kverify.api.custom.schema import Schema, SchemaError, read_schema
from kverify.api.types.extensions import (
    CustomResourceDefinition,
    CustomResourceDefinitionVersion,
    CustomResourceSubresourceScale,
)

_Key = tuple[str, str]


@frozen(eq=False)
class CustomKind:
    """One version of a custom kind."""

    definition: CustomResourceDefinition
    version: CustomResourceDefinitionVersion

    @property
    def key(self) -> _Key:
        """apiVersion and kind."""
        return f"{self.definition.spec.group}/{self.version.name}", self.definition.spec.names.kind

    @property
    def namespaced(self) -> bool:
        return self.definition.spec.scope == "Namespaced"

    @property
    def has_status(self) -> bool:
        """``status`` has an endpoint of its own."""
        return self.version.subresources is not None and self.version.subresources.status is not None

    @property
    def scale(self) -> CustomResourceSubresourceScale | None:
        return self.version.subresources.scale if self.version.subresources is not None else None

    @cached_property
    def plain_schema(self) -> Mapping[str, Any]:
        """``openAPIV3Schema`` as plain values; empty when there is none."""
        from kverify.api.encode import plain_value

        given = self.version.schema.open_api_v3_schema if self.version.schema is not None else None
        found: Mapping[str, Any] = plain_value(given) if given is not None else {}
        return found

    @cached_property
    def schema(self) -> Schema:
        """Without a schema nothing is known, and nothing is dropped."""
        try:
            return read_schema(self.plain_schema) if self.plain_schema else Schema(preserve=True)
        except SchemaError:
            return Schema(preserve=True)


@frozen(eq=False)
class Definitions:
    """Every version of every custom kind that is known, also those that are not served."""

    kinds: Mapping[_Key, CustomKind] = field(factory=dict)

    def extended(self, objects: Iterable[object]) -> Definitions:
        """With the definitions among ``objects``, which replace those of the same name."""
        added = [item for item in objects if isinstance(item, CustomResourceDefinition)]
        if not added:
            return self
        names = {definition.metadata.name for definition in added}
        kinds = {key: kind for key, kind in self.kinds.items() if kind.definition.metadata.name not in names}
        for definition in added:
            for version in definition.spec.versions:
                kind = CustomKind(definition, version)
                kinds[kind.key] = kind
        return Definitions(kinds)

    def find(self, api_version: str, kind: str) -> CustomKind | None:
        """The kind, when its version is served."""
        found = self.kinds.get((api_version, kind))
        return found if found is not None and found.version.served else None

    def served(self, api_version: str, kind: str) -> tuple[str, ...]:
        """The apiVersions of the same group that the kind is served in."""
        group = api_version.rpartition("/")[0]
        return tuple(
            known_version
            for (known_version, known_kind), found in self.kinds.items()
            if known_kind == kind and known_version.rpartition("/")[0] == group and found.version.served
        )


NO_DEFINITIONS = Definitions()
