"""Write the attrs classes of ``kverify/api/types/`` from the published OpenAPI documents of Kubernetes.

    python -m tools.generate_types 1.32=DIR/v1.32.json ... 1.37=DIR/v1.37.json

A document is ``api/openapi-spec/swagger.json`` of a Kubernetes release, or the ``_definitions.json`` of a JSON schema
bundle made from it. The classes are the union of all versions; ``kverify/api/types/history.py`` says which version has
which field. Adding a version is this one command with one more document, and its number in ``kverify/api/versions.py``.

Only facts are taken: names, types, what is required, how lists merge. What OpenAPI does not say and Go does, whether an
object is a pointer (absent) or a value (empty), is in the tables of :mod:`tools.type_tables`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from kverify.naming import camel_case, snake_case
from tools.pointer_tables import KEPT, NULL, POINTERS
from tools.type_tables import (
    EXTENDS,
    INLINE,
    KINDS,
    MODULES,
    OPAQUE,
    OPTIONAL,
    RELAXED,
    RENAMED,
    RULES,
    TITLES,
    ZERO,
)

OUT = Path(__file__).parents[1] / "kverify" / "api" / "types"
PREFIXES = (
    "io.k8s.api.",
    "io.k8s.apimachinery.pkg.apis.",
    "io.k8s.apiextensions-apiserver.pkg.apis.",
    "io.k8s.kube-aggregator.pkg.apis.",
)
SCALARS = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "Quantity",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "Time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "MicroTime",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "IntOrString",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "Json",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON": "Json",
}
SCHEMA = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"
SCHEMA_OR = ("JSONSchemaPropsOrArray", "JSONSchemaPropsOrBool", "JSONSchemaPropsOrStringArray")


@frozen
class Member:
    """One field of a class as it will be written."""

    json: str
    attribute: str
    type: str
    default: str
    rules: dict[str, Any]
    needs: tuple[str, ...]


@define
class Definition:
    """One OpenAPI definition, the versions of its fields, and the class it becomes."""

    name: str
    properties: dict[str, dict[str, Any]] = field(factory=dict)
    required: set[str] = field(factory=set)
    versions: dict[str, list[str]] = field(factory=dict)
    known: list[str] = field(factory=list)
    atomic: bool = False

    @property
    def cls(self) -> str:
        short = self.name.rpartition(".")[2]
        return RENAMED.get(_short(self.name), short)


def _short(name: str) -> str:
    """``io.k8s.api.apps.v1.Deployment`` → ``apps.v1.Deployment``."""
    for prefix in PREFIXES:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def read(documents: dict[str, Path]) -> dict[str, Definition]:
    """All definitions of all versions; of a field that changed, the newest form."""
    found: dict[str, Definition] = {}
    for version, path in documents.items():
        document = json.loads(path.read_text("utf-8"))
        schemas = document.get("definitions") or document.get("$defs") or document["components"]["schemas"]
        for name, schema in schemas.items():
            definition = found.setdefault(_short(name), Definition(name))
            definition.known.append(version)
            definition.atomic = schema.get("x-kubernetes-map-type") == "atomic"
            definition.required |= {key for key in schema.get("required", ()) if (definition.cls, key) not in RELAXED}
            for key, value in schema.get("properties", {}).items():
                definition.properties[key] = value
                definition.versions.setdefault(key, []).append(version)
    return found


class Generator:
    """Turns definitions into modules."""

    def __init__(self, definitions: dict[str, Definition]) -> None:
        self.definitions = definitions
        self.module_of: dict[str, str] = {}

    def type_of(self, schema: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
        """The type hint of a schema and the definitions it names."""
        ref = schema.get("$ref") or next((part["$ref"] for part in schema.get("allOf", ()) if "$ref" in part), None)
        if ref is not None:
            full = str(ref).rpartition("/")[2]
            if full in SCALARS:
                return SCALARS[full], ()
            target = self.definitions[_short(full)]
            if not target.properties:
                return ("Json" if target.cls in SCHEMA_OR else "Opaque"), ()
            return target.cls, (_short(full),)
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next(item for item in kind if item != "null")
        if kind == "array":
            inner, needs = self.type_of(schema["items"])
            return f"tuple[{inner}, ...]", needs
        if kind == "object":
            if "additionalProperties" in schema:
                inner, needs = self.type_of(schema["additionalProperties"])
                return f"Mapping[str, {inner}]", needs
            return "Opaque", ()
        if kind == "integer":
            return {"int32": "Int32", "int64": "Int64"}.get(schema.get("format", "int64"), "Int64"), ()
        return {"string": "str", "boolean": "bool", "number": "float"}.get(str(kind), "Json"), ()

    def members(self, short: str) -> Iterator[Member]:
        definition = self.definitions[short]
        order = sorted(definition.properties, key=lambda key: ("apiVersion", "kind", "metadata", key).index(key))
        if short in KINDS:
            order = [key for key in order if key not in ("apiVersion", "kind", "metadata")]
        for key in order:
            hint, needs = self.type_of(definition.properties[key])
            if (definition.cls, key) in OPAQUE:
                hint, needs = "Json", ()
            attribute = snake_case(key)
            rules = _rules(definition.properties[key])
            if camel_case(attribute) != key:
                rules = {"json": key, **rules}
            default, hint = self.default(definition, key, hint, needs)
            rules |= _printing(definition, key, default, hint)
            yield Member(key, attribute, hint, default, rules, needs)

    def default(self, definition: Definition, key: str, hint: str, needs: tuple[str, ...]) -> tuple[str, str]:
        """The value of an absent field, and its hint (optional where absent is not the zero value)."""
        required = key in definition.required
        here = (definition.cls, key)
        if hint.startswith("tuple"):
            return "()", hint
        if hint.startswith("Mapping"):
            return "EMPTY", hint
        if needs:
            inline = here in INLINE or ("*", key) in INLINE or required
            if here in OPTIONAL or ("*", key) in OPTIONAL or not inline:
                return "None", f"{hint} | None"
            return f"{hint}()", hint
        zero = {
            "str": '""',
            "Int32": "0",
            "Int64": "0",
            "bool": "False",
            "float": "0.0",
            "IntOrString": "0",
        }.get(hint)
        zero_stands = required or here in KEPT or here in ZERO or ("*", key) in ZERO
        if zero_stands and zero is not None and here not in OPTIONAL:
            return zero, hint
        return "None", f"{hint} | None"

    def closure(self, roots: Iterable[str]) -> list[str]:
        """Every definition that the roots need and no earlier module has, what is needed first."""
        ordered: list[str] = []
        seen: set[str] = set()

        def visit(short: str) -> None:
            if short in seen or short in self.module_of:
                return
            seen.add(short)
            base = EXTENDS.get(self.definitions[short].cls)
            if base is not None:
                visit(base)
            for member in self.members(short):
                for need in member.needs:
                    visit(need)
            ordered.append(short)

        for root in roots:
            visit(root)
        return ordered

    def module(self, name: str, roots: Iterable[str]) -> str:
        shorts = self.closure(roots)
        body = [self.write_class(short) for short in shorts]
        for short in shorts:
            self.module_of[short] = name
        text = "\n\n".join(body)
        imports = self.imports(name, shorts, text)
        title = TITLES[name]
        head = f'"""{title}\n\nWritten by ``tools/generate_types.py``; do not edit.\n"""'
        note = "# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)"
        return f"{head}\n\n{note}\n\n{imports}\n\n{text}"

    def imports(self, module: str, shorts: list[str], text: str) -> str:
        base = [
            word
            for word in (
                "EMPTY",
                "Int32",
                "Int64",
                "IntOrString",
                "Json",
                "MicroTime",
                "Opaque",
                "Time",
                "Typed",
                "api_field",
            )
            if re.search(rf"\b{word}\b", text)
        ]
        lines = ["from attrs import frozen", ""] + ([f"from kverify.api.base import {', '.join(base)}"] if base else [])
        if "Quantity" in text:
            lines.append("from kverify.api.quantity import Quantity")
        if "(KubeObject)" in text:
            lines.append("from kverify.api.object import KubeObject")
        rules = sorted({RULES[self.definitions[s].cls] for s in shorts if self.definitions[s].cls in RULES})
        if rules:
            lines.append(f"from kverify.api.rules import {', '.join(rules)}")
        needed: dict[str, set[str]] = {}
        for short in shorts:
            needs = [need for member in self.members(short) for need in member.needs]
            base_class = EXTENDS.get(self.definitions[short].cls)
            for need in [*needs, *([base_class] if base_class else [])]:
                place = self.module_of[need]
                if place != module:
                    needed.setdefault(place, set()).add(self.definitions[need].cls)
        lines += [f"from kverify.api.types.{place} import {', '.join(sorted(c))}" for place, c in needed.items()]
        first = ["from __future__ import annotations", ""]
        if "Mapping[" in text:
            first += ["from collections.abc import Mapping"]
        if "ClassVar[" in text:
            first += ["from typing import ClassVar"]
        return "\n".join([*first, "", *sorted(lines), ""])

    def write_class(self, short: str) -> str:
        definition = self.definitions[short]
        cls = definition.cls
        bases = []
        inherited: set[str] = set()
        if cls in EXTENDS:
            bases.append(self.definitions[EXTENDS[cls]].cls)
            inherited = {member.json for member in self.members(EXTENDS[cls])}
        if cls in RULES:
            bases.append(RULES[cls])
        if short in KINDS:
            bases.append("KubeObject")
        # Comparing, hashing and showing are those of Typed.
        head = f"@frozen(kw_only=True, eq=False, repr=False)\nclass {cls}({', '.join(bases or ['Typed'])}):"
        lines = [head]
        if definition.atomic:
            lines.append("    ATOMIC: ClassVar[bool] = True")
        if short in KINDS:
            lines += [f'    api_version: str = "{KINDS[short]}"', f'    kind: str = "{cls}"']
        for member in self.members(short):
            if member.json in inherited:
                continue
            value = member.default
            if member.rules or value == "EMPTY":
                rules = "".join(f", {key}={_literal(rule)}" for key, rule in member.rules.items())
                value = f"api_field({value}{rules})"
            lines.append(f"    {member.attribute}: {member.type} = {value}")
        if len(lines) == 2:
            lines.append("    pass")
        return "\n".join(lines) + "\n"


def _printing(definition: Definition, key: str, default: str, hint: str) -> dict[str, Any]:
    """How Go prints the field when it is empty: a written zero is dropped, or an absent value is printed as null."""
    required = key in definition.required
    places = {(definition.cls, key), (_short(definition.name), key), ("*", key)}
    if places & NULL or (required and default in ("()", "EMPTY")):
        return {"null": True}
    is_scalar = hint.removesuffix(" | None") in ("str", "bool", "float", "Int32", "Int64")
    if is_scalar and not required and not places & POINTERS and not places & KEPT:
        return {"omit_zero": True}
    return {}


def _literal(value: Any) -> str:
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _rules(schema: dict[str, Any]) -> dict[str, Any]:
    """How apply merges the field: only what differs from the default."""
    rules: dict[str, Any] = {}
    if schema.get("x-kubernetes-list-type", "atomic") != "atomic":
        rules["list_type"] = schema["x-kubernetes-list-type"]
    if "x-kubernetes-list-map-keys" in schema:
        rules["list_keys"] = tuple(schema["x-kubernetes-list-map-keys"])
    if "x-kubernetes-patch-strategy" in schema:
        rules["patch"] = schema["x-kubernetes-patch-strategy"]
    if "x-kubernetes-patch-merge-key" in schema:
        rules["merge_key"] = schema["x-kubernetes-patch-merge-key"]
    if schema.get("x-kubernetes-map-type") == "atomic":
        rules["map_type"] = "atomic"
    return rules


def history(definitions: dict[str, Definition], shorts: Iterable[str], versions: list[str]) -> str:
    """``history.py``: the fields and kinds that some supported version lacks."""
    lines = []
    for short in sorted(shorts, key=lambda s: definitions[s].cls):
        definition = definitions[short]
        for key, known in sorted(definition.versions.items()):
            if known == versions or known == definition.known:
                continue
            until = _next(versions, known[-1])
            lines.append(f'    ("{definition.cls}", "{key}"): ("{known[0]}", {_literal(until) if until else None}),')
    kinds = []
    for short in KINDS:
        known = definitions[short].known
        if known != versions:
            until = _next(versions, known[-1])
            kinds.append(
                f'    ("{KINDS[short]}", "{definitions[short].cls}"): '
                f'("{known[0]}", {_literal(until) if until else None}),'
            )
    return (
        '"""Which version has which field and kind. Written by ``tools/generate_types.py``; do not edit."""\n\n'
        "FIELDS: dict[tuple[str, str], tuple[str, str | None]] = {\n"
        + "\n".join(lines)
        + '\n}\n"""(class, JSON name) to the first version that has the field and the first that has it no more."""\n\n'
        "KINDS: dict[tuple[str, str], tuple[str, str | None]] = {\n"
        + "\n".join(kinds)
        + '\n}\n"""(apiVersion, kind) to the same, for kinds that some version lacks."""\n'
    )


def _next(versions: list[str], last: str) -> str | None:
    index = versions.index(last) + 1
    return versions[index] if index < len(versions) else None


def main(arguments: list[str]) -> int:
    pairs = [argument.partition("=") for argument in arguments]
    if not pairs or not all(version and path for version, _, path in pairs):
        print(__doc__, file=sys.stderr)
        return 2
    documents = {version: Path(path) for version, _, path in pairs}
    definitions = read(documents)
    generator = Generator(definitions)
    OUT.mkdir(exist_ok=True)
    for name, roots in MODULES.items():
        (OUT / f"{name}.py").write_text(generator.module(name, roots), "utf-8")
    (OUT / "history.py").write_text(history(definitions, generator.module_of, list(documents)), "utf-8")
    (OUT / "__init__.py").write_text(
        '"""The types of the Kubernetes API, a module for each group; ``core/v1`` has several."""\n', "utf-8"
    )
    subprocess.run([sys.executable, "-m", "ruff", "check", "--fix-only", "--quiet", str(OUT)], check=True)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(OUT)], check=True)
    missing = sorted(set(KINDS) - set(generator.module_of))
    if missing:
        print(f"kinds that no module has: {', '.join(missing)}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
