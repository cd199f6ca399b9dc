"""Pods on nodes, one bind at a time, with the bounds that the filters gave (``rules.py``): fast enough for 100,000.

Nodes of a class are alike, so a search for a node need not look twice at one that refused: nothing is deleted, and a
node that is full stays full. (Under host-wide spread a node may take pods again once others have more.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from attrs import define, field, frozen

from kverify.engines.fit.rules import Floor, Rulebook
from kverify.engines.ranges import conjuncts, linear
from kverify.model.expr import Condition, Expr, evaluate


@frozen(eq=False)
class _Domain:
    """A condition over the pods of classes, as sums where it is linear."""

    sums: tuple[tuple[tuple[tuple[str, int], ...], int], ...]
    rest: tuple[Expr, ...]

    @classmethod
    def of(cls, condition: Condition) -> _Domain | None:
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
        for terms, constant in self.sums:
            if sum(factor * counts[name] for name, factor in terms) + constant > 0:
                return False
        return all(evaluate(part, counts) for part in self.rest)


@define(eq=False)
class _Fewest:
    """The fewest pods that a host-wide spread constraint counts on any node that takes part."""

    least: int
    _nodes: Counter[int]
    _staying: Mapping[int, int]

    @classmethod
    def of(cls, book: Rulebook, floor: Floor) -> _Fewest:
        nodes: Counter[int] = Counter()
        for c, staying in floor.classes:
            nodes[staying] += book.classes[c].size
        return cls(min(nodes, default=0), nodes, dict(floor.classes))

    def add(self, node_class: int, before: int, after: int) -> None:
        """A node of a class went from so many to so many pods that came."""
        staying = self._staying[node_class]
        self._nodes[before + staying] -= 1
        self._nodes[after + staying] += 1
        while not self._nodes[self.least]:
            self.least += 1


@define(eq=False)
class State:
    """Where the pods of every demand are. ``pods[node][demand]`` are those that came, by index of the node."""

    book: Rulebook
    pods: dict[int, dict[int, int]] = field(factory=dict)
    steps: list[tuple[int, int]] = field(factory=list)
    """Every bind, (demand, node), in order."""
    placed: list[int] = field(init=False)
    _loads: dict[int, dict[int, int]] = field(factory=dict)
    _per_class: dict[str, int] = field(init=False)
    _sums: dict[tuple[tuple[int, int], ...], int] = field(factory=dict)
    _checks: dict[tuple[int, int], tuple[tuple[int, int, _Fewest | None], ...]] = field(factory=dict)
    _floors: dict[tuple[int, Floor], _Fewest] = field(factory=dict)
    _rising: dict[tuple[int, int], list[_Fewest]] = field(factory=dict)
    _adds: dict[int, list[tuple[int, int]]] = field(factory=dict)
    _domains: dict[tuple[int, int], _Domain | None] = field(factory=dict)
    _class_of: dict[int, int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        demands, classes = range(len(self.book.demands)), range(len(self.book.classes))
        self.placed = [0 for _ in demands]
        self._per_class = {f"y{d}@{c}": 0 for d in demands for c in classes}
        self._class_of = {node: c for c in classes for node in self.book.classes[c].nodes}
        for d in demands:
            for c in classes:
                checks = []
                for blocker in self.book.of(d, c).blockers:
                    number = self._sums.setdefault(blocker.weights, len(self._sums))
                    checks.append((number, blocker.most, self._fewest(number, blocker.floor)))
                self._checks[d, c] = tuple(checks)
                self._domains[d, c] = _Domain.of(self.book.of(d, c).domain)
        for weights, number in self._sums.items():
            for d, weight in weights:
                self._adds.setdefault(d, []).append((number, weight))

    def class_of(self, node: int) -> int:
        """The class of a node."""
        return self._class_of[node]

    def _fewest(self, number: int, floor: Floor | None) -> _Fewest | None:
        if floor is None:
            return None
        key = number, floor
        if key not in self._floors:
            self._floors[key] = _Fewest.of(self.book, floor)
            for c, _ in floor.classes:
                self._rising.setdefault((number, c), []).append(self._floors[key])
        return self._floors[key]

    def refused_here(self, demand: int, node: int) -> bool:
        """The node itself refuses a pod of ``demand``, for good or because of the pods on it."""
        c = self._class_of[node]
        if self.book.of(demand, c).refused:
            return True
        loads = self._loads.get(node)
        for number, most, fewest in self._checks[demand, c]:
            here = loads.get(number, 0) if loads is not None else 0
            if here > most + (fewest.least if fewest is not None else 0):
                return True
        return False

    def refused_by_domain(self, demand: int, node_class: int) -> bool:
        """What is in the domains of a class keeps a pod of ``demand`` out of all of it."""
        domain = self._domains[demand, node_class]
        return domain is not None and not domain.holds(self._per_class)

    def bind(self, demand: int, node: int) -> None:
        """Put one pod there. Whether it may is asked before."""
        loads = self._loads.setdefault(node, {})
        for number, weight in self._adds.get(demand, ()):
            before = loads.get(number, 0)
            loads[number] = before + weight
            for fewest in self._rising.get((number, self._class_of[node]), ()):
                fewest.add(self._class_of[node], before, before + weight)
        here = self.pods.setdefault(node, {})
        here[demand] = here.get(demand, 0) + 1
        self.placed[demand] += 1
        self._per_class[f"y{demand}@{self._class_of[node]}"] += 1
        self.steps.append((demand, node))

    def free_node(self, demand: int, *, cursors: dict[tuple[int, int], int], classes: Iterable[int]) -> int | None:
        """The first node of the first of ``classes`` that takes a pod of ``demand``. ``cursors`` remember, between
        calls, which nodes of a class have refused."""
        for c in classes:
            if self.book.of(demand, c).refused or self.refused_by_domain(demand, c):
                continue
            nodes = self.book.classes[c].nodes
            start = cursors.get((demand, c), 0)
            # What rises with the fewest may take pods again, so the search goes round.
            rises = any(fewest is not None for _, _, fewest in self._checks[demand, c])
            for step in range(len(nodes) if rises else len(nodes) - start):
                position = (start + step) % len(nodes)
                if not self.refused_here(demand, nodes[position]):
                    cursors[demand, c] = position
                    return nodes[position]
            if not rises:
                cursors[demand, c] = len(nodes)
        return None

    def blocked(self, demand: int) -> bool:
        """No node takes a pod of ``demand``."""
        return self.free_node(demand, cursors={}, classes=range(len(self.book.classes))) is None

    def count(self, demand: int, node_class: int) -> int:
        """Pods of a demand on a class."""
        return self._per_class[f"y{demand}@{node_class}"]


def place_all(book: Rulebook, counts: Sequence[int], order: Sequence[int]) -> State | None:
    """A state with every pod on a node, found by giving each the emptiest class that takes it; None if that fails."""
    state = State(book)
    cursors: dict[tuple[int, int], int] = {}
    for d in order:
        eligible = [c for c in range(len(book.classes)) if not book.of(d, c).refused]
        spread = any(book.of(d, c).domain is not True for c in eligible)
        for _ in range(counts[d]):
            if spread:
                eligible.sort(key=lambda c: state.count(d, c) / book.classes[c].size)
            node = state.free_node(d, cursors=cursors, classes=eligible)
            if node is None:
                return None
            state.bind(d, node)
    return state


def block(
    book: Rulebook,
    demand: int,
    most: Sequence[int],
    blocked: Mapping[tuple[int, int], int],
    plan: Mapping[tuple[int, int, int], int],
) -> State | None:
    """A state that scheduling reaches and in which a pod of ``demand`` waits and nobody takes it, or None.

    ``blocked`` and ``plan`` are those of a candidate of the relaxation: its pods are dealt out evenly over so many
    nodes. Binding goes round by round, one pod each, so that what is spread stays spread; then every node that still
    takes the pod is filled with what is left.
    """
    state = State(book)
    supply = [n - (d == demand) for d, n in enumerate(most)]
    dealt = _deal(book, demand, blocked, plan)
    while dealt:
        again = []
        progress = False
        for node, pods in dealt:
            for index, d in enumerate(pods):
                if supply[d] > 0 and _takes(state, d, node):
                    state.bind(d, node)
                    supply[d] -= 1
                    progress = True
                    del pods[index]
                    break
            if pods:
                again.append((node, pods))
        dealt = again if progress else []
    for c in range(len(book.classes)):
        _fill(state, demand, c, supply)
    return state if state.blocked(demand) and _at_rest(state, demand, supply) else None


def _at_rest(state: State, demand: int, supply: list[int]) -> bool:
    """Bind whatever else still finds a node, where that may let the waiting pod in after all (spread); it still waits.
    False also if pods could come of which the bounds do not tell where they may go."""
    book = state.book
    classes = range(len(book.classes))
    rules = [book.of(demand, c) for c in classes]
    if all(rule.domain is True and not any(blocker.rises for blocker in rule.blockers) for rule in rules):
        return True
    others = [d for d, left in enumerate(supply) if left > 0 and d != demand]
    if any(not book.of(d, c).covered for d in others for c in classes):
        return False
    moved = True
    while moved:
        moved = False
        for d in others:
            while supply[d] > 0 and (node := state.free_node(d, cursors={}, classes=classes)) is not None:
                state.bind(d, node)
                supply[d] -= 1
                moved = True
    return state.blocked(demand)


def _deal(
    book: Rulebook,
    demand: int,
    blocked: Mapping[tuple[int, int], int],
    plan: Mapping[tuple[int, int, int], int],
) -> list[tuple[int, list[int]]]:
    """Nodes with the pods they are to get, heaviest first."""
    dealt: list[tuple[int, list[int]]] = []
    for c, chosen in enumerate(book.classes):
        rules = book.of(demand, c)
        position = 0
        for r in range(len(rules.blockers)):
            nodes = chosen.nodes[position : position + blocked.get((c, r), 0)]
            position += len(nodes)
            weights = dict(rules.blockers[r].weights)
            lists: list[list[int]] = [[] for _ in nodes]
            turn = 0
            for d in sorted(weights, key=lambda d: -weights[d]):
                for _ in range(plan.get((d, c, r), 0) if nodes and book.of(d, c).covered else 0):
                    lists[turn % len(nodes)].append(d)
                    turn += 1
            dealt += zip(nodes, lists, strict=True)
    return [(node, pods) for node, pods in dealt if pods]


def _fill(state: State, demand: int, node_class: int, supply: list[int]) -> None:
    """Fill the nodes of a class until they refuse, node by node, with the pods that weigh most for it."""
    rules = state.book.of(demand, node_class)
    if rules.refused or state.refused_by_domain(demand, node_class):
        return
    ranked = sorted(
        {d for blocker in rules.blockers for d, _ in blocker.weights},
        key=lambda d: -max(dict(blocker.weights).get(d, 0) / max(blocker.most + 1, 1) for blocker in rules.blockers),
    )
    usable = [d for d in ranked if not state.book.of(d, node_class).refused and state.book.of(d, node_class).covered]
    for node in state.book.classes[node_class].nodes:
        for d in usable:
            while supply[d] > 0 and not state.refused_here(demand, node) and _takes(state, d, node):
                state.bind(d, node)
                supply[d] -= 1
        if not state.refused_here(demand, node):
            # No more of what is left fits, or nothing is left: the others would not be blocked either.
            return


def _takes(state: State, demand: int, node: int) -> bool:
    return not state.refused_here(demand, node) and not state.refused_by_domain(demand, state.class_of(node))
