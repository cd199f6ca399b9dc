"""YAML events as the tokens of ``grammar/manifest.lark``: libyaml reads the characters, Lark the structure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from attrs import frozen
from lark.lexer import Lexer, LexerState, Token

from kverify.manifest import codes
from kverify.manifest.nodes import MAX_DEPTH, Scalar, Style
from kverify.manifest.reading import Reading, Unreadable, hidden_document, too_deep
from kverify.manifest.scalars import MERGE_TAG, ScalarError, resolve
from kverify.manifest.span import Span

_ANCHORABLE = (yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent)
_STYLES: dict[str | None, Style] = {"'": "single", '"': "double", "|": "literal", ">": "folded"}


@frozen(eq=False)
class Opening:
    """Value of a MAPPING_START or SEQUENCE_START token. ``anchor`` numbers the anchors of a document from 0."""

    reading: Reading
    span: Span
    anchor: int | None
    flow: bool


@frozen(eq=False)
class Reference:
    """Value of an ALIAS token; ``anchor`` is None when no anchor of that name comes before."""

    reading: Reading
    name: str
    span: Span
    anchor: int | None


class EventLexer(Lexer):
    """Lark's lexer interface over a ``Reading`` instead of a text."""

    # Lark then hands over its state as it is, instead of a text that it believes to be a string.
    __future_interface__ = 2

    def __init__(self, lexer_conf: object) -> None:
        del lexer_conf  # there are no terminals to compile

    def lex(self, lexer_state: LexerState, parser_state: object) -> Iterator[Token]:
        del parser_state
        return tokens(lexer_state.text)  # type: ignore[arg-type]


def tokens(reading: Reading) -> Iterator[Token]:
    """The tokens of one document.

    Raises ``yaml.YAMLError`` where the text stops being YAML and ``Unreadable`` for nesting beyond ``MAX_DEPTH`` or
    a second document, which kubectl would not see.
    """
    anchors: dict[str, int] = {}
    count = documents = 0
    events: Iterator[Any] = yaml.parse(reading.text, Loader=event_loader())
    for event in events:
        kind = type(event)
        anchor: int | None = None
        if kind is yaml.AliasEvent:
            reference = Reference(
                reading,
                event.anchor,
                reading.span(event.start_mark, event.end_mark),
                anchors.get(event.anchor),
            )
            reading.aliased = True
            yield _token("ALIAS", reference)
            continue
        # The anchor counts from the start of its node: an alias inside the node is a cycle, not an older anchor.
        if kind in _ANCHORABLE and event.anchor is not None:
            anchor = anchors[event.anchor] = count
            count += 1
        if kind is yaml.ScalarEvent:
            scalar = _scalar(reading, event)
            if anchor is not None:
                reading.anchored[anchor] = scalar
            merge = scalar.raw == "<<" and (event.implicit[0] or event.tag == MERGE_TAG)
            yield _token("MERGE" if merge else "SCALAR", scalar)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            span = reading.span(event.start_mark, event.end_mark)
            if len(reading.opened) == MAX_DEPTH:
                raise Unreadable(too_deep(span))
            reading.opened.append(span)
            opening = Opening(reading, span, anchor, bool(event.flow_style))
            yield _token("MAPPING_START" if kind is yaml.MappingStartEvent else "SEQUENCE_START", opening)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            reading.opened.pop()
            span = reading.span(event.start_mark, event.end_mark)
            yield _token("MAPPING_END" if kind is yaml.MappingEndEvent else "SEQUENCE_END", span)
        elif kind is yaml.DocumentStartEvent:
            documents += 1
            if documents > 1:
                raise Unreadable(hidden_document(reading.span(event.start_mark, event.end_mark)))


def event_loader() -> Any:
    """libyaml's parser, or the pure Python one (ten times slower) where PyYAML was built without libyaml."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _token(kind: str, value: object) -> Token:
    # A Token is a string; made from the value itself it would hold its printed form.
    token = str.__new__(Token, "")
    token.type = kind
    token.value = value
    return token


def _scalar(reading: Reading, event: Any) -> Scalar:
    style = _STYLES.get(event.style, "plain")
    raw: str = event.value
    tag: str | None = event.tag
    if style == "literal" or style == "folded":
        span = _block_span(reading, event)
    else:
        span = reading.span(event.start_mark, event.end_mark)
    if tag is None and style != "plain":
        return Scalar(span, raw, raw, style)
    # "!" alone means: not resolved.
    quoted = tag == "!" or not (event.implicit[0] or tag)
    try:
        return Scalar(span, resolve(raw, quoted=quoted, tag=None if quoted else tag), raw, style)
    except ScalarError as error:
        scalar = Scalar(span, raw, raw, style)
        message = str(error)
        reading.report(codes.BAD_SCALAR, f"{message[0].upper()}{message[1:]}.", span, error.mend, scalar)
        return scalar


def _block_span(reading: Reading, event: Any) -> Span:
    """A block scalar without the empty lines and comments' indentation that libyaml counts to it."""
    start, end = event.start_mark, event.end_mark
    text = reading.text[start.index : end.index].rstrip()
    line, column = reading.place(start)
    end_line, end_column = reading.source.position(reading.offset + start.index + len(text))
    return Span(reading.source.file, line, column, end_line, end_column, reading.origin)
