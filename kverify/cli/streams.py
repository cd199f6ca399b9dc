"""Standard output and error, as a terminal, a file or a pipe that somebody closes."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kverify.report.source import Sources


def prepare() -> None:
    """Print what the terminal's encoding cannot show as an escape, instead of failing on it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def abandon_stdout() -> None:
    """Whoever read the output has read enough. Python would complain once more when it flushes at exit."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.close(devnull)


def standard_input(files: Sequence[str], sources: Sources, known: bytes | None = None) -> io.BytesIO | None:
    """Standard input when one of ``files`` is ``-``, kept in ``sources`` so that the report can show its lines.
    ``known`` is what it held, if it was read before."""
    if "-" not in files:
        return None
    from kverify.manifest.files import shown_text

    data = sys.stdin.buffer.read() if known is None else known
    sources.texts["-"] = shown_text(data)
    return io.BytesIO(data)


class Progress:
    """One line on the terminal that says what is being done, rewritten; nothing where stderr is not a terminal."""

    def __init__(self) -> None:
        self._shown = 0
        self._on = sys.stderr.isatty()
        self._began = monotonic()

    def __call__(self, text: str) -> None:
        if self._on:
            seconds = int(monotonic() - self._began)
            line = f"kverify{f' {seconds} s' if seconds else ''}: {text}"[:78]
            sys.stderr.write(f"\r{line.ljust(self._shown)}")
            sys.stderr.flush()
            self._shown = len(line)

    def clear(self) -> None:
        """Make room for the report."""
        if self._shown:
            sys.stderr.write(f"\r{' ' * self._shown}\r")
            sys.stderr.flush()
            self._shown = 0
