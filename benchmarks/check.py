"""``kverify check`` of 1, 10, 100 and 1,000 Deployments on one cluster: CPU seconds of the whole process.

Each row is a process of its own, with its children; making and writing the input does not count, and no fixes are
looked for. Next to the seconds stands what each Deployment costs, how that grew since the row before, what the same run
takes again with what it kept (not much, and it has to say the same), what it takes after one Deployment has changed, as
most runs of a pipeline find it, and how many questions were answered in which way: a run is not faster because it
answers less. The last row is the largest fleet with some more Deployments broken, each in one of nine ways, with fixes.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from attrs import frozen

from benchmarks._cpu import measured
from benchmarks._fleet import NODES, changed, namespaces, nodes, workloads
from benchmarks._shapes import Object, as_yaml

MOST = 0.1
"""The second run may take so much of the first."""
COLUMNS = ("holds", "violated", "vacuous", "unknown")


@frozen
class Row:
    """What one run printed, its CPU seconds and peak memory in MB, and its answers by outcome."""

    said: str
    seconds: float
    memory: int
    outcomes: Counter[str]
    undecided: Counter[str]


def command(folder: Path, *arguments: str) -> list[str]:
    """The command line that checks the manifests in ``folder`` on the cluster in it."""
    paths = [str(folder / "wanted.yaml"), "--cluster", str(folder / "cluster.yaml")]
    return [sys.executable, "-m", "kverify.cli.main", "check", *paths, "-o", "json", *arguments]


def write(folder: Path, cluster: Iterable[Object], wanted: Iterable[Object]) -> None:
    """The input as two files."""
    (folder / "cluster.yaml").write_text(as_yaml(list(cluster)), encoding="utf-8")
    (folder / "wanted.yaml").write_text(as_yaml(list(wanted)), encoding="utf-8")


def measure(folder: Path, *arguments: str) -> Row:
    """One run. Its exit code may be 2 for an object that the API server refuses; the report is there all the same."""
    # All benchmarks together run without kept results; this one measures what they save.
    environment = {name: value for name, value in os.environ.items() if name != "KVERIFY_NO_CACHE"}
    said, seconds = measured(command(folder, *arguments), (0, 1, 2, 3), environment=environment)
    report = json.loads(said)
    answers = [(item, item["verdict"]) for item in (*report["findings"], *report["proofs"]) if item.get("verdict")]
    return Row(
        said=said,
        seconds=seconds,
        memory=resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
        outcomes=Counter(verdict["outcome"] for _, verdict in answers),
        undecided=Counter(item["property"] for item, verdict in answers if verdict["outcome"] == "unknown"),
    )


def rows(sizes: Iterable[int], broken: int = 0) -> bool:
    """Print a row for each size, with ``broken`` of the Deployments broken and fixes looked for; whether a second run
    took too long, or said something else."""
    print(
        f"{'Deployments':>11}{'nodes':>7}{'CPU s':>9}{'ms each':>9}{'growth':>8}{'again':>8}{'changed':>9}{'MB':>7}"
        + "".join(f"{name:>10}" for name in COLUMNS)
        + "  undecided"
    )
    before: float | None = None
    failed = False
    for count in sizes:
        size = NODES.get(count, max(6, count * 3 // 10))
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            cluster, wanted = (*nodes(size), *namespaces(count)), list(workloads(count, broken))
            write(folder, cluster, wanted)
            options = ("--jobs", "1", "--cache-dir", str(folder / "kept"), *(() if broken else ("--no-fixes",)))
            row, again = measure(folder, *options), measure(folder, *options)
            write(folder, cluster, changed(wanted))
            after = measure(folder, *options)
        each, ratio = row.seconds / count, again.seconds / row.seconds
        late = row.said != again.said or ratio > MOST
        failed = failed or late
        growth = "" if before is None else f"{each / before:.2f}×"
        print(
            f"{count:>11,}{size:>7}{row.seconds:>9.2f}{1000 * each:>9.0f}{growth:>8}"
            f"{ratio:>7.2f}×{after.seconds / row.seconds:>8.2f}×{row.memory:>7,}"
            + "".join(f"{row.outcomes[name]:>10,}" for name in COLUMNS)
            + "  "
            + ", ".join(f"{number} {name}" for name, number in row.undecided.most_common())
            + "  NOT WHAT WAS KEPT" * late,
            flush=True,
        )
        before = each
    return failed


def main(sizes: Iterable[int] = tuple(NODES)) -> int:
    """Print the rows of fleets, and of the largest with some more Deployments broken; 1 if a second run failed."""
    chosen = tuple(sizes)
    failed = rows(chosen)
    broken = max(1, max(chosen) * 3 // 100)
    print(f"{broken} more of them broken, and fixes looked for:")
    return int(rows((max(chosen),), broken) or failed)


if __name__ == "__main__":
    sys.exit(main([int(text) for text in sys.argv[1:]] or tuple(NODES)))
