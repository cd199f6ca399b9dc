"""Streams cut into documents where kubectl cuts them, so that one broken document does not lose the others."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from kverify.manifest import codes
from kverify.manifest.reading import Problem
from kverify.manifest.source import SourceText
from kverify.manifest.span import Span

# kubectl cuts at every line that begins with three dashes, whatever the YAML around it. After "..." it reads nothing
# more up to the next such line.
_MARKER = re.compile(r"^(?:---|\.\.\.(?=[ \t\r\n]|\Z))[^\r\n]*", re.MULTILINE)
_NOTHING = re.compile(r"[ \t\r]*(?:#.*)?")
_LEADING = re.compile(r"(?:[ \t\r]*(?:#[^\n]*)?(?:\n|\Z))*")
_SOURCE = re.compile(r"^# Source: (\S.*?)[ \t\r]*$", re.MULTILINE)
_DIRECTIVE = re.compile(r"%[A-Za-z][^\r\n]*")
BOM = "\ufeff"


@frozen(eq=False)
class Chunk:
    """The text of one document. Markers and directives are blanked, so that each character keeps its column; the
    last line always ends.
    """

    text: str
    offset: int
    line: int
    origin: str | None
    problems: tuple[Problem, ...]


def split(source: SourceText) -> Iterator[Chunk]:
    """The documents of a stream, those without content too (their problems may still matter)."""
    start = 0
    marker: re.Match[str] | None = None
    for match in _MARKER.finditer(source.text):
        yield _chunk(source, start, match.start(), marker)
        start, marker = match.start(), match
    yield _chunk(source, start, len(source.text), marker)


def _chunk(source: SourceText, start: int, end: int, marker: re.Match[str] | None) -> Chunk:
    text = source.text[start:end]
    if not text.endswith("\n"):
        # kubectl ends the last line too, so that a block scalar there ends with a line end.
        text += "\n"
    line = source.position(start)[0] if start else 1
    problems: list[Problem] = []
    if marker is not None:
        text, found = _without_marker(source, text, marker[0], line)
        problems.extend(found)
    body = _content(text, 0)
    # Files joined with cat keep their byte order marks in the middle.
    if text.startswith(BOM, body):
        start, text = start + body + len(BOM), text[body + len(BOM) :]
        line = source.position(start)[0]
        body = _content(text, 0)
    origin = _SOURCE.search(text, 0, body)
    name = None if origin is None else origin[1]
    while (directive := _DIRECTIVE.match(text, body)) is not None:
        at = source.position(start + body)[0]
        written = directive[0].rstrip()
        problems.append(
            Problem(
                codes.DIRECTIVE,
                f"kubectl does not read a document that begins with a directive ({written.split()[0]}).",
                Span(source.file, at, 1, at, 1 + len(written), name),
                "remove the line",
            )
        )
        text = _blank(text, body, directive.end())
        body = _content(text, 0)
    return Chunk(text, start, line, name, tuple(problems))


def _without_marker(source: SourceText, text: str, marker: str, line: int) -> tuple[str, list[Problem]]:
    """The text with its ``---`` or ``...`` blanked, and what is wrong with that line."""
    rest = marker[3:]
    harmless = _NOTHING.fullmatch(rest) is not None
    span = Span(source.file, line, 1, line, 1 + len(marker))
    if marker.startswith("."):
        if harmless and _content(text, len(marker)) == len(text):
            return _blank(text, 0, len(marker)), []
        problem = Problem(
            codes.HIDDEN_DOCUMENT,
            'kubectl reads nothing after a line with "...", so it drops what follows here.',
            span,
            "separate documents with a line that is only ---",
        )
        return _blank(text, 0, 3), [problem]
    if harmless:
        return _blank(text, 0, 3), []
    problem = Problem(
        codes.SEPARATOR,
        f"kubectl refuses a document separator with more on its line: {rest.strip()}",
        span,
        "put --- on a line of its own",
    )
    # "--- {a: 1}" is a document to YAML, "---text" is nothing sensible.
    return _blank(text, 0, 3 if rest[0] in " \t" else len(marker)), [problem]


def _content(text: str, start: int) -> int:
    """Where the first line begins that is neither empty nor a comment."""
    match = _LEADING.match(text, start)
    return start if match is None else match.end()


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]
