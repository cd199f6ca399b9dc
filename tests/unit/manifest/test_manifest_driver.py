"""The loop over Lark's table does what Lark's own loop does."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lark import Lark, Transformer
from lark.exceptions import UnexpectedToken
from lark.lexer import Lexer, Token

from kverify.manifest.driver import TableParser
from kverify.resources import data_file

KINDS = (
    *("SCALAR", "MERGE", "ALIAS", "MAPPING_START", "MAPPING_END", "SEQUENCE_START", "SEQUENCE_END"),
    "DOCUMENT_END",
)


class Tokens(Lexer):
    """Lark's own tokens from a list of names."""

    __future_interface__ = 2

    def __init__(self, lexer_conf: object) -> None:
        pass

    def lex(self, lexer_state: Any, parser_state: object) -> Iterator[Token]:  # noqa: ARG002 (Lark calls it so)
        return (Token(name, str(number)) for number, name in enumerate(lexer_state.text))


class Pairs(Tokens):
    """The same tokens for our loop."""

    def lex(self, lexer_state: Any, parser_state: object) -> Iterator[Any]:
        return ((token.type, token) for token in super().lex(lexer_state, parser_state))


class Trace(Transformer[Any, Any]):
    """The name of each action with what it is given."""

    def __default__(self, data: Any, children: Any, meta: Any) -> Any:
        return (str(data), *map(str, children))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name.isupper():
            raise AttributeError(name)
        return lambda children: (name, *children)


def parser(lexer: type[Lexer], **plugins: Any) -> Lark:
    return Lark(
        data_file("grammar", "manifest.lark").read_text("utf-8"),
        parser="lalr",
        lexer=lexer,
        transformer=Trace(),
        maybe_placeholders=False,
        _plugins=plugins,
    )


OURS, LARKS = parser(Pairs, LALR_Parser=TableParser), parser(Tokens)


def result(of: Lark, names: list[str]) -> Any:
    try:
        return of.parse(names)
    except UnexpectedToken as error:
        return error.token.type, error.expected


leaves = st.sampled_from([["SCALAR"], ["MERGE"], ["ALIAS"]])
trees: st.SearchStrategy[list[str]] = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: ["SEQUENCE_START", *chain(*items), "SEQUENCE_END"])
        | st.lists(st.tuples(inner, inner).map(lambda pair: [*pair[0], *pair[1]]), max_size=3).map(
            lambda pairs: ["MAPPING_START", *chain(*pairs), "MAPPING_END"]
        )
    ),
    max_leaves=12,
)


@given(trees)
def test_documents_are_read_alike(names: list[str]) -> None:
    found = result(OURS, [*names, "DOCUMENT_END"])
    assert found == result(LARKS, [*names, "DOCUMENT_END"])
    assert found[0] == "start"


@given(st.lists(st.sampled_from(KINDS), max_size=12))
def test_what_the_grammar_does_not_allow_is_refused_alike(names: list[str]) -> None:
    assert result(OURS, names) == result(LARKS, names)


@pytest.mark.parametrize("names", [["SCALAR"], ["MAPPING_START", "SCALAR", "DOCUMENT_END"], ["DOCUMENT_END"]])
def test_incomplete_documents_are_refused(names: list[str]) -> None:
    with pytest.raises(UnexpectedToken):
        OURS.parse(names)
