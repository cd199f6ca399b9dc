"""Text and files to documents. Every problem becomes a diagnostic; nothing here raises for what is in a file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from attrs import frozen

from kverify.manifest import codes
from kverify.manifest.diagnostics import Diagnostic
from kverify.manifest.files import Input, inputs, mend_bytes
from kverify.manifest.json_text import JsonDecoder, skip_space
from kverify.manifest.nodes import Document, Node
from kverify.manifest.reading import MAX_PROBLEMS, Problem, Reading, Unreadable, too_many
from kverify.manifest.source import Extract, SourceText
from kverify.manifest.span import Span
from kverify.manifest.streams import BOM, split

if TYPE_CHECKING:
    from kverify.manifest.files import Stdin

# What YAML calls printable, and the byte order mark.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# What a template looks like to a reader of YAML.
_MAY_BE_TEMPLATE = frozenset(
    code.id for code in (codes.SYNTAX, codes.UNCLOSED, codes.TAB, codes.BAD_KEY, codes.BAD_ALIAS, codes.DUPLICATE_KEY)
)


@frozen
class ReadResult:
    """What was read: the documents in the order of the input, and everything that is wrong with it.

    A document may be here although an error speaks of it (a duplicate key); one that is not YAML or JSON is not.
    """

    documents: tuple[Document, ...]
    diagnostics: tuple[Diagnostic, ...]


def read_paths(paths: Iterable[str], stdin: Stdin | None = None) -> ReadResult:
    """Reads files, directories (recursively: .yaml, .yml, .json; sorted, hidden ones left out) and ``-``.

    ``stdin`` is what ``-`` reads; ``sys.stdin`` when it is None. A file that is named twice is read once.
    """
    documents: list[Document] = []
    diagnostics: list[Diagnostic] = []
    for item in inputs(paths, stdin):
        if isinstance(item, Input):
            if item.problem is not None:
                diagnostics.append(item.problem.diagnostic())
            result = read_text(item.text, item.name)
            documents.extend(result.documents)
            diagnostics.extend(result.diagnostics)
        else:
            diagnostics.append(item.diagnostic())
    return ReadResult(tuple(documents), tuple(diagnostics))


def read_text(text: str, file: str) -> ReadResult:
    """Reads one file's text. ``file`` is the name for the spans; ``.json`` at its end means that it must be JSON.

    Other text that begins with ``{`` is tried as JSON first, as kubectl does, and is read as YAML when it is not.
    Bytes that are not UTF-8 are expected as lone surrogates (``errors="surrogateescape"``).
    """
    documents: list[Document] = []
    diagnostics: list[Diagnostic] = []
    source = SourceText(file, text.removeprefix(BOM))
    if not text.isascii():
        diagnostics.extend(problem.diagnostic() for problem in mend_bytes(source))
    begin = skip_space(source.text, 0)
    must_be_json = PurePath(file).suffix.lower() == ".json"
    if begin == len(source.text):
        pass
    elif must_be_json or source.text[begin] == "{":
        found, problems, failure = _read_json(source, begin)
        if failure is not None and must_be_json:
            problems.append(failure.diagnostic())
        elif failure is not None:
            found, problems = _read_yaml(source)
            if not any(diagnostic.refuses for diagnostic in problems) and len(found) == 1:
                problems.append(_almost_json(failure).diagnostic())
        documents, diagnostics = found, diagnostics + problems
    else:
        documents, problems = _read_yaml(source)
        diagnostics += problems
    if not documents and not diagnostics:
        diagnostics.append(Problem(codes.EMPTY, "The file holds no document.", Span(file, 1, 1, 1, 1)).diagnostic())
    return ReadResult(tuple(documents), tuple(diagnostics))


def _read_json(source: SourceText, begin: int) -> tuple[list[Document], list[Diagnostic], Problem | None]:
    """All JSON values of the text one after the other, and the problem that ended the reading, if one did."""
    from kverify.manifest.json_plain import Unusual, read_plain

    extract = Extract(source, 0, len(source.text))
    with suppress(Unusual):
        return read_plain(extract, begin), [], None
    documents: list[Document] = []
    diagnostics: list[Diagnostic] = []
    reading = Reading(extract, source.text)
    decoder = JsonDecoder(reading)
    position = begin
    while position < len(source.text):
        reading.problems.clear()
        try:
            root, position = decoder.decode(position)
        except Unreadable as unreadable:
            return documents, [*diagnostics, *reading.diagnostics(None)], unreadable.problem
        position = skip_space(source.text, position)
        diagnostics.extend(reading.diagnostics(root))
        if len(diagnostics) > MAX_PROBLEMS:
            return documents, diagnostics[:MAX_PROBLEMS], too_many(extract.span(position, position))
        if root.value is not None:
            documents.append(Document.of(root))
    return documents, diagnostics, None


def _read_yaml(source: SourceText) -> tuple[list[Document], list[Diagnostic]]:
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
                from kverify.manifest.templates import leftovers

                reading.problems.extend(leftovers(document))
        diagnostics.extend(reading.diagnostics(root))
    if any(diagnostic.id == codes.TEMPLATE.id for diagnostic in diagnostics):
        from kverify.manifest.templates import once

        diagnostics = once(diagnostics)
    return documents, diagnostics


def _parse(reading: Reading) -> Node | None:
    """The document's root. None when there is none, or when it cannot be read, which ``reading.problems`` then says."""
    if not reading.text.strip():
        return None
    # lark and PyYAML are imported when there is something to read: `kverify --help` needs neither.
    from yaml import MarkedYAMLError
    from yaml.reader import ReaderError

    from kverify.manifest.builder import check_aliases
    from kverify.manifest.syntax import syntax_problem
    from kverify.manifest.templates import unrendered

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
    from lark import Lark

    from kverify.manifest.builder import Builder
    from kverify.manifest.driver import TableParser
    from kverify.manifest.events import EventLexer
    from kverify.resources import data_file

    return Lark(
        data_file("grammar", "manifest.lark").read_text("utf-8"),
        parser="lalr",
        lexer=EventLexer,
        transformer=Builder(),
        maybe_placeholders=False,
        _plugins={"LALR_Parser": TableParser},
    )


def _almost_json(failure: Problem) -> Problem:
    return Problem(
        codes.ALMOST_JSON,
        f"kubectl may read text that begins with {{ as JSON only, and as JSON it is wrong: {failure.message}",
        failure.span,
        failure.mend,
    )


def _bad_character(reading: Reading) -> Problem:
    """The first character that YAML calls unprintable; libyaml says only that there is one."""
    match = _UNPRINTABLE.search(reading.text)
    at = 0 if match is None else match.start()
    code = ord(reading.text[at])
    name = "A NUL character" if code == 0 else f"The control character U+{code:04X}"
    message = f"{name} is not allowed in YAML."
    return Problem(codes.BAD_CHARACTER, message, reading.extract.span(at, at + 1), 'remove it, or write it as "\\u…"')
