"""What the checks ask the engines, and what stands in for them when a trace is looked at again.

Which engine answers, and in which order they are asked, is ``kverify/engines/portfolio.py``'s business; ``Options`` say
how far to search and whether one engine was asked for by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

from attrs import evolve

from kverify.checks.given.known import Known
from kverify.checks.options import Options
from kverify.engines import induction, portfolio, progress
from kverify.engines.budget import over
from kverify.engines.liveness import lasting
from kverify.engines.progress import not_stuck
from kverify.engines.renaming import shape, transferable, transferred
from kverify.engines.verdict import Outcome, Verdict, not_asked
from kverify.model.expr import Condition, Number
from kverify.model.system import TransitionSystem
from kverify.spec.property import Always, Eventually, EventuallyAlways, Property, Reaches

Confirm: TypeAlias = "Callable[[TransitionSystem, Sequence[Property]], Verdict]"
"""Is told of every system that would be searched and what a counterexample might violate; answers instead."""


_CONFIRM: ContextVar[Confirm | None] = ContextVar("confirm", default=None)


@contextmanager
def instead(confirm: Confirm) -> Iterator[None]:
    """Within the context no engine is asked: ``confirm`` answers. For looking at traces without searching again."""
    token = _CONFIRM.set(confirm)
    try:
        yield
    finally:
        _CONFIRM.reset(token)


def answer(
    system: TransitionSystem,
    prop: Property,
    options: Options,
    *,
    invariant: Condition = True,
    rank: Number | None = None,
    certain: bool = False,
    known: Known | None = None,
) -> Verdict:
    """Decide any question.

    ``invariant`` and ``rank`` allow a proof without search. ``certain`` says whether it has to be decided if every run
    violates a property of single states; of what happens in the end that is decided anyway. ``known`` has the answers
    so far.
    """
    confirm = _CONFIRM.get()
    if confirm is not None:
        return confirm(system, tuple(_violable(system, prop)))
    if known is None or options.cover or not isinstance(prop, _PLAIN):
        return _asked(system, prop, options, invariant, rank, certain)
    key = shape(system, prop), options.max_states, options.engine, certain
    if key in known.verdicts:
        source, verdict = known.verdicts[key]
        return transferred(verdict, source, system, prop)
    verdict = _asked(system, prop, options, invariant, rank, certain)
    if transferable(verdict, system, prop) and not over():
        known.verdicts[key] = system, verdict
    return verdict


_PLAIN = Always | Reaches | Eventually | EventuallyAlways
"""Questions that consist of conditions."""


def _asked(
    system: TransitionSystem,
    prop: Property,
    options: Options,
    invariant: Condition,
    rank: Number | None,
    certain: bool,
) -> Verdict:
    return portfolio.decide(
        system,
        prop,
        limit=options.max_states,
        invariant=invariant,
        rank=rank,
        where_stuck=True,
        certain=certain,
        cover=options.cover,
        engine=options.engine,
    )


def _violable(system: TransitionSystem, prop: Property) -> Iterator[Property]:
    """What a trace that was shown for ``prop`` may violate."""
    goal = goal_of(prop)
    if goal is None:
        yield prop
        return
    stays = prop if isinstance(prop, Reaches) else Reaches(name=prop.name, goal=goal)
    yield from (stays, *lasting(stays), not_stuck(system, stays))


def step_proof(system: TransitionSystem, prop: Always, known: Known) -> Verdict | None:
    """A proof of ``prop`` by one step of induction; None where there is none. That is not asked again of a shape."""
    key = shape(system, prop, *prop.lemmas)
    if key in known.unproved:
        return None
    proof = induction.check(system, prop, depth=1)
    if proof.outcome is Outcome.HOLDS:
        return proof
    if not over():
        known.unproved.add(key)
    return None


def inductive(system: TransitionSystem, prop: Always, options: Options) -> Verdict:
    """A proof of ``prop`` by induction, or *unknown*: for systems that allow more than what they stand for, of which a
    violation says nothing."""
    confirm = _CONFIRM.get()
    if confirm is not None:
        return confirm(system, (prop,))
    engine = options.engine or "induction"
    verdict = portfolio.decide(system, prop, limit=options.max_states, certain=False, engine=engine)
    if verdict.outcome is not Outcome.VIOLATED:
        return verdict
    return Verdict(
        outcome=Outcome.UNKNOWN,
        method=verdict.method,
        scope=verdict.scope,
        reason="it does not hold of all that the model allows, which is more than can happen",
        rungs=verdict.rungs,
    )


def ranked(
    system: TransitionSystem,
    prop: Property,
    options: Options,
    *,
    invariant: Condition,
    rank: Number,
    known: Known | None = None,
) -> Verdict:
    """A proof by ``rank`` that needs no search, for open sizes as well, or *unknown*."""
    if options.engine not in ("", "ranking"):
        return not_asked(f"only {options.engine} is to be asked", Outcome.UNKNOWN)
    if known is None or not isinstance(prop, _PLAIN):
        return portfolio.decide(system, prop, invariant=invariant, rank=rank, engine="ranking")
    key = "ranked", shape(system, prop, invariant, rank)
    if key in known.verdicts:
        source, verdict = known.verdicts[key]
        return evolve(transferred(verdict, source, system, prop), evidence=progress.evidence(invariant, rank))
    verdict = portfolio.decide(system, prop, invariant=invariant, rank=rank, engine="ranking")
    if transferable(evolve(verdict, evidence=""), system, prop):
        known.verdicts[key] = system, verdict
    return verdict


def near(system: TransitionSystem, prop: Property, options: Options, *, limit: int) -> Verdict:
    """Look for a violation of ``prop`` among the first ``limit`` states: enough for a loop close to the start."""
    confirm = _CONFIRM.get()
    if confirm is not None:
        return confirm(system, (prop,))
    return portfolio.decide(system, prop, limit=min(limit, options.max_states), engine=options.engine or "explicit")


def possible(system: TransitionSystem, condition: Condition, options: Options, known: Known) -> bool:
    """Some run reaches ``condition``; also true when that could not be excluded, so that nothing is called certain
    without having been decided."""
    key = shape(system, Always(name="", condition=condition)), options.max_states
    if key in known.chances:
        return known.chances[key]
    found = portfolio.possible(system, condition, limit=options.max_states)
    if not over():
        # With more time the answer may be another one.
        known.chances[key] = found
    return found


def goal_of(prop: Property) -> Condition | None:
    """The condition that a run has to come to; None for a question that is not about one."""
    return prop.goal if isinstance(prop, Reaches | Eventually | EventuallyAlways) else None
