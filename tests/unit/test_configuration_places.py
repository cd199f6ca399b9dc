"""Where the keys of a TOML file stand: every key that tomllib reads is found, and where it is written."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.cli.configuration import ConfigurationError, read
from kverify.cli.configuration.places import KeyPath, Places
from kverify.cli.configuration.reading import EXTERNAL_KEYS, KEYS, SUPPRESS_KEYS

TEXT = '''\
# a comment with [brackets] = "and quotes"
a = 1
"b c".'d' = """text
e = "not a key"
"""
[table] # x
dates = [ 1979-05-27 07:32:00Z, 07:32:00,
  { at = 1.5, "in" = [3] }, # ]
]
[[rows]]
id = 'x'
[[rows]]
id = "y#]"
[rows.below]
k = '''


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("a",), 2, 1),
        (("b c",), 3, 1),
        (("b c", "d"), 3, 1),
        (("table",), 6, 1),
        (("table", "dates"), 7, 1),
        (("table", "dates", 1), 7, 33),
        (("table", "dates", 2, "in"), 8, 15),
        (("rows", 0), 10, 1),
        (("rows", 1), 12, 1),
        (("rows", 1, "id"), 13, 1),
        (("rows", 1, "below", "k"), 15, 1),
        (("rows", 1, "reason"), 12, 1),
        (("table", "nowhere"), 6, 1),
        (("nowhere",), 1, 1),
    ],
)
def test_a_key_is_found_where_it_is_written(path: KeyPath, line: int, column: int) -> None:
    text = f"{TEXT}'''\nrows'''''\n"
    tomllib.loads(text)
    assert str(Places("x.toml", text).span(path)) == f"x.toml:{line}:{column}"


def test_what_is_below_a_prefix() -> None:
    places = Places("pyproject.toml", "[tool.other]\npaths = 1\n[tool.kverify]\npaths = 2\n", ("tool", "kverify"))
    assert str(places.span(("paths",))) == "pyproject.toml:4:1"
    assert str(places.span(("nothing",))) == "pyproject.toml:3:1"


SCALARS = st.one_of(
    st.integers(-(2**40), 2**40).map(str),
    st.booleans().map(lambda value: str(value).lower()),
    st.sampled_from(["inf", "+nan", "-0.0", "1e6", "0x1F", "1_000", "1979-05-27", "1979-05-27T07:32:00.5-07:00"]),
    st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"]), max_size=9).map(
        lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    ),
    st.text('a#=[]{}",.- \n', max_size=9).filter(lambda text: "'''" not in text).map(lambda text: f"'''{text}'''"),
    st.text("a#=[]{}',.- \n", max_size=9).map(lambda text: f'"""{text}"""'),
)
NAMES = st.one_of(
    st.text("ab-_1", min_size=1, max_size=3),
    st.text("a. #[]='", max_size=4).map(lambda text: f'"{text}"'),
)
GAPS = st.sampled_from(["", " ", "\n", " # ],}\n\t"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.tuples(st.lists(inner, max_size=3), GAPS, st.booleans()).map(
            lambda drawn: (
                f"[{drawn[1]}{(drawn[1] + ',' + drawn[1]).join(drawn[0])}{',' * (drawn[2] and bool(drawn[0]))}]"
            )
        ),
        st.lists(st.tuples(NAMES, inner), max_size=2).map(
            lambda pairs: "{ " + ", ".join(f"{name} = {value}" for name, value in pairs) + " }"
        ),
    ),
    max_leaves=5,
)
LINES = st.one_of(
    st.tuples(st.lists(NAMES, min_size=1, max_size=2), VALUES).map(
        lambda drawn: f"{' . '.join(drawn[0])} = {drawn[1]}"
    ),
    st.lists(NAMES, min_size=1, max_size=2).map(lambda names: f"[ {'.'.join(names)} ]"),
    st.lists(NAMES, min_size=1, max_size=2).map(lambda names: f"[[{'.'.join(names)}]]  # x"),
    st.sampled_from(["", "# = [", "\t"]),
)


@given(st.lists(LINES, max_size=6).map("\n".join))
def test_all_keys_of_every_file_are_found(text: str) -> None:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    spans = Places("x.toml", text).spans
    everything = dict(keys(content, ()))
    # A table that only others imply ([a.b] implies a) is written nowhere.
    assert {path for path, value in everything.items() if not isinstance(value, dict)} <= spans.keys()
    assert spans.keys() <= everything.keys()
    for path, span in spans.items():
        if isinstance(path[-1], str):
            written = text.split("\n")[span.line - 1][span.column - 1 :]
            assert path[-1] in written


def keys(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    """Every key and item below ``value``, with what it is."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield (*path, name), inner
        yield from keys(inner, (*path, name))


TABLES = {"external": EXTERNAL_KEYS, "suppress": SUPPRESS_KEYS}
CONFIGURATIONS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(KEYS), VALUES).map(lambda pair: f"{pair[0]} = {pair[1]}"),
        st.sampled_from(["[severity]", "[parameters]", "[external]", "[suppress]"]),
        st.sampled_from(sorted(TABLES)).flatmap(
            lambda table: st.lists(st.tuples(st.sampled_from(TABLES[table]), VALUES), max_size=4).map(
                lambda pairs: f"[[{table}]]\n" + "\n".join(f"{key} = {value}" for key, value in pairs)
            )
        ),
    ),
    max_size=4,
).map("\n".join)


@given(CONFIGURATIONS)
def test_any_file_is_a_configuration_or_told_why_not(text: str) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "kverify.toml"
        file.write_text(text, "utf-8")
        try:
            found = read(file)
        except ConfigurationError as error:
            lines = str(error).splitlines()
            assert lines
            assert all(line.startswith(f"{file}:") and line.isprintable() for line in lines)
        else:
            assert all(rule.id.strip() and rule.reason.strip() for rule in found.suppressions)
