"""Where the keys of a TOML file stand. ``tomllib`` says what they mean and keeps no places."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import field, frozen

from kverify.manifest.source import SourceText
from kverify.manifest.span import Span
from kverify.resources import grammar

if TYPE_CHECKING:
    from lark import Token, Tree

KeyPath: TypeAlias = tuple[str | int, ...]
"""Keys, and numbers (from 0) of the items of lists and of ``[[tables]]``."""


@frozen(eq=False)
class Places:
    """The places of the keys of one file, below the table ``prefix``; looked for when the first is asked for."""

    file: str
    text: str = field(default="", repr=False)
    prefix: KeyPath = ()

    def span(self, path: KeyPath) -> Span:
        """Where the key, the item or the head of the table at ``path`` stands. Of what is not written, what is nearest
        above it; of the whole file, its first character."""
        whole = (*self.prefix, *path)
        for length in range(len(whole), 0, -1):
            found = self.spans.get(whole[:length])
            if found is not None:
                return found
        return Span(self.file, 1, 1, 1, 1)

    @cached_property
    def spans(self) -> Mapping[KeyPath, Span]:
        """Every key, item and head of a table that is written, from the top of the file."""
        tree = grammar("toml", propagate_positions=True).parse(self.text)
        source = SourceText(self.file, self.text)
        found: dict[KeyPath, Span] = {}
        for path, start, end in _statements(tree):
            line, column = source.position(start)
            found.setdefault(path, Span(self.file, line, column, *source.position(end)))
        return found


def _statements(tree: Tree[Token]) -> Iterator[tuple[KeyPath, int, int]]:
    """Every key, item and table with its first character and the one after its last."""
    lengths: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for statement in tree.children:
        assert not isinstance(statement, str)
        if statement.data == "pair":
            yield from _pair(statement, table)
            continue
        *above, last = _keys(statement.children[0])
        table = (*_within((), above, lengths), last)
        if statement.data == "tables":
            number = lengths.get(table, 0)
            lengths[table] = number + 1
            yield table, *_extent(statement)
            table += (number,)
        yield table, *_extent(statement)


def _within(table: KeyPath, keys: list[str], lengths: Mapping[KeyPath, int]) -> KeyPath:
    """The table that ``keys`` lead to: of ``[[tables]]`` the last one so far."""
    for key in keys:
        table += (key,)
        if table in lengths:
            table += (lengths[table] - 1,)
    return table


def _pair(pair: Tree[Any], table: KeyPath) -> Iterator[tuple[KeyPath, int, int]]:
    key, value = pair.children
    path = table
    for name in _keys(key):
        path += (name,)
        yield path, *_extent(key)
    yield from _inner(value, path)


def _inner(value: Tree[Any], path: KeyPath) -> Iterator[tuple[KeyPath, int, int]]:
    if value.data == "array":
        for number, item in enumerate(value.children):
            yield (*path, number), *_extent(item)
            yield from _inner(item, (*path, number))
    elif value.data == "inline":
        for pair in value.children:
            yield from _pair(pair, path)


def _keys(key: Any) -> list[str]:
    return [_name(token) for token in key.children]


def _name(token: Token) -> str:
    """A key without its quotes."""
    if token.type == "BARE":
        return str(token)
    name: str = tomllib.loads(f"key = {token}")["key"]
    return name


def _extent(tree: Tree[Any]) -> tuple[int, int]:
    return tree.meta.start_pos, tree.meta.end_pos
