"""Counterexamples, executed again by the plain interpreter before anybody sees them.

The searches work on compiled code and on canonical states. What they find is rebuilt here as a concrete run
(``concretise``) and then checked as if it came from a stranger (``replay``): with ``TransitionSystem.step`` and
``evaluate`` only, which share no code with the compiler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import evolve

from kverify.engines.compiled import Compiled, compile_system
from kverify.engines.errors import ModelError, ReplayError
from kverify.engines.starts import outside
from kverify.engines.symmetry import respected
from kverify.engines.verdict import Step, Trace
from kverify.model.expr import Condition, evaluate
from kverify.model.system import Fairness, State, TransitionSystem
from kverify.spec.property import (
    DECLARED,
    Always,
    AlwaysEventually,
    Eventually,
    EventuallyAlways,
    Fair,
    LeadsTo,
    OnceAlways,
    Possibly,
    Property,
    Quiescence,
    Reaches,
    Until,
)

_PLAIN = 1_000
"""How many states the plain interpreter visits to confirm that a goal is out of reach."""

_COMPILED = 100_000
"""How many states compiled code visits for that purpose before it makes use of symmetry."""


def concretise(
    compiled: Compiled,
    start: State,
    path: Sequence[State],
    *,
    quiet: int | None = None,
    loop: int | None = None,
) -> Trace:
    """A concrete run along the canonical states of ``path``, from ``start``, whose representative is the first of them.

    From position ``quiet`` on no disturbances are used. With ``loop``, ``path`` ends where its position ``loop`` was,
    up to symmetry; the stretch between is repeated until the very same state returns (permuting finitely many blocks
    comes back to where it began). Raises ``ReplayError`` when no action leads on.
    """
    system = compiled.system
    state, steps = start, list[Step]()
    if compiled.canonical(start) != path[0]:
        raise ReplayError(f"{system.name}: the trace does not begin at an initial state")

    def follow(begin: int, end: int) -> None:
        nonlocal state
        for position in range(begin, end):
            calm = quiet is not None and position >= quiet
            steps.append(_advance(compiled, state, path[position + 1], calm))
            state = steps[-1].state

    if loop is None:
        follow(0, len(path) - 1)
        return Trace(system, start, tuple(steps))
    follow(0, loop)
    first_seen = {state: len(steps)}
    while True:
        follow(loop, len(path) - 1)
        if state in first_seen:
            return Trace(system, start, tuple(steps), loop=first_seen[state])
        first_seen[state] = len(steps)


def _advance(compiled: Compiled, state: State, target: State, calm: bool) -> Step:
    """The first step from ``state`` to a state represented by ``target``, taken by the plain interpreter."""
    system = compiled.system
    for index, following in compiled.successors(state):
        action = system.actions[index]
        if calm and action.environment:
            continue
        if compiled.canonical(following) == target:
            try:
                return Step(action, system.step(state, action))
            except (ValueError, ZeroDivisionError) as error:
                raise ReplayError(f"{system.name}: the interpreter refuses a compiled step: {error}") from error
    raise ReplayError(f"{system.name}: no action leads from {state} to {target} or a permutation of it")


def replay(trace: Trace, prop: Property, fair: Fair = DECLARED) -> Trace:
    """``trace`` itself, after checking that it is a run and that it violates ``prop``. Raises ``ReplayError``.

    Where ``prop`` is about what fair runs do in the end, the trace is one of them: its loop, or standing still where it
    ends, is fair, see ``refuse_unfair``.

    A property that reads parameters has to be fixed as the trace's system is, see ``kverify.spec.property.fix``.
    """
    require_run(trace)
    match prop:
        case Reaches():
            _check_stuck(trace, prop)
        case Possibly():
            raise ReplayError(f"{trace.system.name}: no run shows that {prop.name} is impossible")
        case Always() | OnceAlways():
            _check_unsafe(trace, prop)
        case Until(hold=hold, goal=goal):
            _refuse_somewhere(trace, goal, f"the goal of {prop.name}", 0)
            if _holds(trace.system, hold, trace.final) or trace.loop is not None:
                refuse_unfair(trace, fair)
        case _:
            _check_in_the_end(trace, prop)
            refuse_unfair(trace, fair)
    return trace


def _check_unsafe(trace: Trace, prop: Always | OnceAlways) -> None:
    if _holds(trace.system, prop.condition, trace.final):
        raise ReplayError(f"{trace.system.name}: {prop.name} holds at the end of its counterexample")
    if isinstance(prop, OnceAlways) and not any(_holds(trace.system, prop.premise, s) for s in trace.states()):
        raise ReplayError(f"{trace.system.name}: the premise of {prop.name} never holds on its counterexample")


def _check_in_the_end(
    trace: Trace, prop: Eventually | LeadsTo | EventuallyAlways | AlwaysEventually | Quiescence
) -> None:
    """What the trace does for ever breaks ``prop``, fair or not."""
    system, states = trace.system, trace.states()
    first = len(states) - 1 if trace.loop is None else trace.loop
    match prop:
        case Eventually(goal=goal):
            _refuse_somewhere(trace, goal, f"the goal of {prop.name}", 0)
        case LeadsTo(premise=given, goal=goal):
            owed = [i for i, state in enumerate(states) if _holds(system, given, state)]
            if not owed:
                raise ReplayError(f"{system.name}: the premise of {prop.name} never holds on its counterexample")
            # The last premise of a loop comes round again: all of the loop then follows it.
            _refuse_somewhere(trace, goal, f"the goal of {prop.name}", min(owed[-1], first))
        case AlwaysEventually(goal=goal):
            _refuse_somewhere(trace, goal, f"the goal of {prop.name}", first)
        case EventuallyAlways(goal=goal):
            if all(_holds(system, goal, state) for state in states[first:]):
                raise ReplayError(f"{system.name}: the goal of {prop.name} holds for ever in the end")
        case Quiescence():
            if len(set(states[first:])) < 2:
                raise ReplayError(f"{system.name}: the trace comes to rest")


def _refuse_somewhere(trace: Trace, condition: Condition, what: str, begin: int) -> None:
    for state in trace.states()[begin:]:
        if _holds(trace.system, condition, state):
            raise ReplayError(f"{trace.system.name}: {what} holds in {state}")


def refuse_unfair(trace: Trace, fair: Fair) -> None:
    """Raises ``ReplayError`` unless going on for ever as ``trace`` says is fair.

    Without a loop the run stays where it ends. By the plain interpreter and the definition: an action that is weakly
    fair is taken in the loop or is not enabled somewhere in it; one that is strongly fair is taken or enabled nowhere.
    """
    system, states = trace.system, trace.states()
    loop = trace.steps[trace.loop :] if trace.loop is not None else ()
    around = states[trace.loop :] if trace.loop is not None else states[-1:]
    taken = [step.action for step in loop]
    if not fair.endless_disturbances:
        disturbance = next((action for action in taken if action.environment), None)
        if disturbance is not None:
            raise ReplayError(f"{system.name}: the loop needs the disturbance {disturbance.name!r} again and again")
    enabled = [system.enabled(state) for state in around]
    for action in system.actions:
        if any(action is other for other in taken):
            continue
        times = sum(any(action is other for other in here) for here in enabled)
        kind = fair.of(action)
        if kind is Fairness.WEAK and times == len(enabled):
            raise ReplayError(f"{system.name}: {action.name!r} is weakly fair, always enabled in the loop, never taken")
        if kind is Fairness.STRONG and times:
            raise ReplayError(f"{system.name}: {action.name!r} is strongly fair, enabled in the loop, never taken")


def require_run(trace: Trace) -> None:
    """``trace`` is a run of its system, by the plain interpreter. Raises ``ReplayError``."""
    system = trace.system
    if system.parameters:
        raise ReplayError(f"{system.name}: a trace needs every parameter fixed")
    problem = outside(system, trace.start)
    if problem:
        raise ReplayError(f"{system.name}: at the start {problem}")
    if system.starts is not None:
        started = trace.start in system.starts
    else:
        started = _holds(system, system.initial_condition, trace.start)
    if not started:
        raise ReplayError(f"{system.name}: {trace.start} is not an initial state")
    state = trace.start
    for number, step in enumerate(trace.steps, 1):
        if not any(step.action is action for action in system.actions):
            raise ReplayError(f"{system.name}: step {number} is not an action of the system")
        try:
            state = system.step(state, step.action)
        except (ValueError, ZeroDivisionError) as error:
            raise ReplayError(f"{system.name}: step {number}: {error}") from error
        if state != step.state:
            raise ReplayError(f"{system.name}: step {number}, {step.action.name}, leads to {state}, not {step.state}")
    if trace.loop is not None:
        states = trace.states()
        if not 0 <= trace.loop < len(trace.steps) or states[trace.loop] != trace.final:
            raise ReplayError(f"{system.name}: the loop does not close")


def _check_stuck(trace: Trace, prop: Reaches) -> None:
    """Some state satisfies the premise, no disturbance follows it, and the goal cannot be reached from it."""
    system, states = trace.system, trace.states()
    witness = _witness(trace, prop)
    if witness is None:
        raise ReplayError(f"{system.name}: the premise of {prop.name} does not hold where the trace gets stuck")
    for state in states[witness:]:
        if _holds(system, prop.goal, state):
            raise ReplayError(f"{system.name}: the goal of {prop.name} holds in {state}")
    if witness == len(states) - 1 and at_rest(system, trace.final):
        return
    if goal_in_reach(system, states[witness], prop.goal):
        raise ReplayError(f"{system.name}: the goal of {prop.name} can still be reached from {states[witness]}")


def _witness(trace: Trace, prop: Reaches) -> int | None:
    """The last position that satisfies the premise and is followed by no disturbance."""
    states = trace.states()
    for position in range(len(states) - 1, -1, -1):
        if _holds(trace.system, prop.premise, states[position]):
            return position
        if position and trace.steps[position - 1].action.environment:
            return None
    return None


def left_out(trace: Trace) -> tuple[str, ...]:
    """What a loop never does although it could: each action with where it is possible and where not, one sentence each.

    That is what fairness is about: a weakly fair action may be left out for ever because it is not always possible.
    """
    if trace.loop is None:
        return ()
    steps = trace.steps[trace.loop :]
    taken = {step.action for step in steps}
    enabled = [(number, set(trace.system.enabled(step.state))) for number, step in enumerate(steps, trace.loop + 1)]
    lines = []
    for action in trace.system.actions:
        on = [str(number) for number, actions in enabled if action in actions]
        off = [str(number) for number, actions in enabled if action not in actions]
        if action in taken or action.environment or not on:
            continue
        never = f", not after {', '.join(off)}" if off else ""
        lines.append(f"{action.name} is possible after step {', '.join(on)}{never}, and is never done")
    return tuple(lines)


def at_rest(system: TransitionSystem, state: State) -> bool:
    """Whether only disturbances are possible in ``state``, by the plain interpreter."""
    return all(action.environment for action in system.enabled(state))


def goal_in_reach(system: TransitionSystem, state: State, goal: Condition) -> bool:
    """Whether steps that are not disturbances lead from ``state`` to ``goal``.

    The plain interpreter looks first. When there are too many states for it, compiled code looks, at first without
    symmetry, so that a wrong symmetry cannot hide the goal, and only in regions of more than a hundred thousand states
    with it.
    """
    plain = _search(state, lambda s: _holds(system, goal, s), lambda s: _calm_steps(system, s), _PLAIN)
    if plain is not None:
        return plain
    environment = [action.environment for action in system.actions]
    compiled = compile_system(system)

    def following(state: State) -> Iterator[State]:
        return (after for index, after in compiled.successors(state) if not environment[index])

    found = _search(state, compiled.condition(goal), following, _COMPILED)
    if found is not None:
        return found
    reduced = compile_system(evolve(system, symmetry=respected(system, Reaches(name="goal", goal=goal))))

    def representatives(state: State) -> Iterator[State]:
        return (after for index, after in reduced.moves(state) if not environment[index])

    return bool(_search(reduced.canonical(state), reduced.condition(goal), representatives, None))


def _search(
    start: State,
    goal: Callable[[State], bool],
    following: Callable[[State], Iterator[State]],
    limit: int | None,
) -> bool | None:
    """Whether ``goal`` can be reached from ``start``; None when ``limit`` states did not suffice to tell."""
    seen, waiting = {start}, [start]
    while waiting:
        state = waiting.pop()
        if goal(state):
            return True
        if limit is not None and len(seen) > limit:
            return None
        for after in following(state):
            if after not in seen:
                seen.add(after)
                waiting.append(after)
    return False


def _calm_steps(system: TransitionSystem, state: State) -> Iterator[State]:
    return (system.step(state, action) for action in system.enabled(state) if not action.environment)


def _holds(system: TransitionSystem, condition: Condition, state: State) -> bool:
    try:
        return bool(evaluate(condition, system.view(state)))
    except ZeroDivisionError as error:
        raise ModelError(f"{system.name}: {condition} divides by zero in {state}") from error
    except KeyError as error:
        raise ReplayError(f"{system.name}: {condition} cannot be evaluated, {error.args[0]}") from error
