"""Scalars as sigs.k8s.io/yaml resolves them; every expectation was given by `kubectl annotate --local` 1.32."""

from __future__ import annotations

import pytest

from kverify.manifest import Scalar, read_text
from kverify.manifest.nodes import Mapping, Value
from tests.unit.manifest.manifest_helpers import ids, only, plain


def value_of(written: str) -> Value:
    document = plain(f"v: {written}\n")
    assert isinstance(document, dict)
    value = document["v"]
    assert not isinstance(value, (dict, list))
    return value


@pytest.mark.parametrize("written", ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"])
def test_words_for_true(written: str) -> None:
    assert value_of(written) is True


@pytest.mark.parametrize("written", ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"])
def test_words_for_false(written: str) -> None:
    assert value_of(written) is False


@pytest.mark.parametrize("written", ["", "~", "null", "Null", "NULL"])
def test_words_for_null(written: str) -> None:
    assert value_of(written) is None


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0777", 511),
        ("0o17", 15),
        ("0O17", 15),
        ("-0o17", -15),
        ("08", 8),
        ("018", 18),
        ("0_8", 8),
        ("00", 0),
        ("0x1F", 31),
        ("0X1F", 31),
        ("+0x1f", 31),
        ("0x_1F", 31),
        ("0b11", 3),
        ("-0b11", -3),
        ("0b1_1", 3),
        ("1_000", 1000),
        ("1__0", 10),
        ("-_1", -1),
        ("+12", 12),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", 2**63),
        ("18446744073709551615", 2**64 - 1),
        ("1.0", 1),
        ("5.", 5),
        ("5_.0_", 5),
        ("1e3", 1000),
        ("1E3", 1000),
        ("1e+3", 1000),
        (".1e1_0", 1_000_000_000),
        ("!!int '5'", 5),
        ("!!float 5", 5),
    ],
)
def test_integers(written: str, value: int) -> None:
    got = value_of(written)
    assert (got, type(got)) == (value, int)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1.5", 1.5),
        ("1e-3", 0.001),
        (".5", 0.5),
        (".5_0", 0.5),
        ("-.5_0", -0.5),
        ("1000000000000000000000", 1e21),
        ("18446744073709551616", 2.0**64),
        ("-9223372036854775809", -(2.0**63) - 1),
    ],
)
def test_floats(written: str, value: float) -> None:
    assert value_of(written) == value


@pytest.mark.parametrize(
    "written",
    [
        *("12:30:45", "22:22", "2024-01-01", "2024-01-01T10:00:00Z", "=", "<<", "1e400", ".1e400", "0o18", "0b12"),
        *("-0b12", "0x", "0_0x1", ".", "+", "._5", ".5__0", "1e", "_1", "1.2.3", "~x", "TrUe", "nO", "+.inf1", "100m"),
        *("0x10000000000000000", "infinity", "nan", "0x1p4"),
    ],
)
def test_what_stays_a_string(written: str) -> None:
    assert value_of(written) == written


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("!!str 5", "5"),
        ("! 5", "5"),
        ("!custom 5", "5"),
        ("!custom x", "x"),
        ("!!timestamp 2024-01-01", "2024-01-01"),
        ("!!binary aGVsbG8=", "hello"),
        ("!!binary /w==", "\N{REPLACEMENT CHARACTER}"),
        ("!!null ''", None),
        ("!!bool 'yes'", True),
        ("'no'", "no"),
        ('"8080"', "8080"),
        ('"\\x41\\n"', "A\n"),
    ],
)
def test_tags_and_quotes(written: str, value: Value) -> None:
    assert value_of(written) == value


@pytest.mark.parametrize("written", [".inf", "-.inf", "+.INF", ".nan", ".NaN", "!!float .nan"])
def test_what_json_cannot_hold(written: str) -> None:
    diagnostic = only(f"spec:\n  v: {written}\n")
    assert (diagnostic.id, diagnostic.path, str(diagnostic.span)) == ("KV1014", "spec.v", "m.yaml:2:6")


@pytest.mark.parametrize("written", ["!!bool x", "!!int x", "!!null x", "!!timestamp x", "!!binary x", "!!int 1.5"])
def test_tags_that_do_not_fit(written: str) -> None:
    assert ids(f"v: {written}\n") == ["KV1014"]


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("y", "true"),
        ("off", "false"),
        ("0777", "511"),
        ("1e3", "1000"),
        ("1.5e6", "1.5e+06"),
        ("123456789.5", "1.2345679e+08"),
        ("1e-7", "1e-07"),
        ("1e21", "1e+21"),
        ("1e39", ".inf"),
        ("1e-46", "0"),
        ("1.50", "1.5"),
    ],
)
def test_keys_that_change_are_named(written: str, key: str) -> None:
    result = read_text(f"{written}: 1\n", "m.yaml")
    assert plain(f"{written}: 1\n") == {key: 1}
    (diagnostic,) = result.diagnostics
    assert (diagnostic.id, diagnostic.refuses, diagnostic.mend) == ("KV1013", False, f'quote it: "{written}"')


@pytest.mark.parametrize("written", ["1", "1.5", "true", "123456.5", "-3", "999"])
def test_keys_become_strings(written: str) -> None:
    assert plain(f"{written}: x\n") == {written: "x"}
    assert ids(f"{written}: x\n") == []


@pytest.mark.parametrize("written", ["~", "[a]", "{a: b}", "18446744073709551615", ""])
def test_keys_that_kubectl_refuses(written: str) -> None:
    diagnostic = only(f"d:\n  ? {written}\n  : x\n")
    assert (diagnostic.id, diagnostic.refuses) == ("KV1012", True)


def test_a_key_and_its_string_are_the_same_key() -> None:
    assert ids('1: a\n"1": b\n') == ["KV1003"]


@pytest.mark.parametrize(
    ("written", "style", "raw"),
    [
        ("8080", "plain", "8080"),
        ('"8080"', "double", "8080"),
        ("'80''80'", "single", "80'80"),
        ("|\n  a\n  b\n", "literal", "a\nb\n"),
        (">\n  a\n  b\n", "folded", "a b\n"),
    ],
)
def test_style_and_raw_text_are_kept(written: str, style: str, raw: str) -> None:
    root = read_text(f"v: {written}", "m.yaml").documents[0].root
    assert isinstance(root, Mapping)
    node = root.get("v")
    assert isinstance(node, Scalar)
    assert (node.style, node.raw) == (style, raw)
