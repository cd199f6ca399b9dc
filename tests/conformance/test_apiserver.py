"""Agreement with recorded answers of a real API server (v1.36.2), row by row.

What is compared is in ``benchmarks/_recordings``; ``python -m benchmarks.apiserver`` prints the same as a table.
"""

from __future__ import annotations

import pytest

from benchmarks._recordings.files import RECORDINGS, Recording
from benchmarks._recordings.rows import TRACES, Row

pytestmark = pytest.mark.skipif(not TRACES.is_dir(), reason="the recordings are not here")

LEAST = {"admission.jsonl": 400, "defaults.jsonl": 100, "apply.jsonl": 150, "quantities.jsonl": 300, "cron.jsonl": 100}
"""How many rows there are at least."""

CASES = [(recording, number, row) for recording in RECORDINGS for number, row in enumerate(recording.cases())]


def _name(case: tuple[Recording, int, Row]) -> str:
    recording, number, row = case
    return f"{recording.file.partition('.')[0]}-{row.get('id', number)}"


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.file)
def test_there_are_recordings(recording: Recording) -> None:
    assert len(recording.cases()) >= LEAST[recording.file]


@pytest.mark.parametrize("case", CASES, ids=map(_name, CASES))
def test_same_answer(case: tuple[Recording, int, Row]) -> None:
    """The same verdict, the same fields, the same object."""
    recording, _, row = case
    compared = recording.compare(row)
    assert compared.agrees, (compared.said, compared.answer, *map(str, compared.differences))
