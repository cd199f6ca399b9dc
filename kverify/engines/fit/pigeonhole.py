"""The cheapest proof: there are not enough pods to make every node refuse.

A node refuses a pod only if one of its blockers is exceeded, and a blocker is exceeded only by that much weight of pods
on this very node. Two ways of counting bound how many nodes all pods together can block, and the smaller bound counts:

* *by reason*: all pods that add to a sum can exceed it on so many nodes, the cheapest first; over all reasons;
* *by pod*: a pod is on one node only, and blocks at most the share of it that it has in the scarcest sum.

How many pods of a demand there can be on some classes is bounded by what one node bears of them and by what spreading
allows in these domains (``domains.py``): pods that spread never crowd into one zone.

It is enough that *some* part of the classes cannot be blocked altogether. Tried are all classes, each by itself, and
those that some of the pods cannot reach. Where whole classes may refuse because of their domain (zones), the classes
are grouped by that condition, and in every state some group that cannot be blocked must not refuse by its domain (a
small question for Z3, over the pods that the conditions count).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import gcd
from typing import TypeAlias

from attrs import define, field, frozen

from kverify.engines.budget import OutOfTime
from kverify.engines.errors import Undecided
from kverify.engines.fit.domains import Domains, domains
from kverify.engines.fit.rules import Rulebook, Weights
from kverify.engines.smt import as_condition, solve, translate
from kverify.model.expr import Expr, integer, negate, substitute

EFFORT = 4_000_000
"""Work of the question about domains, in Z3's own unit."""

_Reason: TypeAlias = tuple[Weights, str]
"""The sum that is bounded and, where the bound rises, the constraint: one supply of pods blocks for one reason."""


@frozen
class Slack:
    """``nodes`` of ``eligible`` stay free whatever happens (of the part of the nodes that decides); ``reasons`` say how
    many nodes each reason could block."""

    nodes: int
    eligible: int
    reasons: tuple[tuple[str, int], ...]


@define(eq=False)
class Counting:
    """What counting needs to know of all demands, worked out once.

    ``most`` pods of each demand may come. ``settled`` are demands of which it is known that all their pods get a node.
    """

    book: Rulebook
    most: Sequence[int]
    limits: Sequence[tuple[Sequence[int], int]] = ()
    settled: set[int] = field(factory=set)
    _domains: dict[int, Domains] = field(factory=dict)
    _eligible: dict[int, frozenset[int]] = field(factory=dict)
    _reaches: dict[tuple[int, int, frozenset[int]], int] = field(factory=dict)
    _bears: dict[tuple[int, int], int] = field(factory=dict)
    _open: dict[tuple[Expr | bool, ...], bool] = field(factory=dict)
    _shares: dict[tuple[int, int], dict[int, tuple[int, int]]] = field(factory=dict)
    _costs: dict[tuple[tuple[tuple[int, int], ...], int], int] = field(factory=dict)

    # -- what is known of a demand -------------------------------------------------------------------------------

    def domains(self, demand: int) -> Domains:
        """What a demand meets in shared domains."""
        if demand not in self._domains:
            self._domains[demand] = domains(self.book, demand)
        return self._domains[demand]

    def eligible(self, demand: int) -> frozenset[int]:
        """The classes that do not refuse a demand for good."""
        if demand not in self._eligible:
            classes = range(len(self.book.classes))
            self._eligible[demand] = frozenset(c for c in classes if not self.book.of(demand, c).refused)
        return self._eligible[demand]

    def partners(self, demand: int) -> tuple[int, ...]:
        """The demands whose pods meet all terms of a demand's required affinity."""
        terms = self.book.demands[demand].pod.affinity
        return tuple(
            d
            for d, other in enumerate(self.book.demands)
            if terms and all(term.matches(other.pod, self.book.whole, incoming=True) for term in terms)
        )

    def supply(self, demand: int, waiting: int | None = None) -> int:
        """How many pods of a demand there may be on nodes while one of ``waiting`` waits."""
        rooms = [most - (waiting in members) for members, most in self.limits if demand in members]
        return max(min([self.most[demand] - (demand == waiting), *rooms]), 0)

    def reach(self, demand: int, supply: int, classes: frozenset[int]) -> int:
        """At most so many of ``supply`` pods of a demand are ever on ``classes``."""
        key = demand, supply, classes
        if key not in self._reaches:
            here = classes & self.eligible(demand)
            number = min(supply, sum(self.book.classes[c].size * self._one_bears(demand, c, supply) for c in here))
            spread = self.domains(demand).spread
            if spread is not None and number:
                number = min(number, spread.most(supply, spread.touched(here)))
            self._reaches[key] = number
        return self._reaches[key]

    def _one_bears(self, demand: int, node_class: int, supply: int) -> int:
        """At most so many pods of a demand are on one node, if there are ``supply``."""
        key = demand, node_class
        if key not in self._bears:
            self._bears[key] = min(
                (
                    blocker.most // weight + 1
                    for blocker in self.book.of(demand, node_class).blockers
                    if not blocker.rises and (weight := blocker.weight(demand))
                ),
                default=-1,
            )
        return supply if self._bears[key] < 0 else self._bears[key]

    def cost(self, weights: tuple[tuple[int, int], ...], most: int) -> int:
        """The least weight that exceeds a bound: all weights are multiples of their greatest common divisor."""
        key = weights, most
        if key not in self._costs:
            step = gcd(*(weight for _, weight in weights))
            self._costs[key] = -(-(most + 1) // step) * step
        return self._costs[key]

    # -- the proof -----------------------------------------------------------------------------------------------

    def slack(self, demand: int) -> Slack | None:
        """The slack, if counting alone proves that a waiting pod of ``demand`` always finds a node; else None."""
        free: dict[Expr | bool, Slack] = {}
        for condition, classes in self.groups(demand).items():
            found = self.free(demand, classes)
            if found is not None and condition is True:
                return found
            if found is not None:
                free[condition] = found
        if not free or not self.one_is_open(demand, free):
            return None
        return min(free.values(), key=lambda slack: slack.nodes)

    def groups(self, demand: int) -> Mapping[Expr | bool, list[int]]:
        """The classes that may take a demand, by the condition of their domain."""
        found: dict[Expr | bool, list[int]] = {}
        for c in sorted(self.eligible(demand)):
            rules = self.book.of(demand, c)
            if rules.covered:
                found.setdefault(rules.domain, []).append(c)
        return found

    def free(self, demand: int, classes: Sequence[int]) -> Slack | None:
        """The slack of a part of ``classes`` that cannot be blocked node by node, or None."""
        for part in self._parts(demand, classes):
            found = self._slack(demand, part)
            if found is not None:
                return found
        return None

    def _parts(self, demand: int, classes: Sequence[int]) -> Iterator[frozenset[int]]:
        whole = frozenset(classes)
        seen = {whole}
        yield whole
        reached = {self.eligible(d) & whole for d, most in enumerate(self.most) if most and d != demand}
        beyond = sorted((whole - part for part in reached), key=lambda part: (-len(part), sorted(part)))
        for part in (*beyond, *(frozenset([c]) for c in sorted(whole))):
            if part and part not in seen:
                seen.add(part)
                yield part

    def one_is_open(self, demand: int, conditions: Iterable[Expr | bool]) -> bool:
        """In no state all ``conditions`` of a demand fail at once, as far as the pods that they count are so many."""
        exprs: list[Expr] = []
        for condition in conditions:
            counted = condition.variables() if isinstance(condition, Expr) else ()
            nowhere = {name: 0 for name in counted if _class(name) not in self.eligible(_demand(name))}
            reduced = substitute(condition, nowhere)
            if isinstance(reduced, Expr):
                exprs.append(reduced)
            elif reduced:
                return True
        # The same question about another demand has the same answer, unless it matters how many pods there are.
        names = {name for expr in exprs for name in expr.variables()}
        own = {name: integer(f"y@{_class(name)}") for name in names if _demand(name) == demand}
        if len(own) == len(names):
            key = tuple(substitute(expr, own) for expr in exprs)
            if key not in self._open:
                self._open[key] = self._holds_always(exprs, counted=False)
            if self._open[key]:
                return True
        return self._holds_always(exprs, counted=True)

    def _holds_always(self, exprs: Sequence[Expr], *, counted: bool) -> bool:
        import z3

        names = {name: z3.Int(name) for name in sorted({n for expr in exprs for n in expr.variables()})}
        by_demand: dict[int, list[str]] = {}
        for name in names:
            by_demand.setdefault(_demand(name), []).append(name)
        assertions = [term >= 0 for term in names.values()]
        if counted:
            assertions += [z3.Sum([names[name] for name in own]) <= self.most[d] for d, own in by_demand.items()]
            for d in self.settled & by_demand.keys():
                if len(by_demand[d]) == len(self.eligible(d)):
                    assertions.append(z3.Sum([names[name] for name in by_demand[d]]) >= self.most[d])
        assertions += [as_condition(translate(negate(expr), names)) for expr in exprs]
        try:
            return solve(assertions, effort=EFFORT) is None
        except OutOfTime:
            raise
        except Undecided:
            return False

    def _slack(self, demand: int, classes: frozenset[int]) -> Slack | None:
        """What stays free of some classes, None if they might be blocked altogether."""
        total = sum(self.book.classes[c].size for c in classes)
        supply = {d: reach for d in range(len(self.most)) if (reach := self.reach(d, self.supply(d, demand), classes))}
        by_pod = self._by_pod(demand, supply, classes)
        told = self._by_reason(demand, supply, classes)
        blocked = min(sum(number for _, number in told), by_pod)
        return Slack(total - blocked, total, told) if blocked < total else None

    def _by_reason(self, demand: int, supply: Mapping[int, int], classes: Iterable[int]) -> tuple[tuple[str, int], ...]:
        told: list[tuple[str, int]] = []
        by_reason: dict[_Reason, dict[int, int]] = {}
        names: dict[_Reason, str] = {}
        spared: dict[_Reason, int] = {}
        for c in classes:
            for blocker in self.book.of(demand, c).blockers:
                reason = blocker.weights, blocker.requirement.path if blocker.rises else ""
                cost = self.cost(blocker.weights, blocker.most)
                costs = by_reason.setdefault(reason, {})
                costs[c] = min(costs.get(c, cost), cost)
                names[reason] = blocker.requirement.reason
                if blocker.floor is not None:
                    spared[reason] = max(spared.get(reason, 0), self._other_domains(blocker.floor.classes))
        for reason, costs in by_reason.items():
            left = sum(weight * supply[d] for d, weight in reason[0] if d in supply)
            blocked = 0
            for c, cost in sorted(costs.items(), key=lambda item: item[1]):
                number = min(self.book.classes[c].size, left // cost) if cost > 0 else self.book.classes[c].size
                blocked += number
                left -= number * max(cost, 0)
            told.append((names[reason], min(blocked, spared.get(reason, blocked))))
        return tuple(told)

    def _by_pod(self, demand: int, supply: Mapping[int, int], classes: Iterable[int]) -> int:
        """Every pod blocks at most its greatest share of a node; what spares one node is bounded as above."""
        shares: dict[int, tuple[int, int]] = {}
        rising: dict[_Reason, int] = {}
        for c in classes:
            for blocker in self.book.of(demand, c).blockers:
                if blocker.floor is not None:
                    pods = sum(self.most[d] for d, _ in blocker.weights)
                    others = self._other_domains(blocker.floor.classes)
                    rising[blocker.weights, blocker.requirement.path] = min(others, pods)
            for d, (weight, cost) in self.shares(demand, c).items():
                known = shares.get(d)
                if d in supply and (known is None or weight * known[1] > known[0] * cost):
                    shares[d] = weight, cost
        # In floating point first: most of the time the answer is not near.
        total = sum(self.book.classes[c].size for c in classes)
        about = sum(min(weight / cost, 1.0) * supply[d] for d, (weight, cost) in shares.items()) + sum(rising.values())
        if about > total * 1.001 + 1:
            return int(about)
        blocked = sum((min(Fraction(w, cost), Fraction(1)) * supply[d] for d, (w, cost) in shares.items()), Fraction(0))
        return int(blocked) + sum(rising.values())

    def shares(self, demand: int, node_class: int) -> Mapping[int, tuple[int, int]]:
        """The greatest share that a pod has in making a node of a class refuse ``demand``, by demand: (weight, cost).

        Blockers that rise are left out.
        """
        key = demand, node_class
        if key not in self._shares:
            shares: dict[int, tuple[int, int]] = {}
            for blocker in self.book.of(demand, node_class).blockers:
                if blocker.floor is not None:
                    continue
                cost = self.cost(blocker.weights, blocker.most)
                for d, weight in blocker.weights:
                    known = shares.get(d)
                    if node_class in self.eligible(d) and (known is None or weight * known[1] > known[0] * cost):
                        shares[d] = weight, cost
            self._shares[key] = shares
        return self._shares[key]

    def _other_domains(self, parts: Iterable[tuple[int, int]]) -> int:
        """All nodes of a host-wide spread but one: the node that has the fewest is not refused, wherever it is."""
        return sum(self.book.classes[c].size for c, _ in parts) - 1


def _demand(name: str) -> int:
    """``y3@5`` counts pods of demand 3."""
    return int(name[1:].partition("@")[0])


def _class(name: str) -> int:
    """``y3@5`` counts pods on class 5."""
    return int(name.partition("@")[2])
