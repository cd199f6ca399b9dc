"""Random walks: find a violation that lies too deep for a breadth-first search to come by. They prove nothing.

The walks are seeded, so the same system always gives the same answer. A trace found this way is shortened by leaving
out what it can do without, and replayed like any other; it need not be the shortest.
"""

from __future__ import annotations

from random import Random

from kverify.engines.budget import over
from kverify.engines.compiled import compile_system
from kverify.engines.replay import replay
from kverify.engines.shorten import shortened
from kverify.engines.starts import initial_states
from kverify.engines.verdict import Outcome, Step, Trace, Verdict
from kverify.model.expr import Condition, negate
from kverify.model.system import TransitionSystem
from kverify.spec.property import Always

METHOD = "random walks"
WALKS = 300
LENGTH = 500


def find(
    system: TransitionSystem, condition: Condition, *, walks: int = WALKS, length: int = LENGTH, seed: int = 0
) -> Trace | None:
    """A run to a state in which ``condition`` holds, or None when no walk came by one.

    Each walk begins at a random start and takes random steps, until the condition holds, nothing is possible any more,
    or ``length`` steps are done.
    """
    compiled = compile_system(system)
    holds = compiled.condition(condition)
    starts = initial_states(system)
    random = Random(seed)
    for _ in range(walks):
        if over():
            return None
        start = state = random.choice(starts)
        taken: list[Step] = []
        while not holds(state):
            moves = compiled.successors(state)
            if not moves or len(taken) == length:
                break
            index, state = random.choice(moves)
            taken.append(Step(system.actions[index], state))
        else:
            return Trace(system, start, tuple(taken))
    return None


def check(system: TransitionSystem, prop: Always, *, walks: int = WALKS, seed: int = 0) -> Verdict:
    """Look for a violation of ``prop``: violated with a replayed trace, or unknown."""
    trace = find(system, negate(prop.condition), walks=walks, seed=seed)
    if trace is None:
        reason = over() or f"none in {walks} random walks"
        return Verdict(outcome=Outcome.UNKNOWN, method=METHOD, scope=system.name, reason=reason)
    compiled = compile_system(system)
    short = shortened(compiled, trace, compiled.condition(negate(prop.condition)))
    return Verdict(
        outcome=Outcome.VIOLATED,
        method=METHOD,
        scope=system.name,
        evidence=f"seed {seed}; {len(short.steps)} of {len(trace.steps)} steps are needed, fewer may do on another way",
        trace=replay(short, prop),
        question=prop,
    )
