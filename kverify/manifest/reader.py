"""Text and files to documents. Every problem becomes a diagnostic; nothing here raises for what is in a file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from attrs import frozen

from kverify.manifest import codes
from kverify.manifest.diagnostics import Diagnostic
from kverify.manifest.files import Input, inputs
from kverify.manifest.json_text import JsonDecoder, skip_space
from kverify.manifest.nodes import Document, Node, Scalar
from kverify.manifest.reading import Problem, Reading, Unreadable
from kverify.manifest.source import SourceText
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
    source = SourceText(file, text.removeprefix(BOM))
    begin = skip_space(source.text, 0)
    must_be_json = PurePath(file).suffix.lower() == ".json"
    if begin == len(source.text):
        documents: list[Document] = []
        diagnostics: list[Diagnostic] = []
    elif must_be_json or source.text[begin] == "{":
        documents, diagnostics, failure = _read_json(source, begin)
        if failure is not None and must_be_json:
            diagnostics.append(failure.diagnostic())
        elif failure is not None:
            documents, diagnostics = _read_yaml(source)
            if not any(diagnostic.refuses for diagnostic in diagnostics) and len(documents) == 1:
                diagnostics.append(_almost_json(failure).diagnostic())
    else:
        documents, diagnostics = _read_yaml(source)
    if not documents and not diagnostics:
        diagnostics.append(Problem(codes.EMPTY, "The file holds no document.", Span(file, 1, 1, 1, 1)).diagnostic())
    return ReadResult(tuple(documents), tuple(diagnostics))


def _read_json(source: SourceText, begin: int) -> tuple[list[Document], list[Diagnostic], Problem | None]:
    """All JSON values of the text one after the other, and the problem that ended the reading, if one did."""
    documents: list[Document] = []
    diagnostics: list[Diagnostic] = []
    reading = Reading(source, source.text, 0, 1)
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
        if not _is_null(root):
            documents.append(Document(root, source.file, source=source))
    return documents, diagnostics, None


def _read_yaml(source: SourceText) -> tuple[list[Document], list[Diagnostic]]:
    documents: list[Document] = []
    diagnostics: list[Diagnostic] = []
    for chunk in split(source):
        diagnostics.extend(problem.diagnostic() for problem in chunk.problems)
        reading = Reading(source, chunk.text, chunk.offset, chunk.line, chunk.origin)
        root = _parse(reading)
        # kubectl skips null documents, which is what comments between two separators are.
        if root is not None and not _is_null(root):
            document = Document(root, source.file, chunk.origin, source=source)
            documents.append(document)
            if "{{" in chunk.text:
                from kverify.manifest.templates import leftovers

                reading.problems.extend(leftovers(document))
        diagnostics.extend(reading.diagnostics(root))
    return documents, diagnostics


def _parse(reading: Reading) -> Node | None:
    """The document's root. None when there is none, or when it cannot be read, which ``reading.problems`` then says."""
    if not reading.text.strip():
        return None
    strange = _UNPRINTABLE.search(reading.text)
    if strange is not None:
        reading.problems.append(_bad_character(reading, strange))
        return None
    # lark and PyYAML are imported when there is something to read: `kverify --help` needs neither.
    from yaml import MarkedYAMLError

    from kverify.manifest.builder import check_aliases
    from kverify.manifest.syntax import syntax_problem
    from kverify.manifest.templates import unrendered

    root: Node | None = None
    try:
        root = _parser().parse(reading)
        check_aliases(reading)
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
    from kverify.manifest.builder import Builder
    from kverify.manifest.events import EventLexer
    from kverify.resources import grammar

    return grammar("manifest", lexer=EventLexer, transformer=Builder(), maybe_placeholders=False)


def _is_null(root: Node) -> bool:
    return isinstance(root, Scalar) and root.value is None


def _almost_json(failure: Problem) -> Problem:
    return Problem(
        codes.ALMOST_JSON,
        f"kubectl may read text that begins with {{ as JSON only, and as JSON it is wrong: {failure.message}",
        failure.span,
        failure.mend,
    )


def _bad_character(reading: Reading, match: re.Match[str]) -> Problem:
    line, column = reading.source.position(reading.offset + match.start())
    span = Span(reading.source.file, line, column, line, column + 1, reading.origin)
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        message = f"The byte 0x{code - 0xDC00:02X} is not UTF-8."
        return Problem(codes.BAD_CHARACTER, message, span, "save the file as UTF-8")
    name = "A NUL character" if code == 0 else f"The control character U+{code:04X}"
    return Problem(codes.BAD_CHARACTER, f"{name} is not allowed in YAML.", span, 'remove it, or write it as "\\u…"')
