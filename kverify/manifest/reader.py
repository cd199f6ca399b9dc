"""Text and files to documents. Every problem becomes a diagnostic; nothing here raises for what is in a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath
from typing import TYPE_CHECKING

from attrs import frozen

from kverify.collector import paused
from kverify.manifest import codes
from kverify.manifest.diagnostics import Diagnostic
from kverify.manifest.files import Input, inputs, mend_bytes
from kverify.manifest.json_text import JsonDecoder, skip_space
from kverify.manifest.nodes import Document
from kverify.manifest.reading import MAX_PROBLEMS, Problem, Reading, Unreadable, Unusual, too_many
from kverify.manifest.source import Extract, SourceText
from kverify.manifest.span import Span
from kverify.textfile import BOM

if TYPE_CHECKING:
    from kverify.manifest.files import Stdin


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
            result = read_text(item.text, item.name, item.folder)
            documents.extend(result.documents)
            diagnostics.extend(result.diagnostics)
        else:
            diagnostics.append(item.diagnostic())
    return ReadResult(tuple(documents), tuple(diagnostics))


def read_text(text: str, file: str, folder: str = "") -> ReadResult:
    """Reads one file's text. ``file`` is the name for the spans; ``.json`` at its end means that it must be JSON. It
    was rendered from ``folder``, if that is not empty.

    Other text that begins with ``{`` is tried as JSON first, as kubectl does, and is read as YAML when it is not.
    Bytes that are not UTF-8 are expected as lone surrogates (``errors="surrogateescape"``).
    """
    with paused():
        return _read_text(text, file, folder)


def _read_text(text: str, file: str, folder: str) -> ReadResult:
    # lark and PyYAML are imported when there is something to read: `kverify --help` needs neither.
    from kverify.manifest.yaml_text import read_yaml

    documents: list[Document] = []
    diagnostics: list[Diagnostic] = []
    source = SourceText(file, text.removeprefix(BOM), folder)
    if not text.isascii():
        diagnostics.extend(problem.diagnostic() for problem in mend_bytes(source))
    begin = skip_space(source.text, 0)
    must_be_json = PurePath(file).suffix.lower() == ".json"
    if begin == len(source.text):
        pass
    elif must_be_json or source.text[begin] == "{":
        found, problems, failure = _read_json(source, begin)
        # One JSON object may still be the first document of a YAML stream, two of them without --- may not.
        if failure is not None and (must_be_json or len(found) > 1):
            problems.append(failure.diagnostic())
        elif failure is not None:
            found, problems = read_yaml(source)
            if not any(diagnostic.refuses for diagnostic in problems) and len(found) == 1:
                problems.append(_almost_json(failure).diagnostic())
        documents, diagnostics = found, diagnostics + problems
    else:
        documents, problems = read_yaml(source)
        diagnostics += problems
    if not documents and not diagnostics:
        diagnostics.append(_empty(Span(file, 1, 1, 1, 1)).diagnostic())
    return ReadResult(tuple(documents), tuple(diagnostics))


def _empty(span: Span) -> Problem:
    """A shell without pipefail knows nothing of a command that failed before the pipe: kubectl refuses this, too."""
    if span.file == "-":
        mend = "see what the command before the pipe says; it has probably failed"
        return Problem(codes.NO_INPUT, "Standard input holds no document.", span, mend)
    return Problem(codes.EMPTY, "The file holds no document.", span)


def _read_json(source: SourceText, begin: int) -> tuple[list[Document], list[Diagnostic], Problem | None]:
    """All JSON values of the text one after the other, and the problem that ended the reading, if one did."""
    from kverify.manifest.json_plain import read_plain

    extract = Extract(source, 0, len(source.text))
    documents: list[Document] = []
    diagnostics: list[Diagnostic] = []
    reading = Reading(extract, source.text)
    position = begin
    while position < len(source.text):
        try:
            document, position = read_plain(extract, position)
        except Unusual:
            reading.problems.clear()
            try:
                root, position = JsonDecoder(reading).decode(position)
            except Unreadable as unreadable:
                return documents, [*diagnostics, *reading.diagnostics(None)], unreadable.problem
            document = Document.of(root)
            diagnostics.extend(reading.diagnostics(root))
            if len(diagnostics) > MAX_PROBLEMS:
                return documents, diagnostics[:MAX_PROBLEMS], too_many(extract.span(position, position))
        if document.plain is not None:
            documents.append(document)
        position = skip_space(source.text, position)
    return documents, diagnostics, None


def _almost_json(failure: Problem) -> Problem:
    return Problem(
        codes.ALMOST_JSON,
        f"kubectl may read text that begins with {{ as JSON only, and as JSON it is wrong: {failure.message}",
        failure.span,
        failure.mend,
    )
