"""A file cut into logical lines, with its comments set aside.

A line in the first column begins a declaration, an indented one a clause of it, and one that is indented deeper than
the first clause goes on with the clause before; so does one that begins with a closing bracket. Inside texts line ends
mean nothing. What a head defines may begin on the next line, indented deeper than the clauses.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from attrs import define, field, frozen

from kverify.manifest.diagnostics import Diagnostic
from kverify.manifest.span import Span
from kverify.spec.language.problems import SYNTAX, problem
from kverify.spec.language.syntax import Comment

_PIECE = re.compile(
    r'(?P<text>"""(?:\\[\s\S]|(?!""")[^\\])*"""|"(?!"")(?:\\.|[^"\\\n])*"|""(?!"))'
    r'|(?P<unclosed>""")|(?P<comment>\#[^\n]*)|(?P<newline>\n)|(?P<close>[)\]])|(?P<blank>[ \t\r]+)'
    r"|(?P<other>[\s\S])"
)


@frozen(eq=False, slots=False)
class Source:
    """A text with a name, that turns offsets into places."""

    name: str
    text: str

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The characters from ``start`` to ``end``."""
        return Span(self.name, *self.position(start), *self.position(max(start, end)))


@frozen
class Line:
    """A logical line: the characters from ``start`` to ``end``. ``head``: it begins in the first column."""

    start: int
    end: int
    head: bool


@define
class Lines:
    """What a file consists of."""

    lines: list[Line] = field(factory=list)
    comments: list[Comment] = field(factory=list)
    problems: list[Diagnostic] = field(factory=list)


@frozen
class _Piece:
    kind: str
    start: int
    end: int


def _pieces(text: str) -> Iterator[_Piece]:
    for match in _PIECE.finditer(text):
        assert match.lastgroup is not None
        yield _Piece(match.lastgroup, match.start(), match.end())


def cut(source: Source) -> Lines:
    """The logical lines of ``source``."""
    found = Lines()
    indent: int | None = None
    body: int | None = None  # The column of the body of a definition that begins on the line after its "=".
    begin = end = None
    at_line_start, column = True, 0
    for piece in _pieces(source.text):
        if piece.kind == "newline":
            at_line_start, column = True, 0
        elif piece.kind == "blank":
            column += (piece.end - piece.start) if at_line_start else 0
        elif piece.kind == "comment":
            line, _ = source.position(piece.start)
            text = source.text[piece.start : piece.end].rstrip()
            found.comments.append(Comment(text, line, alone=at_line_start))
        elif piece.kind == "unclosed":
            span = source.span(piece.start, piece.end)
            found.problems.append(problem(SYNTAX, "this text is never closed", span, 'close it with """'))
            if begin is not None and not at_line_start:
                end = None
            else:
                _take(found, begin, end, indent)
            return found
        else:
            if body is None and indent is None and at_line_start and end is not None and _unfinished(source, end):
                body = column
            goes_on = piece.kind == "close" or (body is not None and column >= body > 0)
            if at_line_start and not goes_on and (column == 0 or indent is None or column <= indent):
                _take(found, begin, end, indent)
                body = None
                indent = None if column == 0 else column if indent is None else indent
                begin = piece.start
            at_line_start = False
            if begin is None:
                begin = piece.start
            end = piece.end
    _take(found, begin, end, indent)
    return found


def _unfinished(source: Source, end: int) -> bool:
    """The head of a definition ends in ``=``: what it defines is on the next lines."""
    return source.text[end - 1] == "="


def _take(found: Lines, begin: int | None, end: int | None, indent: int | None) -> None:
    if begin is not None and end is not None:
        found.lines.append(Line(begin, end, head=indent is None))
