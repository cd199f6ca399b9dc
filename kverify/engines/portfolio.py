"""Which engine decides: the cheapest that can, and if it cannot, the next.

A proof for every size comes before a search of one size, and a search that can prove before one that can only find.
What fair runs do in the end is decided on the explicit graph (``liveness``), or, for open parameters, by a ranking
function where the goal makes that possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from attrs import evolve

from kverify.engines import bounded, bounded_lasso, explicit, houdini, induction, liveness, spacer
from kverify.engines.errors import Undecided
from kverify.engines.history import as_always, forget, forgetting
from kverify.engines.progress import prove
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.expr import Condition, Number
from kverify.model.system import TransitionSystem
from kverify.spec.property import DECLARED, Always, Fair, OnceAlways, Possibly, Property, Reaches

_EFFORT = 50_000_000
"""Z3's budget for one query, in its own steps: some tens of seconds at most."""

_Rung: TypeAlias = "Callable[[], Verdict]"


def decide(
    system: TransitionSystem,
    prop: Property,
    *,
    fair: Fair = DECLARED,
    limit: int | None = None,
    depth: int = 10,
    effort: int | None = _EFFORT,
    invariant: Condition = True,
    rank: Number | None = None,
    progress: explicit.Progress | None = None,
) -> Verdict:
    """Ask one engine after the other until one decides ``prop``.

    ``limit`` bounds the states of the exhaustive search, ``depth`` the steps of the bounded one, ``effort`` each query
    to Z3. ``fair`` says which runs count where fairness matters. A ``rank``, with its ``invariant``, allows a proof of
    progress without search. When nobody decides, the verdict is ``unknown`` and its ``reason`` repeats what each
    engine said.

    Raises ``ModelError`` (also ``SymmetryError``) when the system is wrong; whatever an engine finds wrong with its own
    result (``ReplayError``, ``CertificateError``) is raised as well, never hidden behind the next engine's answer.
    """
    said: list[Verdict] = []
    for rung in _ladder(system, prop, fair, limit, depth, effort, invariant, rank, progress):
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
            reason="what happens in the end needs a ranking function, or numbers for the open parameters",
        )
    last = max(said, key=lambda verdict: verdict.states)
    return evolve(
        last, method=", ".join(v.method for v in said), reason="; ".join(f"{v.method}: {v.reason}" for v in said)
    )


def _ladder(
    system: TransitionSystem,
    prop: Property,
    fair: Fair,
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
    if not isinstance(prop, Always | OnceAlways):
        if not system.parameters:
            yield lambda: liveness.check(system, prop, fair=fair, limit=limit, progress=report)
        if not isinstance(prop, Possibly):
            lasting = prop
            yield lambda: bounded_lasso.check(system, lasting, fair=fair, depth=depth, effort=effort)
        return
    if system.parameters or prop.lemmas:
        yield lambda: _remembering(system, prop, lambda s, p: induction.check(s, p, effort=effort))
    if system.parameters:
        yield lambda: _remembering(system, prop, lambda s, p: houdini.check(s, p, effort=effort))
        yield lambda: _remembering(system, prop, lambda s, p: _horn(s, p, depth, effort))
    if not system.parameters:
        yield lambda: liveness.check(system, prop, fair=fair, limit=limit, progress=report)
    yield lambda: _remembering(system, prop, lambda s, p: bounded.check(s, p, depth=depth, effort=effort))


def _horn(system: TransitionSystem, prop: Always, depth: int, effort: int | None) -> Verdict:
    """Spacer, told what the sieve keeps."""
    try:
        known = houdini.inductive(system, prop, effort=effort)
    except Undecided:
        known = ()
    return spacer.check(system, prop, known=known, depth=depth, effort=effort)


def _remembering(
    system: TransitionSystem, prop: Always | OnceAlways, engine: Callable[[TransitionSystem, Always], Verdict]
) -> Verdict:
    """Ask an ``engine`` that knows invariants only, with a history variable where ``prop`` needs one."""
    if isinstance(prop, Always):
        return engine(system, prop)
    verdict = engine(*as_always(system, prop))
    if verdict.trace is None:
        return verdict
    # Open parameters have been fixed in the trace's own system.
    return evolve(verdict, trace=forget(verdict.trace, forgetting(verdict.trace.system)))
