"""What is known while one YAML document is read: where its text stands in the file, its anchors, its problems."""

from __future__ import annotations

from typing import Protocol

from attrs import define, field, frozen

from kverify.manifest import codes
from kverify.manifest.codes import Code
from kverify.manifest.diagnostics import Diagnostic
from kverify.manifest.nodes import MAX_DEPTH, Mapping, Node, Sequence, format_path, walk
from kverify.manifest.source import SourceText
from kverify.manifest.span import Span


class Mark(Protocol):
    """A position as PyYAML gives it: all three count from 0, and from the beginning of the document's own text."""

    @property
    def index(self) -> int: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


@frozen
class Problem:
    """A diagnostic in the making. ``node`` is what it is about; the field's path is looked up when all is read."""

    code: Code
    message: str
    span: Span
    mend: str = ""
    node: Node | None = field(default=None, eq=False)

    def diagnostic(self, path: str = "") -> Diagnostic:
        return Diagnostic(
            id=self.code.id,
            severity=self.code.severity,
            message=self.message,
            span=self.span,
            path=path,
            mend=self.mend,
        )


class Unreadable(Exception):
    """The document cannot be read to its end; the problem says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@define(eq=False)
class Reading:
    """One document being read. ``text`` is its stretch of the file, which begins at ``offset``, character for
    character; only a line end may be added to it. ``opened`` are the collections not closed so far, innermost last.
    """

    source: SourceText
    text: str
    offset: int
    line: int
    origin: str | None = None
    problems: list[Problem] = field(factory=list)
    collections: list[Mapping | Sequence] = field(factory=list)
    anchored: dict[int, Node] = field(factory=dict)
    opened: list[Span] = field(factory=list)
    aliased: bool = False
    merged: int = 0
    _odd_lines: bool = field(init=False)
    _length: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._odd_lines = not self.text.isascii() and any(end in self.text for end in "\x85\u2028\u2029")
        self._length = min(len(self.text), len(self.source.text) - self.offset)

    def place(self, mark: Mark) -> tuple[int, int]:
        """Line and column in the file, from 1."""
        if self._odd_lines or mark.index >= self._length:
            # libyaml began new lines where no editor does, or a last one after the end of the text.
            return self.source.position(self.offset + min(mark.index, self._length))
        return self.line + mark.line, mark.column + 1

    def span(self, start: Mark, end: Mark) -> Span:
        if self._odd_lines or end.index >= self._length:
            return Span(self.source.file, *self.place(start), *self.place(end), self.origin)
        line = self.line
        return Span(
            self.source.file,
            line + start.line,
            start.column + 1,
            line + end.line,
            end.column + 1,
            self.origin,
        )

    def point(self, mark: Mark) -> Span:
        """The one character at ``mark``; nothing at the end of a line."""
        line, column = self.place(mark)
        width = int(self.text[mark.index : mark.index + 1] not in ("", "\n", "\r"))
        return Span(self.source.file, line, column, line, column + width, self.origin)

    def report(self, code: Code, message: str, span: Span, mend: str, node: Node | None = None) -> None:
        self.problems.append(Problem(code, message, span, mend, node))

    def diagnostics(self, root: Node | None) -> list[Diagnostic]:
        """All problems, each with the path of its node in ``root``, in the order of the text."""
        paths: dict[int, str] = {}
        if root is not None:
            wanted = {id(problem.node) for problem in self.problems if problem.node is not None}
            if wanted:
                paths = {id(node): format_path(path) for path, node in walk(root) if id(node) in wanted}
        ordered = sorted(self.problems, key=lambda problem: (problem.span.line, problem.span.column))
        return [problem.diagnostic(paths.get(id(problem.node), "")) for problem in ordered]


def too_deep(span: Span) -> Problem:
    """The problem of nesting beyond ``MAX_DEPTH``, in YAML and in JSON."""
    return Problem(
        codes.TOO_DEEP,
        f"The nesting is deeper than {MAX_DEPTH} levels, which no Kubernetes object needs.",
        span,
        "flatten it",
    )


def hidden_document(span: Span) -> Problem:
    """The problem of a document that kubectl drops without a word."""
    return Problem(
        codes.HIDDEN_DOCUMENT,
        "A second document begins here, but kubectl reads only the first and drops this one.",
        span,
        "separate documents with a line that is only ---",
    )


def duplicate_key(name: str, first: Span, second: Span, value: Node) -> Problem:
    """The problem of a key that is written twice; it points at the second and names the place of the first."""
    return Problem(
        codes.DUPLICATE_KEY,
        f'The key "{name}" is already set at line {first.line}, column {first.column}; '
        "only this second value would count.",
        second,
        "remove one of the two, or put the missing --- between two objects",
        value,
    )
