"""YAML documents as plain values: the usual way, in which nothing is kept of the places.

Only what is beyond doubt is read here. Whatever is unusual (an anchor, a tag, a key that is no text or is there
already, deep nesting, any error) is left to the exact reading with nodes, which makes the same values and knows what to
say. Of the documents read here the nodes are made in that same way, but only when somebody asks for a place.
"""

from __future__ import annotations

from collections.abc import Iterator
from sys import intern
from typing import Any

import yaml
from lark import Transformer
from lark.lexer import Lexer, LexerState

from kverify.manifest.events import PARSER
from kverify.manifest.nodes import MAX_DEPTH, Plain
from kverify.manifest.reading import Unusual
from kverify.manifest.scalars import HINTS, ScalarError, resolve

# Unquoted text that begins with none of these, and is not empty, is nothing but text.
_MAY_MEAN_MORE = HINTS | {"<", ""}


class PlainLexer(Lexer):
    """Lark's lexer interface over a tuple of one text. (Of a text itself Lark would count the lines.)"""

    __future_interface__ = 2

    def __init__(self, lexer_conf: object) -> None:
        del lexer_conf  # there are no terminals to compile

    def lex(self, lexer_state: LexerState, parser_state: object) -> Iterator[Any]:
        del parser_state
        texts: Any = lexer_state.text
        return _tokens(texts[0])


def _tokens(text: str) -> Iterator[tuple[str, Any]]:
    """The tokens of one document: the name of the terminal, and the scalar's value or a new collection.

    Raises ``Unusual``, and ``yaml.YAMLError`` where the text stops being YAML.
    """
    depth = documents = 0
    next_event = PARSER(text).get_event
    # Every event of every document comes through here; the order of the cases is that of their frequency.
    while (event := next_event()) is not None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            if event.tag is not None or event.anchor is not None:
                raise Unusual
            raw: str = event.value
            if event.style or raw[:1] not in _MAY_MEAN_MORE:
                yield "SCALAR", raw
            elif raw == "<<":
                raise Unusual
            else:
                try:
                    yield "SCALAR", resolve(raw, quoted=False, tag=None)
                except ScalarError:
                    raise Unusual from None
        elif kind is yaml.MappingEndEvent:
            depth -= 1
            yield "MAPPING_END", None
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            if event.tag is not None or event.anchor is not None or depth == MAX_DEPTH:
                raise Unusual
            depth += 1
            if kind is yaml.MappingStartEvent:
                yield "MAPPING_START", {}
            else:
                yield "SEQUENCE_START", []
        elif kind is yaml.SequenceEndEvent:
            depth -= 1
            yield "SEQUENCE_END", None
        elif kind is yaml.AliasEvent:
            raise Unusual
        elif kind is yaml.DocumentStartEvent:
            documents += 1
            if documents > 1:
                raise Unusual
    if documents:
        yield "DOCUMENT_END", None


class PlainBuilder(Transformer[Any, Any]):
    """The actions of ``grammar/manifest.lark`` on plain values."""

    def start(self, children: list[Any]) -> Plain:
        return children[0] if children else None

    def opened(self, children: list[Any]) -> Any:
        return children[0]

    def entry(self, children: list[Any]) -> dict[str, Plain]:
        mapping: dict[str, Plain]
        mapping, key, value = children
        if type(key) is not str or key in mapping:
            raise Unusual
        mapping[intern(key)] = value
        return mapping

    def item(self, children: list[Any]) -> list[Plain]:
        sequence: list[Plain]
        sequence, value = children
        sequence.append(value)
        return sequence

    # The value of a collection is complete when it ends.
    mapping = sequence = opened
