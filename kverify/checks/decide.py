"""Which engine is asked what, and in which order: the cheapest that can decide first.

A small model is searched exhaustively: that decides, and gives the shortest trace. A big one is first asked for a proof
that needs no search; then, because what goes wrong mostly goes wrong soon, for the nearest stuck state.
"""

from __future__ import annotations

from attrs import evolve

from kverify.engines import explicit, induction, progress
from kverify.engines.explicit import explore
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.expr import Condition, Number, all_of, any_of, negate
from kverify.model.system import TransitionSystem
from kverify.spec.property import Always, Reaches

SMALL = 20_000
"""States searched before any proof is tried."""


def reaches(
    system: TransitionSystem,
    prop: Reaches,
    *,
    limit: int,
    invariant: Condition | None = None,
    rank: Number | None = None,
) -> Verdict:
    """Decide whether the goal stays reachable. ``invariant`` and ``rank`` allow a proof without search."""
    verdict = explicit.check(system, prop, limit=min(SMALL, limit))
    if verdict.outcome is not Outcome.UNKNOWN:
        return verdict
    if invariant is not None and rank is not None:
        proof = progress.prove(system, prop, invariant=invariant, rank=rank)
        if proof.outcome is Outcome.HOLDS:
            return proof
    at_rest = negate(any_of(a.guard for a in system.actions if not a.environment))
    stuck = Always(name=prop.name, condition=negate(all_of([prop.premise, at_rest, negate(prop.goal)])))
    nearest = explicit.check(system, stuck, limit=limit)
    if nearest.outcome is Outcome.VIOLATED:
        reached = explore(system, watch=prop.goal, limit=limit)
        return evolve(nearest, certain=reached.complete and reached.found is None)
    return explicit.check(system, prop, limit=limit) if limit > SMALL else verdict


def always(system: TransitionSystem, prop: Always, *, limit: int) -> Verdict:
    """Decide whether a condition holds in every reachable state: search, then induction with the property's lemmas."""
    verdict = explicit.check(system, prop, limit=min(SMALL, limit))
    if verdict.outcome is not Outcome.UNKNOWN:
        return verdict
    proof = induction.check(system, prop)
    if proof.outcome is Outcome.HOLDS or limit <= SMALL:
        return proof
    return explicit.check(system, prop, limit=limit)
