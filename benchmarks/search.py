"""How fast the exhaustive search is: states per CPU second, and the ratio to plain tuples in a set.

The best of several runs counts. The model is the one of the pinned numbers in ``tests/engines/test_explicit.py``; both
programs must find the same states.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from time import process_time
from typing import TypeAlias

from kverify.engines.explicit import explore
from kverify.model.system import State
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


def plain(start: State, following: Following) -> int:
    """A breadth-first search over tuples in a set."""
    seen, layer = {start}, [start]
    while layer:
        fresh = []
        for state in layer:
            for after in following(state):
                if after not in seen:
                    seen.add(after)
                    fresh.append(after)
        layer = fresh
    return len(seen)


def best(repeat: int, run: Callable[[], int]) -> tuple[int, float]:
    """The result of ``run`` and the least CPU time it took."""
    times = []
    for _ in range(repeat):
        begin = process_time()
        result = run()
        times.append(process_time() - begin)
    return result, min(times)


def main(repeat: int = 3) -> int:
    """Print one line per model; 1 if the two programs do not agree on the number of states."""
    disagreements = 0
    print(f"{'model':<22}{'states':>9}{'kverify s':>11}{'states/s':>10}{'plain s':>9}{'states/s':>10}{'ratio':>7}")
    for (n, m, c), by_hand, is_counted in (((6, 3, 3), listed, False), ((20, 4, 6), counted, True)):
        system = pods_on_nodes(n, m, c, counted=is_counted, sorted_=False)
        states, seconds = best(repeat, lambda system=system: len(explore(system).states))  # type: ignore[misc]
        start, following = by_hand(n, m, c)
        expected, reference = best(repeat, lambda start=start, following=following: plain(start, following))  # type: ignore[misc]
        disagreements += states != expected
        name = f"{n}, {m}, {c} {'counted' if is_counted else 'listed'}"
        print(
            f"{name:<22}{states:>9,}{seconds:>11.2f}{states / seconds:>10,.0f}"
            f"{reference:>9.2f}{states / reference:>10,.0f}{reference / seconds:>7.1f}"
            f"{'' if states == expected else f'  the plain search finds {expected:,} states'}"
        )
    return int(disagreements > 0)


if __name__ == "__main__":
    sys.exit(main())
