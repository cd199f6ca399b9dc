"""A field's span, underlined in its line of source."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from attrs import define, field

from kverify.manifest.files import shown_text
from kverify.manifest.source import SourceText
from kverify.manifest.span import Span

_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ELLIPSIS = "…"


def escape(text: str) -> str:
    """``text`` safe for a terminal: control characters, lone surrogates and marks that turn the writing direction are
    written out, so that a manifest can neither move the cursor nor hide what it says."""
    return text if text.isascii() and text.isprintable() else "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable() or character == "\u00a0":
        return character
    code = ord(character)
    if character in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    if character in _BIDIRECTIONAL or code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\U{code:08x}"


def columns(text: str) -> int:
    """How many columns of a terminal ``text`` takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1 for c in text
    )


@define(eq=False)
class Sources:
    """Lines of files, read when they are first asked for. ``texts`` holds what cannot be read again (``-``).

    ``written`` are the lines of a report that was written down, by file and number: nothing else is read then, for the
    files may be others now, or somebody else's.
    """

    texts: dict[str, str] = field(factory=dict)
    written: Mapping[str, Mapping[int, str]] | None = None
    _read: dict[str, SourceText] = field(factory=dict, init=False)

    def line(self, file: str, number: int) -> str:
        """Line ``number`` of ``file``; empty when there is no such line, or no such file any more."""
        if self.written is not None:
            return self.written.get(file, {}).get(number, "")
        return self._source(file).line(number)

    def numbers(self, file: str) -> Iterable[int]:
        """The numbers of the lines of ``file``, in order; of a report that was written down, of those it has."""
        if self.written is not None:
            return sorted(self.written.get(file, ()))
        return range(1, len(self._source(file).starts()) + 1)

    def _source(self, file: str) -> SourceText:
        if file not in self._read:
            self._read[file] = SourceText(file, self._text(file))
        return self._read[file]

    def _text(self, file: str) -> str:
        if file in self.texts:
            return self.texts[file]
        try:
            # A report must not fail because a file changed or vanished after it was read: it only shows less.
            return shown_text(Path(file).read_bytes())
        except (OSError, ValueError):
            return ""


def underlined(line: str, span: Span, width: int) -> tuple[str, str, str]:
    """The line as shown, the blanks before the underline, and the underline.

    A span over several lines is underlined to the end of its first one. A line that is longer than ``width`` is cut to
    a window around the span's beginning.
    """
    start = min(span.column - 1, len(line))
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    end = max(start + 1, min(end, len(line)))
    begin, stop = 0, len(line)
    if len(line) > width:
        begin = max(0, min(start - width // 3, len(line) - width + 2))
        stop = begin + width - 2
    before = [_cell(character) for character in line[begin:start]]
    # A tab that is itself the problem has to be seen.
    marked = [_cell(character, tab="→ ") for character in line[start : min(end, stop)]]
    shown = [*before, *marked, *(_cell(character) for character in line[min(end, stop) : stop])]
    left = _ELLIPSIS if begin > 0 else ""
    right = _ELLIPSIS if stop < len(line) else ""
    blanks = " " * (columns(left) + columns("".join(before)))
    return f"{left}{''.join(shown)}{right}".rstrip(), blanks, "^" * max(1, columns("".join(marked).rstrip()))


def _cell(character: str, tab: str = "  ") -> str:
    return tab if character == "\t" else _visible(character)
