"""CPU seconds of other programs: user and system, of the children that have ended (``getrusage``).

They do not depend on what else the machine does, much less than wall-clock seconds.
"""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path


def children() -> float:
    """What all children together have taken so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measured(
    command: Sequence[str],
    codes: Collection[int],
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> tuple[str, float]:
    """Standard output and the CPU seconds of one run. ``RuntimeError`` if it did not end as it should: a crash is
    always fast."""
    before = children()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    seconds = children() - before
    if done.returncode not in codes:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout, seconds
