"""How the findings between objects grow: references, selectors, keys and ports of 1,000 and of 10,000 objects.

CPU seconds of one process. The promise: ten times the objects take no more than twelve times the time, for an input in
which everything leads somewhere and for one in which every name and selector is misspelled.
"""

from __future__ import annotations

import json
import sys
from time import process_time

from benchmarks._shapes import Object, as_yaml, repository
from kverify.api import decode_all
from kverify.cluster.bundle import Bundle
from kverify.cluster.findings import cross_object
from kverify.cluster.references import graph
from kverify.manifest import read_text

SIZES = (1_000, 10_000)
MOST_GROWTH = 12.0


def misspelled(objects: list[Object]) -> list[Object]:
    """The same objects, but what is selected and named has a letter more than what is there."""
    changed: list[Object] = json.loads(json.dumps(objects))
    for item in changed:
        if item["kind"] in ("ConfigMap", "Secret", "ServiceAccount"):
            item["metadata"]["name"] += "x"
        if item["kind"] in ("Service", "PodDisruptionBudget"):
            _misspell_selector(item["spec"].get("selector") or {})
    return changed


def _misspell_selector(selector: dict[str, object]) -> None:
    pairs = selector.get("matchLabels", selector)
    assert isinstance(pairs, dict)
    for key in list(pairs):
        pairs[key] = f"{pairs[key]}x"


def seconds(bundle: Bundle) -> tuple[float, float, int]:
    """The least CPU time of three runs of the findings, and of the graph, and how many findings there are."""
    times: list[tuple[float, float]] = []
    found = 0
    for _ in range(3):
        fresh = Bundle(bundle.wanted)
        begin = process_time()
        found = len(cross_object(fresh).diagnostics)
        middle = process_time()
        graph(fresh)
        times.append((middle - begin, process_time() - middle))
    return min(t for t, _ in times), min(t for _, t in times), found


def main() -> int:
    """Print a row for each input and size; 1 if the growth is more than promised."""
    failed = False
    print(f"{'input':<14}{'objects':>8}{'findings':>10}{'CPU s':>9}{'growth':>8}{'graph, CPU s':>14}{'growth':>8}")
    for name in ("sound", "misspelled"):
        before: tuple[float, float] | None = None
        for count in SIZES:
            objects = repository(count)
            read = read_text(as_yaml(objects if name == "sound" else misspelled(objects)), "m.yaml")
            own, whole, found = seconds(Bundle(decode_all(read.documents).objects))
            growth = "" if before is None else f"{own / before[0]:.1f}×"
            wider = "" if before is None else f"{whole / before[1]:.1f}×"
            late = before is not None and own / before[0] > MOST_GROWTH
            failed = failed or late
            row = f"{name:<14}{count:>8,}{found:>10,}{own:>9.3f}{growth:>8}{whole:>14.3f}{wider:>8}"
            print(row + ("  TOO MUCH" if late else ""), flush=True)
            before = own, whole
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
