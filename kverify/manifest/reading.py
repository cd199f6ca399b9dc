"""What is known while one YAML document is read: where its text stands in the file, its anchors, its problems."""

from __future__ import annotations

import re
from typing import Protocol

from attrs import define, field, frozen

from kverify.manifest import codes
from kverify.manifest.codes import Code
from kverify.manifest.diagnostics import Diagnostic, shown
from kverify.manifest.nodes import MAX_DEPTH, Mapping, Node, Sequence, format_path, walk
from kverify.manifest.source import Extract
from kverify.manifest.span import Span

MAX_PROBLEMS = 1_000
"""So many problems of a file are listed; nobody reads more, and a file of nothing else would fill the memory."""


_ESCAPE = re.compile(r"\\.", re.DOTALL)


class Mark(Protocol):
    """A position as PyYAML gives it: the character's number, from 0, in the document's own text."""

    @property
    def index(self) -> int: ...


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


class Unusual(Exception):
    """Something that only the exact reading of a text knows how to treat."""


@define(eq=False)
class Reading:
    """One document being read. ``text`` is what ``extract`` stands for, character for character; only a line end may
    be added to it. ``opened`` are the collections not closed so far, as their offsets, innermost last.
    """

    extract: Extract
    text: str
    problems: list[Problem] = field(factory=list)
    collections: list[Mapping | Sequence] = field(factory=list)
    anchored: dict[int, Node] = field(factory=dict)
    opened: list[int] = field(factory=list)
    aliased: bool = False
    merged: int = 0
    # The character that stands for a backslash before a single quote, after ``restart``.
    backslash: str = ""

    def restart(self) -> bool:
        """Makes ready for a second parse, that does not see that single quotes are escaped: goyaml, which kubectl uses,
        takes ``\\'`` between double quotes, libyaml does not. False when there are none, or it was done already.
        """
        if self.backslash or "\\'" not in self.text:
            return False
        self.backslash = next(mark for mark in map(chr, range(0xE000, 0xF900)) if mark not in self.text)
        self.text = _ESCAPE.sub(lambda match: self.backslash + "'" if match[0] == "\\'" else match[0], self.text)
        for seen in (self.problems, self.collections, self.opened, self.anchored):
            seen.clear()
        self.aliased, self.merged = False, 0
        return True

    def written(self, value: str, *, double: bool) -> str:
        """A scalar's value with its backslashes."""
        return value.replace(f"{self.backslash}'", "'") if double else value.replace(self.backslash, "\\")

    def point(self, mark: Mark) -> Span:
        """The one character at ``mark``; nothing at the end of a line."""
        width = int(self.text[mark.index : mark.index + 1] not in ("", "\n", "\r"))
        return self.extract.span(mark.index, mark.index + width)

    def report(self, code: Code, message: str, span: Span, mend: str, node: Node | None = None) -> None:
        self.add(Problem(code, message, span, mend, node))

    def add(self, problem: Problem) -> None:
        """Keeps a problem. Raises ``Unreadable`` when there are too many."""
        if len(self.problems) == MAX_PROBLEMS:
            raise Unreadable(too_many(problem.span))
        self.problems.append(problem)

    def diagnostics(self, root: Node | None) -> list[Diagnostic]:
        """All problems, each with the path of its node in ``root``, in the order of the text."""
        if not self.problems:
            return []
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


def too_many(span: Span) -> Problem:
    """The problem of a file that has more problems than anybody would read."""
    return Problem(
        codes.TOO_MANY,
        f"More than {MAX_PROBLEMS:,} problems: what follows here is not read.",
        span,
        "mend those before first; is this a manifest at all?",
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
        f'The key "{shown(name)}" is already set at line {first.line}, column {first.column}; '
        "only this second value would count.",
        second,
        "remove one of the two, or put the missing --- between two objects",
        value,
    )
