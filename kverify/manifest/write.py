"""Plain values as YAML and JSON text, in the style of their neighbours."""

from __future__ import annotations

import json
import re

from attrs import frozen

from kverify.manifest.nodes import Plain, Style, Value
from kverify.manifest.scalars import resolve_plain

# Text that means nothing else without quotes, neither in a block nor between brackets.
_BARE_IN_FLOW = re.compile(r"[A-Za-z0-9_./](?:[A-Za-z0-9_./@%+=~^*$()-]| (?=[^ #]))*", re.ASCII)
_BARE = re.compile(r"[A-Za-z0-9_./](?:[A-Za-z0-9_./@%+=~^*$()-]|:(?=[^ ])| (?=[^ #]))*", re.ASCII)


@frozen
class Layout:
    """How a document is set: ``step`` spaces from a mapping to one below it, ``items`` to the dashes of a list below
    it, ``newline`` between lines; ``json`` when it must stay JSON."""

    step: int = 2
    items: int = 0
    newline: str = "\n"
    json: bool = False

    def scalar(self, value: Value, style: Style = "plain", *, flow: bool = False) -> str:
        """A scalar on one line, text in the quotes of ``style`` where that is possible. ``flow``: it stands between
        brackets, where a colon may mean more."""
        if not isinstance(value, str):
            return json.dumps(value)
        printable = value.isprintable()
        if self.json or (style == "double" and printable):
            return json.dumps(value, ensure_ascii=False)
        if style == "single" and printable:
            doubled = value.replace("'", "''")
            return f"'{doubled}'"
        bare = _BARE_IN_FLOW if flow else _BARE
        if bare.fullmatch(value) and resolve_plain(value) == value and isinstance(resolve_plain(value), str):
            return value
        # A pair of surrogates is one character in JSON and two in YAML: what cannot be shown is written in YAML's way.
        return json.dumps(value, ensure_ascii=False) if printable else f'"{"".join(map(_escaped, value))}"'

    def flow(self, value: Plain) -> str:
        """Any value on one line."""
        if self.json:
            return json.dumps(value, ensure_ascii=False)
        if isinstance(value, dict):
            return "{" + ", ".join(f"{self.scalar(k, flow=True)}: {self.flow(item)}" for k, item in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(self.flow, value)) + "]"
        return self.scalar(value, flow=True)

    def spread(self, value: Plain, column: int) -> str:
        """JSON over several lines; the line it begins on is indented by ``column``."""
        lines = json.dumps(value, ensure_ascii=False, indent=self.step).split("\n")
        return (self.newline + " " * column).join(lines)

    def entry(self, key: str, value: Plain, column: int) -> str:
        """A key and its value as a block; ``column`` is where the key begins. The first line is not indented."""
        return f"{self.scalar(key)}:{self.under(value, column)}"

    def under(self, value: Plain, column: int) -> str:
        """What follows the colon of a key at ``column``."""
        if not isinstance(value, dict | list):
            return f" {self.scalar(value)}"
        if not value:
            return f" {self.flow(value)}"
        inner = column + (self.step if isinstance(value, dict) else self.items)
        return f"{self.newline}{' ' * inner}{self.block(value, inner)}"

    def block(self, value: Plain, column: int) -> str:
        """A value as a block whose first line is begun at ``column``."""
        between = f"{self.newline}{' ' * column}"
        if isinstance(value, dict) and value:
            return between.join(self.entry(key, item, column) for key, item in value.items())
        if isinstance(value, list) and value:
            return between.join(f"- {self.block(item, column + 2)}" for item in value)
        return self.flow(value) if isinstance(value, dict | list) else self.scalar(value)


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
