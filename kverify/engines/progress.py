"""Progress without search: a ranking function, for open parameters too.

If in every state of an inductive invariant where the goal is false some controller, scheduler or kubelet step is
enabled, and each such step makes a non-negative number smaller, then no more than that many steps can be taken before
the goal is reached, in whatever order they come. Disturbances may raise the number as they like, as long as they keep
the invariant: afterwards the argument starts again.
"""

from __future__ import annotations

from attrs import evolve, frozen

from kverify.engines.budget import why_stopped
from kverify.engines.errors import CertificateError, Undecided
from kverify.engines.induction import premised, recheck
from kverify.engines.smt import Unrolling, require_start, scope, show, solve_text
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.expr import Condition, Number, all_of, lift, negate, substitute, to_text
from kverify.model.system import Fairness, State, TransitionSystem
from kverify.spec.property import Always, Reaches

METHOD = "ranking function"


@frozen
class Candidate:
    """A state that would be stuck if it can be reached, with the parameters for which it would."""

    state: State
    parameters: dict[str, int]
    text: str


def prove(
    system: TransitionSystem,
    prop: Reaches,
    *,
    invariant: Condition,
    rank: Number,
    stays: bool = False,
    effort: int | None = None,
) -> Verdict:
    """Prove ``prop`` with a linear ``rank`` under an ``invariant``, both of which are checked here.

    ``holds`` needs that the invariant is inductive under all actions; that the rank is not negative under it; and that
    where the goal is false, some fair step is enabled and each that is no disturbance makes the rank smaller. With
    ``stays`` no such step may leave the goal either, so that it is reached for good. Otherwise ``unknown``, with the
    obligation that failed and the state that shows it. A stuck state found this way is only a candidate: whether it can
    be reached is for a search to say.

    Raises ``ModelError`` when there is no initial state.
    """
    verdict = Verdict(outcome=Outcome.UNKNOWN, method=METHOD, scope=scope(system))
    try:
        require_start(system, effort=effort)
        recheck(system, invariant, Always(name=prop.name, condition=True), effort=effort)
        reason = _failure(system, prop, invariant, rank, effort)
        if stays and not reason:
            reason = _leaves(system, prop, invariant, effort)
        if reason:
            return evolve(verdict, reason=reason)
        proved = evolve(
            verdict,
            outcome=Outcome.HOLDS,
            evidence=evidence(invariant, rank),
        )
        return premised(system, prop, proved, invariant=invariant, effort=effort)
    except CertificateError as failure:
        return evolve(verdict, reason=f"the invariant does not hold, {failure}")
    except (Undecided, KeyboardInterrupt) as stop:
        return evolve(verdict, reason=why_stopped(stop))


def evidence(invariant: Condition, rank: Number) -> str:
    """What a proof rests on, in words."""
    return f"invariant: {to_text(invariant)}; rank: {to_text(rank)}"


def not_stuck(system: TransitionSystem, prop: Reaches) -> Always:
    """No state is at rest with the goal false: what ``prop`` implies, and what it comes to where nothing loops."""
    at_rest = all_of(negate(action.guard) for action in system.actions if not action.environment)
    stuck = all_of([prop.premise, at_rest, negate(prop.goal)])
    return Always(name=f"{prop.name}, or something still moves", condition=negate(stuck))


def stuck_state(
    system: TransitionSystem, prop: Reaches, invariant: Condition, *, effort: int | None = None
) -> Candidate | None:
    """A state of ``invariant`` at rest with the goal false, or None, which proves that there is none.

    One formula over one state, for all sizes at once. Variables are within their declared ranges. Raises ``Undecided``.
    """
    unrolling = Unrolling(system)
    stuck = all_of([invariant, negate(prop.goal), *(negate(a.guard) for a in system.actions if not a.environment)])
    model = solve_text([unrolling.given(), unrolling.within(0), unrolling.condition(stuck, 0)], effort=effort)
    if model is None:
        return None
    return Candidate(unrolling.state(model, 0), unrolling.parameters(model), show(unrolling.view(model, 0)))


def _failure(system: TransitionSystem, prop: Reaches, invariant: Condition, rank: Number, effort: int | None) -> str:
    """The first obligation that fails, as a sentence; empty when all are met."""
    calm = [action for action in system.actions if not action.environment]
    before = all_of([invariant, negate(prop.goal)])
    fair = (action for action in calm if action.fairness is not Fairness.NONE)
    state = _counterexample(system, all_of([before, *(negate(action.guard) for action in fair)]), effort)
    if state:
        return f"stuck if it can be reached: {state}"
    state = _counterexample(system, all_of([invariant, lift(rank) < 0]), effort)
    if state:
        return f"the rank is negative where {state}"
    for action in calm:
        after = substitute(rank, {name: lift(update) for name, update in action.updates.items()})
        state = _counterexample(system, all_of([before, action.guard, lift(rank) <= after]), effort)
        if state:
            return f"{action.name!r} does not decrease the rank where {state}"
    return ""


def _leaves(system: TransitionSystem, prop: Reaches, invariant: Condition, effort: int | None) -> str:
    """A step that leaves the goal although nothing disturbs it, as a sentence; empty if there is none."""
    for action in system.actions:
        if not action.environment:
            after = substitute(prop.goal, {name: lift(update) for name, update in action.updates.items()})
            state = _counterexample(system, all_of([invariant, prop.goal, action.guard, negate(after)]), effort)
            if state:
                return f"{action.name!r} leaves the goal where {state}"
    return ""


def _counterexample(system: TransitionSystem, condition: Condition, effort: int | None) -> str:
    """A state in which ``condition`` holds, as text; empty if there is none."""
    unrolling = Unrolling(system)
    model = solve_text([unrolling.given(), unrolling.condition(condition, 0)], effort=effort)
    return "" if model is None else show(unrolling.view(model, 0)) or "nothing varies"
