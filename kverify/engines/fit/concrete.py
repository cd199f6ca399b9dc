"""Pods on nodes, many at once: nodes of a class that bear the same pods are one entry with a number.

A state is only what is on each node, not how it came about. It is taken to be reached when every pod that is there is
let through by the bounds that the filters gave (``rules.py``) although all the others are there before it: what bounds
only from above then lets the pods come in any order. Over domains that nodes share (zones), the pods of a spread demand
come where the fewest are; for other conditions an order is looked for (``replay.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import define, field, frozen

from kverify.engines.fit.pigeonhole import Counting
from kverify.engines.fit.rules import Floor, Rulebook
from kverify.engines.ranges import conjuncts, linear
from kverify.model.expr import Condition, Expr, evaluate


@frozen(eq=False)
class Sums:
    """A condition over the pods of classes, as sums where it is linear."""

    sums: tuple[tuple[tuple[tuple[str, int], ...], int], ...]
    rest: tuple[Expr, ...]

    @classmethod
    def of(cls, condition: Condition) -> Sums | None:
        """None for a condition that is true."""
        if condition is True:
            return None
        sums, rest = [], []
        for part in conjuncts(condition):
            found = linear(part)
            if found and all(leaf.name is not None for terms, _ in found for leaf in terms):
                sums += [(tuple((leaf.name or "", f) for leaf, f in terms.items() if f), c) for terms, c in found]
            else:
                rest.append(part)
        return cls(tuple(sums), tuple(rest))

    def holds(self, counts: Mapping[str, int]) -> bool:
        """Whether the condition holds with so many pods of each demand on each class."""
        for terms, constant in self.sums:
            if sum(factor * counts[name] for name, factor in terms) + constant > 0:
                return False
        return all(evaluate(part, counts) for part in self.rest)


@frozen(eq=False)
class Check:
    """What a node of a class is asked before it takes a pod: the sum (by number), the most it may be, and the nodes
    over which the bound rises."""

    sum: int
    most: int
    floor: Floor | None
    least: int
    """The fewest that ``floor`` has before anybody comes."""


@define(eq=False)
class Table:
    """The bounds of all demands on all classes in the form that states need; shared by all states of a question."""

    book: Rulebook
    counting: Counting
    most: Sequence[int]
    limits: Sequence[tuple[Sequence[int], int]]
    numbers: dict[tuple[tuple[int, int], ...], int] = field(factory=dict)
    adds: dict[int, dict[int, int]] = field(factory=dict)
    """By demand: what one pod adds to each sum, by its number."""
    _checks: dict[tuple[int, int], tuple[Check, ...]] = field(factory=dict)
    _conditions: dict[tuple[int, int], Sums | None] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        # All sums are known before the first state is built.
        for d in range(len(self.book.demands)):
            for c in range(len(self.book.classes)):
                self.checks(d, c)

    def checks(self, demand: int, node_class: int) -> tuple[Check, ...]:
        """What a node of a class is asked before it takes a pod of a demand."""
        key = demand, node_class
        if key not in self._checks:
            found = []
            for blocker in self.book.of(demand, node_class).blockers:
                if blocker.weights not in self.numbers:
                    number = self.numbers[blocker.weights] = len(self.numbers)
                    for d, weight in blocker.weights:
                        self.adds.setdefault(d, {})[number] = weight
                least = min((n for _, n in blocker.floor.classes), default=0) if blocker.floor is not None else 0
                found.append(Check(self.numbers[blocker.weights], blocker.most, blocker.floor, least))
            self._checks[key] = tuple(found)
        return self._checks[key]

    def condition(self, demand: int, node_class: int) -> Sums | None:
        """What the domains of a class must be like for it to take a pod of a demand."""
        key = demand, node_class
        if key not in self._conditions:
            self._conditions[key] = Sums.of(self.book.of(demand, node_class).domain)
        return self._conditions[key]


@define(eq=False)
class Alike:
    """``number`` nodes of a class that bear the same pods. ``tops`` are the most that each sum may come to with the
    pods that are there, each as if it came last."""

    number: int
    pods: dict[int, int] = field(factory=dict)
    loads: dict[int, int] = field(factory=dict)
    tops: dict[int, int] = field(factory=dict)


@define(eq=False)
class State:
    """Where the pods of every demand are. ``nodes[c]`` are the nodes of a class, those that bear the same as one."""

    table: Table
    nodes: list[list[Alike]] = field(init=False)
    placed: list[int] = field(init=False)
    sequence: list[int] = field(factory=list)
    """Demands in the order in which they first got a node."""
    counts: dict[str, int] = field(init=False)
    """Pods by demand and class, by the names of ``rules.on_class``."""
    waiting: int | None = None
    """The demand one pod of which is not to be placed."""
    _limits: list[int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        demands, classes = range(len(self.table.most)), range(len(self.table.book.classes))
        self.nodes = [[Alike(chosen.size)] for chosen in self.table.book.classes]
        self.placed = [0 for _ in demands]
        self.counts = {f"y{d}@{c}": 0 for d in demands for c in classes}
        self._limits = [most - (self.waiting in members) for members, most in self.table.limits]

    @property
    def book(self) -> Rulebook:
        """The rules of all demands on all classes."""
        return self.table.book

    def left(self, demand: int) -> int:
        """Pods of a demand that may still come."""
        own = self.table.most[demand] - (demand == self.waiting) - self.placed[demand]
        rooms = [left for (members, _), left in zip(self.table.limits, self._limits, strict=True) if demand in members]
        return min([own, *rooms])

    def refused(self, demand: int, node_class: int, alike: Alike) -> bool:
        """Such a node refuses a pod of ``demand``, as long as nothing rises."""
        return any(
            alike.loads.get(check.sum, 0) > check.most + check.least for check in self._asked(demand, node_class)
        )

    def _asked(self, demand: int, node_class: int) -> tuple[Check, ...]:
        return self.table.checks(demand, node_class)

    def takes(self, demand: int, node_class: int, alike: Alike, wanted: int) -> int:
        """How many pods of ``demand``, at most ``wanted``, such a node takes so that the order does not matter."""
        number = wanted
        adds = self.table.adds.get(demand, {})
        own: dict[int, int] = {}
        for check in self._asked(demand, node_class):
            weight = adds.get(check.sum, 0)
            top = check.most + check.least + weight
            own[check.sum] = min(own.get(check.sum, top), top)
            if alike.loads.get(check.sum, 0) + weight > own[check.sum]:
                return 0
        for key, weight in adds.items():
            tops = [tops[key] for tops in (own, alike.tops) if key in tops]
            if tops:
                number = min(number, (min(tops) - alike.loads.get(key, 0)) // weight)
        return max(number, 0)

    def needed(self, demand: int, waiting: int, node_class: int, alike: Alike) -> int:
        """How many pods of ``demand`` make such a node refuse ``waiting``; 0 if they never do."""
        adds = self.table.adds.get(demand, {})
        best = 0
        for check in self._asked(waiting, node_class):
            weight = adds.get(check.sum, 0)
            if weight:
                missing = check.most + check.least + 1 - alike.loads.get(check.sum, 0)
                number = max(-(-missing // weight), 1)
                best = number if not best else min(best, number)
        return best

    def part(self, node_class: int, alike: Alike, nodes: int) -> Alike:
        """So many of the nodes ``alike`` by themselves."""
        chosen = Alike(nodes, dict(alike.pods), dict(alike.loads), dict(alike.tops))
        alike.number -= nodes
        # Before the others: who comes next finds the node that is begun first.
        self.nodes[node_class].insert(self.nodes[node_class].index(alike), chosen)
        return chosen

    def put(self, demand: int, node_class: int, alike: Alike, nodes: int, pods: int) -> Alike:
        """``pods`` pods on each of ``nodes`` of the nodes ``alike``, which are parted from the others if need be.
        Whether they are let through is asked before."""
        chosen = self.part(node_class, alike, nodes) if nodes < alike.number else alike
        self._add(demand, node_class, chosen, pods)
        number = nodes * pods
        if not self.placed[demand]:
            self.sequence.append(demand)
        self.placed[demand] += number
        self.counts[f"y{demand}@{node_class}"] += number
        for index, (members, _) in enumerate(self.table.limits):
            if demand in members:
                self._limits[index] -= number
        return chosen

    def _add(self, demand: int, node_class: int, chosen: Alike, pods: int) -> None:
        chosen.pods[demand] = chosen.pods.get(demand, 0) + pods
        adds = self.table.adds.get(demand, {})
        for key, weight in adds.items():
            chosen.loads[key] = chosen.loads.get(key, 0) + weight * pods
        for check in self._asked(demand, node_class):
            top = check.most + check.least + adds.get(check.sum, 0)
            chosen.tops[check.sum] = min(chosen.tops.get(check.sum, top), top)

    def grown(self, demand: int, node_class: int, alike: Alike, pods: int) -> Alike:
        """One node like ``alike`` with ``pods`` pods more; the state stays as it is."""
        chosen = Alike(1, dict(alike.pods), dict(alike.loads), dict(alike.tops))
        self._add(demand, node_class, chosen, pods)
        return chosen

    def place(self, demand: int, classes: Iterable[int], wanted: int) -> int:
        """Put up to ``wanted`` pods on the first nodes of ``classes`` that take them; how many found a place."""
        left = min(wanted, self.left(demand))
        start = left
        for c in classes:
            rules = self.book.of(demand, c)
            if rules.refused or not rules.covered:
                continue
            for alike in list(self.nodes[c]):
                if not left:
                    return start
                each = self.takes(demand, c, alike, left)
                if not each:
                    continue
                nodes = min(alike.number, left // each)
                rest = left - nodes * each if nodes < alike.number else 0
                if nodes:
                    whole = nodes == alike.number
                    self.put(demand, c, alike, nodes, each)
                    left -= nodes * each
                    if whole:
                        continue
                if rest:
                    self.put(demand, c, alike, 1, rest)
                    left -= rest
        return start - left

    def on(self, demand: int, classes: Iterable[int]) -> int:
        """Pods of a demand on some classes."""
        return sum(self.counts[f"y{demand}@{c}"] for c in classes)

    def spread_over(self, demand: int) -> list[int]:
        """The pods of a spread demand by domain."""
        spread = self.table.counting.domains(demand).spread
        assert spread is not None
        return [self.on(demand, classes) for classes in spread.domains]

    # -- who is blocked ------------------------------------------------------------------------------------------

    def refused_by_domain(self, demand: int, node_class: int) -> bool:
        """What is in the domains of a class keeps a pod of ``demand`` out of all of it."""
        condition = self.table.condition(demand, node_class)
        return condition is not None and not condition.holds(self.counts)

    def blocked(self, demand: int) -> bool:
        """No node takes a pod of ``demand``."""
        return all(self.closed(demand, c) for c in range(len(self.book.classes)))

    def closed(self, demand: int, node_class: int) -> bool:
        """No node of a class takes a pod of ``demand``."""
        if self.book.of(demand, node_class).refused or self.refused_by_domain(demand, node_class):
            return True
        bounds = [
            (check.sum, check.most + (self._fewest(check) if check.floor is not None else 0))
            for check in self._asked(demand, node_class)
        ]
        return all(
            not alike.number or any(alike.loads.get(key, 0) > most for key, most in bounds)
            for alike in self.nodes[node_class]
        )

    def _fewest(self, check: Check) -> int:
        """The fewest pods that a host-wide spread constraint counts on any node that takes part."""
        assert check.floor is not None
        return min(
            (
                alike.loads.get(check.sum, 0) + staying
                for c, staying in check.floor.classes
                for alike in self.nodes[c]
                if alike.number
            ),
            default=0,
        )
