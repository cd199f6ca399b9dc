"""Places in source text: every node keeps its span, every diagnostic points at a field."""

from __future__ import annotations

from attrs import frozen


@frozen(order=True)
class Span:
    """A stretch of a source file. Lines and columns count from 1; the end is exclusive.

    ``file`` is what the user typed (or ``-`` for standard input); ``origin`` is the file that Helm
    or kustomize says it was rendered from, if they do.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    origin: str | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"
