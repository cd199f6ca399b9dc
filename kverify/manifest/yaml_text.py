"""YAML text to documents: streams are cut, each document is parsed, and every problem is kept with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, partial
from itertools import islice
from typing import Any

import yaml
from attrs import define, field
from lark import Lark, Transformer
from lark.lexer import Lexer
from yaml import MarkedYAMLError, YAMLError
from yaml.reader import ReaderError

from kverify.manifest import codes
from kverify.manifest.builder import NodeBuilder, check_aliases
from kverify.manifest.comments import MARK as COMMENT_MARK
from kverify.manifest.comments import swallowed_comments
from kverify.manifest.diagnostics import Diagnostic
from kverify.manifest.driver import TableParser
from kverify.manifest.events import PARSER, NodeLexer
from kverify.manifest.nodes import Document, Mapping, Node, Plain, Sequence
from kverify.manifest.reading import MAX_PROBLEMS, Problem, Reading, Unreadable, Unusual, too_many
from kverify.manifest.source import Extract, SourceText
from kverify.manifest.streams import Chunk, split
from kverify.manifest.syntax import syntax_problem
from kverify.manifest.templates import leftovers, once, unrendered
from kverify.manifest.yaml_plain import PlainBuilder, PlainLexer
from kverify.resources import data_file

# What YAML calls printable, and the byte order mark.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# What a template looks like to a reader of YAML.
_MAY_BE_TEMPLATE = frozenset(
    code.id for code in (codes.SYNTAX, codes.UNCLOSED, codes.TAB, codes.BAD_KEY, codes.BAD_ALIAS, codes.DUPLICATE_KEY)
)


def read_yaml(source: SourceText) -> tuple[list[Document], list[Diagnostic]]:
    """The documents of a stream, and everything that is wrong with it."""
    documents: list[Document] = []
    diagnostics: list[Diagnostic] = []
    for chunk in split(source):
        if len(diagnostics) > MAX_PROBLEMS:
            diagnostics[MAX_PROBLEMS:] = [too_many(chunk.extract.span(0, 0)).diagnostic()]
            break
        document = _plain_document(chunk)
        if document is None:
            document, problems = _exact_document(chunk)
            diagnostics.extend(problems)
        # kubectl skips null documents, which is what comments between two separators are.
        if document is not None and document.plain is not None:
            documents.append(document)
    return documents, once(diagnostics)


def _plain_document(chunk: Chunk) -> Document | None:
    """The document as plain values; None when there is something unusual about it."""
    # What has a mark of templates must be searched for them, node by node; \\/ is an escape to libyaml only.
    if chunk.problems or any(mark in chunk.text for mark in ("{{", COMMENT_MARK, "\\/")):
        return None
    try:
        plain = _parser(PlainLexer, PlainBuilder).parse((chunk.text,))
    except (Unusual, YAMLError):
        return None
    has_items = isinstance(plain, dict) and isinstance(plain.get("items"), list)
    return Document(
        chunk.extract,
        plain,
        read=partial(_nodes, chunk.extract),
        read_item=Items(chunk.extract, plain["items"]) if has_items else None,
    )


def _exact_document(chunk: Chunk) -> tuple[Document | None, list[Diagnostic]]:
    """The document with its nodes, and everything that is wrong with it; None when it cannot be read."""
    diagnostics = [problem.diagnostic() for problem in chunk.problems]
    reading = Reading(chunk.extract, chunk.text)
    root = _parse(reading)
    document = None if root is None else Document.of(root)
    if document is not None and "{{" in chunk.text:
        reading.problems.extend(islice(leftovers(document), MAX_PROBLEMS))
    if document is not None and COMMENT_MARK in chunk.text:
        reading.problems.extend(islice(swallowed_comments(document), MAX_PROBLEMS))
    return document, diagnostics + reading.diagnostics(root)


def _nodes(extract: Extract) -> Node:
    """The nodes of a document in which there is nothing unusual."""
    root = _parse(Reading(extract, extract.source.text[extract.offset : extract.offset + extract.length] + "\n"))
    assert root is not None, "the plain reading accepts nothing else"
    return root


@define(eq=False)
class Items:
    """The items of a YAML list, each read as nodes when it is asked for: where they are is found out once."""

    extract: Extract
    items: list[Plain]
    _places: list[tuple[int, int]] | None = field(default=None, init=False)

    def __call__(self, index: int) -> Node:
        source, offset = self.extract.source, self.extract.offset
        if self._places is None:
            self._places = list(_item_places(source.text[offset : offset + self.extract.length]))
        start, end = self._places[index]
        # What is before the item on its first line is blanked, so that its lines keep their indentation.
        indent = start - (source.text.rfind("\n", offset, offset + start) + 1 - offset)
        extract = Extract(source, offset + start - indent, end - start + indent, self.extract.origin)
        text = " " * indent + source.text[offset + start : offset + end] + "\n"
        root = _parse(Reading(extract, text))
        if root is not None and root.value == self.items[index]:
            return root
        # Empty items, and a few forms of flow style, mean by themselves something else than in their list.
        whole = _nodes(self.extract)
        items = whole.get("items") if isinstance(whole, Mapping) else None
        assert isinstance(items, Sequence)
        return items.items[index]


def _item_places(text: str) -> Iterator[tuple[int, int]]:
    """Where each item of the list at the key ``items`` begins and ends, in the text of a mapping that has it."""
    depth = 0
    is_key, key, start = True, "", 0
    events: Iterator[Any] = yaml.parse(text, Loader=PARSER)
    for event in events:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            if depth == 1:
                key = event.value if is_key else ""
                is_key = not is_key
            elif depth == 2 and key == "items":
                yield event.start_mark.index, event.end_mark.index
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            if depth == 2 and key == "items":
                start = event.start_mark.index
            depth += 1
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            depth -= 1
            if depth == 1:
                is_key, key = True, ""
            elif depth == 2 and key == "items":
                yield start, event.end_mark.index


def _parse(reading: Reading) -> Node | None:
    """The document's root. None when there is none, or when it cannot be read, which ``reading.problems`` then says."""
    # YAML's white space, not Unicode's: an en quad is a text.
    if not reading.text.strip(" \t\r\n"):
        return None
    root: Node | None = None
    try:
        root = _parser(NodeLexer, NodeBuilder).parse(reading)
        check_aliases(reading)
    except ReaderError:
        reading.problems[:] = [_bad_character(reading)]
        return None
    except MarkedYAMLError as error:
        if "unknown escape" in (error.problem or "") and reading.restart():
            return _parse(reading)
        reading.problems.append(syntax_problem(reading, error))
    except Unreadable as unreadable:
        reading.problems.append(unreadable.problem)
        # A document that can be read but not be walked is none.
        root = None
    if any(problem.code.id in _MAY_BE_TEMPLATE for problem in reading.problems):
        template = unrendered(reading)
        if template is not None:
            reading.problems[:] = [template]
            return None
    return root


@cache
def _parser(lexer: type[Lexer], builder: type[Transformer[Any, Any]]) -> Any:
    return Lark(
        data_file("grammar", "manifest.lark").read_text("utf-8"),
        parser="lalr",
        lexer=lexer,
        transformer=builder(),
        maybe_placeholders=False,
        _plugins={"LALR_Parser": TableParser},
    )


def _bad_character(reading: Reading) -> Problem:
    """The first character that YAML calls unprintable; libyaml says only that there is one."""
    match = _UNPRINTABLE.search(reading.text)
    at = 0 if match is None else match.start()
    code = ord(reading.text[at])
    name = "A NUL character" if code == 0 else f"The control character U+{code:04X}"
    message = f"{name} is not allowed in YAML."
    return Problem(codes.BAD_CHARACTER, message, reading.extract.span(at, at + 1), 'remove it, or write it as "\\u…"')
