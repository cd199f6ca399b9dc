"""Sums over the pods of a cluster, kept up to date while pods come and go.

A filter asks a snapshot how many pods of some groups are on a node, in its domain, or anywhere. Here each such question
is a variable of an expression, and a list of numbers that every bind adds to. Nodes are known by their index.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeAlias

from attrs import field, frozen

from kverify.model.expr import Expr, integer
from kverify.model.scheduling.framework import NodeInfo, PodGroup

Feed: TypeAlias = "Callable[[int, int], None]"
"""Called with a node and how many pods it got, or lost."""


@frozen(eq=False)
class Sum:
    """Numbers, and where a node finds its own: at its index, at ``at[index]``, or (``alone``) at 0 like all others."""

    name: str
    cells: list[int]
    at: Sequence[int] | None = None
    alone: bool = False

    def text(self, node: str) -> str:
        """Python source of the number that a node sees."""
        if self.alone:
            return f"{self.name}[0]"
        return f"{self.name}[{node}]" if self.at is None else f"{self.name}[{self.name}_at[{node}]]"

    @property
    def names(self) -> Mapping[str, object]:
        """What :meth:`text` refers to."""
        return {self.name: self.cells} if self.at is None else {self.name: self.cells, f"{self.name}_at": self.at}

    def value(self, node: int) -> int:
        """The number that a node sees."""
        return self.cells[0 if self.alone else node if self.at is None else self.at[node]]


@frozen(eq=False)
class Tally:
    """Pods by domain: those ``here``, in the domain of the node, where it has one, and the ``fewest`` in any domain."""

    here: Expr
    fewest: Expr
    has_domain: Sequence[int]


@frozen(eq=False)
class Sums:
    """``kinds`` are the pods that may come, and ``where`` says how many of each kind are on which node already."""

    nodes: Sequence[NodeInfo]
    kinds: Sequence[PodGroup]
    where: Sequence[Mapping[int, int]]
    by_name: dict[str, Sum] = field(factory=dict, init=False)
    feeds: list[list[Feed]] = field(init=False)
    _known: dict[Hashable, Expr] = field(factory=dict, init=False)
    _tallies: dict[Hashable, tuple[Mapping[str, tuple[int, ...]], Tally]] = field(factory=dict, init=False)
    _domains: dict[str, list[int]] = field(factory=dict, init=False)

    @feeds.default
    def _no_feeds(self) -> list[list[Feed]]:
        return [[] for _ in self.kinds]

    def add(self, kind: int, node: int, number: int) -> None:
        """So many pods of a kind came to a node; a negative number of them left."""
        for feed in self.feeds[kind]:
            feed(node, number)

    def on_node(self, groups: Iterable[int]) -> Expr:
        """Pods of ``groups`` on the node itself."""
        key = ("node", groups)
        return self._known[key] if key in self._known else self._weighted(key, dict.fromkeys(groups, 1))

    def requested(self, resource: str) -> Expr:
        """What all pods on the node request."""
        key = ("requested", resource)
        if key in self._known:
            return self._known[key]
        asked = ((k, group.pod.requests.get(resource, 0)) for k, group in enumerate(self.kinds))
        return self._weighted(key, {k: amount for k, amount in asked if amount})

    def allocatable(self, resource: str) -> Expr:
        """What the node allocates; it does not change."""
        key = ("allocatable", resource)
        if key in self._known:
            return self._known[key]
        return self._new(key, [node.allocatable.get(resource, 0) for node in self.nodes])

    def in_domain(self, groups: Iterable[int], key: str) -> Expr:
        """Pods of ``groups`` on all nodes with the same value of the label ``key``."""
        whole = ("domain", groups, key)
        if whole in self._known:
            return self._known[whole]
        at = self._domain_of(key)
        cells = [0] * (max(at, default=-1) + 2)  # Nodes in no domain share the last one, which nobody asks for.

        def feed(node: int, number: int) -> None:
            cells[at[node]] += number

        self._join(groups, feed)
        return self._new(whole, cells, at)

    def on_nodes(self, groups: Iterable[int], nodes: tuple[int, ...]) -> Expr:
        """Pods of ``groups`` on these nodes together."""
        key = ("nodes", groups, nodes)
        if key in self._known:
            return self._known[key]
        members, cells = frozenset(nodes), [0]

        def feed(node: int, number: int) -> None:
            if node in members:
                cells[0] += number

        self._join(groups, feed)
        return self._new(key, cells, alone=True)

    def tally(self, groups: Iterable[int], key: str, domains: Mapping[str, tuple[int, ...]]) -> Tally:
        """Pods of ``groups`` in each of ``domains``: nodes by their value of the label ``key``, not all of them.

        A node that is not counted sees the pods of its domain all the same.
        """
        whole = (groups, id(domains))
        if whole in self._tallies:
            return self._tallies[whole][1]
        index_of = {value: index for index, value in enumerate(domains)}
        at = [index_of.get(node.labels.get(key, ""), -1) if key in node.labels else -1 for node in self.nodes]
        counted = frozenset(node for members in domains.values() for node in members)
        cells, fewest = [0] * len(domains), [0]
        crowd = Counter({0: len(domains)})

        def feed(node: int, number: int) -> None:
            if node not in counted:
                return
            index = at[node]
            before = cells[index]
            cells[index] = after = before + number
            crowd[before] -= 1
            crowd[after] += 1
            least = fewest[0]
            if after < least:
                fewest[0] = after
            elif before == least:
                while not crowd[least]:
                    least += 1
                fewest[0] = least

        self._join(groups, feed)
        found = Tally(
            self._new(("here", *whole), cells, at),
            self._new(("fewest", *whole), fewest, alone=True),
            [int(index >= 0) for index in at],
        )
        self._tallies[whole] = domains, found  # The domains are kept, so that nothing else gets their id.
        return found

    def _weighted(self, key: Hashable, weights: Mapping[int, int]) -> Expr:
        cells = [0] * len(self.nodes)
        for kind, weight in weights.items():
            self._join((kind,), _adder(cells, weight))
        return self._new(key, cells)

    def _domain_of(self, key: str) -> list[int]:
        if key not in self._domains:
            numbers: dict[str, int] = {}
            self._domains[key] = [
                numbers.setdefault(node.labels[key], len(numbers)) if key in node.labels else -1 for node in self.nodes
            ]
        return self._domains[key]

    def _join(self, groups: Iterable[int], feed: Feed) -> None:
        """Feed a sum with what is there and with what comes."""
        for group in groups:
            for node, number in self.where[group].items():
                feed(node, number)
            self.feeds[group].append(feed)

    def _new(self, key: Hashable, cells: list[int], at: Sequence[int] | None = None, *, alone: bool = False) -> Expr:
        found = Sum(f"s{len(self.by_name)}", cells, at, alone)
        self.by_name[found.name] = found
        self._known[key] = integer(found.name)
        return self._known[key]


def _adder(cells: list[int], weight: int) -> Feed:
    def feed(node: int, number: int) -> None:
        cells[node] += weight * number

    def feed_one(node: int, number: int) -> None:
        cells[node] += number

    return feed_one if weight == 1 else feed
