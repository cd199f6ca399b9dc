"""The lines of source that a report points at, with a few around them, for those who show it where the files are not.

Around a line of a document that holds a Secret nothing is shown: a report goes further than its manifests.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from attrs import frozen

from kverify.checks.finding import Finding, Report
from kverify.manifest.span import Span
from kverify.report.source import Sources

AROUND = 2
"""Lines shown before and after."""
LONGEST = 2000
"""A file with a line of more characters was written by a machine; that line is not shown."""
_SECRET = re.compile(r"""\s*(-\s+)?["']?kind["']?\s*:\s*["']?Secret\b""")
_DOCUMENT = re.compile(r"---(\s|$)")


@frozen
class Excerpt:
    """Lines of ``file`` that follow each other, the first of which is ``line`` (counted from 1)."""

    file: str
    line: int
    texts: tuple[str, ...]


def excerpts(report: Report, sources: Sources) -> tuple[Excerpt, ...]:
    """What there is to show of every file, in order; nothing of files that cannot be read any more."""
    by_file: dict[str, list[int]] = {}
    for span in _spans(report):
        by_file.setdefault(span.file, []).append(span.line)
    found: list[Excerpt] = []
    for file in sorted(by_file):
        documents = _Documents(file, sources)
        lines = {line for marked in set(by_file[file]) for line in documents.around(marked)}
        found += _runs(file, sorted(lines), sources)
    return tuple(found)


def _spans(report: Report) -> Iterator[Span]:
    for item in (*report.diagnostics, *report.findings, *(one.item for one in report.suppressed)):
        if isinstance(item, Finding):
            yield from (cause.span for cause in item.causes)
        else:
            yield item.span
            yield from (other.span for other in item.related)


class _Documents:
    """Where the YAML documents of a file begin, and which of them hold a Secret. Reads the file once."""

    def __init__(self, file: str, sources: Sources):
        self._file, self._sources = file, sources
        self._starts, self._secret = [1], [False]
        for number in sources.numbers(file):
            text = sources.line(file, number)
            if number > 1 and _DOCUMENT.match(text):
                self._starts.append(number)
                self._secret.append(False)
            elif _SECRET.match(text):
                self._secret[-1] = True

    def around(self, number: int) -> Iterator[int]:
        """The numbers of the lines to show for a mark in line ``number``, without order."""
        if not self._shown(number):
            return
        yield number
        document = self._of(number)
        if self._secret[document]:
            return
        for direction in (-1, 1):
            for line in range(number + direction, number + direction * (AROUND + 1), direction):
                if line < 1 or self._of(line) != document or not self._shown(line):
                    break
                yield line

    def _of(self, number: int) -> int:
        return bisect_right(self._starts, number) - 1

    def _shown(self, number: int) -> bool:
        return 0 < len(self._sources.line(self._file, number)) <= LONGEST


def _runs(file: str, lines: Iterable[int], sources: Sources) -> Iterator[Excerpt]:
    first, texts = 0, list[str]()
    for line in lines:
        if texts and line != first + len(texts):
            yield Excerpt(file, first, tuple(texts))
            texts = []
        if not texts:
            first = line
        texts.append(sources.line(file, line))
    if texts:
        yield Excerpt(file, first, tuple(texts))
