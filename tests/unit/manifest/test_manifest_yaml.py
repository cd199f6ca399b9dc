"""One YAML document: duplicates, merges, aliases, nesting, and what to say where the text is not YAML."""

from __future__ import annotations

import pytest
import yaml

from kverify.manifest import read_text, to_plain
from kverify.manifest.nodes import MAX_DEPTH, Plain
from tests.unit.manifest.manifest_helpers import box, ids, only, plain


def test_duplicate_keys_name_both_places() -> None:
    result = read_text("spec:\n  type: a\n  x: 1\n  type: b\n", "m.yaml")
    (diagnostic,) = result.diagnostics
    assert (diagnostic.id, diagnostic.refuses, diagnostic.path) == ("KV1003", True, "spec.type")
    assert box(diagnostic.span) == (4, 3, 4, 7)
    assert "line 2, column 3" in diagnostic.message
    assert to_plain(result.documents[0].root) == {"spec": {"type": "b", "x": 1}}


def test_all_duplicates_are_reported() -> None:
    assert ids("a: 1\na: 2\na: 3\nb: {c: 1, c: 2}\n") == ["KV1003"] * 3


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x: &x {a: 1, b: 2}\nm:\n  <<: *x\n  b: 3\n", {"a": 1, "b": 3}),
        ("m:\n  <<: {a: 1}\n", {"a": 1}),
        ("m: {<<: [{a: 1}, {a: 2, b: 2}]}\n", {"a": 1, "b": 2}),
        ("m: {'<<': {a: 1}}\n", {"<<": {"a": 1}}),
        ("m: {!!merge <<: {a: 1}}\n", {"a": 1}),
        ("m: <<\n", "<<"),
        ("m: [<<]\n", ["<<"]),
    ],
)
def test_merge_keys(text: str, value: Plain) -> None:
    document = plain(text)
    assert isinstance(document, dict)
    assert document["m"] == value


def test_a_merge_after_a_key_replaces_it_as_in_goyaml_and_says_so() -> None:
    text = "m:\n  a: 1\n  <<: {a: 2}\n"
    assert plain(text) == {"m": {"a": 2}}
    diagnostic = only(text)
    assert (diagnostic.id, diagnostic.path, str(diagnostic.span)) == ("KV1022", "m.a", "m.yaml:3:3")


@pytest.mark.parametrize("value", ["5", "null", "[5]", "[[{a: 1}]]", "text", "*list"])
def test_merging_anything_else_is_refused(value: str) -> None:
    diagnostic = only(f"list: &list [{{a: 1}}]\nm:\n  <<: {value}\n")
    assert (diagnostic.id, str(diagnostic.span)) == ("KV1011", "m.yaml:3:3")


def test_merged_fields_are_located_at_the_anchor() -> None:
    (document,) = read_text("x: &x {a: 1}\nm:\n  <<: *x\n", "m.yaml").documents
    assert box(document.locate(("m", "a"))) == (1, 11, 1, 12)


def test_aliases() -> None:
    assert plain("a: &x [1, &y 2]\nb: *x\nc: *y\n*y : d\n") == {"a": [1, 2], "b": [1, 2], "c": 2, "2": "d"}
    assert plain("a: &x 1\nb: &x {c: &x 2, d: *x}\n") == {"a": 1, "b": {"c": 2, "d": 2}}


@pytest.mark.parametrize(
    ("text", "where", "part"),
    [
        ("a: *x\n", "m.yaml:1:4", "no anchor"),
        ("a: &x 1\n---\nb: *x\n", "m.yaml:3:4", "no anchor"),
        ("a: &x {b: *x}\n", "m.yaml:1:11", "no end"),
        ("a: &x 1\nb: &x [[*x]]\n", "m.yaml:2:9", "no end"),
        ("&x {*x : 1}\n", "m.yaml:1:5", "no end"),
    ],
)
def test_aliases_that_lead_nowhere(text: str, where: str, part: str) -> None:
    diagnostic = next(found for found in read_text(text, "m.yaml").diagnostics if found.id == "KV1010")
    assert (str(diagnostic.span), part in diagnostic.message) == (where, True)


def bomb(levels: int, opening: str = "[", closing: str = "]") -> str:
    lines = ["a0: &a0 lol"]
    for level in range(1, levels):
        lines.append(f"a{level}: &a{level} {opening}{', '.join([f'*a{level - 1}'] * 9)}{closing}")
    return "\n".join(lines)


def test_an_alias_bomb_is_refused() -> None:
    result = read_text(bomb(10), "m.yaml")
    assert result.documents == ()
    assert [diagnostic.id for diagnostic in result.diagnostics] == ["KV1010"]


def test_a_few_aliases_are_no_bomb() -> None:
    assert ids(bomb(3)) == []


def test_a_bomb_of_merges_is_bounded() -> None:
    keys = ", ".join(f"k{number}: 1" for number in range(1500))
    merges = "\n".join(f"b{number}: {{<<: *a}}" for number in range(1500))
    assert ids(f"a: &a {{{keys}}}\n{merges}\n") == ["KV1010"]


@pytest.mark.parametrize(
    "text", ["[" * 2000 + "]" * 2000, "{a: " * 2000 + "}" * 2000, "- " * 2000 + "x", "[" * 100_000]
)
def test_deep_nesting_is_refused(text: str) -> None:
    # Whether libyaml's own limit comes first, or ours, depends on its version.
    diagnostic = only(text)
    assert (diagnostic.id, diagnostic.span.line, diagnostic.mend) == ("KV1009", 1, "flatten it")


def test_nesting_by_aliases_is_refused() -> None:
    chain = "".join(f"a{level}: &a{level} [*a{level - 1}]\n" for level in range(1, 2000))
    assert ids(f"a0: &a0 x\n{chain}") == ["KV1009"]


@pytest.mark.parametrize("file", ["m.yaml", "m.json"])
def test_the_deepest_nesting_is_read(file: str) -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    result = read_text(text, file)
    assert [diagnostic.id for diagnostic in result.diagnostics] == []
    assert len(str(to_plain(result.documents[0].root))) == 2 * MAX_DEPTH


@pytest.mark.parametrize(
    ("text", "id_", "where"),
    [
        ("a:\n\tb: 1\n", "KV1005", (2, 1, 2, 2)),
        ("\ta: 1\n", "KV1005", (1, 1, 1, 2)),
        ("a: x\n\ty: 1\n", "KV1005", (2, 1, 2, 2)),
        ("a: |\n\tx\n", "KV1005", (2, 1, 2, 2)),
        ('a: "x\nb: 1\n', "KV1006", (1, 4, 1, 5)),
        ("a: 'x\n", "KV1006", (1, 4, 1, 5)),
        ("a: [1, 2\nb: 3\n", "KV1006", (1, 4, 1, 5)),
        ("a: {b: 1\n", "KV1006", (1, 4, 1, 5)),
        ("a: [\n", "KV1006", (1, 4, 1, 5)),
        ("a: {b: [c,", "KV1006", (1, 8, 1, 9)),
        ("a: [b, }\n", "KV1004", (1, 8, 1, 9)),
        ("a: b: c\n", "KV1004", (1, 5, 1, 6)),
        ("a: 1\n b: 2\n", "KV1004", (2, 3, 2, 4)),
        ("a: 1\n\nhello\n", "KV1004", (3, 1, 3, 6)),
        ("a: @x\n", "KV1004", (1, 4, 1, 5)),
        ("a: %x\n", "KV1004", (1, 4, 1, 5)),
        ("a: 'it's'\n", "KV1004", (1, 8, 1, 9)),
        ('a: "\\d"\n', "KV1004", (1, 5, 1, 6)),
        ("a: - b\n", "KV1004", (1, 4, 1, 5)),
        ("a:\n - b\n c: 1\n", "KV1004", (3, 2, 3, 3)),
        ("a:\n  b: 1\n c: 2\n", "KV1004", (3, 2, 3, 3)),
        ("a: !x!y z\n", "KV1004", (1, 4, 1, 5)),
        ("a: \u2028b\n", "KV1004", (1, 5, 1, 6)),
        ("a: b\x00c\n", "KV1008", (1, 5, 1, 6)),
        ("a: b\x07c\n", "KV1008", (1, 5, 1, 6)),
    ],
)
def test_what_is_not_yaml(text: str, id_: str, where: tuple[int, int, int, int]) -> None:
    result = read_text(text, "m.yaml")
    (diagnostic,) = result.diagnostics
    assert (diagnostic.id, box(diagnostic.span), diagnostic.refuses) == (id_, where, True)
    assert diagnostic.mend
    assert result.documents == ()


def test_tabs_say_use_spaces() -> None:
    assert only("a:\n\tb: 1\n").mend == "use spaces"


def test_a_tab_after_a_colon_is_fine() -> None:
    assert plain("a:\tb\n") == {"a": "b"}


def test_line_ends_of_every_kind() -> None:
    assert plain("a: |\r\n  x\r\n  y\r\nb: 1\r\n") == {"a": "x\ny\n", "b": 1}
    assert plain("a: 1\rb: 2\r") == {"a": 1, "b": 2}


def test_the_last_line_ends_even_if_the_file_does_not() -> None:
    assert plain("a: |\n  x") == {"a": "x\n"}
    (document,) = read_text("a: |\n  x", "m.yaml").documents
    assert box(document.locate(("a",))) == (1, 4, 2, 4)


def test_characters_beyond_ascii_count_as_one_column() -> None:
    (document,) = read_text("a: {é😀: x, b: y}\n", "m.yaml").documents
    assert box(document.locate(("a", "b"))) == (1, 15, 1, 16)


@pytest.mark.parametrize(
    "text", ["a: 1\nb: [x, {c: 'd'}]\n", "a: 1\na: 2\n", "a:\n\tb\n", "a: [1\n", "a: ! 5\n", "a: 'x\n", "a: *x\n"]
)
def test_without_libyaml_the_answer_is_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = read_text(text, "m.yaml")
    monkeypatch.setattr("kverify.manifest.events.PARSER", yaml.SafeLoader)
    slow = read_text(text, "m.yaml")
    assert slow.diagnostics == fast.diagnostics
    assert [to_plain(d.root) for d in slow.documents] == [to_plain(d.root) for d in fast.documents]


def test_json_inside_yaml_files() -> None:
    assert plain('# comment\n{"a": [1, "x", true, null], "b": {}}\n') == {"a": [1, "x", True, None], "b": {}}


def test_an_escaped_slash_is_for_json_only() -> None:
    text = "a: \"b\\/c \\\\/\"\nd: x\\/y\ne: '\\/'\n"
    diagnostic = only(text)
    assert (diagnostic.id, box(diagnostic.span), diagnostic.refuses) == ("KV1004", (1, 6, 1, 8), True)
    (document,) = read_text(text, "m.yaml").documents
    assert document.plain == {"a": "b/c \\/", "d": "x\\/y", "e": "\\/"}


def test_an_escaped_single_quote_is_what_kubectl_takes() -> None:
    text = "a: \"it\\'s \\\\' é\"\nb: 'C:\\'\nc: \\'x\nd: |\n  \\'\ne: &x \"\\'\"\nf: *x\n"
    assert plain(text) == {"a": "it's \\' é", "b": "C:\\", "c": "\\'x", "d": "\\'\n", "e": "'", "f": "'"}
    (document,) = read_text(text, "m.yaml").documents
    assert box(document.locate(("a",))) == (1, 4, 1, 17)


def test_a_wrong_escape_beside_an_escaped_single_quote() -> None:
    diagnostic = only('a: "\\\'"\nb: "\\d"\n')
    assert (diagnostic.id, box(diagnostic.span)) == ("KV1004", (2, 5, 2, 6))


@pytest.mark.parametrize("blank", ["\u2000", "\u3000"])
@pytest.mark.parametrize("before", ["", "---\n", "a: 1\n---\n"])
def test_blanks_that_only_unicode_knows_are_texts(before: str, blank: str) -> None:
    """They are read, and their place can be asked for, as of any other text (found by the fuzzer)."""
    document = read_text(f"{before}{blank}\n---\nb: 2\n", "m.yaml").documents[-2]
    assert (document.plain, document.root.value) == (blank, blank)


def test_a_next_line_character_alone_is_nothing() -> None:
    assert ids("\x85\n") == ["KV1020"]
