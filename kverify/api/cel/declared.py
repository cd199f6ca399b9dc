"""Types of declared data: a CEL type with the sizes that its schema promises, which the estimate of costs goes by.

Source: ``DeclType`` of ``k8s.io/apiserver/pkg/cel/types.go`` and ``limits.go``.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, field, frozen

from kverify.api.cel import types
from kverify.api.cel.types import Type

MAX_REQUEST_BYTES = 3 * 1024 * 1024
MAX_DURATION_SIZE = 32
MAX_DATETIME_SIZE = 32
MIN_DURATION_SIZE = 3
DATE_SIZE = 12
MIN_DATETIME_SIZE = 21
MIN_STRING_SIZE = 2
UNKNOWN_SIZE = -1

OBJECT = types.object_named("object")
"""The type of an object before its place gives it a name."""


@frozen(eq=False)
class DeclType:
    """``min_size`` is the shortest JSON of a value in bytes, ``max_elements`` how long a text, list or map can be."""

    type: Type
    min_size: int = 0
    max_elements: int = 0
    key: DeclType | None = None
    element: DeclType | None = None
    fields: Mapping[str, DeclType] = field(factory=dict)

    def named(self, name: str) -> DeclType:
        """The same, with names for the objects in it: two objects at different places have different types."""
        if self.type.kind == "object" and self.type == OBJECT:
            fields = {key: inner.named(f"{name}.{key}") for key, inner in self.fields.items()}
            return evolve(self, type=types.object_named(name), fields=fields)
        if self.element is None:
            return self
        element = self.element.named(f"{name}.@{'idx' if self.key is None else 'prop'}")
        made = types.list_of(element.type) if self.key is None else types.map_of(self.key.type, element.type)
        return evolve(self, type=made, element=element)

    def objects(self) -> dict[str, Mapping[str, Type]]:
        """The fields of every object type in it, by name."""
        found: dict[str, Mapping[str, Type]] = {}
        stack = [self]
        while stack:
            current = stack.pop()
            if current.type.kind == "object" and current.fields:
                found[current.type.name] = {name: inner.type for name, inner in current.fields.items()}
            elif current.type.kind == "object":
                found.setdefault(current.type.name, {})
            stack.extend(current.fields.values())
            if current.element is not None:
                stack.append(current.element)
        return found


STRING = DeclType(types.STRING, MIN_STRING_SIZE)
BOOL = DeclType(types.BOOL, 4)
INT = DeclType(types.INT, 1)
DOUBLE = DeclType(types.DOUBLE, 1)


def list_type(element: DeclType, max_items: int) -> DeclType:
    return DeclType(types.list_of(element.type), 2, max_items, element=element)


def map_type(element: DeclType, max_entries: int) -> DeclType:
    return DeclType(types.map_of(types.STRING, element.type), 2, max_entries, key=STRING, element=element)
