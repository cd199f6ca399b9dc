"""The disruption controller and the eviction API: whether a budget lets a pod go.

Source: pkg/registry/core/pod/storage/eviction.go and pkg/controller/disruption/disruption.go. A budget's
``disruptionsAllowed`` is what is healthy above what is desired; a pod that more than one budget selects can never be
evicted (the API answers 500); a pod that is not Ready may go while the budget is met (``IfHealthyBudget``) or always
(``AlwaysAllow``). Budgets have no state of their own here: their status is what the pods make it.
"""

from __future__ import annotations

from kverify.api.languages.percentages import scaled
from kverify.model.expr import Condition, Number, all_of, any_of, total
from kverify.model.workload import Revision
from kverify.model.world import SERVING, Budget, World


def healthy(world: World, budget: Budget) -> Number:
    """``currentHealthy``: Ready pods the budget selects that are not terminating."""
    return total(world.count(r, SERVING) for r in budget.revisions) + budget.beside


def may_evict(world: World, revision: Revision, *, ready: bool) -> Condition:
    """The eviction API lets a pod of ``revision`` go now.

    A pod in phase Pending is let go without asking any budget (``canIgnorePDB``): one whose image cannot be pulled, for
    ever. Any other pod that is bound and not Ready is judged as a running one, which makes a drain harder here than it
    may be while containers start, never easier.
    """
    if not revision.pulled and not ready:
        return True
    budgets = [b for b in world.budgets if revision in b.revisions]
    if not budgets:
        return True
    if len(budgets) > 1:
        return False
    (budget,) = budgets
    if not ready and budget.always_allow:
        return True
    allowed = all_of([budget.expected >= 1, healthy(world, budget) - budget.desired >= 1])
    if ready:
        return allowed
    return any_of([allowed, all_of([healthy(world, budget) >= budget.desired, budget.desired >= 1])])


def desired_healthy(expected: int, *, min_available: int | str | None, max_unavailable: int | str | None) -> int:
    """``desiredHealthy`` of a budget over ``expected`` pods. Percentages round up, both of them.

    Source: ``getExpectedPodCount`` in pkg/controller/disruption/disruption.go. Without either field nothing may be
    disrupted at all; the API server accepts that.
    """
    if max_unavailable is not None:
        return max(0, expected - scaled(max_unavailable, expected, up=True))
    if min_available is not None:
        return scaled(min_available, expected, up=True)
    return expected
