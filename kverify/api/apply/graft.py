"""Merged objects as documents: what a manifest says keeps its place in the manifest.

A value that the manifest does not have (it stays from the live object, or is a default) stands where the nearest thing
around it that the manifest has stands.
"""

from __future__ import annotations

from typing import Any

from kverify.api.apply.fields import ListItemError, item_element
from kverify.api.apply.shape import ANY, ListShape, MapShape, Shape
from kverify.api.apply.structured import resolve, same
from kverify.manifest.nodes import Document, Mapping, Node, Scalar, Sequence


def graft(plain: Any, document: Document, shape: Shape) -> Document:
    """``plain`` as a document with the places of ``document``; ``shape`` tells which items of lists belong together."""
    return Document.of(_node(plain, document.root, document.root, shape))


def _node(plain: Any, like: Node | None, place: Node, shape: Shape) -> Node:
    """``like`` is the node the manifest has for the value; ``place`` the nearest one it has."""
    place = like or place
    shape = resolve(shape, plain)
    if isinstance(plain, dict):
        known = like if isinstance(like, Mapping) else None
        keys: list[Scalar] = []
        values: list[Node] = []
        for name, item in plain.items():
            written = known.key(name) if known is not None else None
            keys.append(written or _scalar(name, place))
            inner = shape.field(name) if isinstance(shape, MapShape) else None
            values.append(_node(item, known.get(name) if known else None, place, inner.shape() if inner else ANY))
        return Mapping(place.extract, place.start, place.end, plain, keys, values)
    if isinstance(plain, list):
        element = shape.element() if isinstance(shape, ListShape) else ANY
        items = _items(plain, like, shape)
        nodes = [_node(item, written, place, element) for item, written in zip(plain, items, strict=True)]
        return Sequence(place.extract, place.start, place.end, plain, nodes)
    if isinstance(like, Scalar) and same(like.value, plain):
        return like
    return _scalar(plain, place)


def _scalar(value: Any, place: Node) -> Scalar:
    return Scalar(place.extract, place.start, place.end, value, "" if value is None else str(value))


def _items(plain: list[Any], like: Node | None, shape: Shape) -> list[Node | None]:
    """For each item the node that the manifest has for it: by keys, in atomic lists by position."""
    if not isinstance(like, Sequence):
        return [None] * len(plain)
    if not isinstance(shape, ListShape) or shape.type == "atomic":
        return [like.items[i] if i < len(like.items) else None for i in range(len(plain))]
    written = {_element(shape, node.value): node for node in like.items}
    return [written.get(_element(shape, item)) for item in plain]


def _element(shape: ListShape, item: Any) -> str:
    try:
        return item_element(shape, item)
    except ListItemError:
        return ""
