"""No input makes the reader raise, and every place it names is a place in the file."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from kverify.manifest import Span, format_path, parse_path, read_paths, read_text
from kverify.manifest.codes import ALL
from kverify.manifest.nodes import walk
from kverify.manifest.source import SourceText
from tests.unit.manifest.strategies import texts


def assert_inside(source: SourceText, span: Span) -> None:
    assert (span.line, span.column) <= (span.end_line, span.end_column)
    for line, column in ((span.line, span.column), (span.end_line, span.end_column)):
        assert 1 <= line <= len(source.starts())
        assert 1 <= column <= len(source.line(line)) + 1


@given(texts, st.sampled_from(["x.yaml", "x.json"]))
def test_any_text(text: str, file: str) -> None:
    result = read_text(text, file)
    source = SourceText(file, text.removeprefix("\ufeff"))
    known = {code.id: code.severity for code in ALL}
    for diagnostic in result.diagnostics:
        assert_inside(source, diagnostic.span)
        assert known[diagnostic.id] is diagnostic.severity
        assert diagnostic.message
    for document in result.documents:
        for path, node in walk(document.root):
            assert document.node(path) is node
            assert parse_path(format_path(path)) == path
            assert_inside(source, node.span)
            assert_inside(source, document.locate_key(path))
    assert result.documents or result.diagnostics


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    result = read_paths(["-"], io.BytesIO(data))
    assert result.documents or result.diagnostics


def test_ids_are_distinct_and_in_the_range_of_reading() -> None:
    numbers = [int(code.id.removeprefix("KV")) for code in ALL]
    assert numbers == list(range(1001, 1001 + len(numbers)))
