"""Comments as other languages have them: ``// like this`` begins none in YAML, and becomes part of what is before."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kverify.manifest import codes
from kverify.manifest.nodes import Document, Scalar, walk
from kverify.manifest.reading import Problem, Reading

MARK = " //"
_TAIL = re.compile(r"\s//(?:\s.*)?\Z", re.DOTALL)
_MEND = "begin comments with #"


def foreign_comment(reading: Reading, index: int) -> Problem | None:
    """The problem of a text that stops being YAML at ``index``, if what stands there is a ``//`` comment."""
    if not reading.text.startswith("//", index):
        return None
    end = reading.text.find("\n", index)
    span = reading.extract.span(index, end if end >= 0 else len(reading.text))
    return Problem(codes.SYNTAX, "In YAML // begins no comment.", span, _MEND)


def swallowed_comments(document: Document) -> Iterator[Problem]:
    """A warning for every unquoted value that ends in what looks like a ``//`` comment: it is part of the value."""
    seen: set[int] = set()
    for _, node in walk(document.root):
        if not isinstance(node, Scalar) or node.style != "plain" or id(node) in seen:
            continue
        seen.add(id(node))
        if _TAIL.search(node.raw):
            message = "In YAML // begins no comment, so this is all one value."
            yield Problem(codes.COMMENT_TEXT, message, node.span, f"{_MEND}, or quote the value if it is meant", node)
