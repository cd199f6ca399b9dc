"""Unrendered Helm and Jinja templates: what is not YAML because nobody has rendered it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from attrs import evolve

from kverify.manifest import codes
from kverify.manifest.diagnostics import Diagnostic, shown
from kverify.manifest.nodes import Document, Scalar, walk
from kverify.manifest.reading import Problem, Reading

_OPENING = re.compile(r"\{\{|\{%|\{#")
# A template where YAML has its structure: at the beginning of a line, an item or a value. In the middle of an unquoted
# value it is only text. Both expressions are searched for and hold no nested repetition, so a line costs linear time.
_STRUCTURAL = re.compile(r"(?:^|[-:,][ \t]|[\[{,])[ \t]*(?P<mark>\{\{|\{%|\{#)")
_BLOCK_SCALAR = re.compile(r"[-:][ \t]+[|>][0-9+-]*(?:[ \t]+#.*)?\s*$")
_TEXT = re.compile("[\"'#]")
_HELM = re.compile(r"\{\{-?\s*(?:\.(?:Values|Release|Chart|Capabilities)\b|(?:include|template|toYaml|tpl)\s)")
_EXPRESSION = {
    "{{": re.compile(r"\{\{[^\n]*?\}\}"),
    "{%": re.compile(r"\{%[^\n]*?%\}"),
    "{#": re.compile(r"\{#[^\n]*?#\}"),
}
_MEND_JINJA = "render it first, then check the result"


def unrendered(reading: Reading) -> Problem | None:
    """The template problem of a text that is not YAML, or None when it has no template mark in its structure.

    Text inside block scalars and quotes is left out: alert rules hold ``{{ $labels.instance }}`` rightly.
    """
    if _OPENING.search(reading.text) is None:
        return None
    block: int | None = None
    offset = 0
    for line in reading.text.splitlines(keepends=True):
        start, offset = offset, offset + len(line)
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip(" "))
        if block is not None:
            if indent > block:
                continue
            block = None
        match = _STRUCTURAL.search(line)
        # Text before it that is quoted or a comment makes it text too.
        if match is not None and not _TEXT.search(line, 0, match.start("mark")):
            return _problem(reading, match["mark"], start + match.start("mark"))
        if _BLOCK_SCALAR.search(line):
            block = indent
    return None


def _problem(reading: Reading, mark: str, offset: int) -> Problem:
    expression = _EXPRESSION[mark].match(reading.text, offset)
    found = mark if expression is None else shown(expression[0])
    name = PurePath(reading.extract.file).name
    subject = "This" if name in ("", "-") else name
    jinja = mark != "{{"
    return Problem(
        codes.TEMPLATE,
        f"{subject} is a {'Jinja' if jinja else 'Helm'} template that nobody has rendered: {found} is no YAML.",
        reading.extract.span(offset, offset + len(mark)),
        _MEND_JINJA if jinja else _mend(reading.extract.file),
    )


def _mend(file: str) -> str:
    """The command that renders the chart of a template, as far as the template's place says which chart that is."""
    parts = PurePath(file).parts
    before = [number for number, part in enumerate(parts[:-1]) if part == "templates"]
    chart = str(PurePath(*parts[: before[-1]])) if before else "…"
    return f"render it first: helm template {chart} | kverify check -"


def leftovers(document: Document) -> Iterator[Problem]:
    """A warning for every value that is YAML but still holds a Helm expression, such as ``image: "{{ .Values.x }}"``.

    Only Helm's own objects and functions count, because ``{{ }}`` has many other rightful owners.
    """
    seen: set[int] = set()
    for _, node in walk(document.root):
        if not isinstance(node, Scalar) or node.style in ("literal", "folded") or id(node) in seen:
            continue
        seen.add(id(node))
        if _HELM.search(node.raw):
            message = f"The value still holds a Helm expression: {shown(node.raw)}"
            yield Problem(codes.TEMPLATE_TEXT, message, node.span, _mend(document.file), node)


def once(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics of one file, with one that says it is a template in the place of all that do."""
    found = [diagnostic for diagnostic in diagnostics if diagnostic.id == codes.TEMPLATE.id]
    if not found:
        return diagnostics
    first = found[0]
    if len(found) > 1:
        more = len(found) - 1
        first = evolve(
            first, message=f"{first.message} So {'is' if more == 1 else 'are'} {more} more of its documents."
        )
    told = (codes.TEMPLATE.id, codes.TEMPLATE_TEXT.id)
    return [
        first if diagnostic is found[0] else diagnostic
        for diagnostic in diagnostics
        if diagnostic is found[0] or diagnostic.id not in told
    ]
