"""``//`` begins no comment in YAML, and a reader says so instead of talking of colons."""

from __future__ import annotations

import pytest

from kverify.manifest import read_text


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: 1\n// all of it\nb: 2\n", 2, 1),
        ('a: "x" // behind a quote\n', 1, 8),
        ("a: [1] // behind a bracket\n", 1, 8),
        ("a:\n  - b: {c: 1} // behind a brace\n", 2, 15),
    ],
)
def test_where_it_breaks_the_text(text: str, line: int, column: int) -> None:
    (diagnostic,) = read_text(text, "m.yaml").diagnostics
    assert (diagnostic.id, diagnostic.mend) == ("KV1004", "begin comments with #")
    assert (diagnostic.span.line, diagnostic.span.column) == (line, column)


@pytest.mark.parametrize("text", ["a: b // c\n", "a: b //\n", "a: [b // c]\n"])
def test_where_it_becomes_part_of_the_value(text: str) -> None:
    result = read_text(text, "m.yaml")
    assert [diagnostic.id for diagnostic in result.diagnostics] == ["KV1026"]
    assert len(result.documents) == 1


@pytest.mark.parametrize(
    "text", ['a: "b // c"\n', "a: http://b\n", "a: b # c // d\n", "a: |\n  b // c\n", "a: b //c d\n"]
)
def test_where_it_is_what_it_is(text: str) -> None:
    assert read_text(text, "m.yaml").diagnostics == ()
