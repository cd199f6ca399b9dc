"""Merged objects as documents: what a manifest says keeps its place in the manifest.

A value that the manifest does not have (it stays from the live object, or is a default) is nowhere in the tree of
nodes: whoever asks for its place gets that of the nearest thing around it that the manifest has.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from attrs import frozen

from kverify.api.apply.fields import ListItemError, item_element
from kverify.api.apply.shape import ANY, ListShape, MapShape, Shape
from kverify.api.apply.structured import resolve
from kverify.manifest.nodes import Document, Mapping, Node, Scalar, Sequence


def graft(plain: Any, document: Document, shape: Shape) -> Document:
    """``plain`` as a document with the places of ``document``; ``shape`` tells which items of lists belong together."""
    return Document(document.extract, plain, read=_Grafted(plain, document, shape))


@frozen(eq=False)
class _Grafted:
    """The tree of nodes, made when somebody asks for it. Another process is given the tree: shapes are functions, which
    stay where they are."""

    plain: Any
    document: Document
    shape: Shape

    def __call__(self) -> Node:
        return _node(self.plain, self.document.root, self.shape)

    def __reduce__(self) -> tuple[Any, ...]:
        return partial, (_made, self())


def _made(tree: Node) -> Node:
    return tree


def _node(plain: Any, like: Node, shape: Shape) -> Node:
    """The part of ``plain`` that ``like``, the node of the manifest, has too."""
    shape = resolve(shape, plain)
    if isinstance(plain, dict) and isinstance(like, Mapping):
        names = [name for name in plain if name in like.value]
        keys: list[Scalar] = []
        values: list[Node] = []
        for name in names:
            key, value = like.key(name), like.get(name)
            assert key is not None
            assert value is not None
            known = shape.field(name) if isinstance(shape, MapShape) else None
            keys.append(key)
            values.append(_node(plain[name], value, known.shape() if known else ANY))
        return Mapping(like.extract, like.start, like.end, {name: plain[name] for name in names}, keys, values)
    if isinstance(plain, list) and isinstance(like, Sequence):
        element = shape.element() if isinstance(shape, ListShape) else ANY
        found = zip(plain, _items(plain, like, shape), strict=True)
        # An item that the manifest does not have holds its place in the list, and nothing else.
        nodes = [_nothing(like) if node is None else _node(item, node, element) for item, node in found]
        return Sequence(like.extract, like.start, like.end, plain, nodes)
    return like


def _nothing(place: Node) -> Scalar:
    return Scalar(place.extract, place.start, place.end, None, "")


def _items(plain: list[Any], like: Sequence, shape: Shape) -> list[Node | None]:
    """For each item the node that the manifest has for it: by keys, in atomic lists by position."""
    if not isinstance(shape, ListShape) or shape.type == "atomic":
        return [like.items[i] if i < len(like.items) else None for i in range(len(plain))]
    written = {_element(shape, node.value): node for node in like.items}
    return [written.get(_element(shape, item)) for item in plain]


def _element(shape: ListShape, item: Any) -> str:
    try:
        return item_element(shape, item)
    except ListItemError:
        return ""
