"""How long the verdict for every scheduling order takes, and how many workloads are left undecided.

Clusters of 5,000 nodes with 50,000 and 150,000 pods of 1, 10 and 100 kinds, as full as ``FULL`` says: with room, half
full, nearly full and too full, so that every verdict occurs. Each row is a process of its own, so that its peak of
memory is its own. The last table grows the number of nodes with ten pods each.

The row of the real scheduler is for orientation only: it places 50,000 equal pods in one order and does not say
anything about the others. Its figure is the one of kverify's issue 4, for another machine.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections import Counter
from time import process_time

from attrs import asdict, frozen

FULL = (0.2, 0.4, 0.6, 0.75, 0.9, 1.05)
KINDS = (1, 10, 100)
SIZES = ((5_000, 50_000, 10.0), (5_000, 150_000, 30.0))
"""Nodes, pods and the most CPU seconds that a verdict may take."""
GROWTH = (10, 100, 1_000, 5_000)
MEMORY = 1_500
"""The most MB that a verdict may take."""
SCHEDULER = 73.5


@frozen
class Row:
    """One verdict: CPU seconds without the making of the input, peak memory in MB, workloads by verdict."""

    seconds: float
    memory: int
    verdict: str
    rooms: dict[str, int]


def measure(nodes: int, pods: int, kinds: int, full: float) -> Row:
    """Decide one cluster in this process."""
    from benchmarks import _fit
    from kverify.engines.fit.decide import decide

    cluster, demands = _fit.cluster(nodes), _fit.demands(nodes, pods, kinds, full)
    begin = process_time()
    answer = decide(demands, cluster)
    seconds = process_time() - begin
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Row(seconds, memory, answer.room.name, dict(Counter(found.room.name for found in answer.demands)))


def apart(nodes: int, pods: int, kinds: int, full: float) -> Row:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.fit", str(nodes), str(pods), str(kinds), str(full)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return Row(**json.loads(done.stdout))


def show(nodes: int, pods: int, kinds: int, full: float, most: float) -> bool:
    """Print one row; whether it kept to the time and the memory it may take."""
    row = apart(nodes, pods, kinds, full)
    late = row.seconds > most or row.memory > MEMORY
    rooms = [row.rooms.get(name, 0) for name in ("ALWAYS", "FRAGILE", "IMPOSSIBLE", "UNKNOWN")]
    print(
        f"{nodes:>6,}{pods:>9,}{kinds:>7}{full:>7.2f}{row.seconds:>9.2f}{row.memory:>8,}  {row.verdict.lower():<12}"
        + "".join(f"{number:>11}" for number in rooms)
        + ("  TOO MUCH" if late else ""),
        flush=True,
    )
    return not late


def main() -> int:
    """Print all tables; 1 if a verdict took more than it may."""
    print(
        f"{'nodes':>6}{'pods':>9}{'kinds':>7}{'full':>7}{'CPU s':>9}{'MB':>8}  {'cluster':<12}"
        f"{'always':>11}{'fragile':>11}{'impossible':>11}{'undecided':>11}"
    )
    print(f"{5_000:>6,}{50_000:>9,}{1:>7}{'':>7}{SCHEDULER:>9.1f}{'':>8}  kube-scheduler, one order, for orientation")
    kept = [show(nodes, pods, kinds, full, most) for nodes, pods, most in SIZES for kinds in KINDS for full in FULL]
    print("\ngrowth, ten pods for each node")
    kept += [show(nodes, nodes * 10, kinds, 0.6, SIZES[0][2]) for kinds in KINDS for nodes in GROWTH]
    return int(not all(kept))


if __name__ == "__main__":
    if len(sys.argv) == 5:
        nodes, pods, kinds = map(int, sys.argv[1:4])
        print(json.dumps(asdict(measure(nodes, pods, kinds, float(sys.argv[4])))))
    else:
        sys.exit(main())
