"""The cheapest proof: there are not enough pods to make every node refuse.

A node refuses a pod only if one of its blockers is exceeded, and a blocker is exceeded only by that much weight of pods
on this very node. So all pods together can block only so many nodes by any one reason. If that is less than the nodes
there are, some node is always free, whatever the order: a proof by counting, for any number of nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from attrs import frozen

from kverify.engines.fit.rules import Rulebook, Rules

_Reason: TypeAlias = tuple[tuple[tuple[int, int], ...], str]
"""The sum that is bounded and, where the bound rises, the constraint: one supply of pods blocks for one reason."""


@frozen
class Slack:
    """``nodes`` of ``eligible`` stay free whatever happens; ``reasons`` say how many nodes each reason could block."""

    nodes: int
    eligible: int
    reasons: tuple[tuple[str, int], ...]


def pigeonhole(book: Rulebook, demand: int, most: Sequence[int]) -> Slack | None:
    """The slack, if counting alone proves that a waiting pod of ``demand`` always finds a node; else None.

    ``most`` says how many pods of each demand there can be on nodes while one of ``demand`` waits. Classes on which
    anything but the node's own pods matters do not count as eligible.
    """
    eligible: list[tuple[int, Rules]] = []
    for c in range(len(book.classes)):
        rules = book.of(demand, c)
        if rules.covered and not rules.refused and rules.domain is True:
            eligible.append((c, rules))
    total = sum(book.classes[c].size for c, _ in eligible)
    free = total
    told: list[tuple[str, int]] = []
    by_reason: dict[_Reason, dict[int, int]] = {}
    names: dict[_Reason, str] = {}
    spared: dict[_Reason, int] = {}
    for c, rules in eligible:
        for blocker in rules.blockers:
            reason = blocker.weights, blocker.requirement.path if blocker.rises else ""
            # One more than the node bears; a bound below zero cannot be: then the node refuses for good.
            costs = by_reason.setdefault(reason, {})
            costs[c] = min(costs.get(c, blocker.most + 1), blocker.most + 1)
            names[reason] = blocker.requirement.reason
            if blocker.floor is not None:
                # The node that has the fewest is not refused, wherever it is.
                domains = sum(book.classes[part].size for part, _ in blocker.floor.classes)
                spared[reason] = max(spared.get(reason, 0), domains - 1)
    for reason, costs in by_reason.items():
        supply = sum(weight * most[d] for d, weight in reason[0] if _reaches(book, d, costs))
        blocked = 0
        for c, cost in sorted(costs.items(), key=lambda item: item[1]):
            number = min(book.classes[c].size, supply // cost) if cost > 0 else book.classes[c].size
            blocked += number
            supply -= number * max(cost, 0)
        blocked = min(blocked, spared.get(reason, blocked))
        free -= blocked
        told.append((names[reason], blocked))
        if free <= 0:
            return None
    return Slack(free, total, tuple(told)) if free > 0 else None


def _reaches(book: Rulebook, demand: int, classes: dict[int, int]) -> bool:
    """Some of the classes may take pods of ``demand`` at all."""
    return any(not book.of(demand, c).refused for c in classes)
