"""Shorter runs to the same trouble: steps that a run can do without are left out (delta debugging).

Source of the method: Zeller and Hildebrandt, *Simplifying and isolating failure-inducing input*, 2002. What is left is
1-minimal where the budget allows: no single step can be left out. It need not be a shortest run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kverify.engines.compiled import Compiled
from kverify.engines.verdict import Step, Trace
from kverify.model.system import State

_BUDGET = 50_000
"""How many steps are taken in all attempts together."""


def shortened(compiled: Compiled, trace: Trace, bad: Callable[[State], bool]) -> Trace:
    """``trace``, whose last state is ``bad``, without steps that are not needed to come to a bad state.

    Every action that is kept is still enabled when its turn comes; the run ends where it is bad for the first time.
    """
    position = {action: index for index, action in enumerate(trace.system.actions)}
    actions = [position[step.action] for step in trace.steps]
    spent = 0

    def attempt(kept: Sequence[int]) -> list[tuple[int, State]] | None:
        nonlocal spent
        state = trace.start
        run: list[tuple[int, State]] = []
        for index in kept:
            if bad(state):
                break
            spent += 1
            after = next((target for action, target in compiled.successors(state) if action == index), None)
            if after is None:
                return None
            state = after
            run.append((index, state))
        return run if bad(state) else None

    best = attempt(actions)
    if best is None:
        return trace
    size = max(1, len(best) // 2)
    while size and spent < _BUDGET:
        begin, changed = 0, False
        while begin < len(best) and spent < _BUDGET:
            now = [index for index, _ in best]
            shorter = attempt(now[:begin] + now[begin + size :])
            if shorter is None:
                begin += size
            else:
                best, changed = shorter, True
        if not changed or size > 1:
            size = size // 2 if size > 1 else 0
    return Trace(trace.system, trace.start, tuple(Step(trace.system.actions[i], state) for i, state in best))
