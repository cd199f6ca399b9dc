"""Which comparison a file of recordings is for, as its rows tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from benchmarks._recordings import admissions, applies, quantities, schedules, stored
from benchmarks._recordings.rows import TRACES, Comparison, Row, read


@frozen
class Recording:
    """One kind of recording: the file it usually is in, the keys that its rows have, and how a row is compared."""

    file: str
    keys: frozenset[str]
    compare: Callable[[Row], Comparison]
    comparable: Callable[[Row], bool] = lambda _row: True

    def cases(self) -> list[Row]:
        """The rows of the recording beside the checkout; none when it is not there."""
        return [row for row in read(TRACES / self.file) if self.comparable(row)]


RECORDINGS = (
    Recording("admission.jsonl", frozenset({"manifest", "accepted"}), admissions.compare),
    Recording("defaults.jsonl", frozenset({"sent", "stored"}), stored.compare),
    Recording("apply.jsonl", frozenset({"mode", "first", "second", "result"}), applies.compare),
    Recording("quantities.jsonl", frozenset({"text", "stored", "count"}), quantities.compare, quantities.is_comparable),
    Recording("cron.jsonl", frozenset({"schedule", "timeZone"}), schedules.compare),
)
BY_FILE = {recording.file: recording for recording in RECORDINGS}


def recognise(rows: list[Row]) -> Recording | None:
    """The kind of some rows, None when they are of no kind."""
    if not rows:
        return None
    return next((each for each in RECORDINGS if all(each.keys <= row.keys() for row in rows)), None)


def compare_file(path: Path) -> tuple[Recording, list[Comparison]] | None:
    """Every row of a file compared; None when it holds no recordings of a known kind. Raises ``OSError`` when it cannot
    be read, ``ValueError`` when it is no JSON lines."""
    path.stat()
    rows: list[Row] = list(read(path))
    found = recognise(rows)
    if found is None:
        return None
    return found, [found.compare(row) for row in rows if found.comparable(row)]
