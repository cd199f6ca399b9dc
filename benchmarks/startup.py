"""How long a user waits: CPU seconds of whole processes, against Python doing nothing.

Medians of several runs; the limits are the promises of the project.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from attrs import frozen

from benchmarks._cpu import measured

ROOT = Path(__file__).parent.parent
RUNS = 7


@frozen
class Case:
    """A command line, and the CPU seconds it may take at most (None: no promise)."""

    name: str
    arguments: tuple[str, ...]
    limit: float | None = None
    exit_codes: tuple[int, ...] = (0,)


CASES = (
    Case("python -c pass", ("-c", "pass")),
    Case("kverify --help", ("-m", "kverify.cli.main", "--help"), 0.3),
    Case(
        "kverify check of one ConfigMap",
        ("-m", "kverify.cli.main", "check", "--no-cache", "examples/shop/settings.yaml"),
        0.4,
    ),
    Case(
        "kverify check of one Deployment",
        ("-m", "kverify.cli.main", "check", "--no-cache", "examples/shop/catalog.yaml"),
        exit_codes=(0, 1),
    ),
    Case(
        "kverify check examples/shop",
        ("-m", "kverify.cli.main", "check", "--no-cache", "--jobs", "1", "examples/shop"),
        3.0,
        exit_codes=(0, 1),
    ),
)


def cpu_seconds(case: Case) -> float:
    """CPU seconds of one run."""
    return measured([sys.executable, *case.arguments], case.exit_codes, ROOT)[1]


def main() -> int:
    """Print a line for each case; 1 if one took longer than it may."""
    print(f"{'command':<30} {'CPU s':>7} {'min':>7} {'max':>7} {'× python':>9} {'limit':>7}")
    base: float | None = None
    failed = False
    for case in CASES:
        cpu_seconds(case)  # byte code and disk caches
        times = [cpu_seconds(case) for _ in range(RUNS)]
        median = statistics.median(times)
        base = base or median
        late = case.limit is not None and median > case.limit
        failed = failed or late
        limit = f"{case.limit:.1f}" if case.limit is not None else "-"
        print(
            f"{case.name:<30} {median:>7.3f} {min(times):>7.3f} {max(times):>7.3f} {median / base:>9.1f} {limit:>7}"
            f"{'  TOO SLOW' if late else ''}",
            flush=True,
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
