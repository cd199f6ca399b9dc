"""What is proved for every size, by which engine, in how many CPU seconds.

Every row asks one engine one question and must get the answer that is written beside it: proved, refuted (by a run that
was replayed), or nothing. ``python -m benchmarks proofs`` exits with 1 when an answer differs, or when one takes longer
than its limit. Seconds are CPU seconds of this process and of its children (Spacer has a process of its own); ``×`` is
the ratio to the first row of the same run, 1-induction of the idealised promise.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from time import process_time

from attrs import frozen

from benchmarks._cpu import children
from kverify.engines import bounded, houdini, induction, spacer, templates
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.expr import integer
from kverify.model.system import TransitionSystem
from kverify.spec.property import Always
from tests.engines.models import rolling_update
from tests.engines.sizes_models import packed, rolling

HOLDS, VIOLATED, UNKNOWN = Outcome.HOLDS, Outcome.VIOLATED, Outcome.UNKNOWN


@frozen(eq=False)
class Row:
    """One question to one engine. ``limit`` is in CPU seconds; None makes no promise. ``steps`` is the length of the
    run that refutes."""

    question: str
    engine: str
    expected: Outcome
    ask: Callable[[], Verdict]
    limit: float | None = 1.0
    steps: int | None = None


def rows() -> Iterator[Row]:
    """The table: idealised, faithful, several old ReplicaSets, any number of nodes."""
    replicas, surge, unavailable = integer("replicas"), integer("surge"), integer("unavailable")
    promise = Always(name="available", condition=integer("old") + integer("available") >= replicas - unavailable)
    bound = Always(name="surge", condition=integer("old") + integer("new") <= replicas + surge)
    ideal, losing = rolling_update(), rolling_update(loses_readiness=True)
    one, several = rolling(), rolling(olds=2)
    available = Always(name="available", condition=one.available)
    both = Always(name="promises", condition=one.available, lemmas=(one.specs,))
    specs, pods = Always(name="specs", condition=one.specs), Always(name="pods", condition=one.pods)
    fixed, in_room = packed(10)
    open_, in_open_room = packed(None)
    room, open_room = Always(name="room", condition=in_room), Always(name="room", condition=in_open_room)

    yield Row("idealised: available >= R - U", "1-induction", HOLDS, lambda: induction.check(ideal, promise, depth=1))
    yield Row("idealised: available >= R - U", "Spacer", HOLDS, lambda: spacer.check(ideal, promise))
    yield Row(
        "idealised: available >= R - U", "bounded, 10", UNKNOWN, lambda: bounded.check(ideal, promise, depth=10), None
    )
    yield Row("idealised: total <= R + S", "1-induction", HOLDS, lambda: induction.check(ideal, bound, depth=1))
    yield Row("idealised: total <= R + S", "Spacer", HOLDS, lambda: spacer.check(ideal, bound))
    yield Row(
        "readiness lost: available >= R - U", "bounded", VIOLATED, lambda: bounded.check(losing, promise), steps=4
    )
    yield Row("readiness lost: available >= R - U", "Spacer", VIOLATED, lambda: spacer.check(losing, promise), steps=4)
    yield Row(
        "faithful: available >= R - U", "5-induction", UNKNOWN, lambda: induction.check(one.system, available), None
    )
    yield Row("faithful: available >= R - U", "Houdini", HOLDS, lambda: houdini.check(one.system, both), 2.0)
    yield Row("faithful: available >= R - U", "Spacer, sieved", HOLDS, lambda: sieved(one.system, available), 2.0)
    yield Row("faithful: specs <= R + S", "1-induction", HOLDS, lambda: induction.check(one.system, specs, depth=1))
    yield Row("faithful: specs <= R + S", "Spacer", HOLDS, lambda: spacer.check(one.system, specs))
    yield Row("faithful: pods <= R + S", "bounded", VIOLATED, lambda: bounded.check(one.system, pods), steps=3)
    promises = Always(name="promises", condition=several.available, lemmas=(several.specs,))
    yield Row("two old: available >= R - U", "Houdini", HOLDS, lambda: houdini.check(several.system, promises), 2.0)
    yield Row("any nodes, 10 pods each: pods <= 10 n", "1-induction", HOLDS, lambda: induction.check(fixed, room))
    yield Row("any nodes, 10 pods each: pods <= 10 n", "Spacer", HOLDS, lambda: spacer.check(fixed, room))
    broken, in_broken_room = packed(10, bug=1)
    yield Row(
        "the same, a full node takes one more",
        "Spacer",
        VIOLATED,
        lambda: spacer.check(broken, Always(name="room", condition=in_broken_room), depth=24),
        None,
    )
    yield Row(
        "any nodes, any capacity (not linear)",
        "Spacer",
        UNKNOWN,
        lambda: spacer.check(open_, open_room, seconds=5),
        None,
    )


def sieved(system: TransitionSystem, prop: Always) -> Verdict:
    """Spacer, after it was told what is inductive of the templates that owe nothing to the property."""
    return spacer.check(system, prop, known=houdini.sieve(system, templates.bank(system, True)))


def cpu_seconds() -> float:
    """CPU seconds of this process and of its children."""
    return process_time() + children()


def differs(row: Row, verdict: Verdict) -> str:
    """What is wrong with an answer; empty if nothing is."""
    if verdict.outcome is not row.expected:
        return f"{verdict.outcome} instead of {row.expected}: {verdict.reason or verdict.evidence}"
    if row.steps is not None and (verdict.trace is None or len(verdict.trace.steps) != row.steps):
        return f"not a run of {row.steps} steps"
    return ""


def main() -> int:
    """Print the table; 1 if an answer differs or takes longer than it may."""
    print(f"{'question':<42} {'engine':<16} {'answer':<9} {'CPU s':>7} {'×':>6} {'limit':>6}")
    failed, base = 0, 0.0
    import z3  # noqa: F401  (its import is nobody's proof)

    for row in rows():
        before = cpu_seconds()
        verdict = row.ask()
        seconds = cpu_seconds() - before
        base = base or seconds
        limit = "" if row.limit is None else f"{row.limit:.1f}"
        what = f"{row.question:<42} {row.engine:<16} {verdict.outcome!s:<9}"
        print(f"{what} {seconds:7.2f} {seconds / base:6.1f} {limit:>6}")
        problem = differs(row, verdict)
        if not problem and row.limit is not None and seconds > row.limit:
            problem = f"longer than {row.limit} CPU seconds"
        if problem:
            failed = 1
            print(f"  {problem}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
