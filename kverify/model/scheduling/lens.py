"""A filter's answer for many nodes at once: what it reads of a node is noted, what it counts is left open.

The filter is run on one node, as on any other snapshot. Every label, taint or name it looks at is written down; every
number of pods it asks for is a variable (:mod:`.sums`). The same filter says the same of every node that would let it
read the same, so it need not be run there again. :class:`Answers` keeps what was read as a tree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import TypeAlias, TypeVar, cast

from attrs import define, evolve, field, frozen

from kverify.api.types.node import Taint
from kverify.model.expr import Number
from kverify.model.scheduling.framework import NodeInfo, Plugin, PodGroup, PodInfo, Requirement, Snapshot
from kverify.model.scheduling.storage import Storage
from kverify.model.scheduling.sums import Sums

T = TypeVar("T")

Column: TypeAlias = "Sequence[int]"
"""What each node answers when something is read of it, as numbers: equal ones stand for equal answers."""


class _Here(int):
    """The index of the node that a filter is asked about, told from the same number found elsewhere by identity."""


class _Everybody(tuple[int, ...]):
    """All groups, whoever else may come."""


class _OwnDomain(tuple[int, ...]):
    """The domain of the node that a filter is asked about, whichever that is."""

    key: str


@frozen(eq=False)
class Ground:
    """What filters can read of a cluster besides counts. ``known`` are the results of ``Snapshot.memo``."""

    nodes: tuple[NodeInfo, ...]
    kinds: tuple[PodGroup, ...]
    namespaces: Mapping[str, Mapping[str, str]]
    storage: Storage
    sums: Sums
    known: dict[Hashable, object] = field(factory=dict)
    _columns: dict[Hashable, Column] = field(factory=dict)

    def column(self, what: Hashable, read: Callable[[NodeInfo], Hashable]) -> Column:
        """``read`` of every node."""
        if what not in self._columns:
            numbers: dict[Hashable, int] = {}
            self._columns[what] = [numbers.setdefault(read(node), len(numbers)) for node in self.nodes]
        return self._columns[what]


@define(eq=False)
class _Fork:
    """Something is read of the node, and it depends on the answer what comes next; a tuple is what the filter says."""

    column: Column
    then: dict[int, _Fork | tuple[Requirement, ...]] = field(factory=dict)


class Answers:
    """What one filter asks for so that a pod may be bound, on every node. ``holds`` is over the variables of sums."""

    def __init__(self, plugin: Plugin, pod: PodInfo, ground: Ground) -> None:
        self._plugin, self._pod, self._ground = plugin, pod, ground
        self._start: dict[int, _Fork | tuple[Requirement, ...]] = {}
        self._same: dict[Hashable, tuple[Requirement, ...]] = {}

    def on(self, node: int) -> tuple[Requirement, ...]:
        """The requirements on a node, the same object for nodes on which they are the same."""
        at = self._start.get(0)
        while isinstance(at, _Fork):
            at = at.then.get(at.column[node])
        return self._ask(node) if at is None else at

    def split(self, nodes: Sequence[int]) -> Iterator[tuple[tuple[Requirement, ...], Sequence[int]]]:
        """The same for many nodes, of which there must be some: nodes with the same requirements, in any order."""
        if not self._start:
            self._ask(nodes[0])
        todo: list[tuple[_Fork | tuple[Requirement, ...], Sequence[int]]] = [(self._start[0], nodes)]
        while todo:
            at, some = todo.pop()
            if not isinstance(at, _Fork):
                yield at, some
                continue
            column, parts = at.column, defaultdict[int, list[int]](list)
            for node in some:
                parts[column[node]].append(node)
            for value, members in parts.items():
                if value not in at.then:
                    self._ask(members[0])
                todo.append((at.then[value], members))

    @property
    def everywhere(self) -> tuple[Requirement, ...] | None:
        """The requirements, where no node had to be looked at to know them; ``None`` before the first question."""
        found = self._start.get(0)
        return None if isinstance(found, _Fork) else found

    def _ask(self, node: int) -> tuple[Requirement, ...]:
        trace: dict[Hashable, Column] = {}
        place = _Here(node)
        lens = _Lens.over(self._ground, place, trace)
        found = tuple(self._plugin.requirements(self._pod, place, lens))
        answer = self._same.get(key := tuple(map(_contents, found)))
        if answer is None:
            answer = self._same[key] = tuple(evolve(requirement, explain=_no_words) for requirement in found)
        branch, value = self._start, 0
        for column in trace.values():
            fork = branch.setdefault(value, _Fork(column))
            if not isinstance(fork, _Fork) or fork.column is not column:
                raise self._inconsistent()
            branch, value = fork.then, column[node]
        if branch.setdefault(value, answer) is not answer:
            raise self._inconsistent()
        return answer

    def _inconsistent(self) -> RuntimeError:
        return RuntimeError(f"{self._plugin.name} reads something else of a node that looks the same so far")


def _contents(r: Requirement) -> Hashable:
    """All of a requirement but its words. Expressions are equal where they are the same object."""
    return r.plugin, id(r.holds), r.reason, r.path, r.stable, id(r.resolvable), r.before_filters, r.gives_up


def _no_words() -> str:
    raise TypeError("this came from open counts and has no words: ask the filters and a snapshot (ClusterState.reject)")


@frozen(eq=False, kw_only=True)
class _Lens(Snapshot):
    """A snapshot that notes what is read of the node ``place`` and answers every count with a variable."""

    place: _Here
    ground: Ground
    trace: dict[Hashable, Column]

    @classmethod
    def over(cls, ground: Ground, place: _Here, trace: dict[Hashable, Column]) -> _Lens:
        return cls(
            nodes=cast("tuple[NodeInfo, ...]", _Nodes(ground.nodes, place, _Watched(ground, place, trace))),
            groups=ground.kinds,
            namespaces=ground.namespaces,
            storage=ground.storage,
            place=place,
            ground=ground,
            trace=trace,
        )

    def memo(self, key: Hashable, build: Callable[[], T]) -> T:
        known = self.ground.known
        if key not in known:
            known[key] = build()
        return cast(T, known[key])

    def look(self, node_index: int, key: Hashable, read: Callable[[NodeInfo], T]) -> T:
        if node_index is not self.place:
            return super().look(node_index, key, read)
        self.trace["look", key] = self.ground.column(("look", key), cast("Callable[[NodeInfo], Hashable]", read))
        return read(self.ground.nodes[node_index])

    @property
    def every_group(self) -> tuple[int, ...]:
        return _Everybody(range(len(self.groups)))

    def domain(self, key: str, node_index: int) -> tuple[int, ...]:
        if node_index is not self.place:
            return super().domain(key, node_index)
        has = ("has", key)
        self.trace[has] = self.ground.column(has, lambda node: key in node.labels)
        if key not in self.ground.nodes[node_index].labels:
            return ()
        found = _OwnDomain((node_index,))
        found.key = key
        return found

    def pods(self, groups: tuple[int, ...], nodes: tuple[int, ...]) -> Number:
        sums = self.ground.sums
        if not groups or not nodes:
            return 0
        if isinstance(nodes, _OwnDomain):
            return sums.in_domain(groups, nodes.key)
        if len(nodes) == 1 and nodes[0] is self.place:
            return sums.on_node(groups)
        if any(node is self.place for node in nodes):
            raise TypeError("a sum over this node and named others is not the same on other nodes")
        return sums.on_nodes(groups, nodes)

    def here_and_elsewhere(
        self,
        node_index: int,
        key: str,
        groups: tuple[int, ...],
        domains: Mapping[str, tuple[int, ...]],
        uncounted: tuple[int, ...] = (),  # noqa: ARG002
    ) -> tuple[Number | None, tuple[Number, ...]]:
        tally = self.ground.sums.tally(groups, key, domains)
        self.trace["has domain", id(tally)] = tally.has_domain
        here = tally.here if tally.has_domain[node_index] else None
        return here, (tally.fewest,) if domains else ()

    def requested(self, node_index: int, resource: str) -> Number:
        if node_index is not self.place:
            raise TypeError("a filter looks at the resources of another node")
        return self.ground.sums.requested(resource)


class _Nodes(Sequence[NodeInfo]):
    """All nodes; the one in question, asked for by the index that the filter was given, is watched."""

    def __init__(self, nodes: tuple[NodeInfo, ...], place: _Here, watched: _Watched) -> None:
        self._nodes, self._place, self._watched = nodes, place, watched

    def __getitem__(self, index: int) -> NodeInfo:  # type: ignore[override]
        return cast(NodeInfo, self._watched) if index is self._place else self._nodes[index]

    def __iter__(self) -> Iterator[NodeInfo]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)


@frozen(eq=False)
class _Watched:
    """A node as a filter sees it (:class:`NodeInfo`), with a note of everything that is read."""

    _ground: Ground
    _place: int
    _trace: dict[Hashable, Column]

    def read(self, what: Hashable, read: Callable[[NodeInfo], Hashable]) -> None:
        self._trace[what] = self._ground.column(what, read)

    @property
    def real(self) -> NodeInfo:
        return self._ground.nodes[self._place]

    @property
    def name(self) -> str:
        self.read("name", lambda node: node.name)
        return self.real.name

    @property
    def taints(self) -> tuple[Taint, ...]:
        self.read("taints", lambda node: node.taints)
        return self.real.taints

    @property
    def unschedulable(self) -> bool:
        self.read("unschedulable", lambda node: node.unschedulable)
        return self.real.unschedulable

    @property
    def labels(self) -> Mapping[str, str]:
        return _Labels(self)

    @property
    def allocatable(self) -> Mapping[str, Number]:
        return _Allocatable(self._ground.sums)


@frozen(eq=False)
class _Labels(Mapping[str, str]):
    _node: _Watched

    def _value(self, key: str) -> str | None:
        self._node.read(("label", key), lambda node: node.labels.get(key))
        return self._node.real.labels.get(key)

    def __getitem__(self, key: str) -> str:
        value = self._value(key)
        if value is None:
            raise KeyError(key)
        return value

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._value(key) is not None

    def __iter__(self) -> Iterator[str]:
        self._node.read("labels", lambda node: node.labels)
        return iter(self._node.real.labels)

    def __len__(self) -> int:
        self._node.read("labels", lambda node: node.labels)
        return len(self._node.real.labels)


@frozen(eq=False)
class _Allocatable(Mapping[str, Number]):
    """What a node allocates is a variable like a count: two nodes are seldom the same to the byte."""

    _sums: Sums

    def get(self, key: str, default: object = None) -> Number:
        if default != 0:
            raise TypeError("what a node does not allocate has to count as 0")
        return self._sums.allocatable(key)

    def __getitem__(self, key: str) -> Number:
        raise TypeError(f"whether a node allocates {key} is not known here; get(resource, 0) is")

    def __iter__(self) -> Iterator[str]:
        raise TypeError("which resources a node allocates is not known here; get(resource, 0) is")

    def __len__(self) -> int:
        raise TypeError("which resources a node allocates is not known here; get(resource, 0) is")
