"""YAML events as the tokens of ``grammar/manifest.lark``, with all that is known of them, for nodes.

libyaml reads the characters, Lark the structure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import yaml
from attrs import define, field
from lark.lexer import Lexer, LexerState

from kverify.manifest import codes
from kverify.manifest.nodes import MAX_DEPTH, Node, Plain, Scalar, Style
from kverify.manifest.reading import Reading, Unreadable, hidden_document, too_deep
from kverify.manifest.scalars import MERGE_TAG, ScalarError, resolve

_ESCAPE = re.compile(r"\\.", re.DOTALL)
_STYLES: dict[str | None, Style] = {"'": "single", '"': "double", "|": "literal", ">": "folded"}


@define(eq=False)
class MappingStart:
    """Value of a MAPPING_START token, and the mapping while it is made. ``anchor`` numbers the anchors of a document,
    from 0. ``end`` is where the last thing in it ends: libyaml ends a block where the next one begins, comments and
    empty lines later. (An alias has the place of its anchor, which lies before.) ``merged`` are the keys that come from
    a merge only.
    """

    reading: Reading
    start: int
    end: int
    anchor: int | None
    flow: bool
    value: dict[str, Plain] = field(factory=dict)
    keys: list[Scalar] = field(factory=list)
    values: list[Node] = field(factory=list)
    merged: set[str] = field(factory=set)
    _positions: dict[str, int] = field(factory=dict)

    def position(self, name: str) -> int:
        """Where the key ``name`` is in ``keys``."""
        for position in range(len(self._positions), len(self.keys)):
            self._positions[str(self.keys[position].value)] = position
        return self._positions[name]


@define(eq=False)
class SequenceStart:
    """Value of a SEQUENCE_START token, and the list while it is made."""

    reading: Reading
    start: int
    end: int
    anchor: int | None
    flow: bool
    value: list[Plain] = field(factory=list)
    items: list[Node] = field(factory=list)


@define(eq=False)
class Reference:
    """Value of an ALIAS token; ``anchor`` is None when no anchor of that name comes before."""

    reading: Reading
    name: str
    start: int
    end: int
    anchor: int | None


def _parser() -> Any:
    """libyaml's parser, or the pure Python one (ten times slower) where PyYAML was built without libyaml.

    The loaders of PyYAML are parsers too, but making one costs as much as parsing a small document.
    """
    try:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]
    except ImportError:
        return yaml.SafeLoader
    return CParser


PARSER = _parser()


class NodeLexer(Lexer):
    """Lark's lexer interface over a ``Reading`` instead of a text."""

    # Lark then hands over its state as it is, instead of a text that it believes to be a string.
    __future_interface__ = 2

    def __init__(self, lexer_conf: object) -> None:
        del lexer_conf  # there are no terminals to compile

    def lex(self, lexer_state: LexerState, parser_state: object) -> Iterator[Any]:
        del parser_state
        return node_tokens(lexer_state.text)  # type: ignore[arg-type]


def node_tokens(reading: Reading) -> Iterator[tuple[str, Any]]:
    """The tokens of one document: the name of the terminal, and a node or what one is made from. The value of the token
    that ends a collection is the offset behind it.

    Raises ``yaml.YAMLError`` where the text stops being YAML and ``Unreadable`` for nesting beyond ``MAX_DEPTH`` or
    a second document, which kubectl would not see.
    """
    extract, opened = reading.extract, reading.opened
    anchors: dict[str, int] = {}
    numbers = count()
    documents = 0
    next_event = PARSER(reading.text).get_event
    while (event := next_event()) is not None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            scalar = _scalar(reading, event)
            if event.anchor is not None:
                anchors[event.anchor] = anchor = next(numbers)
                reading.anchored[anchor] = scalar
            merges = scalar.raw == "<<" and (event.implicit[0] or event.tag == MERGE_TAG)
            yield "MERGE" if merges else "SCALAR", scalar
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            start, end = event.start_mark.index, event.end_mark.index
            if len(opened) == MAX_DEPTH:
                raise Unreadable(too_deep(extract.span(start, end)))
            opened.append(start)
            # The anchor counts from the start of its node: an alias inside the node is a cycle, not an older anchor.
            anchor = None
            if event.anchor is not None:
                anchors[event.anchor] = anchor = next(numbers)
            flow = bool(event.flow_style)
            if kind is yaml.MappingStartEvent:
                yield "MAPPING_START", MappingStart(reading, start, end, anchor, flow)
            else:
                yield "SEQUENCE_START", SequenceStart(reading, start, end, anchor, flow)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            opened.pop()
            yield "MAPPING_END" if kind is yaml.MappingEndEvent else "SEQUENCE_END", event.end_mark.index
        elif kind is yaml.AliasEvent:
            start, end = event.start_mark.index, event.end_mark.index
            reading.aliased = True
            yield "ALIAS", Reference(reading, event.anchor, start, end, anchors.get(event.anchor))
        elif kind is yaml.DocumentStartEvent:
            documents += 1
            if documents > 1:
                raise Unreadable(hidden_document(extract.span(event.start_mark.index, event.end_mark.index)))
    if documents:
        yield "DOCUMENT_END", None


def _scalar(reading: Reading, event: Any) -> Scalar:
    start, end = event.start_mark.index, event.end_mark.index
    style = _STYLES.get(event.style, "plain")
    raw: str = event.value
    tag: str | None = event.tag
    if reading.backslash:
        raw = reading.written(raw, double=style == "double")
    if style == "literal" or style == "folded":
        # libyaml counts empty lines, and comments' indentation, to a block scalar.
        end = start + len(reading.text[start:end].rstrip())
    if style == "double":
        _check_escapes(reading, start, end)
    if tag is None and style != "plain":
        return Scalar(reading.extract, start, end, raw, raw, style)
    # "!" alone means: not resolved.
    quoted = tag == "!" or not (event.implicit[0] or tag)
    try:
        return Scalar(reading.extract, start, end, resolve(raw, quoted=quoted, tag=None if quoted else tag), raw, style)
    except ScalarError as error:
        scalar = Scalar(reading.extract, start, end, raw, raw, style)
        message = str(error)
        reading.report(codes.BAD_SCALAR, f"{message[0].upper()}{message[1:]}.", scalar.span, error.mend, scalar)
        return scalar


def _check_escapes(reading: Reading, start: int, end: int) -> None:
    """libyaml knows one escape that goyaml, which kubectl uses, does not: the slash of JSON."""
    text = reading.text[start:end]
    if "\\/" not in text:
        return
    for match in _ESCAPE.finditer(text):
        if match[0] == "\\/":
            span = reading.extract.span(start + match.start(), start + match.end())
            message = "kubectl knows the escape \\/ in JSON only, not in YAML."
            reading.report(codes.SYNTAX, message, span, "write / without a backslash")
