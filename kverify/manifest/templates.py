"""Unrendered Helm and Jinja templates: what is not YAML because nobody has rendered it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kverify.manifest import codes
from kverify.manifest.nodes import Document, Scalar, walk
from kverify.manifest.reading import Problem, Reading
from kverify.manifest.span import Span

_OPENING = re.compile(r"\{\{|\{%|\{#")
# A template where YAML has its structure: at the beginning of a line, an item or a value. In the middle of an unquoted
# value it is only text. Both expressions are searched for and hold no nested repetition, so a line costs linear time.
_STRUCTURAL = re.compile(r"(?:^|[-:,][ \t]|[\[{,])[ \t]*(?P<mark>\{\{|\{%|\{#)")
_BLOCK_SCALAR = re.compile(r"[-:][ \t]+[|>][0-9+-]*(?:[ \t]+#.*)?\s*$")
_TEXT = re.compile("[\"'#]")
_HELM = re.compile(r"\{\{-?\s*(?:\.(?:Values|Release|Chart|Capabilities)\b|(?:include|template|toYaml|tpl)\s)")
_MEND = "render it first: helm template … | kverify check -"
_MEND_JINJA = "render it first, then check the result"


def unrendered(reading: Reading) -> Problem | None:
    """The template problem of a text that is not YAML, or None when it has no template mark in its structure.

    Text inside block scalars and quotes is left out: alert rules hold ``{{ $labels.instance }}`` rightly.
    """
    if _OPENING.search(reading.text) is None:
        return None
    block: int | None = None
    offset = reading.offset
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
            mark = match["mark"]
            at, column = reading.source.position(start + match.start("mark"))
            span = Span(reading.source.file, at, column, at, column + len(mark), reading.origin)
            return _problem(mark, span)
        if _BLOCK_SCALAR.search(line):
            block = indent
    return None


def _problem(mark: str, span: Span) -> Problem:
    if mark == "{{":
        return Problem(
            codes.TEMPLATE, "This is a template that has not been rendered: {{ begins an expression.", span, _MEND
        )
    return Problem(
        codes.TEMPLATE,
        f"This is a Jinja template that has not been rendered: {mark} begins a statement.",
        span,
        _MEND_JINJA,
    )


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
            message = f"The value still holds a Helm expression: {node.raw}"
            yield Problem(codes.TEMPLATE_TEXT, message, node.span, _MEND, node)
