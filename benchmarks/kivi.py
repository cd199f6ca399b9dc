"""Kivi's cases (USENIX ATC 2024) at 3, 20, 100 and 1,000 nodes: found, and their repaired configurations proved.

Every row builds a case as Kubernetes objects, writes them as YAML, and asks the one property it is about, reading
included. ``python -m benchmarks kivi`` exits with 1 when an answer is not the one written beside it. Seconds are CPU
seconds of this process. For orientation, measured once on another day: Kivi itself (translation to Promela, gcc, SPIN)
takes about 1.9 CPU seconds for each of its eight cases at 3 nodes and 4 to 16 at 100, most of it gcc; its search over
scales takes 107 for c3.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from kverify.checks import Report
from kverify.engines.verdict import Outcome
from tests.scenarios.kivi_cases import KEPT, SIZES, Object, ask, c2, c3, c6, c7

HOLDS, VIOLATED = Outcome.HOLDS, Outcome.VIOLATED


@frozen(eq=False)
class Row:
    """One case at one size. ``asked`` is a built-in property, or the text of one's own (``spec``)."""

    case: str
    nodes: int
    objects: tuple[list[Object], list[Object]]
    expected: Outcome
    asked: str = ""
    spec: str = ""


def rows() -> Iterator[Row]:
    """Every case, broken and repaired, at every size. c3 has an odd number of nodes, and its verdict depends on it."""
    for n in SIZES:
        yield Row("c2 apply below minReplicas", n, c2(n), VIOLATED, "autoscaler-kept")
        yield Row("c2 repaired: replicas in neither", n, c2(n, remembered=False), HOLDS, "autoscaler-kept")
    for n in (3, 21, 37, 41, 101, 1_001):
        yield Row("c3 burst under two spreads", n, c3(n), VIOLATED if n < 39 else HOLDS, "bursts-fit")
        yield Row("c3 repaired: hosts only preferred", n, c3(n, host="ScheduleAnyway"), HOLDS, "bursts-fit")
    for n in SIZES:
        yield Row("c6 nodes maintained in turn", n, c6(n), VIOLATED, spec=KEPT)
        yield Row("c6 repaired: a budget", n, c6(n, budget=True), HOLDS, spec=KEPT)
    for n in SIZES:
        yield Row("c7 nodeName on a tainted node", n, c7(n), VIOLATED, "comes-to-rest")
        yield Row("c7 repaired: tolerated for ever", n, c7(n, tolerates=True), HOLDS, "comes-to-rest")
        yield Row("c7 repaired: no taint", n, c7(n, tainted=False), HOLDS, "comes-to-rest")


def outcome_of(report: Report) -> Outcome:
    """The worst that the report says of its one property."""
    return max([*(VIOLATED for _ in report.findings), *(p.verdict.outcome for p in report.proofs)])


def main() -> int:
    """Run and print every row; 1 if an answer is wrong."""
    failed = 0
    for row in rows():
        with tempfile.TemporaryDirectory() as folder:
            begin = time.process_time()
            asked = (row.asked,) if row.asked else ()
            outcome = outcome_of(ask(Path(folder), row.objects, *asked, spec=row.spec))
            seconds = time.process_time() - begin
        wrong = outcome is not row.expected
        failed |= wrong
        print(
            f"{row.case:36} {row.nodes:6,} nodes  {outcome!s:9} {seconds:6.2f} s{'  WRONG' if wrong else ''}",
            flush=True,
        )
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
