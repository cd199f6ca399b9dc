"""Which engine is asked what, and in which order: the cheapest that can decide first.

A small model is searched exhaustively: that decides, and gives the shortest trace. A big one is first asked for a proof
that needs no search; then, because what goes wrong is mostly near or easy to come by, for a nearest stuck state and
for one that random walks run into; and last for as much search as the user allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

from attrs import evolve

from kverify.engines import explicit, houdini, induction, liveness, portfolio, progress, walk
from kverify.engines.explicit import explore
from kverify.engines.verdict import Outcome, Trace, Verdict
from kverify.model.expr import Condition, Number, all_of, any_of, evaluate, negate
from kverify.model.system import TransitionSystem
from kverify.spec.property import Always, Eventually, EventuallyAlways, Property, Reaches

Confirm: TypeAlias = "Callable[[TransitionSystem, Sequence[Property]], Verdict]"
"""Is told of every system that would be searched and what a counterexample might violate; answers instead."""

_CONFIRM: ContextVar[Confirm | None] = ContextVar("confirm", default=None)

SMALL = 20_000
"""States searched before anything else is tried."""

SIEVED, EFFORT = 60, 20_000_000
"""Of systems with at most so many variables an invariant is looked for, with so much effort of Z3 for each query."""


@contextmanager
def instead(confirm: Confirm) -> Iterator[None]:
    """Within the context no engine is asked: ``confirm`` answers. For looking at traces without searching again."""
    token = _CONFIRM.set(confirm)
    try:
        yield
    finally:
        _CONFIRM.reset(token)


def reaches(
    system: TransitionSystem,
    prop: Reaches,
    *,
    limit: int,
    invariant: Condition | None = None,
    rank: Number | None = None,
    stays: bool = True,
    cover: bool = False,
) -> Verdict:
    """Decide whether the goal stays reachable and every fair run reaches it, for good if it ``stays``.

    ``invariant`` and ``rank`` allow a proof without search. ``cover`` also looks for steps that never happen.
    """
    confirm = _CONFIRM.get()
    stuck = never_stuck(system, prop)
    if confirm is not None:
        return confirm(system, (prop, *liveness.lasting(prop), stuck))
    verdict = liveness.completes(system, prop, stays=stays, limit=min(SMALL, limit), cover=cover)
    if verdict.outcome is not Outcome.UNKNOWN:
        return verdict
    if invariant is not None and rank is not None:
        proof = progress.prove(system, prop, invariant=invariant, rank=rank)
        if proof.outcome is Outcome.HOLDS:
            return proof
    found = always(system, stuck, limit=limit)
    if found.outcome is Outcome.VIOLATED:
        return evolve(found, certain=not possible(system, prop.goal, limit=limit))
    return liveness.completes(system, prop, stays=stays, limit=limit) if limit > SMALL else verdict


def recoverable(system: TransitionSystem, prop: Reaches, *, limit: int) -> Verdict:
    """Decide whether the goal stays reachable, and nothing more: a run may avoid it for ever."""
    return _ask(system, prop, lambda: explicit.check(system, prop, limit=limit))


def in_the_end(system: TransitionSystem, prop: Property, *, limit: int) -> Verdict:
    """Decide a property of any other class over the runs that are as fair as the components declare."""
    return _ask(system, prop, lambda: portfolio.decide(system, prop, limit=limit))


def inductive(system: TransitionSystem, prop: Always) -> Verdict:
    """A proof of ``prop`` by induction, or *unknown*: for systems that allow more than what they stand for, of which a
    violation says nothing."""

    def prove() -> Verdict:
        verdict = induction.check(system, prop, depth=1)
        if verdict.outcome is not Outcome.VIOLATED:
            return verdict
        return Verdict(
            outcome=Outcome.UNKNOWN, method=verdict.method, scope=verdict.scope, reason="it is not inductive"
        )

    return _ask(system, prop, prove)


def near(system: TransitionSystem, prop: Property, *, limit: int) -> Verdict:
    """Look for a violation of ``prop`` among the first ``limit`` states: enough for a loop close to the start."""
    return _ask(system, prop, lambda: liveness.check(system, prop, limit=limit))


def _ask(system: TransitionSystem, prop: Property, engine: Callable[[], Verdict]) -> Verdict:
    confirm = _CONFIRM.get()
    return engine() if confirm is None else confirm(system, (prop,))


def answer(
    system: TransitionSystem,
    prop: Property,
    *,
    limit: int,
    invariant: Condition | None = None,
    rank: Number | None = None,
    cover: bool = False,
) -> Verdict:
    """Decide any question in the way that suits it.

    ``invariant`` and ``rank`` allow a proof without search; ``cover`` looks for steps that never happen as well.
    """
    if isinstance(prop, Always):
        return always(system, prop, limit=limit)
    if isinstance(prop, EventuallyAlways):
        goal = Reaches(name=prop.name, goal=prop.goal)
        return reaches(system, goal, limit=limit, invariant=invariant, rank=rank, cover=cover)
    if isinstance(prop, Eventually):
        goal = Reaches(name=prop.name, goal=prop.goal)
        found = reaches(system, goal, limit=limit, invariant=invariant, rank=rank, stays=False, cover=cover)
        # That asks more: the goal has to stay reachable, also after it has been reached once.
        if found.outcome is not Outcome.VIOLATED or found.trace is None or not _meets(found.trace, prop.goal):
            return found
    if isinstance(prop, Reaches):
        return recoverable(system, prop, limit=limit)
    return in_the_end(system, prop, limit=limit)


def goal_of(prop: Property) -> Condition | None:
    """The condition that a run has to come to; None for a question that is not about one."""
    return prop.goal if isinstance(prop, Reaches | Eventually | EventuallyAlways) else None


def _meets(trace: Trace, goal: Condition) -> bool:
    """Some state of the trace satisfies ``goal``."""
    return any(evaluate(goal, trace.system.view(state)) for state in trace.states())


def never_stuck(system: TransitionSystem, prop: Reaches) -> Always:
    """The part of ``prop`` that is about single states: none is at rest without the goal."""
    at_rest = negate(any_of(a.guard for a in system.actions if not a.environment))
    return Always(name=prop.name, condition=negate(all_of([prop.premise, at_rest, negate(prop.goal)])))


def always(system: TransitionSystem, prop: Always, *, limit: int) -> Verdict:
    """Decide whether a condition holds in every reachable state."""
    confirm = _CONFIRM.get()
    if confirm is not None:
        return confirm(system, (prop,))
    verdict = explicit.check(system, prop, limit=min(SMALL, limit))
    if verdict.outcome is not Outcome.UNKNOWN:
        return verdict
    proof = induction.check(system, prop, depth=1)
    if proof.outcome is Outcome.HOLDS:
        return proof
    walked = walk.check(system, prop)
    if walked.outcome is Outcome.VIOLATED:
        return walked
    if len(system.variables) <= SIEVED:
        sieved = houdini.check(system, prop, effort=EFFORT)
        if sieved.outcome is Outcome.HOLDS:
            return sieved
    return explicit.check(system, prop, limit=limit) if limit > SMALL else verdict


def possible(system: TransitionSystem, condition: Condition, *, limit: int) -> bool:
    """Some run reaches ``condition``; also true when that could not be excluded, so that nothing is called certain
    without having been decided."""
    if walk.find(system, condition) is not None:
        return True
    search = explore(system, watch=condition, limit=limit)
    return search.found is not None or not search.complete
