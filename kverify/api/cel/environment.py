"""What an expression may name: variables, functions, macros, and the fields of object types.

Source: ``k8s.io/apiserver/pkg/cel/environment/base.go``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property

from attrs import evolve, field, frozen

from kverify.api.cel import libraries, macros, types
from kverify.api.cel.macros import Macros
from kverify.api.cel.signatures import NAMED_TYPES, Functions, functions, merged
from kverify.api.cel.types import Type
from kverify.api.versions import DEFAULT_VERSION, cel_library

Fields = Mapping[str, Type]

_TYPE_NAMES: Mapping[str, Type] = {
    **{name: types.type_of(types.PRIMITIVE[name]) for name in ("bool", "int", "uint", "double", "string", "bytes")},
    "list": types.type_of(types.list_of(types.DYN)),
    "map": types.type_of(types.map_of(types.DYN, types.DYN)),
    "null_type": types.type_of(types.NULL),
    "type": types.type_of(types.TYPE),
    "google.protobuf.Timestamp": types.type_of(types.TIMESTAMP),
    "google.protobuf.Duration": types.type_of(types.DURATION),
    "optional_type": types.type_of(types.optional_of(types.DYN)),
    **{type_.name: types.type_of(type_) for type_ in NAMED_TYPES.values() if type_.kind == "object"},
}
"""Names that stand for types, as in ``type(x) == int``."""

_PATCH_FIELDS: Fields = {"op": types.STRING, "path": types.STRING, "from": types.STRING, "value": types.DYN}


@frozen(eq=False)
class Environment:
    """``objects`` are the fields of object types by the types' names. With ``patches`` the types ``Object``,
    ``Object.spec``, ... (any field, of any type) and ``JSONPatch`` can be built."""

    functions: Functions
    macros: Macros
    variables: Fields = field(factory=dict)
    objects: Mapping[str, Fields] = field(factory=dict)
    patches: bool = False

    def with_variables(self, variables: Fields) -> Environment:
        return evolve(self, variables={**self.variables, **variables})

    def with_objects(self, objects: Mapping[str, Fields]) -> Environment:
        return evolve(self, objects={**self.objects, **objects})

    @cached_property
    def _object_names(self) -> Mapping[str, Type]:
        return {name: types.type_of(types.object_named(name)) for name in self.objects}

    def lookup(self, name: str) -> Type | None:
        """The type of a variable, or of a name that stands for a type."""
        found = self.variables.get(name) or _TYPE_NAMES.get(name) or self._object_names.get(name)
        if found is None and self.patches and _is_patch_type(name):
            return types.type_of(types.object_named(name))
        return found

    def field_type(self, object_name: str, name: str) -> Type | None:
        """The type of a field of an object type."""
        if self.patches and _is_patch_type(object_name):
            return _PATCH_FIELDS.get(name) if object_name == "JSONPatch" else types.DYN
        return self.objects.get(object_name, {}).get(name)


def _is_patch_type(name: str) -> bool:
    return name in ("Object", "JSONPatch") or name.startswith("Object.")


@cache
def base_environment(version: str = DEFAULT_VERSION) -> Environment:
    """What every new expression can use in ``version``, without any variable."""
    texts = [*libraries.ALWAYS]
    known: dict[tuple[str, int, bool], macros.Expander] = {**macros.STANDARD, **macros.OPTIONAL}
    if cel_library("two-variable comprehensions", version):
        texts.append(libraries.TWO_VARIABLES)
        known.update(macros.TWO_VARIABLES)
    if cel_library("semver", version):
        texts.append(libraries.SEMVER)
    if cel_library("extended lists", version):
        texts.append(libraries.EXTENDED_LISTS)
        known.update(macros.LISTS)
    return Environment(merged(map(functions, texts)), known)


@cache
def patch_environment(version: str = DEFAULT_VERSION) -> Environment:
    """The same for expressions that make patches (``hasPatchTypes``)."""
    base = base_environment(version)
    return evolve(base, functions=merged((base.functions, functions(libraries.JSON_PATCH))), patches=True)
