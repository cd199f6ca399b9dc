"""How long a user waits: CPU seconds of whole processes, against Python doing nothing.

CPU seconds of the child (user and system, ``getrusage``) do not depend on what else the machine does, much less than
wall-clock seconds. Medians of several runs; the limits are the promises of the project.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
from pathlib import Path

from attrs import frozen

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
    """CPU seconds of one run. ``RuntimeError`` if the command did not end as it should: a crash is always fast."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, *case.arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in case.exit_codes:
        raise RuntimeError(f"{case.name} ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


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
