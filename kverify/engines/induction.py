"""Proofs by induction: for every size, where the system leaves its parameters open.

A condition is *inductive* when it holds initially and every step from a state where it holds leads to another such
state; it then holds in every reachable state. *k-induction* lets the step look back at k states. The property is
strengthened by its lemmas and by the declared ranges. Those that are not inductive themselves are dropped one by one
(as Houdini does) until what is left proves the property, or the property itself fails.

No range is taken for granted: a bound is used only if it is part of the invariant. What comes out is checked again by
``recheck`` before anybody hears of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from attrs import evolve, frozen

from kverify.engines.bounded import runs, violated
from kverify.engines.budget import why_stopped
from kverify.engines.errors import CertificateError, Undecided
from kverify.engines.smt import Unrolling, ranges, require_start, scope, show, solve, solve_text
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.expr import Condition, all_of, evaluate, negate, to_text
from kverify.model.system import TransitionSystem
from kverify.spec.property import Always, StateProperty

METHOD = "induction"
_PREMISE_DEPTH = 10
"""How many steps may lead to a state in which a premise holds."""


def check(system: TransitionSystem, prop: Always, *, depth: int = 5, effort: int | None = None) -> Verdict:
    """Prove ``prop`` by induction over up to ``depth`` steps; ``effort`` bounds each Z3 query.

    ``holds`` comes with the invariant as text. A violation met on the way (within ``depth - 1`` steps) is reported as
    such. Everything else is ``unknown``, with the step that induction could not exclude as the reason.

    Raises ``ModelError`` when there is no initial state and ``CertificateError`` if the proof does not check.
    """
    verdict = Verdict(outcome=Outcome.UNKNOWN, method=METHOD, scope=scope(system))
    reason = ""
    try:
        require_start(system, effort=effort)
        violations = runs(system, negate(prop.condition), effort=effort)
        for length, run in zip(range(1, depth + 1), violations, strict=False):
            if run is not None:
                return violated(system, prop, run, METHOD)
            result = _strengthen(system, prop, length, effort)
            if isinstance(result, _Obstacle):
                reason = reason or result.text
                continue
            recheck(system, result, prop, depth=length, effort=effort)
            method = METHOD if length == 1 else f"{length}-induction"
            return premised(
                system,
                prop,
                evolve(verdict, outcome=Outcome.HOLDS, method=method, evidence=f"invariant: {to_text(result)}"),
                invariant=result,
                effort=effort,
            )
    except (Undecided, KeyboardInterrupt) as stop:
        reason = "; ".join(filter(None, [reason, why_stopped(stop)]))
    return evolve(verdict, reason=reason)


@frozen
class _Obstacle:
    """Why the property is not inductive, with the step that shows it."""

    text: str


def _strengthen(system: TransitionSystem, prop: Always, depth: int, effort: int | None) -> Condition | _Obstacle:
    """The property with as many lemmas and ranges as are ``depth``-inductive together with it."""
    bounds = ranges(system.variables)
    hints = _initially(system, [*prop.lemmas, *bounds], depth, effort)
    while True:
        invariant = all_of([prop.condition, *hints])
        unrolling = Unrolling(system)
        model = solve(_step_query(unrolling, invariant, depth), effort=effort)
        if model is None:
            break
        after = unrolling.view(model, depth)
        if not evaluate(prop.condition, after):
            action = unrolling.trace(model, depth).steps[-1].action
            return _Obstacle(
                f"not {depth}-inductive: {action.name!r} leads from {show(unrolling.view(model, depth - 1))} "
                f"to {show(after)}"
            )
        hints = [hint for hint in hints if evaluate(hint, after)]
    # The certificate is for people: leave the ranges out when it stands without them.
    plain = all_of([prop.condition, *(hint for hint in hints if not any(hint is bound for bound in bounds))])
    return plain if solve(_step_query(Unrolling(system), plain, depth), effort=effort) is None else invariant


def _initially(system: TransitionSystem, hints: Sequence[Condition], depth: int, effort: int | None) -> list[Condition]:
    """Those ``hints`` that hold in the first ``depth`` states of every run."""
    kept: list[Condition] = [hint for hint in hints if hint is not True]
    for length in range(depth):
        while kept:
            unrolling = Unrolling(system)
            model = solve(_base_query(unrolling, all_of(kept), length), effort=effort)
            if model is None:
                break
            view = unrolling.view(model, length)
            kept = [hint for hint in kept if evaluate(hint, view)]
    return kept


def _base_query(unrolling: Unrolling, invariant: Condition, length: int) -> list[object]:
    """A run of ``length`` steps from a start, which is within the declared ranges, that ends outside ``invariant``."""
    steps = [unrolling.step(k) for k in range(length)]
    return [unrolling.start(), unrolling.within(0), *steps, unrolling.condition(negate(invariant), length)]


def _step_query(unrolling: Unrolling, invariant: Condition, depth: int) -> list[object]:
    """``depth`` steps, all inside ``invariant`` but the last, which leaves it."""
    inside = [unrolling.condition(invariant, k) for k in range(depth)]
    steps = [unrolling.step(k) for k in range(depth)]
    return [unrolling.given(), *inside, *steps, unrolling.condition(negate(invariant), depth)]


def recheck(
    system: TransitionSystem, invariant: Condition, prop: Always, *, depth: int = 1, effort: int | None = None
) -> tuple[str, ...]:
    """Check a certificate: the invariant holds initially, every step keeps it, and it implies the property.

    Each question is put as SMT-LIB text to a solver of its own. With ``depth`` k > 1, "initially" covers the first k
    states and a step may rely on the k states before it. Returns the names of the checks.

    Raises ``CertificateError`` naming the check that failed, and ``Undecided``.
    """
    for length in range(depth):
        unrolling = Unrolling(system)
        model = solve_text(_base_query(unrolling, invariant, length), effort=effort)
        if model is not None:
            raise CertificateError(
                f"initial: {to_text(invariant)} is false where {show(unrolling.view(model, length))}"
            )
    unrolling = Unrolling(system)
    model = solve_text(_step_query(unrolling, invariant, depth), effort=effort)
    if model is not None:
        action = unrolling.trace(model, depth).steps[-1].action
        raise CertificateError(
            f"inductive: {action.name!r} leads from {show(unrolling.view(model, depth - 1))} "
            f"to {show(unrolling.view(model, depth))}"
        )
    unrolling = Unrolling(system)
    outside = [unrolling.condition(invariant, 0), unrolling.condition(negate(prop.condition), 0)]
    model = solve_text([unrolling.given(), *outside], effort=effort)
    if model is not None:
        raise CertificateError(f"implies: {prop.name} is false where {show(unrolling.view(model, 0))}")
    return "initial", "inductive", "implies"


def premised(
    system: TransitionSystem, prop: StateProperty, verdict: Verdict, *, invariant: Condition, effort: int | None
) -> Verdict:
    """``verdict``, a proof, after asking whether the premise is ever met.

    ``vacuous`` if the invariant excludes the premise, ``unknown`` if no run of a few steps meets it. Raises
    ``Undecided``.
    """
    if prop.premise is True:
        return verdict
    unrolling = Unrolling(system)
    possible = [unrolling.condition(invariant, 0), unrolling.condition(prop.premise, 0)]
    if solve([unrolling.given(), *possible], effort=effort) is None:
        return evolve(verdict, outcome=Outcome.VACUOUS, reason=f"no reachable state satisfies {prop.premise}")
    if any(run is not None for run in islice(runs(system, prop.premise, effort=effort), _PREMISE_DEPTH + 1)):
        return verdict
    reason = f"proved, but no run of up to {_PREMISE_DEPTH} steps meets the premise {prop.premise}"
    return evolve(verdict, outcome=Outcome.UNKNOWN, reason=reason)
