"""History variables: a truth value that remembers what a run has seen, so that a question about the past becomes one
about a state. Adding one changes no run.
"""

from __future__ import annotations

from attrs import evolve

from kverify.engines.verdict import Step, Trace
from kverify.model.expr import Condition, all_of, any_of, boolean, evaluate, implies, lift, negate, substitute
from kverify.model.system import Action, State, TransitionSystem, Variable
from kverify.spec.property import Always, OnceAlways


def free_name(system: TransitionSystem, wish: str) -> str:
    """``wish``, or something like it that no variable is called yet."""
    taken = {v.name for v in (*system.variables, *system.parameters)}
    while wish in taken:
        wish += "'"
    return wish


def remember(system: TransitionSystem, name: str, since: Condition, until: Condition = False) -> TransitionSystem:
    """``system`` with a last variable ``name``: true from each state in which ``since`` holds up to, and without, the
    next in which ``until`` does.

    Where both hold it is false. ``starts`` are extended; symmetry stays declared, so ``since`` and ``until`` must not
    tell interchangeable blocks apart.
    """
    flag = boolean(name)

    def after(action: Action) -> Condition:
        there = {n: lift(update) for n, update in action.updates.items()}
        held = any_of([flag, substitute(since, there)])
        return all_of([held, negate(substitute(until, there))])

    first = all_of([since, negate(until)])
    agrees = all_of([implies(flag, first), implies(first, flag)])
    return evolve(
        system,
        variables=(*system.variables, Variable.boolean(name, None)),
        actions=tuple(evolve(a, updates={**a.updates, name: after(a)}) for a in system.actions),
        initial=all_of([system.initial, agrees]),
        starts=None
        if system.starts is None
        else tuple((*state, int(bool(evaluate(first, system.view(state))))) for state in system.starts),
    )


def forgetting(system: TransitionSystem) -> TransitionSystem:
    """``system`` without its last variable, a history variable. What it was at the start the others say."""
    name = system.variables[-1].name
    return evolve(
        system,
        variables=system.variables[:-1],
        actions=tuple(evolve(a, updates={n: u for n, u in a.updates.items() if n != name}) for a in system.actions),
        initial=any_of(substitute(system.initial, {name: value}) for value in (True, False)),
        starts=None if system.starts is None else tuple(state[:-1] for state in system.starts),
    )


def forget(trace: Trace, system: TransitionSystem) -> Trace:
    """``trace``, a run of ``system`` with history variables, as a run of ``system`` itself."""
    own = dict(zip(trace.system.actions, system.actions, strict=True))
    kept = len(system.variables)

    def cut(state: State) -> State:
        return state[:kept]

    steps = tuple(Step(own[step.action], cut(step.state)) for step in trace.steps)
    return Trace(system, cut(trace.start), steps, trace.loop)


def as_always(system: TransitionSystem, prop: OnceAlways) -> tuple[TransitionSystem, Always]:
    """``prop`` as an invariant of ``system`` with a history variable, for engines that know invariants only."""
    name = free_name(system, "once")
    safe = Always(
        name=prop.name,
        condition=implies(boolean(name), prop.condition),
        lemmas=prop.lemmas,
        premise=prop.premise,
    )
    return remember(system, name, prop.premise), safe
