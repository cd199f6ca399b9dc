"""Proofs by sieving candidates: of a bank of conditions, those that are inductive together.

Houdini (Flanagan and Leino, 2001): start with all candidates, ask for a step that leaves one of them, throw out what is
false after it, and repeat; what is left is the largest subset that is inductive. If the property is among it, or
follows from it, the property holds in every reachable state, for every value of the open parameters.

For people the certificate is made small afterwards: starting from the property, only what each step needs is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from attrs import evolve

from kverify.engines.budget import gave_up, limit_solver, why_stopped
from kverify.engines.errors import CertificateError, Undecided
from kverify.engines.induction import premised, recheck
from kverify.engines.smt import Unrolling, own_context, ranges, require_start, scope, solve
from kverify.engines.templates import bank
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.expr import Condition, all_of, evaluate, lift, negate, to_text
from kverify.model.system import TransitionSystem
from kverify.spec.property import Always

METHOD = "induction over sieved templates (Houdini)"


def check(system: TransitionSystem, prop: Always, *, effort: int | None = None) -> Verdict:
    """Prove ``prop`` with what is inductive of the template bank, its lemmas and the declared ranges.

    The answer is ``holds`` with the invariant as text, or ``unknown``. Raises ``ModelError`` when there is no initial
    state and ``CertificateError`` if the proof does not check.
    """
    verdict = Verdict(outcome=Outcome.UNKNOWN, method=METHOD, scope=scope(system))
    try:
        require_start(system, effort=effort)
        for kept in (inductive(system, prop, rich=rich, effort=effort) for rich in (False, True)):
            if follows(system, kept, prop.condition, effort=effort):
                break
        else:
            reason = f"{len(kept)} candidates are inductive, and together they do not imply the property"
            return evolve(verdict, reason=reason)
        invariant = all_of(small(system, prop.condition, kept, effort=effort))
        recheck(system, invariant, prop, effort=effort)
        proved = evolve(verdict, outcome=Outcome.HOLDS, evidence=f"invariant: {to_text(invariant)}")
        return premised(system, prop, proved, invariant=invariant, effort=effort)
    except (Undecided, KeyboardInterrupt) as stop:
        return evolve(verdict, reason=why_stopped(stop))


def inductive(
    system: TransitionSystem, prop: Always, *, rich: bool = True, effort: int | None = None
) -> tuple[Condition, ...]:
    """The largest inductive subset of the candidates for ``prop``, the property first if it is among them.

    Raises ``Undecided``.
    """
    candidates = [prop.condition, *prop.lemmas, *ranges(system.variables), *bank(system, prop.condition, rich=rich)]
    return sieve(system, candidates, effort=effort)


def sieve(
    system: TransitionSystem, candidates: Iterable[Condition], *, effort: int | None = None
) -> tuple[Condition, ...]:
    """The largest subset of ``candidates`` that holds initially and that every step keeps. Raises ``Undecided``."""
    unrolling = Unrolling(system)
    # Every candidate is translated once and used in many queries.
    left: dict[Condition, tuple[Any, Any]] = {
        c: (unrolling.condition(c, 0), unrolling.condition(c, 1)) for c in dict.fromkeys(candidates) if c is not True
    }

    def drop(assumed: Sequence[Any], asked: Sequence[Condition], step: int) -> None:
        """Throw out of ``left`` those of ``asked`` that can be false at ``step``."""
        import z3

        known: list[Any] = []
        asked = [c for c in asked if c in left]
        while asked:
            if step:
                known = [now for now, _ in left.values()]
            broken = z3.Not(z3.And([left[c][step] for c in asked]))
            model = solve([*assumed, *known, broken], effort=effort)
            if model is None:
                return
            view = unrolling.view(model, step)
            false = [c for c in asked if not evaluate(c, view)]
            for c in false:
                del left[c]
            asked = [c for c in asked if c in left]

    drop([unrolling.start()], tuple(left), 0)
    steps = [(frozenset(a.updates), [unrolling.given(), unrolling.taken(0, a)]) for a in system.actions]
    before = -1
    while len(left) != before:
        before = len(left)
        for touched, step in steps:
            # What reads nothing that the action writes stays true.
            drop(step, [c for c in left if lift(c).variables() & touched], 1)
    return tuple(left)


def follows(system: TransitionSystem, kept: Sequence[Condition], goal: Condition, *, effort: int | None = None) -> bool:
    """Every state of ``kept`` satisfies ``goal``. Raises ``Undecided``."""
    unrolling = Unrolling(system)
    question = [unrolling.given(), unrolling.condition(all_of(kept), 0), unrolling.condition(negate(goal), 0)]
    return solve(question, effort=effort) is None


def small(
    system: TransitionSystem, goal: Condition, kept: Sequence[Condition], *, effort: int | None = None
) -> list[Condition]:
    """A small inductive part of ``kept`` that implies ``goal``: what the goal needs, what that needs, and so on.

    Raises ``CertificateError`` if all of ``kept`` is not inductive or does not imply the goal, and ``Undecided``.
    """
    unrolling = Unrolling(system)
    known = {c: unrolling.condition(c, 0) for c in kept}
    if any(c is goal for c in kept):
        needed = [goal]
    else:
        needed = _core(known, [unrolling.given(), unrolling.condition(negate(goal), 0)], effort)
    done: list[Condition] = []
    while len(done) < len(needed):
        goals = needed[len(done) :]
        done = list(needed)
        leaving = [unrolling.given(), unrolling.step(0), unrolling.condition(negate(all_of(goals)), 1)]
        needed += [c for c in _core(known, leaving, effort) if not any(c is d for d in needed)]
    return needed


def _core(known: dict[Condition, Any], question: Sequence[Any], effort: int | None) -> list[Condition]:
    """Those ``known`` conditions that Z3 uses to refute ``question``. Raises ``Undecided``."""
    import z3

    # In a context of its own the core does not depend on what was asked before.
    context = own_context()
    solver = z3.Solver(ctx=context)
    if effort is not None:
        solver.set("rlimit", effort)
    solver.set("core.minimize", True)
    solver.add(*(part.translate(context) for part in question))
    names = {f"known{i}": c for i, c in enumerate(known)}
    for name, c in names.items():
        solver.assert_and_track(known[c].translate(context), z3.Bool(name, context))
    limit_solver(solver)
    answer = solver.check()
    if answer == z3.sat:
        raise CertificateError("the conditions are not inductive together")
    if answer == z3.unknown:
        raise gave_up(solver.reason_unknown(), "on making the invariant small")
    used = {str(name) for name in solver.unsat_core()}
    return [c for name, c in names.items() if name in used]
