"""What a second run costs while nothing has changed: CPU seconds of whole processes, first and again.

``python -m benchmarks again`` checks the shop and fleets of Deployments twice each, with an empty cache at first.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks._fleet import NODES, namespaces, nodes, workloads
from benchmarks.check import command, write

ROOT = Path(__file__).parent.parent
MOST = 0.1
"""The second run may take so much of the first."""


def cpu_seconds(command: Sequence[str], cache: Path) -> tuple[float, bytes]:
    """CPU seconds of one run, and what it prints. ``RuntimeError`` if it did not end as it should."""
    environment = {name: value for name, value in os.environ.items() if name != "KVERIFY_NO_CACHE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*command, "--cache-dir", str(cache)], cwd=ROOT, env=environment, capture_output=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1, 3):
        raise RuntimeError(f"it ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def main(sizes: Iterable[int] = (10, 100)) -> int:
    """Print a line for each input; 1 if a second run took too long, or said something else."""
    print(f"{'input':<24}{'first':>9}{'again':>9}{'ratio':>8}")
    failed = False
    with tempfile.TemporaryDirectory() as made:
        cases = {"examples/shop": [sys.executable, "-m", "kverify.cli.main", "check", "examples/shop"]}
        for size in sizes:
            folder = Path(made, str(size))
            folder.mkdir()
            write(folder, (*nodes(NODES[size]), *namespaces(size)), workloads(size))
            cases[f"{size} Deployments"] = command(folder)
        for name, words in cases.items():
            cache = Path(made, "cache")
            (first, said), (again, repeated) = cpu_seconds(words, cache), cpu_seconds(words, cache)
            late = again > MOST * first or said != repeated
            failed = failed or late
            print(
                f"{name:<24}{first:>9.2f}{again:>9.2f}{again / first:>8.3f}{'  TOO SLOW' if late else ''}", flush=True
            )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
