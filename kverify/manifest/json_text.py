"""JSON text to the same nodes, without YAML: several times as fast, for ``kubectl get -A -o json`` of a whole cluster.

One regular expression takes a whole ``"key": value`` at a time; nothing calls itself, so no nesting can exhaust the
stack.
"""

from __future__ import annotations

import json
import math
import re

from attrs import define, field

from kverify.manifest import codes
from kverify.manifest.codes import Code
from kverify.manifest.nodes import MAX_DEPTH, Entry, Mapping, Node, Scalar, Sequence
from kverify.manifest.reading import Problem, Reading, Unreadable, duplicate_key, too_deep
from kverify.manifest.scalars import json_number
from kverify.manifest.span import Span

_SPACE = r"[ \t\n\r]*"
# Written so that each character can match in one way only; long strings then cost no memory for ways not taken.
_STRING = r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"'
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
    entries: dict[str, Entry] = field(factory=dict)
    items: list[Node] = field(factory=list)
    key: Scalar | None = None


def skip_space(text: str, start: int) -> int:
    """The offset of the first character from ``start`` that is not white space."""
    match = _BLANK.match(text, start)
    return start if match is None else match.end()


class JsonDecoder:
    """Decodes the values of one text, from its beginning to its end."""

    __slots__ = ("_file", "_line", "_next", "_origin", "_reading", "_starts", "_text")

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._text = reading.text
        self._file = reading.source.file
        self._origin = reading.origin
        self._starts = reading.source.starts()
        # Offsets are looked up in rising order, so the line of the last one is where the next search begins.
        self._line = 1
        self._next = self._starts[1] if len(self._starts) > 1 else len(self._text) + 1

    def decode(self, position: int) -> tuple[Node, int]:
        """The JSON value at ``position``, and the offset after it. Offsets must not fall from call to call.

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
                fresh = stack and not stack[-1].entries and not stack[-1].items
                if not fresh or text[position : position + 1] != _CLOSING[stack[-1].bracket]:
                    raise self._error(position, stack)
                node, position = self._close(stack.pop(), position)
            else:
                position = match.end()
                if pattern is _MEMBER:
                    name = self._string(match[1])
                    stack[-1].key = Scalar(self._span(*match.span(1)), name, name, "double")
                if match[5] is not None:
                    if len(stack) == MAX_DEPTH:
                        raise Unreadable(too_deep(self._span(position - 1, position)))
                    stack.append(_Open(match[5], position - 1))
                    pattern = _MEMBER if match[5] == "{" else _ITEM
                    continue
                node = self._scalar(match)
            # ``node`` is complete; put it in its place, and close what ends with it.
            while stack:
                top = stack[-1]
                if top.key is None:
                    top.items.append(node)
                else:
                    self._put(top.entries, top.key, node)
                after = _AFTER.match(text, position)
                if after is None or after[1] not in (",", _CLOSING[top.bracket]):
                    raise self._error(skip_space(text, position), stack, complete=True)
                position = after.end()
                if after[1] == ",":
                    pattern = _MEMBER if top.bracket == "{" else _ITEM
                    break
                node, position = self._close(stack.pop(), position - 1)
            else:
                return node, position

    def _scalar(self, match: re.Match[str]) -> Scalar:
        string, digits, word = match[2], match[3], match[4]
        if string is not None:
            value = self._string(string)
            return Scalar(self._span(*match.span(2)), value, value, "double")
        if word is not None:
            return Scalar(self._span(*match.span(4)), _WORDS[word], word)
        span = self._span(*match.span(3))
        number = json_number(digits)
        if not math.isfinite(number):
            message = f"{digits} is too big for a number."
            self._reading.report(codes.BAD_SCALAR, message, span, "quote it if text is meant")
            return Scalar(span, digits, digits)
        return Scalar(span, number, digits)

    def _put(self, entries: dict[str, Entry], key: Scalar, value: Node) -> None:
        name = key.raw
        if name in entries:
            self._reading.problems.append(duplicate_key(name, entries[name].key.span, key.span, value))
        entries[name] = Entry(key, value)

    def _close(self, top: _Open, position: int) -> tuple[Node, int]:
        end = position + 1
        # The start lies behind the cursor, so it is looked up in the whole table.
        line, column = self._reading.source.position(top.start)
        end_line, end_column = self._place(end)
        span = Span(self._file, line, column, end_line, end_column, self._origin)
        if top.bracket == "{":
            return Mapping(span, tuple(top.entries.values())), end
        return Sequence(span, tuple(top.items)), end

    @staticmethod
    def _string(quoted: str) -> str:
        if "\\" not in quoted:
            return quoted[1:-1]
        # Half a surrogate pair is no character; Go puts U+FFFD in its place.
        return _SURROGATE.sub("�", json.loads(quoted))

    def _place(self, offset: int) -> tuple[int, int]:
        while offset >= self._next:
            self._line += 1
            following = self._starts[self._line : self._line + 1]
            self._next = following[0] if following else len(self._text) + 1
        return self._line, offset - self._starts[self._line - 1] + 1

    def _span(self, start: int, end: int) -> Span:
        # Strings and numbers stay on one line.
        line, column = self._place(start)
        return Span(self._file, line, column, line, column + end - start, self._origin)

    def _error(self, position: int, stack: list[_Open], *, complete: bool = False) -> Unreadable:
        """What is wrong at ``position``, where a member, an item or (``complete``) what follows one was expected."""
        code, message, mend = self._explain(position, stack, complete)
        line, column = self._reading.source.position(position)
        width = 1 if position < len(self._text) and self._text[position] not in "\r\n" else 0
        return Unreadable(
            Problem(code, message, Span(self._file, line, column, line, column + width, self._origin), mend)
        )

    def _explain(self, position: int, stack: list[_Open], complete: bool) -> tuple[Code, str, str]:
        found = self._text[position : position + 1]
        if not found:
            if not stack:
                return codes.JSON_SYNTAX, "The file ends where a value was expected.", "write one JSON object"
            begun = self._reading.source.position(stack[-1].start)
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
        if found in "]}" and stack and (stack[-1].entries or stack[-1].items):
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
        line, column = self._reading.source.position(value)
        found = self._text[value : value + 1]
        if found == '"':
            return self._explain_string(value)
        detail = f"not {found}" if found else "but the file ends"
        return codes.JSON_SYNTAX, f"A value was expected at line {line}, column {column}, {detail}", "quote text"
