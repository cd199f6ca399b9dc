"""Streams cut into documents where kubectl cuts them, so that one broken document does not lose the others."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from attrs import frozen

from kverify.manifest import codes
from kverify.manifest.diagnostics import shown
from kverify.manifest.reading import MAX_PROBLEMS, Problem
from kverify.manifest.source import Extract, SourceText
from kverify.manifest.span import Span
from kverify.textfile import BOM

# kubectl cuts at every line that begins with three dashes, whatever the YAML around it (``YAMLReader.Read`` in
# k8s.io/apimachinery/pkg/util/yaml). After "..." it reads nothing more up to the next such line.
_FIRST_MARKER = re.compile(r"(---|\.\.\.(?=[ \t\r\n]|\Z))[^\n]*")
_MARKER = re.compile(r"\n" + _FIRST_MARKER.pattern)
# A line that is neither empty nor a comment.
_CONTENT = re.compile(r"(?:\A|\n)[ \t\r]*+[^ \t\r\n#]")
_SOURCE = re.compile(r"^# Source: (\S[^\n]*)", re.MULTILINE)
# The annotation of `buildMetadata: [originAnnotations]`, as kustomize writes it: of objects, not of texts in
# ConfigMaps, which stand further right (https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/buildmetadata).
_ORIGIN = "config.kubernetes.io/origin"
_BUILT = re.compile(rf"^    {re.escape(_ORIGIN)}: \|-?[ \t]*\n((?:      [^\n]*\n)+)", re.MULTILINE)
_BUILT_FROM = re.compile(r"^      (path|repo|ref|configuredIn): ([^\r\n]+)", re.MULTILINE)
_DIRECTIVE = re.compile(r"%[A-Za-z][^\r\n]*")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*:(?:[ \t]|$)")
_VISIBLE = re.compile(r"[^\r\n]")
# What Go's strings.TrimSpace removes.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


@frozen(eq=False)
class Chunk:
    """The text of one document, whose last line always ends, and where it stands. What YAML is not to see is blanked,
    so that each character keeps its place.
    """

    text: str
    extract: Extract
    problems: tuple[Problem, ...]


def split(source: SourceText) -> Iterator[Chunk]:
    """The documents of a stream, except those that are nothing but white space."""
    text = source.text
    first = _FIRST_MARKER.match(text)
    start, marker = 0, "" if first is None else first[0]
    for match in _MARKER.finditer(text, len(marker)):
        end = match.start() + 1
        if len(marker) > 3 or text[start + len(marker) : end].strip(" \t\r\n"):
            yield _chunk(source, start, end, marker)
        start, marker = end, match[0][1:]
    yield _chunk(source, start, len(text), marker)


def _chunk(source: SourceText, start: int, end: int, marker: str) -> Chunk:
    """The document between two offsets; ``marker`` is its first line when that separates it from the one before."""
    text = source.text[start:end]
    if not text.endswith("\n"):
        # kubectl ends the last line too, so that a block scalar there ends with a line end.
        text += "\n"
    problems: list[Problem] = []
    skipped = 0
    rest = marker[3:].strip(_SPACE)
    if rest and not rest.startswith("#"):
        problems.append(_crowded_marker(source, start, marker, rest))
        if marker.startswith("-") and _KEY.match(rest):
            # "---apiVersion: v1" is what a template leaves that trims the line end before ("{{- if ... -}}").
            skipped = len(marker) - len(marker[3:].lstrip(_SPACE))
            text = text[skipped:]
        else:
            # "--- {a: 1}" is a document to YAML, "---text" is nothing sensible.
            text = _blank(text, 0, 3 if marker.startswith(".") or marker[3] in " \t\r" else len(marker))
    elif marker.startswith(".") and _content(text[len(marker) :]) < len(text) - len(marker):
        problems.append(_hidden(source, start, marker))
        text = _blank(text, 0, 3)
    else:
        skipped = len(marker)
        text = text[skipped:]
    body = _content(text)
    # Files joined with cat keep their byte order marks in the middle.
    if text.startswith(BOM, body):
        skipped += body + len(BOM)
        text = text[body + len(BOM) :]
        body = _content(text)
    offset = start + skipped
    origin = _origin(text, body)
    if origin is not None and source.folder and not is_remote(origin):
        origin = posixpath.normpath(posixpath.join(source.folder, origin))
    extract = Extract(source, offset, min(len(text), len(source.text) - offset), origin)
    text = _without_directives(text, body, extract, problems)
    return Chunk(text, extract, tuple(problems))


def _origin(text: str, body: int) -> str | None:
    """The file that a document was rendered from: as Helm says in a comment before its content, which begins at
    ``body``, or kustomize in an annotation. A file of another repository is named with it."""
    helm = _SOURCE.search(text, 0, body)
    if helm is not None:
        return helm[1].rstrip()
    built = _BUILT.search(text) if _ORIGIN in text else None
    if built is None:
        return None
    said = {key: value.strip() for key, value in _BUILT_FROM.findall(built[1])}
    name = said.get("path") or said.get("configuredIn")
    if name is None or "repo" not in said:
        return name
    return f"{said['repo']}/{name}" + (f"@{said['ref']}" if "ref" in said else "")


def is_remote(origin: str) -> bool:
    """A file of another repository, of which kustomize names the address."""
    return ":" in origin


def _without_directives(text: str, start: int, extract: Extract, problems: list[Problem]) -> str:
    """The text with the directives that begin at ``start`` blanked; each is a problem."""
    position = start
    while (directive := _DIRECTIVE.match(text, position)) is not None:
        written = directive[0].rstrip()
        if len(problems) <= MAX_PROBLEMS:
            problems.append(
                Problem(
                    codes.DIRECTIVE,
                    f"kubectl does not read a document that begins with a directive ({shown(written.split()[0])}).",
                    extract.span(position, position + len(written)),
                    "remove the line",
                )
            )
        position = _content(text, directive.end())
    # Line ends stay, so that the first line of the content keeps its indentation.
    return text if position == start else text[:start] + _VISIBLE.sub(" ", text[start:position]) + text[position:]


def _crowded_marker(source: SourceText, start: int, marker: str, rest: str) -> Problem:
    """The problem of a ``---`` or ``...`` with text behind it."""
    if marker.startswith("."):
        return _hidden(source, start, marker)
    return Problem(
        codes.SEPARATOR,
        f"kubectl refuses a document separator with more on its line: {shown(rest)}",
        _line(source, start, marker),
        "put --- on a line of its own",
    )


def _hidden(source: SourceText, start: int, marker: str) -> Problem:
    return Problem(
        codes.HIDDEN_DOCUMENT,
        'kubectl reads nothing after a line with "...", so it drops what follows here.',
        _line(source, start, marker),
        "separate documents with a line that is only ---",
    )


def _line(source: SourceText, start: int, marker: str) -> Span:
    width = len(marker.rstrip("\r"))
    return Extract(source, start, width).span(0, width)


def _content(text: str, start: int = 0) -> int:
    """Where the first line begins, from ``start`` on, that is neither empty nor a comment; else the text's length."""
    match = _CONTENT.search(text, start)
    if match is None:
        return len(text)
    return match.start() + int(text[match.start()] == "\n")


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]
