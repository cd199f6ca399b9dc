"""Where YAML as Kubernetes reads it is not what one expects, or not what other readers make of it: one row each.

What kubectl does was measured with ``sigs.k8s.io/yaml`` itself (goyaml.v2, then JSON). It refuses what is refused here.
"""

from __future__ import annotations

import pytest

from kverify.manifest import read_text
from kverify.manifest.nodes import Plain
from tests.unit.manifest.manifest_helpers import ids, only, plain

TAKEN: dict[str, tuple[str, Plain]] = {
    "the booleans of YAML 1.1": ("[no, on, Off, yes]", [False, True, False, True]),
    "y and n": ("[y, n, Y, N]", [True, False, True, False]),
    "y and n as keys": ("{y: 1, n: 2}", {"true": 1, "false": 2}),
    "octals": ("[0777, 0o17, 08, -017]", [511, 15, 8, -15]),
    "exponents": ("[1e3, 1E3, 1e-3, 1.5e2]", [1000, 1000, 0.001, 150]),
    "sexagesimals": ("[12:30:45, 22:22]", ["12:30:45", "22:22"]),
    "dates": ("[2024-01-01, 2024-01-01T10:00:00Z]", ["2024-01-01", "2024-01-01T10:00:00Z"]),
    "underscores": ("[1_000, 0x_ff]", [1000, 255]),
    "the value sign": ("[=, <<]", ["=", "<<"]),
    "binary": ("!!binary aGVsbG8=", "hello"),
    "unknown tags": ("[!custom x, !custom 5, !!str 5]", ["x", "5", "5"]),
    "numbers and booleans as keys": ("{1: a, 1.5: b, true: c}", {"1": "a", "1.5": "b", "true": "c"}),
    "a merge, then an override": ("{<<: {a: 1, b: 2}, b: 3}", {"a": 1, "b": 3}),
    "a tab after a colon": ("{a:\tb}", {"a": "b"}),
    "beyond 63 bits": ("[9223372036854775808, 18446744073709551615]", [2**63, 2**64 - 1]),
    "beyond 64 bits": ("[18446744073709551616, 1000000000000000000000]", [2.0**64, 1e21]),
    "null in every spelling": ("[~, null, Null, NULL, ]", [None, None, None, None]),
    "almost a number": ("[1.2.3, 0x, 1e, 100m, 1Gi, +, -]", ["1.2.3", "0x", "1e", "100m", "1Gi", "+", "-"]),
    "a fraction that is whole": ("[1.0, -0.0, 3.00]", [1, 0, 3]),
}

REFUSED: dict[str, tuple[str, str]] = {
    "a duplicate key": ("a: 1\na: 2\n", "KV1003"),
    "a key and its spelling as text": ('1: a\n"1": b\n', "KV1003"),
    "a scalar to merge": ("a: {<<: 5}\n", "KV1011"),
    "an alias to a list to merge": ("l: &l [{a: 1}]\na: {<<: *l}\n", "KV1011"),
    "a tab as indentation": ("a:\n\tb: 1\n", "KV1005"),
    "a line separator in unquoted text": ("a: \u2028b\n", "KV1004"),
    "a next line character in unquoted text": ("a: \x85b\n", "KV1004"),
    "infinity": ("a: .inf\n", "KV1014"),
    "not a number": ("a: .nan\n", "KV1014"),
    "a tag that does not fit": ("a: !!int x\n", "KV1014"),
    "a directive": ("%YAML 1.2\n---\na: 1\n", "KV1016"),
    "an escaped slash": ('a: "x\\/y"\n', "KV1004"),
    "text behind a separator": ("--- {a: 1}\n", "KV1015"),
    "a template": ("a: {{ .Values.x }}\n", "KV1007"),
    "a null key": ("~: 1\n", "KV1012"),
    "a list as a key": ("? [a]\n: 1\n", "KV1012"),
    "a number beyond 64 bits as a key": ("18446744073709551616000: 1\n9223372036854775808: 1\n", "KV1012"),
    "an alias inside its own anchor": ("a: &x [*x]\n", "KV1010"),
    "an alias to another document": ("a: &x 1\n---\nb: *x\n", "KV1010"),
    "NUL": ("a: b\0c\n", "KV1008"),
    "an unclosed quote": ("a: 'b\n", "KV1006"),
    "an unclosed bracket": ("a: [b\n", "KV1006"),
}


@pytest.mark.parametrize(("text", "value"), TAKEN.values(), ids=TAKEN)
def test_what_is_taken(text: str, value: Plain) -> None:
    assert plain(f"v: {text}\n") == {"v": value}
    (document,) = read_text(f"v: {text}\n", "m.yaml").documents
    assert document.root.value == document.plain


@pytest.mark.parametrize(("text", "id_"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(text: str, id_: str) -> None:
    diagnostics = read_text(text, "m.yaml").diagnostics
    assert id_ in [diagnostic.id for diagnostic in diagnostics if diagnostic.refuses]
    assert all(diagnostic.mend for diagnostic in diagnostics)


def test_an_override_of_a_merged_key_is_what_strict_decoding_refuses() -> None:
    diagnostic = only("x: &x {a: 1}\nm:\n  <<: *x\n  a: 2\n")
    assert (diagnostic.id, diagnostic.refuses, diagnostic.path) == ("KV1025", False, "m.a")
    assert (str(diagnostic.span), "line 1" in diagnostic.message) == ("m.yaml:4:3", True)


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_byte_order_marks_and_line_ends(bom: str, end: str) -> None:
    text = f"{bom}a: |\n  x\n  y\nb: 'c\n\n  d'\n---\n{bom}e: >-\n  f\n  g\n".replace("\n", end)
    documents = read_text(text, "m.yaml").documents
    assert [document.plain for document in documents] == [{"a": "x\ny\n", "b": "c\nd"}, {"e": "f g"}]
    assert (ids(text), str(documents[1].locate_key(("e",)))) == ([], "m.yaml:8:1" if not bom else "m.yaml:8:2")


@pytest.mark.parametrize("depth", [2_000, 10_000])
@pytest.mark.parametrize(
    ("opening", "inner", "closing"),
    [("[", "", "]"), ('{"a":', "1", "}"), ("{a: ", "1", "}"), ("- ", "x", ""), ("? ", "x", "")],
)
@pytest.mark.parametrize("file", ["m.yaml", "m.json"])
def test_nesting_is_bounded(depth: int, opening: str, inner: str, closing: str, file: str) -> None:
    result = read_text(opening * depth + inner + closing * depth, file)
    expected = "KV1017" if file == "m.json" and opening in ("{a: ", "- ", "? ") else "KV1009"
    assert ([diagnostic.id for diagnostic in result.diagnostics], result.documents) == ([expected], ())


def test_nesting_by_indentation_is_bounded() -> None:
    text = "".join(f"{' ' * level}a:\n" for level in range(2_000))
    assert only(text).id == "KV1009"
