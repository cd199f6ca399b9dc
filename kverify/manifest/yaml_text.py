"""YAML text to documents: streams are cut, each document is parsed, and every problem is kept with its place."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from lark import Lark
from yaml import MarkedYAMLError
from yaml.reader import ReaderError

from kverify.manifest import codes
from kverify.manifest.builder import Builder, check_aliases
from kverify.manifest.diagnostics import Diagnostic
from kverify.manifest.driver import TableParser
from kverify.manifest.events import EventLexer
from kverify.manifest.nodes import Document, Node
from kverify.manifest.reading import MAX_PROBLEMS, Problem, Reading, Unreadable, too_many
from kverify.manifest.source import SourceText
from kverify.manifest.streams import split
from kverify.manifest.syntax import syntax_problem
from kverify.manifest.templates import leftovers, once, unrendered
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
        diagnostics.extend(problem.diagnostic() for problem in chunk.problems)
        reading = Reading(chunk.extract, chunk.text)
        root = _parse(reading)
        # kubectl skips null documents, which is what comments between two separators are.
        if root is not None and root.value is not None:
            document = Document.of(root)
            documents.append(document)
            if "{{" in chunk.text:
                reading.problems.extend(leftovers(document))
        diagnostics.extend(reading.diagnostics(root))
    return documents, once(diagnostics)


def _parse(reading: Reading) -> Node | None:
    """The document's root. None when there is none, or when it cannot be read, which ``reading.problems`` then says."""
    if not reading.text.strip():
        return None
    root: Node | None = None
    try:
        root = _parser().parse(reading)
        check_aliases(reading)
    except ReaderError:
        reading.problems[:] = [_bad_character(reading)]
        return None
    except MarkedYAMLError as error:
        reading.problems.append(syntax_problem(reading, error))
        root = None
    except Unreadable as unreadable:
        reading.problems.append(unreadable.problem)
        root = None
    if any(problem.code.id in _MAY_BE_TEMPLATE for problem in reading.problems):
        template = unrendered(reading)
        if template is not None:
            reading.problems[:] = [template]
            return None
    return root


@cache
def _parser() -> Any:
    return Lark(
        data_file("grammar", "manifest.lark").read_text("utf-8"),
        parser="lalr",
        lexer=EventLexer,
        transformer=Builder(),
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
