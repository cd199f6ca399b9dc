"""The actions of ``grammar/manifest.lark``: nodes from tokens, merge keys, duplicate keys, aliases."""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar

from attrs import evolve, frozen
from lark import Token, Transformer

from kverify.manifest import codes
from kverify.manifest.events import Opening, Reference
from kverify.manifest.nodes import MAX_DEPTH, Entry, Mapping, Node, Scalar, Sequence
from kverify.manifest.reading import Problem, Reading, Unreadable, duplicate_key, too_deep
from kverify.manifest.scalars import key_text, resolve_plain
from kverify.manifest.span import Span

# goyaml.v2's limits: small documents may consist of aliases almost wholly, at four million nodes a tenth may.
_FEW_NODES, _MANY_NODES = 400_000, 4_000_000
_FEW_RATIO, _MANY_RATIO = 0.99, 0.10
_MOST_MERGED = 1_000_000


@frozen(eq=False)
class Merge:
    """A ``<<`` key of a mapping and what is to be merged. goyaml follows an alias to a mapping, but not to a list."""

    key: Scalar
    value: Node
    aliased: bool


Pair: TypeAlias = tuple[Node, Node]
_Collection = TypeVar("_Collection", Mapping, Sequence)


class Builder(Transformer[Any, Any]):
    """Called by the LALR parser at each reduction, so that no parse tree is ever made.

    It keeps nothing between calls: what belongs to one document is in the ``Reading`` that the tokens carry.
    """

    def start(self, children: list[Any]) -> Node | None:
        return _node(children[0]) if children else None

    def entry(self, children: list[Any]) -> Pair:
        return _node(children[0]), _node(children[1])

    def merge(self, children: list[Any]) -> Merge:
        key, value = children
        return Merge(key.value, _node(value), isinstance(value, Token) and value.type == "ALIAS")

    def sequence(self, children: list[Any]) -> Sequence:
        opening: Opening = children[0].value
        items = tuple(map(_node, children[1:-1]))
        span = _extent(opening, children[-1].value, items[-1:])
        return _finished(opening, Sequence(span, items))

    def mapping(self, children: list[Any]) -> Mapping:
        opening: Opening = children[0].value
        reading = opening.reading
        entries: dict[str, Entry] = {}
        written: dict[str, Scalar] = {}
        last: tuple[Node, ...] = ()
        for child in children[1:-1]:
            if isinstance(child, Merge):
                last = (child.key, child.value)
                _merge(reading, child, entries, written)
                continue
            last = child
            key = _key(reading, *child)
            if key is None:
                continue
            name = str(key.value)
            if name in written:
                reading.problems.append(duplicate_key(name, written[name].span, key.span, child[1]))
            written[name] = key
            entries[name] = Entry(key, child[1])
        span = _extent(opening, children[-1].value, last)
        return _finished(opening, Mapping(span, tuple(entries.values())))


def _node(child: Any) -> Node:
    """The node that a rule's child is, or that its token stands for."""
    if not isinstance(child, Token):
        return child  # type: ignore[no-any-return]
    value: Scalar | Reference = child.value
    return _referred(value) if isinstance(value, Reference) else value


def _referred(reference: Reference) -> Node:
    """The anchored node; null, and a diagnostic, when there is none or when the alias stands inside it.

    The parser reduces the anchored node before it comes to the alias, unless the node is not complete yet.
    """
    reading = reference.reading
    if reference.anchor is not None and reference.anchor in reading.anchored:
        return reading.anchored[reference.anchor]
    scalar = Scalar(reference.span, None, f"*{reference.name}")
    if reference.anchor is None:
        message = f"The alias *{reference.name} refers to no anchor before it in this document."
        mend = f"write &{reference.name} before the value that is meant; anchors do not reach across ---"
    else:
        message = f"The alias *{reference.name} stands inside the value that it refers to, so it has no end."
        mend = "write the value out"
    reading.report(codes.BAD_ALIAS, message, reference.span, mend, scalar)
    return scalar


def check_aliases(reading: Reading) -> None:
    """Raises ``Unreadable`` when the document, its aliases followed, is too deep or too big to be walked.

    Every collection comes after those inside it, so one pass counts without following any alias twice.
    """
    if not reading.aliased:
        return
    sizes: dict[int, int] = {}
    heights: dict[int, int] = {}
    own = 0
    for collection in reading.collections:
        if isinstance(collection, Sequence):
            inner: list[Node] = list(collection.items)
        else:
            inner = [entry.value for entry in collection.entries]
        own += 1 + len(inner)
        sizes[id(collection)] = size = 1 + sum(sizes.get(id(node), 1) for node in inner)
        heights[id(collection)] = height = 1 + max((heights.get(id(node), 0) for node in inner), default=0)
        if height > MAX_DEPTH:
            raise Unreadable(too_deep(collection.span))
        if size > _allowed(own, size):
            raise Unreadable(_bomb(collection.span))


def _allowed(own: int, size: int) -> float:
    """The greatest size that so many nodes of a document's own may expand to; see ``allowedAliasRatio`` in goyaml."""
    if size <= _FEW_NODES:
        ratio = _FEW_RATIO
    elif size >= _MANY_NODES:
        ratio = _MANY_RATIO
    else:
        ratio = _FEW_RATIO - (_FEW_RATIO - _MANY_RATIO) * (size - _FEW_NODES) / (_MANY_NODES - _FEW_NODES)
    # goyaml does not judge documents of fewer than a thousand nodes.
    return max(1_000, own / (1 - ratio))


def _bomb(span: Span) -> Problem:
    return Problem(
        codes.BAD_ALIAS,
        "The aliases inside this value expand to far more than is written; kubectl refuses that as an attack.",
        span,
        "write the values out",
    )


def _finished(opening: Opening, node: _Collection) -> _Collection:
    opening.reading.collections.append(node)
    if opening.anchor is not None:
        opening.reading.anchored[opening.anchor] = node
    return node


def _extent(opening: Opening, closing: Span, last: tuple[Node, ...]) -> Span:
    """From the opening to the closing bracket, or to the end of the last thing in a block.

    libyaml ends a block where the next one begins, comments and empty lines later. An alias as the last thing has the
    place of its anchor, which lies before.
    """
    if opening.flow:
        ends = [(closing.end_line, closing.end_column)]
    else:
        ends = [(span.end_line, span.end_column) for span in (opening.span, *(node.span for node in last))]
    start = opening.span
    return Span(start.file, start.line, start.column, *max(ends), start.origin)


def _key(reading: Reading, node: Node, value: Node) -> Scalar | None:
    """The key as a string, or None (and a diagnostic) for a key that kubectl refuses."""
    if not isinstance(node, Scalar):
        kind = "mapping" if isinstance(node, Mapping) else "list"
        reading.report(
            codes.BAD_KEY, f"A {kind} cannot be a key.", node.span, "quote the key if it is meant as text", value
        )
        return None
    if isinstance(node.value, str):
        return node
    is_number = isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
    # As a key 1e6 stays the float that it is written as; as a value JSON makes it 1000000.
    text = key_text(resolve_plain(node.raw) if is_number else node.value)
    if text is None:
        what = "null" if node.value is None else "a number beyond 64 bits"
        reading.report(codes.BAD_KEY, f"A key cannot be {what}; kubectl refuses it.", node.span, "quote the key", value)
        return None
    if text != node.raw and node.style == "plain":
        reading.report(
            codes.RETYPED_KEY,
            f'The key {node.raw} is not a string in YAML 1.1; Kubernetes receives the key "{text}" instead.',
            node.span,
            f'quote it: "{node.raw}"',
            value,
        )
    return evolve(node, value=text)


def _merge(reading: Reading, merge: Merge, entries: dict[str, Entry], written: dict[str, Scalar]) -> None:
    """Puts the entries of the merged mappings in, over those already there, as goyaml.v2 does; of a list the first
    mapping wins.
    """
    sources: tuple[Node, ...] = (merge.value,)
    if isinstance(merge.value, Sequence) and not merge.aliased:
        sources = merge.value.items
    for source in reversed(sources):
        if not isinstance(source, Mapping):
            reading.report(
                codes.BAD_MERGE,
                "The merge key << needs a mapping or a list of mappings.",
                merge.key.span,
                "refer to an anchored mapping (<<: *name)",
            )
            return
        reading.merged += len(source.entries)
        if reading.merged > _MOST_MERGED:
            raise Unreadable(_bomb(merge.key.span))
        for entry in source.entries:
            name = str(entry.key.value)
            if name in written:
                reading.report(
                    codes.MERGE_OVERRIDES,
                    f'The merge replaces the key "{name}" that is written before it at line {written[name].span.line}.',
                    merge.key.span,
                    "put << first, so that the keys after it override what is merged",
                    entry.value,
                )
            entries[name] = entry
