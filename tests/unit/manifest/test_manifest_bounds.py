"""What nobody writes on purpose is read, or refused, in time and memory that grow with its size and no faster.

The sizes are such that anything quadratic would take minutes.
"""

from __future__ import annotations

import pytest

from kverify.manifest import read_text
from kverify.manifest.reading import MAX_PROBLEMS

N = 30_000


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n" * N,
        "---\n[\n" * N,
        "---x\n" * N,
        "%a\n" * N + "---\na: 1\n",
        "{" + "a," * N + "}",
        "".join(f"{number}.50: a\n" for number in range(N)),
    ],
    ids=["duplicates", "broken documents", "wrong separators", "directives", "flow duplicates", "retyped keys"],
)
def test_only_so_many_problems_are_listed(text: str) -> None:
    diagnostics = read_text(text, "m.yaml").diagnostics
    assert len(diagnostics) == MAX_PROBLEMS + 1
    assert [diagnostic.id for diagnostic in diagnostics].count("KV1024") == 1


def test_only_so_many_problems_of_json_are_listed() -> None:
    diagnostics = read_text('{"a": 1, "a": 2}\n' * N, "m.json").diagnostics
    assert len(diagnostics) == MAX_PROBLEMS + 1
    assert diagnostics[-1].id == "KV1024"


def test_only_so_many_forgotten_expressions_are_listed() -> None:
    assert len(read_text("- x{{ .Values.x }}\n" * N, "m.yaml").diagnostics) == MAX_PROBLEMS


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("---\n" * N, 0),
        ("...\n" * N, 0),
        ("\n" * N, 0),
        ("# c\n" * N + "a: 1\n", 1),
        ("# Source: a" + " " * N + "b\na: 1\n", 1),
        ("a: " + "x" * N * 10 + "\n", 1),
        ('a: "' + "x\\n" * N + '"\n', 1),
        ("- &a x\n" + "- *a\n" * N, 1),
        ("".join(f"- &a{number} x\n" for number in range(N)), 1),
        ("x: &x {a: 1}\nm:\n" + "  <<: *x\n" * N, 1),
        ('{"a": "' + "\\n" * N + '"}', 1),
        ('{"a": [' + "{}," * N + "{}]}", 1),
        ('{"a": 1}\n' * N, N),
    ],
    ids=[
        *("separators", "ends", "empty lines", "comments", "source", "text", "escapes", "aliases", "anchors", "merges"),
        *("json escapes", "json objects", "json lines"),
    ],
)
def test_what_is_long_is_read(text: str, documents: int) -> None:
    # Of standard input without a document it is said that something went wrong before.
    result = read_text(text, "-" if documents else "m.yaml")
    assert len(result.documents) == documents
    assert not any(diagnostic.refuses for diagnostic in result.diagnostics)


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("x" * N + ": 1\n", "KV1004"),
        ("&" + "a" * N + " [*b]\n", "KV1010"),
        ("*" + "a" * N, "KV1010"),
        ("--- " + "x" * N, "KV1015"),
        ('{"a": ' + "1" * N + "}", "KV1014"),
        ("{{" * N, "KV1009"),
        ('a: "' + "x\n" * N, "KV1006"),
    ],
    ids=["key", "anchor", "alias", "separator", "number", "braces", "quote"],
)
def test_what_is_long_and_wrong_has_a_short_message(text: str, id_: str) -> None:
    diagnostics = read_text(text, "-").diagnostics
    assert id_ in [diagnostic.id for diagnostic in diagnostics]
    assert all(len(diagnostic.message + diagnostic.mend) < 400 for diagnostic in diagnostics)
