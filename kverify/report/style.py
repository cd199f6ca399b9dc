"""Colour, where there is a terminal to show it, and wrapped paragraphs."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable
from typing import IO

from attrs import frozen

from kverify.manifest.diagnostics import Severity
from kverify.report.source import escape

MAX_WIDTH = 100
_MIN_WIDTH = 40

_RED, _GREEN, _YELLOW, _BLUE, _BOLD, _DIM = "1;31", "32", "1;33", "1;34", "1", "2"
_SEVERITY = {Severity.ERROR: _RED, Severity.WARNING: _YELLOW, Severity.INFO: _BLUE}


def wants_colour(stream: IO[str]) -> bool:
    """Colour is for terminals, and for people who did not set ``NO_COLOR`` (https://no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream.isatty()


def line_width(stream: IO[str]) -> int:
    """The terminal's width up to 100 columns; 100 where there is no terminal."""
    if not stream.isatty():
        return MAX_WIDTH
    try:
        return max(_MIN_WIDTH, min(MAX_WIDTH, os.get_terminal_size(stream.fileno()).columns))
    except OSError:
        return MAX_WIDTH


@frozen
class Style:
    """How text looks. Without ``colour`` every method gives its text back."""

    colour: bool = False
    width: int = MAX_WIDTH

    def severity(self, severity: Severity, text: str) -> str:
        return self._paint(_SEVERITY[severity], text)

    def bold(self, text: str) -> str:
        return self._paint(_BOLD, text)

    def dim(self, text: str) -> str:
        return self._paint(_DIM, text)

    def patch(self, line: str) -> str:
        """A line of a unified diff."""
        code = {"+": _GREEN, "-": _RED, "@": _BLUE}.get(line[:1], "")
        return self._paint(code, line) if code else line

    def gutter(self, text: str) -> str:
        return self._paint(_BLUE, text)

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def wrap(
        self,
        text: str,
        label: str = "",
        indent: int = 0,
        hang: int | None = None,
        paint: Callable[[str], str] | None = None,
    ) -> list[str]:
        """``text`` after ``label`` in lines of the width, nothing broken inside a word.

        Later lines are indented by ``hang`` (default: as far as the first one's text). The label is painted by
        ``paint``, bold by default. Control characters of the text are escaped.
        """
        first = " " * indent + label
        # Letters stand for the label while the text is wrapped, so that it is neither broken nor painted too early.
        lines = textwrap.wrap(
            escape(text),
            self.width,
            initial_indent="x" * len(first),
            subsequent_indent=" " * (len(first) if hang is None else hang),
            break_long_words=False,
            break_on_hyphens=False,
        )
        if not lines:
            return []
        painted = (paint or self.bold)(label.rstrip()) + " " * (len(label) - len(label.rstrip()))
        return [" " * indent + painted + lines[0][len(first) :], *lines[1:]]
