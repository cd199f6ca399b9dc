"""How fast the exhaustive search is: states per CPU second and bytes per state of every way to store states.

The model is the one of the pinned numbers in ``tests/engines/test_explicit.py``; all programs must find the same
states, or the exit code is 1. The reference is a breadth-first search over tuples in a set, written by hand; where
``spin`` and ``gcc`` are installed SPIN searches the exported Promela in the same run. The best of several runs counts.

``python -m benchmarks.search`` takes about a minute; ``python -m benchmarks.search 8`` has the pinned 2,599,040 states.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which
from sys import getsizeof
from tempfile import TemporaryDirectory
from time import process_time
from typing import TypeAlias

from attrs import frozen

from benchmarks._cpu import children
from kverify.engines.explicit import Store, explore
from kverify.engines.export.promela import promela
from kverify.engines.packed_numba import available
from kverify.model.system import State, TransitionSystem
from tests.engines.models import pods_on_nodes

Following: TypeAlias = "Callable[[State], Iterator[State]]"


def listed(n: int, m: int, c: int) -> tuple[State, Following]:
    """Every pod's place, then every node's taint: written by hand, as one would without kverify."""

    def following(state: State) -> Iterator[State]:
        pods, taints = state[:n], state[n:]
        for k in range(m):
            yield (*pods, *taints[:k], 1 - taints[k], *taints[k + 1 :])
        for i, place in enumerate(pods):
            before, after = pods[:i], pods[i + 1 :]
            if place == 0:
                for k in range(m):
                    if not taints[k] and pods.count(k + 1) < c:
                        yield (*before, k + 1, *after, *taints)
            elif place <= m:
                yield (*before, m + 1, *after, *taints)
                if taints[place - 1]:
                    yield (*before, 0, *after, *taints)
            else:
                yield (*before, 0, *after, *taints)

    return (0,) * (n + m), following


def counted(n: int, m: int, c: int) -> tuple[State, Following]:
    """Pending and failed pods, then for every node its pods and its taint."""

    def following(state: State) -> Iterator[State]:
        pending, failed, *nodes = state
        for k in range(m):
            pods, taint = nodes[2 * k], nodes[2 * k + 1]
            before, after = nodes[: 2 * k], nodes[2 * k + 2 :]
            yield (pending, failed, *before, pods, 1 - taint, *after)
            if pending and not taint and pods < c:
                yield (pending - 1, failed, *before, pods + 1, taint, *after)
            if pods:
                yield (pending, failed + 1, *before, pods - 1, taint, *after)
                if taint:
                    yield (pending + 1, failed, *before, pods - 1, taint, *after)
        if failed:
            yield (pending + 1, failed - 1, *nodes)

    return (n, 0, *(0, 0) * m), following


@frozen
class Run:
    """What one program found: states, CPU seconds, bytes per state, and seconds it took to be ready."""

    states: int
    seconds: float
    each: float
    ready: float = 0.0


def plain(start: State, following: Following) -> Run:
    """A breadth-first search over tuples in a set."""
    begin = process_time()
    seen, layer = {start}, [start]
    while layer:
        fresh = []
        for state in layer:
            for after in following(state):
                if after not in seen:
                    seen.add(after)
                    fresh.append(after)
        layer = fresh
    seconds = process_time() - begin
    return Run(len(seen), seconds, getsizeof(seen) / len(seen) + getsizeof(start))


def kverify(system: TransitionSystem, store: Store) -> Run:
    """kverify's own search, which also keeps the parent of every state."""
    begin = process_time()
    explore(system, store=store, limit=1)
    ready = process_time() - begin
    begin = process_time()
    search = explore(system, store=store)
    return Run(len(search.states), process_time() - begin, search.bytes / len(search.states), ready)


def compiled(system: TransitionSystem) -> Run:
    """The same in machine code. What comes before the first few thousand states are expanded, compiling above all, is
    timed apart, and the time of the others is taken for all."""
    begin = process_time()
    first: list[tuple[float, int]] = []

    def progress(states: int, waiting: int) -> None:
        if not first:
            first.append((process_time(), states - waiting))

    search = explore(system, store="numba", progress=progress)
    (ready, expanded), states = first[0], len(search.states)
    seconds = (process_time() - ready) * states / max(states - expanded, 1)
    return Run(states, max(seconds, 1e-3), search.bytes / states, ready - begin)


def spin(system: TransitionSystem) -> Run | None:
    """SPIN on the exported Promela, depth first, every state stored exactly; None if it is not installed."""
    if not which("spin") or not which("gcc"):
        return None
    with TemporaryDirectory() as folder:
        (Path(folder) / "model.pml").write_text(promela(system))
        begin = children()
        flags = ["-O2", "-w", "-DNOREDUCE", "-DSAFETY", "-DNOCLAIM", "-DMEMLIM=2048"]
        for command in (["spin", "-a", "model.pml"], ["gcc", *flags, "-o", "pan", "pan.c"]):
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
        ready = children() - begin
        begin = children()
        command = ["./pan", "-E", "-n", "-m5000000", "-w22"]
        said = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
        seconds = children() - begin
    states, memory = re.search(r"(\d+) states, stored", said), re.search(r"([\d.]+)\s+actual memory usage", said)
    if states is None or "errors: 0" not in said or "Search not completed" in said:
        raise RuntimeError(said)
    each = float(memory[1]) * (1 << 20) / int(states[1]) if memory else 0.0
    return Run(int(states[1]), max(seconds, 1e-3), each, ready)


def best(repeat: int, run: Callable[[], Run]) -> Run:
    """The fastest of several runs."""
    return min((run() for _ in range(repeat)), key=lambda found: found.seconds)


def programs(system: TransitionSystem, by_hand: tuple[State, Following]) -> Iterator[tuple[str, Callable[[], Run]]]:
    """Every program that can search ``system`` here, by name; the reference first."""
    yield "tuples in a set, by hand", lambda: plain(*by_hand)
    yield "kverify, tuples", lambda: kverify(system, "tuples")
    yield "kverify, packed", lambda: kverify(system, "packed")
    yield "kverify, as it chooses", lambda: kverify(system, "auto")
    if available():
        yield "kverify, numba", lambda: compiled(system)
    if which("spin") and which("gcc"):
        yield "SPIN, depth first", lambda: spin(system) or Run(0, 1.0, 0.0)


def table(name: str, system: TransitionSystem, by_hand: tuple[State, Following], repeat: int) -> bool:
    """Print one line per program; whether all found the same number of states."""
    print(f"\n{name}\n{'':<26}{'states':>10}{'CPU s':>8}{'states/s':>11}{'ratio':>7}{'bytes':>7}{'ready s':>9}")
    counts = set()
    reference = 0.0
    for program, run in programs(system, by_hand):
        found = best(repeat, run)
        counts.add(found.states)
        reference = reference or found.seconds
        print(
            f"{program:<26}{found.states:>10,}{found.seconds:>8.2f}{found.states / found.seconds:>11,.0f}"
            f"{reference / found.seconds:>7.1f}{found.each:>7.0f}{found.ready:>9.2f}",
            flush=True,
        )
    if len(counts) > 1:
        print(f"they do not agree: {sorted(counts)}")
    return len(counts) == 1


def growth(stores: list[Store], sizes: range) -> bool:
    """Print states per second for more and more pods; whether all found the same."""
    print(
        f"\n{'pods, listed, 3 nodes':<26}{'states':>10}" + "".join(f"{store:>12}" for store in stores) + "   states/s"
    )
    agree = True
    for n in sizes:
        system = pods_on_nodes(n, 3, 3, counted=False, sorted_=False)
        runs = [compiled(system) if store == "numba" else kverify(system, store) for store in stores]
        agree &= len({run.states for run in runs}) == 1
        rates = "".join(f"{run.states / run.seconds:>12,.0f}" for run in runs)
        print(f"{n:<26}{runs[0].states:>10,}{rates}", flush=True)
    return agree


def main(pods: int = 6, repeat: int = 3) -> int:
    """Print the tables; 1 if two programs do not agree on a number of states."""
    agree = True
    for (n, m, c), by_hand, is_counted in (((pods, 3, 3), listed, False), ((20, 4, 6), counted, True)):
        system = pods_on_nodes(n, m, c, counted=is_counted, sorted_=False)
        name = f"{n} pods, {m} nodes, capacity {c}, {'counted' if is_counted else 'listed'}"
        agree &= table(name, system, by_hand(n, m, c), repeat)
    stores: list[Store] = ["tuples", "packed", "numba"] if available() else ["tuples", "packed"]
    agree &= growth(stores, range(5, pods + 1))
    return int(not agree)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
