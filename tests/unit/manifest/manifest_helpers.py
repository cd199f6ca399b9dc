"""Short ways to read a text and look at what came out."""

from __future__ import annotations

from kverify.manifest import Diagnostic, Span, read_text, to_plain
from kverify.manifest.nodes import Plain


def plain(text: str, file: str = "m.yaml") -> Plain:
    """The only document of ``text`` as plain data; fails when there is an error or not exactly one document."""
    result = read_text(text, file)
    assert [d for d in result.diagnostics if d.refuses] == []
    (document,) = result.documents
    return to_plain(document.root)


def only(text: str, file: str = "m.yaml") -> Diagnostic:
    """The only diagnostic of ``text``."""
    (diagnostic,) = read_text(text, file).diagnostics
    return diagnostic


def ids(text: str, file: str = "m.yaml") -> list[str]:
    return [diagnostic.id for diagnostic in read_text(text, file).diagnostics]


def box(span: Span) -> tuple[int, int, int, int]:
    return span.line, span.column, span.end_line, span.end_column
