"""Bounded search for lassos: does some fair run of at most k different steps break a property in the end?

Length after length, Z3 chooses the run, where its loop begins (or that it stays where it ends), and open parameters.
Fairness is part of the formula, by its definition over the states and steps of the loop. Like every bounded search it
never proves anything. It shares with ``liveness`` what a violation looks like (``Watch``), not how it is found.

The encoding is that of Biere, Cimatti, Clarke and Zhu, *Symbolic model checking without BDDs*, 1999.
"""

from __future__ import annotations

from typing import Any

from attrs import evolve

from kverify.engines.bounded import Run
from kverify.engines.budget import why_stopped
from kverify.engines.errors import Undecided
from kverify.engines.liveness import Watch, violation_of
from kverify.engines.replay import replay
from kverify.engines.smt import Unrolling, require_start, scope, show, solve
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.expr import negate
from kverify.model.system import Fairness, TransitionSystem
from kverify.spec.property import DECLARED, Fair, Liveness, Until, fix

METHOD = "bounded search for lassos"


def check(
    system: TransitionSystem, prop: Liveness, *, fair: Fair = DECLARED, depth: int = 10, effort: int | None = None
) -> Verdict:
    """Look for a violation of ``prop`` with at most ``depth`` steps in stem and loop; ``effort`` bounds each query.

    Raises ``ModelError`` when there is no initial state.
    """
    verdict = Verdict(outcome=Outcome.UNKNOWN, method=METHOD, scope=scope(system), assumptions=(str(fair),))
    reached = -1
    try:
        require_start(system, effort=effort)
        for length in range(depth + 1):
            run = _run(system, prop, fair, length, effort)
            if run is not None:
                asked = fix(prop, run.parameters)
                return evolve(
                    verdict,
                    outcome=Outcome.VIOLATED,
                    scope=show(run.parameters) or system.name,
                    evidence=f"a run of {length} steps",
                    trace=replay(run.trace, asked, fair),
                    question=asked,
                    fair=fair,
                )
            reached = length
        reason = f"no violation within {depth} steps"
    except (Undecided, KeyboardInterrupt) as stop:
        why = why_stopped(stop)
        reason = f"{why}; no violation within {reached} steps" if reached >= 0 else why
    return evolve(verdict, reason=reason)


def _run(system: TransitionSystem, prop: Liveness, fair: Fair, length: int, effort: int | None) -> Run | None:
    """A violation of exactly ``length`` steps, or None. Raises ``Undecided``."""
    import z3

    unrolling = Unrolling(system)
    path = [unrolling.start(), *(unrolling.step(k) for k in range(length))]
    path += [unrolling.within(k) for k in range(length + 1)]
    watch = violation_of(prop)
    cases: dict[int | None, Any] = {begin: _lasso(unrolling, watch, fair, begin, length) for begin in range(length + 1)}
    if isinstance(prop, Until):
        before_goal = [unrolling.condition(negate(prop.goal), k) for k in range(length + 1)]
        cases[None] = z3.And(*before_goal, unrolling.condition(negate(prop.hold), length))
    chosen = z3.Int("loop")
    which = [z3.And(chosen == number, case) for number, case in enumerate(cases.values())]
    model = solve([*path, z3.Or(which)], effort=effort)
    if model is None:
        return None
    begin = list(cases)[model.eval(chosen, model_completion=True).as_long()]
    trace = unrolling.trace(model, length)
    loops = begin is not None and begin < length
    return Run(evolve(trace, loop=begin if loops else None), unrolling.parameters(model))


def _lasso(unrolling: Unrolling, watch: Watch, fair: Fair, begin: int, length: int) -> Any:
    """From ``begin`` on the steps repeat for ever, or the run stays where it ends; and it follows ``watch``."""
    import z3

    steps = range(begin, length)
    around = list(steps) or [length]
    parts = [unrolling.at(begin)[v.name] == unrolling.at(length)[v.name] for v in unrolling.system.variables]
    watched = [
        z3.And([unrolling.condition(watch.inside, k) for k in range(start, length + 1)])
        if watch.begin is None
        else z3.And(
            unrolling.condition(watch.begin, start),
            *(unrolling.condition(watch.inside, k) for k in range(start, length + 1)),
        )
        for start in (range(1) if watch.begin is None else range(begin + 1))
    ]
    parts.append(z3.Or(watched))
    parts.append(z3.Or([unrolling.condition(watch.often, k) for k in around]))
    if watch.moving:
        names = [v.name for v in unrolling.system.variables]
        changes = [unrolling.at(k)[name] != unrolling.at(k + 1)[name] for k in steps for name in names]
        parts.append(z3.Or(changes))
    for index, action in enumerate(unrolling.system.actions):
        taken = z3.Or([unrolling.choice(k) == index for k in steps])
        if action.environment and not fair.endless_disturbances:
            parts.append(z3.Not(taken))
        off = [unrolling.condition(negate(action.guard), k) for k in around]
        match fair.of(action):
            case Fairness.WEAK:
                parts.append(z3.Or(taken, *off))
            case Fairness.STRONG:
                parts.append(z3.Or(taken, z3.And(off)))
            case Fairness.NONE:
                pass
    return z3.And(parts)
