"""Which actions a search has seen happen, and what kept the others from happening.

An action that never fires often shows a mistake in the question: a disturbance that cannot occur, a controller that has
nothing to do. It is listed with the part of its guard that no reachable state satisfies; of actions that symmetry makes
alike, one stands for all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations

from kverify.engines.fair import Edges
from kverify.engines.ranges import conjuncts
from kverify.engines.symmetry import alike, orbit
from kverify.engines.verdict import Coverage, Idle
from kverify.model.expr import Condition, all_of, any_of
from kverify.model.system import TransitionSystem

_MOST = 120
"""How many permutations of a guard are looked at before it is left open whether one of them is ever met."""

Select = Callable[[Condition], Sequence[int]]
"""The numbers of the states in which a condition holds."""


def coverage(system: TransitionSystem, edges: Edges, select: Select | None) -> Coverage:
    """How often each action of ``system`` leads from an expanded state to another or the same.

    ``select`` is over all reachable states; with ``system.symmetry`` they stand for their orbits. Without it, because
    the search is not complete or nobody asks, idle actions are not looked for.
    """
    counts = Counter(edges.actions[: edges.first[-1]])
    fired = {action.name: counts.get(i, 0) for i, action in enumerate(system.actions)}
    if select is None:
        return Coverage(fired)
    kinds = alike(system) if system.symmetry else list(range(len(system.actions)))
    if kinds is None:
        return Coverage(fired)
    # What happens in a state happens, permuted, in its representative: an action is idle if all that are alike are.
    seen = {kinds[index] for index in counts}
    never = [system.actions[kind] for kind in dict.fromkeys(kinds) if kind not in seen]
    return Coverage(fired, tuple(Idle(action, blocking(system, select, action.guard)) for action in never))


def _ever(system: TransitionSystem, select: Select, condition: Condition) -> bool | None:
    """Whether some reachable state satisfies ``condition``; None where there are too many permutations to look at."""
    versions = orbit(system, condition, _MOST)
    if versions is None:
        return None
    return bool(select(any_of(versions)))


def blocking(system: TransitionSystem, select: Select, guard: Condition) -> Condition:
    """The smallest part of ``guard``, which is never met, that is never met either: one conjunct, or two, or all."""
    parts = conjuncts(guard)
    for size in (1, 2):
        for some in combinations(parts, size):
            together = all_of(some)
            if _ever(system, select, together) is False:
                return together
    return guard
