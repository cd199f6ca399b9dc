"""Paths in definitions that name a field of the schema: ``fieldPath`` of rules, ``jsonPath`` of selectable fields.

Source: ``ValidFieldPath`` of ``k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel``.
"""

from __future__ import annotations

import re

from attrs import frozen

from kverify.api.custom.schema import Schema

_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "'": "'", "\\": "\\"}


class FieldPathError(ValueError):
    """Why a path names no field."""


@frozen
class FoundField:
    """``steps`` are the names on the way, ``text`` is the path as the API server prints it."""

    steps: tuple[str, ...]
    text: str
    schema: Schema


def find_field(path: str, schema: Schema, *, brackets: bool = True) -> FoundField:
    """The field that ``path`` (``.spec.replicas``, ``.labels['a/b']``) names in ``schema``.

    Raises :class:`FieldPathError`.
    """
    tokens = _tokens(path)
    steps: list[str] = []
    text = ""
    while tokens:
        token = tokens.pop(0)
        if token == "[" and not brackets:
            raise FieldPathError("brackets are not allowed here")
        if token not in (".", "["):
            raise FieldPathError(f"'.' or '[' is expected, not {token!r}")
        if not tokens:
            raise FieldPathError("it ends too early")
        name = tokens.pop(0)
        if token == "[":
            name = _unquoted(name)
        if schema.properties:
            inner = schema.properties.get(name)
            text += f".{name}" if text else name
        elif schema.additional_allowed is not None:
            inner = schema.additional
            text += f"[{name}]"
        else:
            inner = None
        if inner is None:
            raise FieldPathError(f"the schema has no field {name!r} there")
        schema = inner
        steps.append(name)
        if token == "[" and (not tokens or tokens.pop(0) != "]"):
            raise FieldPathError("']' is missing")
    return FoundField(tuple(steps), text, schema)


def _tokens(path: str) -> list[str]:
    """As Go's scanner splits it: quotes count only where a token begins."""
    found: list[str] = []
    position = 0
    while position < len(path):
        if path[position] == "'":
            end = position + 1
            while end < len(path) and not (path[end] == "'" and path[end - 1] != "\\"):
                end += 1
            end += 1
        elif path[position] in ".[]":
            end = position + 1
        else:
            end = position
            while end < len(path) and path[end] not in ".[]":
                end += 1
        found.append(path[position:end])
        position = end
    return found


def _unquoted(token: str) -> str:
    if len(token) < 2 or not (token.startswith("'") and token.endswith("'")):
        raise FieldPathError(f"a text in single quotes is expected, not {token!r}")

    def plain(match: re.Match[str]) -> str:
        letter = match[0][1:]
        if letter not in _ESCAPES:
            raise FieldPathError(f"{match[0]!r} is no escape")
        return _ESCAPES[letter]

    return re.sub(r"\\.", plain, token[1:-1])
