"""The cheapest proof: there are not enough pods to make every node refuse.

A node refuses a pod only if one of its blockers is exceeded, and a blocker is exceeded only by that much weight of pods
on this very node. Two ways of counting bound how many nodes all pods together can block, and the smaller bound counts:

* *by reason*: all pods that add to a sum can exceed it on so many nodes, the cheapest first; over all reasons;
* *by pod*: a pod is on one node only, and blocks at most the share of it that it has in the scarcest sum.

Where whole classes may refuse because of their domain (zones), the classes are grouped by that condition. It is enough
that in every state some group does not refuse by its domain (a small question for Z3, over the pods that the conditions
count) and cannot be blocked node by node.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TypeAlias

from attrs import frozen

from kverify.engines.errors import Undecided
from kverify.engines.fit.rules import Rulebook
from kverify.engines.smt import as_condition, solve, translate
from kverify.model.expr import Expr, negate

EFFORT = 4_000_000
"""Work of the question about domains, in Z3's own unit."""

_Reason: TypeAlias = tuple[tuple[tuple[int, int], ...], str]
"""The sum that is bounded and, where the bound rises, the constraint: one supply of pods blocks for one reason."""


@frozen
class Slack:
    """``nodes`` of ``eligible`` stay free whatever happens (of the nodes of one group, where there are several);
    ``reasons`` say how many nodes each reason could block."""

    nodes: int
    eligible: int
    reasons: tuple[tuple[str, int], ...]


def pigeonhole(book: Rulebook, demand: int, most: Sequence[int]) -> Slack | None:
    """The slack, if counting alone proves that a waiting pod of ``demand`` always finds a node; else None.

    ``most`` says how many pods of each demand there can be on nodes while one of ``demand`` waits.
    """
    groups: dict[Expr | bool, list[int]] = {}
    for c in range(len(book.classes)):
        rules = book.of(demand, c)
        if rules.covered and not rules.refused:
            groups.setdefault(rules.domain, []).append(c)
    free = {condition: slack for condition, cs in groups.items() if (slack := _slack(book, demand, most, cs))}
    if not free:
        return None
    if True in free:
        return free[True]
    return min(free.values(), key=lambda slack: slack.nodes) if _one_is_open(free, most) else None


def _one_is_open(conditions: Iterable[Expr | bool], most: Sequence[int]) -> bool:
    """In no state all ``conditions`` fail at once, as far as the pods that they count are so many."""
    import z3

    exprs = [condition for condition in conditions if isinstance(condition, Expr)]
    names = {name: z3.Int(name) for expr in exprs for name in expr.variables()}
    counted: dict[int, list[str]] = {}
    for name in names:
        counted.setdefault(int(name[1:].partition("@")[0]), []).append(name)
    assertions = [term >= 0 for term in names.values()]
    assertions += [z3.Sum([names[name] for name in own]) <= most[d] for d, own in counted.items()]
    assertions += [as_condition(translate(negate(expr), names)) for expr in exprs]
    try:
        return solve(assertions, effort=EFFORT) is None
    except Undecided:
        return False


def _slack(book: Rulebook, demand: int, most: Sequence[int], classes: Sequence[int]) -> Slack | None:
    """What stays free of some classes, None if they might be blocked altogether."""
    total = sum(book.classes[c].size for c in classes)
    told = _by_reason(book, demand, most, classes)
    blocked = min(sum(number for _, number in told), _by_pod(book, demand, most, classes))
    return Slack(total - blocked, total, told) if blocked < total else None


def _by_reason(book: Rulebook, demand: int, most: Sequence[int], classes: Sequence[int]) -> tuple[tuple[str, int], ...]:
    told: list[tuple[str, int]] = []
    by_reason: dict[_Reason, dict[int, int]] = {}
    names: dict[_Reason, str] = {}
    spared: dict[_Reason, int] = {}
    for c in classes:
        for blocker in book.of(demand, c).blockers:
            reason = blocker.weights, blocker.requirement.path if blocker.rises else ""
            # One more than the node bears.
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
        told.append((names[reason], min(blocked, spared.get(reason, blocked))))
    return tuple(told)


def _by_pod(book: Rulebook, demand: int, most: Sequence[int], classes: Sequence[int]) -> int:
    """Every pod blocks at most its greatest share of a node; what spares one node is bounded as above."""
    shares: dict[int, Fraction] = {}
    rising: dict[_Reason, int] = {}
    for c in classes:
        for blocker in book.of(demand, c).blockers:
            if blocker.floor is not None:
                domains = sum(book.classes[part].size for part, _ in blocker.floor.classes)
                supply = sum(most[d] for d, _ in blocker.weights)
                rising[blocker.weights, blocker.requirement.path] = min(domains - 1, supply)
                continue
            for d, weight in blocker.weights:
                if not book.of(d, c).refused:
                    shares[d] = max(shares.get(d, Fraction(0)), Fraction(weight, blocker.most + 1))
    blocked = sum((min(share, Fraction(1)) * most[d] for d, share in shares.items()), Fraction(0))
    return int(blocked) + sum(rising.values())


def _reaches(book: Rulebook, demand: int, classes: Iterable[int]) -> bool:
    """Some of the classes may take pods of ``demand`` at all."""
    return any(not book.of(demand, c).refused for c in classes)
