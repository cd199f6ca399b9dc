"""The actions of ``grammar/manifest.lark``: nodes from tokens, merge keys, duplicate keys, aliases."""

from __future__ import annotations

from sys import intern
from typing import Any

from attrs import evolve
from lark import Transformer

from kverify.manifest import codes
from kverify.manifest.diagnostics import shown
from kverify.manifest.events import MappingStart, Reference, SequenceStart
from kverify.manifest.nodes import MAX_DEPTH, Mapping, Node, Scalar, Sequence
from kverify.manifest.reading import Problem, Reading, Unreadable, duplicate_key, too_deep
from kverify.manifest.scalars import key_text, resolve_plain
from kverify.manifest.span import Span

# goyaml.v2's limits: small documents may consist of aliases almost wholly, at four million nodes a tenth may.
_FEW_NODES, _MANY_NODES = 400_000, 4_000_000
_FEW_RATIO, _MANY_RATIO = 0.99, 0.10
_MOST_MERGED = 1_000_000


class NodeBuilder(Transformer[Any, Any]):
    """Called by the LALR parser at each reduction, so that no parse tree is ever made.

    It keeps nothing between calls: what belongs to one document is in the ``Reading`` that the tokens carry.
    """

    def start(self, children: list[Any]) -> Node | None:
        return children[0] if children else None

    def opened(self, children: list[Any]) -> MappingStart | SequenceStart:
        return children[0]  # type: ignore[no-any-return]

    def entry(self, children: list[Any]) -> MappingStart:
        opening, key, value = children
        _enter(opening, key, value)
        return opening  # type: ignore[no-any-return]

    def merge(self, children: list[Any]) -> MappingStart:
        opening, key, value = children
        _merge(opening, key, value, value.items if isinstance(value, Sequence) else [value])
        return opening  # type: ignore[no-any-return]

    def merge_aliased(self, children: list[Any]) -> MappingStart:
        """goyaml follows an alias to a mapping, but not one to a list of mappings."""
        opening, key, value = children
        _merge(opening, key, value, [value])
        return opening  # type: ignore[no-any-return]

    def item(self, children: list[Any]) -> SequenceStart:
        opening: SequenceStart
        opening, value = children
        opening.end = max(opening.end, value.end)
        opening.value.append(value.value)
        opening.items.append(value)
        return opening

    def merge_text(self, children: list[Any]) -> Scalar:
        return children[0]  # type: ignore[no-any-return]

    def reference(self, children: list[Any]) -> Node:
        return _referred(children[0])

    def sequence(self, children: list[Any]) -> Sequence:
        opening: SequenceStart
        opening, end = children
        reading = opening.reading
        end = end if opening.flow else opening.end
        node = Sequence(reading.extract, opening.start, end, opening.value, opening.items)
        _finish(reading, opening.anchor, node)
        return node

    def mapping(self, children: list[Any]) -> Mapping:
        opening: MappingStart
        opening, end = children
        reading = opening.reading
        end = end if opening.flow else opening.end
        node = Mapping(reading.extract, opening.start, end, opening.value, opening.keys, opening.values)
        _finish(reading, opening.anchor, node)
        return node


def _finish(reading: Reading, anchor: int | None, node: Mapping | Sequence) -> None:
    reading.collections.append(node)
    if anchor is not None:
        reading.anchored[anchor] = node


def _referred(reference: Reference) -> Node:
    """The anchored node; null, and a diagnostic, when there is none or when the alias stands inside it.

    The parser reduces the anchored node before it comes to the alias, unless the node is not complete yet.
    """
    reading = reference.reading
    if reference.anchor is not None and reference.anchor in reading.anchored:
        return reading.anchored[reference.anchor]
    scalar = Scalar(reading.extract, reference.start, reference.end, None, f"*{reference.name}")
    name = shown(reference.name)
    if reference.anchor is None:
        message = f"The alias *{name} refers to no anchor before it in this document."
        mend = f"write &{name} before the value that is meant; anchors do not reach across ---"
    else:
        message = f"The alias *{name} stands inside the value that it refers to, so it has no end."
        mend = "write the value out"
    reading.report(codes.BAD_ALIAS, message, scalar.span, mend, scalar)
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
        inner = collection.items if isinstance(collection, Sequence) else collection.values
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


def _enter(opening: MappingStart, node: Node, value: Node) -> None:
    """Puts an entry into the mapping, unless kubectl does not take its key."""
    opening.end = max(opening.end, node.end, value.end)
    reading = opening.reading
    key = _key(reading, node, value)
    if key is None:
        return
    name = str(key.value)
    if name in opening.value:
        first = opening.keys[opening.position(name)]
        if name in opening.merged:
            reading.report(
                codes.MERGE_OVERRIDDEN,
                f'The key "{shown(name)}" replaces the one merged in from line {first.span.line}. kubectl takes '
                "that; strict decoding of YAML, as in kubeconform -strict, calls it a key set twice.",
                key.span,
                "write the merged keys out if such a tool reads the file",
                value,
            )
        else:
            reading.add(duplicate_key(name, first.span, key.span, value))
    opening.merged.discard(name)
    _put(opening, name, key, value)


def _put(opening: MappingStart, name: str, key: Scalar, value: Node) -> None:
    if name in opening.value:
        position = opening.position(name)
        opening.keys[position], opening.values[position] = key, value
    else:
        opening.keys.append(key)
        opening.values.append(value)
    opening.value[intern(name)] = value.value


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
            f'The key {shown(node.raw)} is not a string in YAML 1.1; Kubernetes receives the key "{text}" instead.',
            node.span,
            f'quote it: "{shown(node.raw)}"',
            value,
        )
    return evolve(node, value=text)


def _merge(opening: MappingStart, key: Scalar, value: Node, sources: list[Node]) -> None:
    """Puts the entries of the merged mappings in, over those already there, as goyaml.v2 does; of a list the first
    mapping wins.
    """
    opening.end = max(opening.end, key.end, value.end)
    reading = opening.reading
    for source in reversed(sources):
        if not isinstance(source, Mapping):
            reading.report(
                codes.BAD_MERGE,
                "The merge key << needs a mapping or a list of mappings.",
                key.span,
                "refer to an anchored mapping (<<: *name)",
            )
            return
        reading.merged += len(source.keys)
        if reading.merged > _MOST_MERGED:
            raise Unreadable(_bomb(key.span))
        for name, merged_key, merged in zip(source.value, source.keys, source.values, strict=True):
            if name in opening.value and name not in opening.merged:
                first = opening.keys[opening.position(name)]
                reading.report(
                    codes.MERGE_OVERRIDES,
                    f'The merge replaces the key "{shown(name)}" that is written before it at line {first.span.line}.',
                    key.span,
                    "put << first, so that the keys after it override what is merged",
                    merged,
                )
            else:
                opening.merged.add(name)
            _put(opening, name, merged_key, merged)
