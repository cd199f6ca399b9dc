"""Which engine decides: the cheapest that can, and if it cannot, the next.

A proof for every size comes before a search of one size, and a search that can prove before one that can only find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from attrs import evolve

from kverify.engines import bounded, explicit, induction
from kverify.engines.progress import prove
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.expr import Condition, Number
from kverify.model.system import TransitionSystem
from kverify.spec.property import Reaches, StateProperty

_EFFORT = 50_000_000
"""Z3's budget for one query, in its own steps: some tens of seconds at most."""

_Rung: TypeAlias = "Callable[[], Verdict]"


def decide(
    system: TransitionSystem,
    prop: StateProperty,
    *,
    limit: int | None = None,
    depth: int = 10,
    effort: int | None = _EFFORT,
    invariant: Condition = True,
    rank: Number | None = None,
    progress: explicit.Progress | None = None,
) -> Verdict:
    """Ask one engine after the other until one decides ``prop``.

    ``limit`` bounds the states of the exhaustive search, ``depth`` the steps of the bounded one, ``effort`` each query
    to Z3. A ``rank``, with its ``invariant``, allows a proof of progress without search. When nobody decides, the
    verdict is ``unknown`` and its ``reason`` repeats what each engine said.

    Raises ``ModelError`` (also ``SymmetryError``) when the system is wrong; whatever an engine finds wrong with its own
    result (``ReplayError``, ``CertificateError``) is raised as well, never hidden behind the next engine's answer.
    """
    said: list[Verdict] = []
    for rung in _ladder(system, prop, limit, depth, effort, invariant, rank, progress):
        verdict = rung()
        if verdict.outcome is not Outcome.UNKNOWN:
            return verdict
        said.append(verdict)
        if verdict.reason.startswith("interrupted"):
            break
    if not said:
        return Verdict(
            outcome=Outcome.UNKNOWN,
            method="none",
            scope=system.name,
            reason="progress with open parameters needs a ranking function, or numbers for the parameters",
        )
    last = max(said, key=lambda verdict: verdict.states)
    return evolve(
        last, method=", ".join(v.method for v in said), reason="; ".join(f"{v.method}: {v.reason}" for v in said)
    )


def _ladder(
    system: TransitionSystem,
    prop: StateProperty,
    limit: int | None,
    depth: int,
    effort: int | None,
    invariant: Condition,
    rank: Number | None,
    report: explicit.Progress | None,
) -> Iterator[_Rung]:
    """The engines that can say something about ``prop``, cheapest first."""
    if isinstance(prop, Reaches):
        if rank is not None:
            number = rank
            yield lambda: prove(system, prop, invariant=invariant, rank=number, effort=effort)
        if not system.parameters:
            yield lambda: explicit.check(system, prop, limit=limit, progress=report)
        return
    if system.parameters or prop.lemmas:
        yield lambda: induction.check(system, prop, effort=effort)
    if not system.parameters:
        yield lambda: explicit.check(system, prop, limit=limit, progress=report)
    yield lambda: bounded.check(system, prop, depth=depth, effort=effort)
