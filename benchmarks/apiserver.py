"""Agreement with recorded answers of a real API server.

    python -m benchmarks.apiserver [FILE...]

A file holds the rows of ``admission.jsonl``, ``defaults.jsonl``, ``apply.jsonl``, ``quantities.jsonl`` or
``cron.jsonl`` (``../shared/traces/README.md``); which one, its rows tell. Without files those beside the checkout are
compared. Prints the agreement of each file and of each kind, and explains the first disagreements. Exit code 1 on any
disagreement, 2 when a file cannot be read or is of no known kind.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks._recordings.files import RECORDINGS, compare_file
from benchmarks._recordings.rows import TRACES, Comparison

EXPLAINED = 10
"""How many disagreements of a file are explained."""

_MOST_DIFFERENCES = 8


def main(files: Sequence[str] = ()) -> int:
    """Compare files, or the recordings beside the checkout; returns the exit code."""
    paths = [Path(file) for file in files] or [p for r in RECORDINGS if (p := TRACES / r.file).is_file()]
    if not paths:
        print(f"no recordings: {TRACES} is not there")
    code = 0
    for path in paths:
        code = max(code, _report(path))
    return code


def _report(path: Path) -> int:
    try:
        compared = compare_file(path)
    except (OSError, ValueError) as error:
        print(f"{path}: cannot be read: {error}", file=sys.stderr)
        return 2
    if compared is None:
        known = ", ".join(recording.file for recording in RECORDINGS)
        print(f"{path}: these are not rows of {known}", file=sys.stderr)
        return 2
    recording, rows = compared
    right = [row for row in rows if row.agrees]
    print(f"{path.name} ({recording.file}): {len(right)} of {len(rows)} agree")
    total, agreed = Counter(row.kind for row in rows), Counter(row.kind for row in right)
    if len(total) > 1:
        width = max(map(len, total))
        for kind in sorted(total, key=lambda kind: (agreed[kind] == total[kind], -total[kind], kind)):
            mark = "" if agreed[kind] == total[kind] else "  <--"
            print(f"  {kind:<{width}} {agreed[kind]:>4} of {total[kind]:>4}{mark}")
    wrong = [row for row in rows if not row.agrees]
    for row in wrong[:EXPLAINED]:
        _explain(row)
    if len(wrong) > EXPLAINED:
        print(f"  ... and {len(wrong) - EXPLAINED} more")
    return int(bool(wrong))


def _explain(row: Comparison) -> None:
    print(f"  {row.id} ({row.kind})")
    if row.said:
        print(f"    the server said: {_line(row.said)}")
    for line in row.answer:
        print(f"    kverify says:    {_line(line)}")
    for difference in row.differences[:_MOST_DIFFERENCES]:
        print(f"    {difference}")
    if len(row.differences) > _MOST_DIFFERENCES:
        print(f"    ... and {len(row.differences) - _MOST_DIFFERENCES} more fields")


def _line(text: str) -> str:
    first = text.partition("\n")[0]
    return first if len(first) <= 300 else f"{first[:297]}..."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
