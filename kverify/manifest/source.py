"""The text of one file, shared by all its documents, and the places in it."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from itertools import accumulate

from attrs import define, field, frozen

from kverify.manifest.span import Span

_LINE_END = re.compile(r"\r\n|\r|\n")


@define(eq=False)
class SourceText:
    """A file's text. Lines are looked for only when somebody asks, because most files are read without a finding.

    A line ends with LF, CRLF or CR, as in every editor. YAML 1.1 also ends lines with U+0085, U+2028 and U+2029; an
    editor does not, and the positions we print must be the editor's. ``folder`` is where the text was rendered from, if
    that is known.
    """

    file: str
    text: str
    folder: str = ""
    _starts: array[int] | None = field(default=None, init=False, repr=False)

    def line(self, number: int) -> str:
        """Line ``number`` (from 1) without its line end; empty when the file has no such line."""
        starts = self.starts()
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def starts(self) -> array[int]:
        """The offset at which each line begins; the first is 0."""
        if self._starts is None:
            if "\r" in self.text:
                ends = [match.end() for match in _LINE_END.finditer(self.text)]
            else:
                ends = list(accumulate(len(line) + 1 for line in self.text.split("\n")))[:-1]
            self._starts = array("Q", (0, *ends))
        return self._starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of the character at ``offset``."""
        starts = self.starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1


@frozen(eq=False)
class Extract:
    """The stretch of a file that holds one document: ``length`` characters from ``offset``. The places of its nodes
    are offsets into it. ``origin`` is the file that Helm or kustomize says it was rendered from, if they do.
    """

    source: SourceText
    offset: int
    length: int
    origin: str | None = None

    @property
    def file(self) -> str:
        return self.source.file

    def span(self, start: int, end: int) -> Span:
        """The characters from ``start`` up to ``end``; what lies behind the last one counts as its end."""
        line, column = self.position(start)
        end_line, end_column = self.position(end)
        return Span(self.source.file, line, column, end_line, end_column, self.origin)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column in the file, both from 1."""
        return self.source.position(self.offset + min(offset, self.length))
