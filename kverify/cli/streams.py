"""Standard output and error, as a terminal, a file or a pipe that somebody closes."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from shutil import get_terminal_size
from time import monotonic
from typing import TYPE_CHECKING, Any, TextIO

from kverify.textfile import reason

if TYPE_CHECKING:
    from kverify.report.source import Sources


class Unprintable(Exception):
    """Standard output takes no more, and somebody waits for it: the disk is full. The message says why."""


class _Printed(io.TextIOWrapper):
    """Standard output. Raises ``Unprintable``, and ``BrokenPipeError`` once nobody reads it any more."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError as error:
            raise self._refused(error) from error

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> Exception:
        abandon(self)
        return error if isinstance(error, BrokenPipeError) else Unprintable(reason(error))


class _Aside(io.TextIOWrapper):
    """Standard error. What is found stands, and is printed, whether or not anything can be said beside it."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError:
            abandon(self)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            abandon(self)


def prepare() -> None:
    """Print what the terminal's encoding cannot show as an escape, instead of failing on it. A stream that is closed
    gets nothing, and says nothing: the next file to be opened would be taken for it by every child."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # Those of Python alone: others are put there by whoever runs us, and are theirs.
    if type(sys.stdout) is io.TextIOWrapper and sys.stdout is sys.__stdout__:
        sys.stdout = _Printed(**_like(sys.stdout))
    if type(sys.stderr) is io.TextIOWrapper and sys.stderr is sys.__stderr__:
        sys.stderr = _Aside(**_like(sys.stderr))


def _like(stream: io.TextIOWrapper) -> dict[str, Any]:
    return {
        "buffer": stream.buffer,
        "encoding": stream.encoding,
        "errors": stream.errors,
        "line_buffering": stream.line_buffering,
        "write_through": stream.write_through,
    }


def abandon(stream: TextIO) -> None:
    """Let what is still to be written go nowhere: whoever read it has read enough, or it cannot be written. Python
    would complain once more when it flushes at exit."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, stream.fileno())
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
        self._most = min(80, get_terminal_size().columns) - 2
        self._began = monotonic()

    def __call__(self, text: str) -> None:
        if self._on:
            seconds = int(monotonic() - self._began)
            line = f"kverify{f' {seconds} s' if seconds else ''}: {text}"[: self._most]
            sys.stderr.write(f"\r{line.ljust(self._shown)}")
            sys.stderr.flush()
            self._shown = len(line)

    def clear(self) -> None:
        """Make room for the report."""
        if self._shown:
            sys.stderr.write(f"\r{' ' * self._shown}\r")
            sys.stderr.flush()
            self._shown = 0
