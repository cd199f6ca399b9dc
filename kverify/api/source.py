"""Where a typed object was written: every finding about an object points into this document."""

from __future__ import annotations

from attrs import frozen

from kverify.manifest.nodes import Document, FieldPath, Scalar, parse_path
from kverify.manifest.span import Span

GENERATED = "<generated>"


@frozen(eq=False)
class Source:
    """The document an object was decoded from; for an item of a List, the item's own (``Document.child``).

    ``document`` is ``None`` for objects that kverify or a test made itself. Sources never take part in equality:
    the same object written elsewhere is the same object.
    """

    document: Document | None = None

    @property
    def file(self) -> str:
        return self.document.file if self.document is not None else GENERATED

    def span(self, path: str | FieldPath = ()) -> Span:
        """The span of the deepest existing node on ``path`` (``spec.containers[0].image`` or its parts)."""
        if self.document is None:
            return Span(GENERATED, 1, 1, 1, 1)
        return self.document.locate(parse_path(path) if isinstance(path, str) else path)

    def key_span(self, path: str | FieldPath) -> Span:
        """Like :meth:`span`, of the key itself."""
        if self.document is None:
            return Span(GENERATED, 1, 1, 1, 1)
        return self.document.locate_key(parse_path(path) if isinstance(path, str) else path)

    def part_span(self, path: FieldPath, start: int, end: int) -> Span:
        """Where characters ``start`` to ``end`` of the text at ``path`` are written; the whole text when unknown."""
        node = self.document.node(path) if self.document is not None else None
        return node.part(start, end) if isinstance(node, Scalar) else self.span(path)


NOWHERE = Source()
