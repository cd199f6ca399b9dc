"""JSON text as nodes with exact places, and what to say where it is not JSON.

One regular expression takes a whole ``"key": value`` at a time; nothing calls itself, so no nesting can exhaust the
stack. For whole clusters ``json_plain.py`` reads the values alone, many times as fast, and comes back here for the
nodes of the objects that have a finding.
"""

from __future__ import annotations

import json
import math
import re

from attrs import define, field

from kverify.manifest import codes
from kverify.manifest.codes import Code
from kverify.manifest.diagnostics import shown
from kverify.manifest.nodes import MAX_DEPTH, Mapping, Node, Plain, Scalar, Sequence
from kverify.manifest.reading import Problem, Reading, Unreadable, duplicate_key, too_deep
from kverify.manifest.scalars import json_number

_SPACE = r"[ \t\n\r]*+"
# Possessive, because each character can match in one way only: long strings cost no memory for ways not taken.
_STRING = r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"'
_VALUE = rf"(?:({_STRING})|(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)|(true|false|null)|([\[{{]))"
_MEMBER = re.compile(rf"{_SPACE}({_STRING}){_SPACE}:{_SPACE}{_VALUE}")
_ITEM = re.compile(rf"{_SPACE}(){_VALUE}")
_AFTER = re.compile(rf"{_SPACE}([,\]}}])")
_BLANK = re.compile(_SPACE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_CLOSING = {"{": "}", "[": "]"}


@define(eq=False)
class _Open:
    """An object or array that is not closed yet."""

    bracket: str
    start: int
    keys: list[Scalar] = field(factory=list)
    nodes: list[Node] = field(factory=list)
    positions: dict[str, int] = field(factory=dict)
    key: Scalar | None = None


def skip_space(text: str, start: int) -> int:
    """The offset of the first character from ``start`` that is not white space."""
    match = _BLANK.match(text, start)
    return start if match is None else match.end()


def _string(quoted: str) -> str:
    if "\\" not in quoted:
        return quoted[1:-1]
    # Half a surrogate pair is no character; Go puts U+FFFD in its place.
    return _SURROGATE.sub("\ufffd", json.loads(quoted))


class JsonDecoder:
    """Decodes the values of one text."""

    __slots__ = ("_extract", "_reading", "_text")

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._extract = reading.extract
        self._text = reading.text

    def decode(self, position: int) -> tuple[Node, int]:
        """The JSON value at ``position``, and the offset after it.

        Raises ``Unreadable`` where the text stops being JSON. Duplicate keys go to ``reading.problems``.
        """
        text = self._text
        stack: list[_Open] = []
        pattern = _ITEM
        while True:
            match = pattern.match(text, position)
            if match is None:
                # An empty object or array has no first member; after a comma there must be one.
                position = skip_space(text, position)
                fresh = stack and not stack[-1].nodes
                if not fresh or text[position : position + 1] != _CLOSING[stack[-1].bracket]:
                    raise self._error(position, stack)
                node, position = self._close(stack.pop(), position + 1)
            else:
                position = match.end()
                if pattern is _MEMBER:
                    name = _string(match[1])
                    stack[-1].key = Scalar(self._extract, *match.span(1), name, name, "double")
                if match[5] is not None:
                    if len(stack) == MAX_DEPTH:
                        raise Unreadable(too_deep(self._extract.span(position - 1, position)))
                    stack.append(_Open(match[5], position - 1))
                    pattern = _MEMBER if match[5] == "{" else _ITEM
                    continue
                node = self._scalar(match)
            # ``node`` is complete; put it in its place, and close what ends with it.
            while stack:
                top = stack[-1]
                self._put(top, node)
                after = _AFTER.match(text, position)
                if after is None or after[1] not in (",", _CLOSING[top.bracket]):
                    raise self._error(skip_space(text, position), stack, complete=True)
                position = after.end()
                if after[1] == ",":
                    pattern = _MEMBER if top.bracket == "{" else _ITEM
                    break
                node, position = self._close(stack.pop(), position)
            else:
                return node, position

    def _scalar(self, match: re.Match[str]) -> Scalar:
        string, digits, word = match[2], match[3], match[4]
        if string is not None:
            value = _string(string)
            return Scalar(self._extract, *match.span(2), value, value, "double")
        if word is not None:
            return Scalar(self._extract, *match.span(4), _WORDS[word], word)
        start, end = match.span(3)
        number = json_number(digits)
        if math.isfinite(number):
            return Scalar(self._extract, start, end, number, digits)
        message = f"{shown(digits)} is too big for a number."
        scalar = Scalar(self._extract, start, end, digits, digits)
        self._reading.report(codes.BAD_SCALAR, message, scalar.span, "quote it if text is meant", scalar)
        return scalar

    def _put(self, top: _Open, node: Node) -> None:
        if top.key is None:
            top.nodes.append(node)
            return
        name = top.key.raw
        position = top.positions.get(name)
        if position is None:
            top.positions[name] = len(top.keys)
            top.keys.append(top.key)
            top.nodes.append(node)
        else:
            self._reading.add(duplicate_key(name, top.keys[position].span, top.key.span, node))
            top.keys[position], top.nodes[position] = top.key, node

    def _close(self, top: _Open, end: int) -> tuple[Node, int]:
        values: list[Plain] = [node.value for node in top.nodes]
        if top.bracket == "{":
            value = dict(zip(top.positions, values, strict=True))
            return Mapping(self._extract, top.start, end, value, top.keys, top.nodes), end
        return Sequence(self._extract, top.start, end, values, top.nodes), end

    def _error(self, position: int, stack: list[_Open], *, complete: bool = False) -> Unreadable:
        """What is wrong at ``position``, where a member, an item or (``complete``) what follows one was expected."""
        code, message, mend = self._explain(position, stack, complete)
        width = 1 if position < len(self._text) and self._text[position] not in "\r\n" else 0
        return Unreadable(Problem(code, message, self._extract.span(position, position + width), mend))

    def _explain(self, position: int, stack: list[_Open], complete: bool) -> tuple[Code, str, str]:
        found = self._text[position : position + 1]
        if not found:
            if not stack:
                return codes.JSON_SYNTAX, "The file ends where a value was expected.", "write one JSON object"
            begun = self._extract.position(stack[-1].start)
            bracket = stack[-1].bracket
            message = f"The file ends, but the {bracket} of line {begun[0]}, column {begun[1]} is not closed."
            return codes.UNCLOSED, message, f"add {_CLOSING[bracket]}; is the file cut off?"
        if self._text.startswith(("{{", "{%"), position) or self._text.startswith("{{", position - 1):
            return codes.TEMPLATE, "This is a template that has not been rendered.", "render it first"
        if found == "'":
            return codes.JSON_SYNTAX, "JSON has no single quotes.", "use double quotes"
        if found in "/#":
            return codes.JSON_SYNTAX, "JSON has no comments.", "remove it, or name the file .yaml and use #"
        if complete:
            closing = _CLOSING[stack[-1].bracket]
            return codes.JSON_SYNTAX, f"A comma or {closing} was expected here, not {found}", "add the missing comma"
        if found == '"':
            return self._explain_string(position)
        if found in "]}" and stack and stack[-1].nodes:
            return codes.JSON_SYNTAX, f"JSON allows no comma before {found}", "remove the comma"
        if stack and stack[-1].bracket == "{":
            return codes.JSON_SYNTAX, f"A key in double quotes was expected here, not {found}", "quote the key"
        return codes.JSON_SYNTAX, f"A value was expected here, not {found}", "quote it if text is meant"

    def _explain_string(self, position: int) -> tuple[Code, str, str]:
        """A string that does not match: it is not closed, holds a control character or a wrong escape; or it is a key
        and the colon or the value after it is wrong.
        """
        try:
            _, end = json.JSONDecoder().raw_decode(self._text, position)
        except json.JSONDecodeError as error:
            line, column = error.lineno, error.colno
            if error.msg.startswith("Unterminated"):
                return codes.UNCLOSED, "This quote is never closed.", "add the closing quote"
            return (
                codes.JSON_SYNTAX,
                f"This string is not JSON: {error.msg.removesuffix(' at')} at line {line}, column {column}.",
                "write \\n, \\t or \\\\ for line ends, tabs and backslashes",
            )
        colon = skip_space(self._text, end)
        if self._text[colon : colon + 1] != ":":
            return codes.JSON_SYNTAX, "This key has no colon and value after it.", "add : and the value"
        value = skip_space(self._text, colon + 1)
        line, column = self._extract.position(value)
        found = self._text[value : value + 1]
        if found == '"':
            return self._explain_string(value)
        detail = f"not {found}" if found else "but the file ends"
        return codes.JSON_SYNTAX, f"A value was expected at line {line}, column {column}, {detail}", "quote text"
