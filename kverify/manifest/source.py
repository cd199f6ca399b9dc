"""The text of one file, shared by all its documents, so that a report can show the line it speaks of."""

from __future__ import annotations

import re
from bisect import bisect_right

from attrs import define, field

_LINE_END = re.compile(r"\r\n|\r|\n")


@define(eq=False)
class SourceText:
    """A file's text. Lines are split only when somebody asks, because most files are read without a finding.

    A line ends with LF, CRLF or CR, as in every editor. YAML 1.1 also ends lines with U+0085, U+2028 and U+2029; an
    editor does not, and the positions we print must be the editor's.
    """

    file: str
    text: str
    _lines: list[str] | None = field(default=None, init=False, repr=False)
    _starts: list[int] | None = field(default=None, init=False, repr=False)

    def line(self, number: int) -> str:
        """Line ``number`` (from 1) without its line end; empty when the file has no such line."""
        if self._lines is None:
            self._lines = _LINE_END.split(self.text)
        return self._lines[number - 1] if 1 <= number <= len(self._lines) else ""

    def starts(self) -> list[int]:
        """The offset at which each line begins; the first is 0."""
        if self._starts is None:
            self._starts = [0, *(match.end() for match in _LINE_END.finditer(self.text))]
        return self._starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of the character at ``offset``."""
        starts = self.starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1
