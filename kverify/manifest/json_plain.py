"""JSON text as plain values at the speed of the ``json`` module, for ``kubectl get -A -o json`` of a whole cluster.

Only what is beyond doubt is read here. Whatever is unusual (a duplicate key, a number out of range, half a surrogate
pair, deep nesting, any error) is left to ``json_text.py``, which reads the same values, knows the place of each, and
says what is wrong. Of the objects read here the nodes are made in the same way, but only when somebody asks.
"""

from __future__ import annotations

import json
import re
from array import array
from functools import partial
from typing import Any, NoReturn

from attrs import define

from kverify.manifest.json_text import JsonDecoder, skip_space
from kverify.manifest.nodes import MAX_DEPTH, Document, Node, Plain
from kverify.manifest.reading import Reading, Unusual
from kverify.manifest.scalars import json_number
from kverify.manifest.source import Extract

_SPACE = r"[ \t\n\r]*+"
_KEY = re.compile(rf'{_SPACE}"([^"\\\x00-\x1f]*+)"{_SPACE}:{_SPACE}')
_AFTER_MEMBER = re.compile(rf"{_SPACE}([,}}])")
_AFTER_ITEM = re.compile(rf"{_SPACE}([,\]]){_SPACE}")
_MAY_BE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
# What may be half a surrogate pair: not always one, since its backslash may be escaped itself.
_HIGH, _LOW = r"\\u[dD][89abAB][0-9a-fA-F]{2}", r"\\u[dD][c-fC-F]"
_MAY_BE_HALF = re.compile(rf"{_HIGH}(?!{_LOW})|(?<!{_HIGH}){_LOW}")
# So many digits fit into 64 bits for certain.
_SAFE_DIGITS = 18


@define(eq=False)
class _Items:
    """The items of one list, each read as nodes when it is asked for. A class, because documents can be pickled."""

    extract: Extract
    offsets: array[int]

    def __call__(self, index: int) -> Node:
        return nodes_at(self.extract, self.offsets[index])


def nodes_at(extract: Extract, offset: int) -> Node:
    """The value at ``offset`` of a text that is known to be JSON."""
    return JsonDecoder(Reading(extract, extract.source.text)).decode(offset)[0]


def read_plain(extract: Extract, start: int) -> tuple[Document, int]:
    """The value at ``start`` as a document, and the offset behind it. Raises ``Unusual``."""
    text = extract.source.text
    offsets: array[int] | None = None
    plain: Plain
    try:
        if text.startswith("{", start):
            plain, end, offsets = _object(text, start)
        else:
            plain, end = _value(text, start)
    except (StopIteration, RecursionError, ValueError) as error:
        raise Unusual(str(error)) from None
    # The first search is fifty times as fast, and few texts pass it.
    if _MAY_BE_SURROGATE.search(text, start, end) and _MAY_BE_HALF.search(text, start, end):
        raise Unusual("half a surrogate pair")
    items = None if offsets is None else _Items(extract, offsets)
    return Document(extract, plain, read=partial(nodes_at, extract, start), read_item=items), end


def _object(text: str, start: int) -> tuple[dict[str, Plain], int, array[int] | None]:
    """The object at ``start``, the offset behind it, and the offsets of its ``items`` if it has such a list."""
    result: dict[str, Plain] = {}
    offsets: array[int] | None = None
    position = start + 1
    key = _KEY.match(text, position)
    if key is None:
        # An empty object, or something wrong.
        plain, end = _value(text, start)
        if plain != {}:
            raise Unusual("a key that is no simple text")
        return {}, end, None
    while key is not None:
        name = key[1]
        if name in result:
            raise Unusual("a duplicate key")
        position = key.end()
        if name == "items" and text.startswith("[", position):
            result[name], position, offsets = _list(text, position)
        else:
            result[name], position = _value(text, position, depth=1)
        after = _AFTER_MEMBER.match(text, position)
        if after is None:
            break
        position = after.end()
        if after[1] == "}":
            return result, position, offsets
        key = _KEY.match(text, position)
    raise Unusual("not JSON, or a key that is no simple text")


def _list(text: str, start: int) -> tuple[list[Plain], int, array[int]]:
    """The list at ``start``, the offset behind it, and the offsets of its items."""
    result: list[Plain] = []
    offsets = array("Q")
    position = skip_space(text, start + 1)
    if text.startswith("]", position):
        return result, position + 1, offsets
    while True:
        offsets.append(position)
        value, position = _value(text, position, depth=2)
        result.append(value)
        after = _AFTER_ITEM.match(text, position)
        if after is None:
            raise Unusual("not JSON")
        if after[1] == "]":
            return result, after.start(1) + 1, offsets
        position = after.end()


def _value(text: str, start: int, depth: int = 0) -> tuple[Plain, int]:
    """The value at ``start``, which stands inside ``depth`` others, and the offset behind it."""
    value, end = _scan(text, start)
    limit = MAX_DEPTH - depth
    # Few values have so many brackets that they could be too deep.
    if text.count("{", start, end) + text.count("[", start, end) > limit and _deeper(value, limit):
        raise Unusual("deep nesting")
    return value, end


def _deeper(value: Plain, limit: int) -> bool:
    """Whether more than ``limit`` collections stand inside each other; ``value`` is one of them."""
    level: list[Any] = [value]
    for _ in range(limit + 1):
        inner = (part for outer in level for part in (outer.values() if isinstance(outer, dict) else outer))
        level = [part for part in inner if isinstance(part, (dict, list))]
        if not level:
            return False
    return True


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Unusual("a duplicate key")
    return result


def _int(digits: str) -> int | float:
    return int(digits) if len(digits) <= _SAFE_DIGITS else _number(digits)


def _number(digits: str) -> int | float:
    value = json_number(digits)
    if value in (float("inf"), float("-inf")):
        raise Unusual("a number out of range")
    return value


def _constant(name: str) -> NoReturn:
    raise Unusual(f"{name} is not JSON")


_scan = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_int, parse_float=_number, parse_constant=_constant
).scan_once  # type: ignore[attr-defined]
