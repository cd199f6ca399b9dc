"""YAML events as the tokens of ``grammar/manifest.lark``: libyaml reads the characters, Lark the structure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any, ClassVar

import yaml
from attrs import define
from lark.lexer import Lexer, LexerState, Token

from kverify.manifest import codes
from kverify.manifest.nodes import MAX_DEPTH, Node, Plain, Scalar, Style
from kverify.manifest.reading import Reading, Unreadable, hidden_document, too_deep
from kverify.manifest.scalars import HINTS, MERGE_TAG, ScalarError, resolve

_STYLES: dict[str | None, Style] = {"'": "single", '"': "double", "|": "literal", ">": "folded"}
_END = Token("DOCUMENT_END", "")
# Unquoted text that begins with none of these, and is not empty, is nothing but text.
_MAY_MEAN_MORE = HINTS | {"<", ""}


@define(eq=False)
class MergeKey(Scalar):
    """``<<``: a merge as a key, an ordinary text elsewhere."""

    type: ClassVar[str] = "MERGE"


@define(eq=False)
class MappingStart:
    """The MAPPING_START token, and the mapping while it is made. ``anchor`` numbers the anchors of a document from 0.

    ``end`` is the offset where its first character ends, later where the last thing that is not simply a new key ends.
    """

    type: ClassVar[str] = "MAPPING_START"

    reading: Reading
    start: int
    end: int
    anchor: int | None
    flow: bool
    value: dict[str, Plain]
    keys: list[Scalar]
    values: list[Node]
    _merged: set[str] | None = None
    _positions: dict[str, int] | None = None

    @property
    def merged(self) -> set[str]:
        """The keys that the mapping has from a merge only."""
        if self._merged is None:
            self._merged = set()
        return self._merged

    def position(self, name: str) -> int:
        """Where the key ``name`` is in ``keys``."""
        if self._positions is None:
            self._positions = {}
        for position in range(len(self._positions), len(self.keys)):
            self._positions[str(self.keys[position].value)] = position
        return self._positions[name]


@define(eq=False)
class SequenceStart:
    """The SEQUENCE_START token, and the list while it is made."""

    type: ClassVar[str] = "SEQUENCE_START"

    reading: Reading
    start: int
    end: int
    anchor: int | None
    flow: bool
    value: list[Plain]
    items: list[Node]


@define(eq=False)
class MappingEnd:
    """The MAPPING_END token; ``end`` is the offset behind it."""

    type: ClassVar[str] = "MAPPING_END"
    end: int


@define(eq=False)
class SequenceEnd:
    """The SEQUENCE_END token; ``end`` is the offset behind it."""

    type: ClassVar[str] = "SEQUENCE_END"
    end: int


@define(eq=False)
class Reference:
    """The ALIAS token; ``anchor`` is None when no anchor of that name comes before."""

    type: ClassVar[str] = "ALIAS"

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


class EventLexer(Lexer):
    """Lark's lexer interface over a ``Reading`` instead of a text."""

    # Lark then hands over its state as it is, instead of a text that it believes to be a string.
    __future_interface__ = 2

    def __init__(self, lexer_conf: object) -> None:
        del lexer_conf  # there are no terminals to compile

    def lex(self, lexer_state: LexerState, parser_state: object) -> Iterator[Token]:
        del parser_state
        return tokens(lexer_state.text)  # type: ignore[arg-type]


def tokens(reading: Reading) -> Iterator[Any]:
    """The tokens of one document. Lark asks of a token only its ``type``, so that nodes can be tokens themselves; the
    last one is a real ``Token``, from which Lark makes that of the end.

    Raises ``yaml.YAMLError`` where the text stops being YAML and ``Unreadable`` for nesting beyond ``MAX_DEPTH`` or
    a second document, which kubectl would not see.
    """
    extract, opened = reading.extract, reading.opened
    anchors: dict[str, int] = {}
    numbers = count()
    documents = 0
    next_event = PARSER(reading.text).get_event
    # Every event of every document comes through here; the order of the cases is that of their frequency.
    while (event := next_event()) is not None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            raw: str = event.value
            if raw[:1] not in _MAY_MEAN_MORE and event.tag is None and not event.style and event.anchor is None:
                yield Scalar(extract, event.start_mark.index, event.end_mark.index, raw, raw)
                continue
            scalar = _scalar(reading, event)
            if event.anchor is not None:
                anchors[event.anchor] = anchor = next(numbers)
                reading.anchored[anchor] = scalar
            yield scalar
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
                yield MappingStart(reading, start, end, anchor, flow, {}, [], [])
            else:
                yield SequenceStart(reading, start, end, anchor, flow, [], [])
        elif kind is yaml.MappingEndEvent:
            opened.pop()
            yield MappingEnd(event.end_mark.index)
        elif kind is yaml.SequenceEndEvent:
            opened.pop()
            yield SequenceEnd(event.end_mark.index)
        elif kind is yaml.AliasEvent:
            start, end = event.start_mark.index, event.end_mark.index
            reading.aliased = True
            yield Reference(reading, event.anchor, start, end, anchors.get(event.anchor))
        elif kind is yaml.DocumentStartEvent:
            documents += 1
            if documents > 1:
                raise Unreadable(hidden_document(extract.span(event.start_mark.index, event.end_mark.index)))
    if documents:
        yield _END


def _scalar(reading: Reading, event: Any) -> Scalar:
    start, end = event.start_mark.index, event.end_mark.index
    style = _STYLES.get(event.style, "plain")
    raw: str = event.value
    tag: str | None = event.tag
    if style == "literal" or style == "folded":
        # libyaml counts empty lines, and comments' indentation, to a block scalar.
        end = start + len(reading.text[start:end].rstrip())
    if tag is None and style != "plain":
        return Scalar(reading.extract, start, end, raw, raw, style)
    if raw == "<<" and (event.implicit[0] or tag == MERGE_TAG):
        return MergeKey(reading.extract, start, end, raw, raw, style)
    # "!" alone means: not resolved.
    quoted = tag == "!" or not (event.implicit[0] or tag)
    try:
        return Scalar(reading.extract, start, end, resolve(raw, quoted=quoted, tag=None if quoted else tag), raw, style)
    except ScalarError as error:
        scalar = Scalar(reading.extract, start, end, raw, raw, style)
        message = str(error)
        reading.report(codes.BAD_SCALAR, f"{message[0].upper()}{message[1:]}.", scalar.span, error.mend, scalar)
        return scalar
