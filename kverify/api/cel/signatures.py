"""Overloads of functions, written one a line: ``.replace : string, string, string -> string = string_replace``.

A leading dot makes a function of a receiver, which is the first argument. Capital letters are type parameters. The id
after the equals sign is cel-go's; costs and the evaluator go by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TypeAlias

from attrs import frozen

from kverify.api.cel import types
from kverify.api.cel.types import Type

NAMED_TYPES: Mapping[str, Type] = {
    **types.PRIMITIVE,
    "null": types.NULL,
    "type": types.TYPE,
    "URL": types.object_named("kubernetes.URL"),
    "Quantity": types.object_named("kubernetes.Quantity"),
    "IP": types.object_named("net.IP"),
    "CIDR": types.object_named("net.CIDR"),
    "Format": types.object_named("kubernetes.NamedFormat"),
    "Semver": types.object_named("kubernetes.Semver"),
    "Image": types.object_named("kubernetes.Image"),
    "Authorizer": types.object_named("kubernetes.authorization.Authorizer"),
    "PathCheck": types.object_named("kubernetes.authorization.PathCheck"),
    "GroupCheck": types.object_named("kubernetes.authorization.GroupCheck"),
    "ResourceCheck": types.object_named("kubernetes.authorization.ResourceCheck"),
    "Decision": types.object_named("kubernetes.authorization.Decision"),
}


@frozen
class Overload:
    """One signature of a function; with a receiver that is ``arguments[0]``."""

    id: str
    member: bool
    arguments: tuple[Type, ...]
    result: Type
    parameters: tuple[str, ...]
    """The names of its type parameters."""


Functions: TypeAlias = Mapping[str, tuple[Overload, ...]]

_LINE = re.compile(r"(?P<name>\S+) : (?P<arguments>.*?)\s*-> (?P<result>\S.*?) = (?P<id>\S+)")
_TOKEN = re.compile(r"\w+|[(),]")


@cache
def functions(text: str) -> Functions:
    """The overloads of ``text`` by the name of their function. Raises ``ValueError`` for a line that is none."""
    found: dict[str, list[Overload]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"not a signature: {line!r}")
        name = match["name"]
        arguments = tuple(_types(match["arguments"]))
        result = _types(match["result"])[0]
        names = sorted({part for type_ in (*arguments, result) for part in _parameters(type_)})
        overload = Overload(match["id"], name.startswith("."), arguments, result, tuple(names))
        found.setdefault(name.removeprefix("."), []).append(overload)
    return {name: tuple(overloads) for name, overloads in found.items()}


def merged(tables: Iterable[Functions]) -> dict[str, tuple[Overload, ...]]:
    """All overloads of several libraries; functions of one name have those of all."""
    result: dict[str, tuple[Overload, ...]] = {}
    for table in tables:
        for name, overloads in table.items():
            result[name] = (*result.get(name, ()), *overloads)
    return result


def _types(text: str) -> list[Type]:
    tokens = _TOKEN.findall(text)
    position = 0

    def read() -> Type:
        nonlocal position
        name = tokens[position]
        position += 1
        params: list[Type] = []
        if position < len(tokens) and tokens[position] == "(":
            position += 1
            while tokens[position] != ")":
                params.append(read())
                position += tokens[position] == ","
            position += 1
        return _named(name, tuple(params))

    found: list[Type] = []
    while position < len(tokens):
        found.append(read())
        position += 1
    return found


def _named(name: str, params: tuple[Type, ...]) -> Type:
    if not params:
        return types.param(name) if len(name) == 1 and name.isupper() else NAMED_TYPES[name]
    if name == "optional":
        return types.optional_of(params[0])
    if name in ("list", "map", "type"):
        return Type(name, "", params)  # type: ignore[arg-type]
    raise KeyError(name)


def _parameters(type_: Type) -> set[str]:
    if type_.kind == "param":
        return {type_.name}
    return {name for inner in type_.params for name in _parameters(inner)}
