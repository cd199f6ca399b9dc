"""Which engine is asked what, and in which order: the cheapest that can decide first.

The order is a ladder of rungs (``LADDER``). A small model is searched exhaustively: that decides, and gives the
shortest trace. A big one, or one with open parameters, is first asked for a proof that needs no search; then, because
what goes wrong is mostly near or easy to come by, for a violation that random walks run into, or a nearest stuck state;
and last for as much search as the user allows. A rung says in data what it is asked and when it has nothing to say;
what each one answered stays with the verdict (``Verdict.rungs``).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property

from attrs import evolve, fields, frozen

from kverify.engines import bounded, bounded_lasso, explicit, houdini, induction, kept, liveness, spacer, walk
from kverify.engines.budget import INTERRUPTED, OutOfTime, over
from kverify.engines.errors import TooLarge, Undecided
from kverify.engines.history import as_always, forget, forgetting
from kverify.engines.progress import not_stuck, prove
from kverify.engines.verdict import Outcome, Said, Trace, Verdict
from kverify.model.expr import Condition, Number, all_of, any_of, evaluate, integer, lift, negate
from kverify.model.system import Action, Fairness, TransitionSystem
from kverify.spec.property import (
    DECLARED,
    Always,
    Eventually,
    EventuallyAlways,
    Fair,
    OnceAlways,
    Possibly,
    Property,
    Quiescence,
    Reaches,
)

SMALL = 20_000
"""States searched before anything else is tried."""

SIEVED = 60
"""Of systems without open parameters, those with at most so many variables are asked for an invariant."""

EFFORT = 20_000_000
"""Z3's budget for one query, in its own steps: some seconds at most."""

DEPTH = 10
"""How many steps bounded search looks ahead."""


@frozen(kw_only=True, eq=False, slots=False)
class Question:
    """What is to be decided, and how much may be spent on it.

    ``limit`` bounds the states of an exhaustive search, ``depth`` the steps of a bounded one, ``effort`` each query to
    Z3. ``fair`` says which runs count where fairness matters. ``invariant`` and ``rank`` allow a proof without search.
    ``cover`` also looks for steps that never happen.

    A violation of ``Eventually`` or ``EventuallyAlways`` is a lasso. With ``where_stuck`` it is, if there is one, a run
    to where the goal cannot be reached any more (a violation of ``Reaches``), which tells people more. ``certain`` says
    whether it matters if every fair run violates an ``Always``: that takes a second search.
    """

    system: TransitionSystem
    prop: Property
    fair: Fair = DECLARED
    limit: int | None = None
    depth: int = DEPTH
    effort: int | None = EFFORT
    invariant: Condition = True
    rank: Number | None = None
    where_stuck: bool = False
    certain: bool = True
    cover: bool = False
    progress: explicit.Progress | None = None

    @cached_property
    def goal(self) -> Reaches | None:
        """The condition that runs have to come to, as the question whether it stays reachable; None without one."""
        prop = self.prop
        if isinstance(prop, Reaches):
            return prop
        if isinstance(prop, Eventually | EventuallyAlways):
            return Reaches(name=prop.name, goal=prop.goal)
        return None

    @cached_property
    def states(self) -> tuple[TransitionSystem, Always] | None:
        """What the question asks of single states: all of it, its opposite (``Possibly``), or that no state is stuck
        without the goal; None where there is no such part."""
        prop = self.prop
        if isinstance(prop, Always):
            return self.system, prop
        if isinstance(prop, OnceAlways):
            return as_always(self.system, prop)
        if isinstance(prop, Possibly):
            return self.system, Always(name=prop.name, condition=negate(prop.goal))
        return None if self.goal is None else (self.system, not_stuck(self.system, self.goal))

    @property
    def about(self) -> str:
        """Which part of the question ``states`` is; empty for all of it."""
        return "" if self.goal is None else "can it get stuck"

    def of_states(self, found: Verdict) -> Verdict:
        """An answer about ``states`` as one to the question: a proof that nothing gets stuck is not one that the goal
        is reached."""
        if isinstance(self.prop, Possibly):
            return _opposite(found)
        if self.goal is None:
            if isinstance(self.prop, Always) or found.trace is None:
                return found
            # Open parameters have been fixed in the trace's own system.
            return evolve(found, trace=forget(found.trace, forgetting(found.trace.system)), question=None)
        if found.outcome in (Outcome.HOLDS, Outcome.VACUOUS):
            reason = "nothing gets stuck, but it may go on for ever without its goal"
            return evolve(found, outcome=Outcome.UNKNOWN, reason=reason)
        if found.trace is None or not (isinstance(self.prop, Eventually) and _meets(found.trace, self.prop.goal)):
            return found
        reason = "what gets stuck has met its goal before"
        return evolve(found, outcome=Outcome.UNKNOWN, trace=None, question=None, reason=reason)


def _opposite(found: Verdict) -> Verdict:
    """The answer to ``Possibly`` from the one to ``Always`` its opposite."""
    if found.outcome is Outcome.VIOLATED:
        return evolve(found, outcome=Outcome.HOLDS, witness=found.trace, trace=None, question=None, certain=False)
    if found.outcome is Outcome.HOLDS:
        return evolve(found, outcome=Outcome.VIOLATED, certain=True)
    return found


def _meets(trace: Trace, goal: Condition) -> bool:
    """Some state of the trace satisfies ``goal``."""
    return any(evaluate(goal, trace.system.view(state)) for state in trace.states())


# -- the rungs -----------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Rung:
    """One step of the ladder: the ``engine`` (its name for ``--engine``) and how it is asked. ``silent`` says why it
    has nothing to say about a question, and is empty if it has. ``of_states``: it is asked about ``Question.states``
    only."""

    engine: str
    ask: Callable[[Question], Verdict]
    silent: Callable[[Question], str]
    of_states: bool = False


def _open(q: Question) -> str:
    names = ", ".join(parameter.name for parameter in q.system.parameters)
    return f"it needs numbers for the open parameters ({names})" if names else ""


def _no_states(q: Question) -> str:
    return "it only decides what is asked of single states" if q.states is None else ""


def _sieve(q: Question) -> str:
    size = len(q.system.variables)
    if size <= SIEVED or q.system.parameters:
        return _no_states(q)
    return f"it looks for invariants of systems with at most {SIEVED} variables, and here are {size}"


def _searched(q: Question) -> str:
    return _open(q) or ("" if q.limit is None or q.limit > SMALL else "so many states have been searched before")


def _rank(q: Question) -> str:
    if q.rank is None:
        return "it needs a ranking function, and the question comes without one"
    if q.fair.everything is Fairness.NONE or q.fair.endless_disturbances:
        return "it takes for granted that steps are taken some day and that disturbances end"
    if q.goal is None and not isinstance(q.prop, Quiescence):
        return "it only decides whether a goal is reached, or whether all comes to rest"
    return ""


def _search(q: Question, limit: int | None) -> Verdict:
    """Exhaustive search of up to ``limit`` states, for a question of any class."""
    prop, goal = q.prop, q.goal
    if goal is not None and prop is not goal and q.where_stuck:
        stays = isinstance(prop, EventuallyAlways)
        found = liveness.completes(
            q.system, goal, stays=stays, fair=q.fair, limit=limit, cover=q.cover, progress=q.progress
        )
        # That asks more of ``Eventually``: the goal has to stay reachable, also after it has been reached once.
        if stays or found.outcome is not Outcome.VIOLATED or found.trace is None or not _meets(found.trace, goal.goal):
            return found
    if isinstance(prop, Reaches) or (isinstance(prop, Always) and not q.certain):
        return explicit.check(q.system, prop, limit=limit, cover=q.cover, progress=q.progress)
    return liveness.check(q.system, prop, fair=q.fair, limit=limit, cover=q.cover, progress=q.progress)


def _ranking(q: Question) -> Verdict:
    assert q.rank is not None
    goal = q.goal
    if goal is None:
        goal = Reaches(name=q.prop.name, goal=all_of(negate(a.guard) for a in q.system.actions if not a.environment))
    stays = isinstance(q.prop, EventuallyAlways)
    return prove(q.system, goal, invariant=q.invariant, rank=q.rank, stays=stays, effort=q.effort)


def _states(q: Question) -> tuple[TransitionSystem, Always]:
    assert q.states is not None
    return q.states


def _spacer(q: Question) -> Verdict:
    """Spacer, told what the sieve keeps."""
    system, prop = _states(q)
    try:
        known = houdini.inductive(system, prop, effort=q.effort)
    except Undecided:
        known = ()
    return spacer.check(system, prop, known=known, depth=q.depth, effort=q.effort)


def _lasso(q: Question) -> Verdict:
    assert not isinstance(q.prop, Always | OnceAlways | Possibly | Reaches)
    return bounded_lasso.check(q.system, q.prop, fair=q.fair, depth=q.depth, effort=q.effort)


LADDER = (
    Rung(
        engine="explicit",
        silent=_open,
        ask=lambda q: _search(q, SMALL if q.limit is None else min(SMALL, q.limit)),
    ),
    Rung(engine="ranking", silent=_rank, ask=_ranking),
    Rung(
        engine="induction",
        silent=_no_states,
        of_states=True,
        ask=lambda q: induction.check(*_states(q), depth=5 if q.system.parameters else 1, effort=q.effort),
    ),
    Rung(
        engine="walk",
        silent=lambda q: _open(q) or _no_states(q),
        of_states=True,
        ask=lambda q: walk.check(*_states(q)),
    ),
    Rung(
        engine="houdini",
        silent=_sieve,
        of_states=True,
        ask=lambda q: houdini.check(*_states(q), effort=q.effort),
    ),
    Rung(
        engine="explicit",
        silent=lambda q: _searched(q) or ("" if q.goal is not None else "it searches all that is asked"),
        of_states=True,
        ask=lambda q: explicit.check(*_states(q), limit=q.limit, progress=q.progress),
    ),
    Rung(engine="explicit", silent=_searched, ask=lambda q: _search(q, q.limit)),
    Rung(engine="spacer", silent=_sieve, of_states=True, ask=_spacer),
    Rung(
        engine="bounded",
        silent=lambda q: _no_states(q) if q.goal is None or isinstance(q.prop, Reaches) else "it looks for lassos",
        of_states=True,
        ask=lambda q: bounded.check(*_states(q), depth=q.depth, effort=q.effort),
    ),
    Rung(
        engine="bounded",
        silent=lambda q: (
            "it looks at single states" if isinstance(q.prop, Always | OnceAlways | Possibly | Reaches) else ""
        ),
        ask=_lasso,
    ),
)
"""Who is asked, in this order, until somebody decides."""

ENGINES = {
    "explicit": "exhaustive search of a model without open sizes",
    "ranking": "a number that every step makes smaller, for every size",
    "induction": "the property, with what helps it, is kept by every step; for every size",
    "houdini": "induction over conditions sieved from templates; for every size",
    "spacer": "Horn clauses, in a process of its own; for every size",
    "walk": "random walks: they find, and prove nothing",
    "bounded": f"a violation within {DEPTH} steps: it finds, and proves nothing",
}
"""What can be asked for by name, and what each does."""


_ELSEWHERE = ("system", "prop", "progress")
"""The fields of a question that are no bounds of its answer."""


# -- the climb -----------------------------------------------------------------------------------------------------


def decide(
    system: TransitionSystem,
    prop: Property,
    *,
    fair: Fair = DECLARED,
    limit: int | None = None,
    depth: int = DEPTH,
    effort: int | None = EFFORT,
    invariant: Condition = True,
    rank: Number | None = None,
    where_stuck: bool = False,
    certain: bool = True,
    cover: bool = False,
    progress: explicit.Progress | None = None,
    engine: str = "",
) -> Verdict:
    """Ask one rung of the ladder after the other until one decides ``prop``; with ``engine`` only that engine.

    For the rest see ``Question``. When nobody decides, the verdict is ``unknown`` with the reason of whoever searched
    farthest; ``rungs`` has what each of them said.

    Raises ``ModelError`` (also ``SymmetryError``) when the system is wrong; whatever an engine finds wrong with its own
    result (``ReplayError``, ``CertificateError``) is raised as well, never hidden behind the next engine's answer.
    """
    question = Question(
        system=system,
        prop=prop,
        fair=fair,
        limit=limit,
        depth=depth,
        effort=effort,
        invariant=invariant,
        rank=rank,
        where_stuck=where_stuck,
        certain=certain,
        cover=cover,
        progress=progress,
    )
    bounds = {f.name: getattr(question, f.name) for f in fields(Question) if f.name not in _ELSEWHERE}
    return kept.known(system, prop, {**bounds, "engine": engine}, lambda: climb(question, engine))


def climb(q: Question, engine: str = "") -> Verdict:
    """The answer of the first rung that decides ``q``, with what the rungs before it said."""
    said: list[Said] = []
    undecided: list[Verdict] = []
    silent: list[str] = []
    never_stuck = False
    for rung in LADDER:
        if engine and rung.engine != engine:
            continue
        why = rung.silent(q)
        if why or (never_stuck and rung.of_states):
            silent.append(why)
            continue
        begun = _cpu_seconds()
        verdict = found = _answer(rung, q)
        if rung.of_states:
            verdict = q.of_states(found)
            never_stuck = q.goal is not None and found.outcome is Outcome.HOLDS
        about = q.about if rung.of_states else ""
        said.append(
            Said(
                engine=rung.engine,
                about=about,
                outcome=found.outcome,
                reason=found.reason,
                states=found.states,
                seconds=_cpu_seconds() - begun,
            )
        )
        if verdict.outcome is not Outcome.UNKNOWN:
            if verdict.outcome is Outcome.VIOLATED and not verdict.certain:
                verdict = evolve(verdict, certain=_unavoidable(q, stuck=bool(about)))
            return evolve(verdict, rungs=tuple(said))
        undecided.append(verdict)
        if INTERRUPTED in verdict.reason or over():
            break
    if not undecided:
        reason = silent[0] if engine else "no engine can say anything about it"
        return Verdict(outcome=Outcome.UNKNOWN, method=engine or "none", scope=q.system.name, reason=reason)
    last = max(undecided, key=lambda verdict: verdict.states)
    return evolve(last, rungs=tuple(said))


def _answer(rung: Rung, q: Question) -> Verdict:
    try:
        return rung.ask(q)
    except (OutOfTime, TooLarge) as stopped:
        return Verdict(outcome=Outcome.UNKNOWN, method=rung.engine, scope=q.system.name, reason=str(stopped))


def _unavoidable(q: Question, *, stuck: bool) -> bool:
    """Every run goes wrong as the one that was found does, where the engine has not decided that itself: no run comes
    to the goal, or none comes to rest."""
    try:
        if stuck:
            return not possible(q.system, _goal(q), limit=q.limit)
        return isinstance(q.prop, Quiescence) and _never_rests(q)
    except OutOfTime:  # What was found stands; it is only not called certain.
        return False


def _never_rests(q: Question) -> bool:
    """It is proved by one step of induction that some fair step changes something in every reachable state."""

    def moves(action: Action) -> Condition:
        changed = [name for name in action.updates if name not in {v.name for v in q.system.variables if v.truth}]
        differs = any_of(integer(name) != lift(action.updates[name]) for name in changed)
        return all_of([action.guard, differs])

    fair = [action for action in q.system.actions if q.fair.of(action) is not Fairness.NONE]
    always = Always(name="something always moves", condition=any_of(map(moves, fair)))
    return induction.check(q.system, always, depth=1, effort=q.effort).outcome is Outcome.HOLDS


def _goal(q: Question) -> Condition:
    assert q.goal is not None
    return q.goal.goal


def _cpu_seconds() -> float:
    """CPU time of this process and of the engines it has waited for."""
    return sum(os.times()[:4])


def possible(system: TransitionSystem, condition: Condition, *, limit: int | None) -> bool:
    """Some run reaches ``condition``; also true when that could not be excluded, so that nothing is called certain
    without having been decided."""
    try:
        if system.parameters or walk.find(system, condition) is not None:
            return True
        search = explicit.explore(system, watch=condition, limit=limit)
    except TooLarge:
        return True
    return search.found is not None or not search.complete
