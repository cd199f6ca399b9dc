"""JSON files: the same nodes as from YAML, exact places, exact errors."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.manifest import parse_path, read_text, to_plain
from tests.unit.manifest.manifest_helpers import box, ids, only, plain

LIST = """\
{
  "kind": "List",
  "items": [
    {"kind": "Pod", "spec": {"replicas": 3, "on": true, "name": "a\\n\\u00e9\\/"}},
    {"kind": "Node",
     "empty": {}, "none": null, "list": [ ]}
  ]
}
"""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=30,
)


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("", (1, 1, 8, 2)),
        ("kind", (2, 11, 2, 17)),
        ("items", (3, 12, 7, 4)),
        ("items[0].spec", (4, 29, 4, 79)),
        ("items[0].spec.replicas", (4, 42, 4, 43)),
        ("items[0].spec.on", (4, 51, 4, 55)),
        ("items[1]", (5, 5, 6, 45)),
        ("items[1].none", (6, 27, 6, 31)),
        ("items[1].list", (6, 41, 6, 44)),
    ],
)
def test_places_are_exact(path: str, where: tuple[int, int, int, int]) -> None:
    (document,) = read_text(LIST, "list.json").documents
    assert box(document.locate(parse_path(path))) == where


def test_values_and_keys() -> None:
    (document,) = read_text(LIST, "list.json").documents
    assert to_plain(document.root) == json.loads(LIST)
    assert box(document.locate_key(("items", 1, "none"))) == (6, 19, 6, 25)


@given(json_values, st.sampled_from([None, 2]))
def test_whatever_json_writes_is_read(value: object, indent: int | None) -> None:
    result = read_text(json.dumps([value], indent=indent), "x.json")
    assert [to_plain(document.root) for document in result.documents] == [[value]]
    assert result.diagnostics == ()


@pytest.mark.parametrize("file", ["x.json", "X.JSON", "x.yaml", "-"])
def test_values_follow_each_other_as_in_kubectl(file: str) -> None:
    text = '{"a": 1}\n{"b": 2}{"c": 3}null'
    assert [to_plain(document.root) for document in read_text(text, file).documents] == [{"a": 1}, {"b": 2}, {"c": 3}]


def test_numbers_are_those_of_the_api_server() -> None:
    text = "[1.0, 1e3, -0, 18446744073709551615, 18446744073709551616, 1.5, 123456789012345678901234567890]"
    expected = [1, 1000, 0, 2**64 - 1, 2.0**64, 1.5, 1.2345678901234568e29]
    assert plain(text, "x.json") == expected


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert plain('["\\ud83d", "\\ud83d\\ude00"]', "x.json") == ["\N{REPLACEMENT CHARACTER}", "😀"]


def test_duplicate_keys_name_both_places() -> None:
    diagnostic = only('{"spec": {"a": 1,\n  "a": 2}}', "x.json")
    assert (diagnostic.id, diagnostic.path, box(diagnostic.span)) == ("KV1003", "spec.a", (2, 3, 2, 6))
    assert "line 1, column 11" in diagnostic.message


@pytest.mark.parametrize(
    ("text", "id_", "where"),
    [
        ('{"a": 1,\n}', "KV1017", (2, 1)),
        ('{"a": 1\n "b": 2}', "KV1017", (2, 2)),
        ('{"a" 1}', "KV1017", (1, 2)),
        ('{"a": }', "KV1017", (1, 2)),
        ('{"a": nul}', "KV1017", (1, 2)),
        ("{a: 1}", "KV1017", (1, 2)),
        ("{'a': 1}", "KV1017", (1, 2)),
        ("[1, 2,]", "KV1017", (1, 7)),
        ("[1 2]", "KV1017", (1, 4)),
        ("[01]", "KV1017", (1, 3)),
        ("[NaN]", "KV1017", (1, 2)),
        ("[1] x", "KV1017", (1, 5)),
        ("// c\n{}", "KV1017", (1, 1)),
        ('{"a": [1, {"b": 2}', "KV1006", (1, 19)),
        ('{"a": "b', "KV1006", (1, 2)),
        ('["a\tb"]', "KV1017", (1, 2)),
        ('["\\d"]', "KV1017", (1, 2)),
        ("[1e999]", "KV1014", (1, 2)),
        ('{"a": {{ .Values.x }}}', "KV1007", (1, 8)),
        ("[" * 2000, "KV1009", (1, 201)),
    ],
)
def test_what_is_not_json(text: str, id_: str, where: tuple[int, int]) -> None:
    diagnostic = only(text, "x.json")
    assert (diagnostic.id, (diagnostic.span.line, diagnostic.span.column)) == (id_, where)
    assert diagnostic.refuses


def test_what_came_before_the_error_is_read() -> None:
    result = read_text('{"a": 1}\n{"b": }', "x.json")
    assert [to_plain(document.root) for document in result.documents] == [{"a": 1}]
    assert len(result.diagnostics) == 1


def test_yaml_that_begins_like_json_is_read_with_a_warning() -> None:
    assert plain("{a: 1}\n") == {"a": 1}
    diagnostic = only("{a: 1}\n")
    assert (diagnostic.id, diagnostic.refuses, str(diagnostic.span)) == ("KV1019", False, "m.yaml:1:2")


def test_a_byte_order_mark_is_nothing() -> None:
    assert plain('\ufeff{"a": 1}', "x.json") == {"a": 1}
    assert ids("\ufeff", "x.json") == ["KV1020"]


def test_a_stream_of_json_stays_one_where_it_breaks() -> None:
    """Of two objects without --- between them kubectl knows that they are JSON; of one it does not yet."""
    result = read_text('{"a": 1}\n{"b": 2}\n{"c": }\n', "-")
    assert [document.plain for document in result.documents] == [{"a": 1}, {"b": 2}]
    assert [(diagnostic.id, diagnostic.span.line) for diagnostic in result.diagnostics] == [("KV1017", 3)]
    assert [document.plain for document in read_text('{"a": 1}\n---\n{b: 2}\n', "-").documents] == [{"a": 1}, {"b": 2}]


def test_one_unusual_value_does_not_change_the_others() -> None:
    result = read_text('{"a": 1}\n{"b": 1, "b": 2}\nnull\n{"c": "\\ud83d"}\n{"d": 4}\n', "-")
    assert [document.plain for document in result.documents] == [{"a": 1}, {"b": 2}, {"c": "\ufffd"}, {"d": 4}]
    assert [(diagnostic.id, diagnostic.span.line) for diagnostic in result.diagnostics] == [("KV1003", 2)]
    assert [document.locate(()).line for document in result.documents] == [1, 2, 4, 5]
