"""The short ways that keep no places give what the exact reading gives, and the same nodes when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import Mock, patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.manifest import Document, ReadResult, read_text
from kverify.manifest.nodes import Scalar, walk
from kverify.manifest.reading import Unusual
from tests.unit.manifest.manifest_helpers import box
from tests.unit.manifest.strategies import texts


@contextmanager
def exact() -> Iterator[None]:
    """Only the exact reading."""
    with (
        patch("kverify.manifest.yaml_text._plain_document", Mock(return_value=None)),
        patch("kverify.manifest.json_plain.read_plain", Mock(side_effect=Unusual)),
    ):
        yield


def tree(document: Document) -> list[object]:
    """Everything that is known of the nodes."""
    return [
        (path, box(node.span), type(node), node.value, node.raw if isinstance(node, Scalar) else None)
        for path, node in walk(document.root)
    ]


def whole(result: ReadResult) -> object:
    return (
        result.diagnostics,
        [(document.file, document.origin, document.plain, tree(document)) for document in result.documents],
    )


@given(texts, st.sampled_from(["x.yaml", "x.json"]))
def test_any_text(text: str, file: str) -> None:
    result = read_text(text, file)
    with exact():
        assert whole(read_text(text, file)) == whole(result)
    for document in result.documents:
        assert document.root.value == document.plain


ITEMS = """\
# Source: a/b.yaml
apiVersion: v1
kind: List
more: [1, {items: 2}]
items:
- kind: A   # of the first
  text: |
    one
     two
  list: [x,
    y]

# of the second
-   kind: B
    on: "yes"
    data:
      k: |2
          deep
      l: >-
        folded
         text
- []
- plain
  text
- null
-
- ~
- - nested
  - list
metadata: {items: [x]}
"""


@pytest.mark.parametrize(
    "text",
    [
        ITEMS,
        ITEMS.replace("\n", "\r\n"),
        "items: [{a: 1}, b: 2, [c,\nd], 'e\n  f', ? g : 1]\n",
        "{kind: List, items: [{a: [1, 2]}, {}]}\n",
        '{"kind": "List",\n "items": [ {"a": [1, {"b": null}]},\n  "text" , [ ] ]}\n',
        "items:\n  - a: é😀\n    b: 2\n  - ? {x: 1}\n",
        "items: []\n",
        "items: text\n",
    ],
)
@pytest.mark.parametrize("file", ["x.yaml", "-"])
def test_items_stand_where_they_stand_in_their_list(text: str, file: str) -> None:
    with exact():
        expected = read_text(text, file).documents
    found = read_text(text, file).documents
    assert [document.plain for document in found] == [document.plain for document in expected]
    for one, other in zip(found, expected, strict=True):
        assert isinstance(one.plain, dict)
        items = one.plain["items"]
        for index, item in enumerate(items if isinstance(items, list) else ()):
            child = one.child(("items", index))
            assert tree(child) == tree(other.child(("items", index)))
            assert (child.plain, child.origin) == (item, other.origin)


def test_items_that_are_not_there() -> None:
    (document,) = read_text("items: [a]\n", "x.yaml").documents
    with pytest.raises(KeyError, match=r"items\[1\]"):
        document.child(("items", 1))


def test_added_fields_stand_where_the_object_stands() -> None:
    (document,) = read_text("items:\n- a: 1\n  b: 2\n", "x.yaml").documents
    item = document.child(("items", 0)).extended({"kind": "Pod"})
    assert item.plain == {"kind": "Pod", "a": 1, "b": 2}
    assert [box(item.locate((key,))) for key in ("kind", "a")] == [(2, 3, 3, 7), (2, 6, 2, 7)]
    assert box(item.locate_key(("kind",))) == (2, 3, 3, 7)
    assert item.root.value == item.plain
    with pytest.raises(TypeError):
        document.child(("items", 0, "a")).extended({"kind": "Pod"})
