"""A cluster on which pods come and go, and which answers at once whether a pod fits on a node.

A :class:`~kverify.model.scheduling.framework.Snapshot` is one state, and every question adds its counts up anew. A
:class:`ClusterState` keeps the sums. It asks each filter once what it requires of a kind of pod on nodes that look the
same to the filter (:mod:`.lens`), with the counts left open, and compiles the answers to functions over sums that every
bind and eviction changes (:mod:`.sums`). The rules stay those of the filters, and so do the words: whoever asks why
gets them from the filters and a plain snapshot.

This holds for all twelve filters, those over volumes too; storage objects do not change in a state. Dry runs of
preemption, which know pods that were removed and never counted, need a plain snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, cast

from attrs import evolve, frozen

from kverify.api.base import EMPTY
from kverify.model.expr import Condition, Expr, all_of, evaluate
from kverify.model.scheduling import kinds
from kverify.model.scheduling.framework import NodeInfo, Plugin, PodGroup, PodInfo, Requirement, Snapshot
from kverify.model.scheduling.lens import Answers, Ground
from kverify.model.scheduling.profile import DEFAULT_PROFILE, compose, reject, said
from kverify.model.scheduling.storage import Storage
from kverify.model.scheduling.sums import Sums
from kverify.model.source import python_text


class ClusterState:
    """Nodes and the pods bound to them. A node is known by its index in :attr:`nodes`, as in a snapshot.

    Parameters
    ----------
    nodes
        In the order in which answers have them.
    pods
        Pods that may be asked about or bound, if they are known. They are not bound by this. The first bind of a pod
        that no other is like (:mod:`.kinds`), and every change of the nodes, makes the state ask the filters again.
    namespaces, storage
        As in a snapshot.
    profile
        The filters, in the scheduler's order.

    All methods that take a node raise ``IndexError`` for an index that no node has.
    """

    def __init__(
        self,
        nodes: Iterable[NodeInfo],
        *,
        pods: Iterable[PodInfo] = (),
        namespaces: Mapping[str, Mapping[str, str]] = EMPTY,
        storage: Storage | None = None,
        profile: tuple[Plugin, ...] = DEFAULT_PROFILE,
    ) -> None:
        self.profile = profile
        self.namespaces = namespaces
        self.storage = storage if storage is not None else Storage()
        self._nodes = tuple(nodes)
        # Tuples, because they are equal at once where the pod is the same object.
        self._groups: dict[tuple[PodInfo, bool, bool], _Group] = {}
        self._kinds: dict[PodGroup, int] = {}
        self._where: list[dict[int, int]] = []
        self._snapshot: Snapshot | None = None
        self._announced = tuple(map(PodGroup, pods))
        self._selected = frozenset[str]().union(*(kinds.selected_keys(group.pod) for group in self._announced))
        self._sort()

    @classmethod
    def of(
        cls, snapshot: Snapshot, *, pods: Iterable[PodInfo] = (), profile: tuple[Plugin, ...] = DEFAULT_PROFILE
    ) -> ClusterState:
        """The state that a snapshot shows. Raises ``TypeError`` where its counts are symbolic."""
        state = cls(
            snapshot.nodes, pods=pods, namespaces=snapshot.namespaces, storage=snapshot.storage, profile=profile
        )
        for (index, node), number in snapshot.counts.items():
            if isinstance(number, Expr):
                raise TypeError(f"a state needs concrete counts, and {number} is none")
            if number:
                state._change(snapshot.groups[index], node, number)
        return state

    # -- what there is -------------------------------------------------------------------------------------------------

    @property
    def nodes(self) -> tuple[NodeInfo, ...]:
        """The nodes as they are now."""
        return self._nodes

    def count(self, pod: PodInfo, node: int, *, terminating: bool = False, nominated: bool = False) -> int:
        """How many of exactly these pods are on a node."""
        group = self._groups.get((pod, terminating, nominated))
        return 0 if group is None else group.where.get(self._checked(node), 0)

    def snapshot(self) -> Snapshot:
        """The state as it is now, for whatever asks the filters themselves."""
        if self._snapshot is not None:
            return self._snapshot
        present = [group for group in self._groups.values() if group.where]
        self._snapshot = Snapshot(
            nodes=self._nodes,
            groups=tuple(group.group for group in present),
            counts={(g, node): number for g, group in enumerate(present) for node, number in group.where.items()},
            namespaces=self.namespaces,
            storage=self.storage,
        )
        return self._snapshot

    # -- what changes --------------------------------------------------------------------------------------------------

    def bind(
        self, pod: PodInfo, node: int, number: int = 1, *, terminating: bool = False, nominated: bool = False
    ) -> None:
        """Put ``number`` such pods on a node, whether or not they fit. For the flags see ``PodGroup``."""
        if number < 1:
            raise ValueError(f"{number} pods cannot be bound")
        self._change(PodGroup(pod, terminating, nominated), node, number)

    def unbind(
        self, pod: PodInfo, node: int, number: int = 1, *, terminating: bool = False, nominated: bool = False
    ) -> None:
        """Take ``number`` such pods away. Raises ``ValueError`` where there are not so many on the node."""
        self._checked(node)
        there = self.count(pod, node, terminating=terminating, nominated=nominated)
        if not 1 <= number <= there:
            raise ValueError(f"{number} of {pod} cannot leave {self._nodes[node].name}, which has {there}")
        self._change(PodGroup(pod, terminating, nominated), node, -number)

    def add_node(self, node: NodeInfo) -> int:
        """Add an empty node, and say what its index is."""
        self._snapshot = None
        self._nodes = (*self._nodes, node)
        self._start_over()
        return len(self._nodes) - 1

    def remove_node(self, node: int) -> None:
        """Take a node away with all pods on it. Nodes after it move up by one."""
        self._checked(node)
        self._snapshot = None
        self._nodes = (*self._nodes[:node], *self._nodes[node + 1 :])
        for group in self._groups.values():
            group.where = {n - (n > node): number for n, number in group.where.items() if n != node}
        self._start_over()

    def _change(self, group: PodGroup, node: int, number: int) -> None:
        self._checked(node)
        self._snapshot = None
        key = group.pod, group.terminating, group.nominated
        known = self._groups.get(key)
        if known is None:
            self._select(kinds.selected_keys(group.pod))
            known = self._groups[key] = _Group(group, self._kind(group))
        there = known.where.get(node, 0) + number
        if there:
            known.where[node] = there
        else:
            del known.where[node]
        if self._ground is None:
            return
        if known.kind >= len(self._ground.kinds):
            self._start_over()
            return
        here = self._where[known.kind]
        here[node] = here.get(node, 0) + number
        self._ground.sums.add(known.kind, node, number)

    # -- what one asks -------------------------------------------------------------------------------------------------

    def fits(self, pod: PodInfo, node: int) -> bool:
        """All filters let one more such pod onto the node."""
        if not 0 <= node < len(self._nodes):
            self._checked(node)
        return (self._questions.get(pod) or self._question(pod)).rule(node).fits(node)

    def feasible_nodes(self, pod: PodInfo) -> list[int]:
        """The nodes that :meth:`fits` is true of, in order; every node is looked at anew."""
        parts = [rule.fitting(nodes) for rule, nodes in (self._questions.get(pod) or self._question(pod)).everywhere]
        return parts[0] if len(parts) == 1 else sorted(chain.from_iterable(parts))

    def failing(self, pod: PodInfo, node: int) -> tuple[Requirement, ...]:
        """Every requirement that fails, in the order of the profile; empty where the pod fits.

        These come without words (``detail`` raises ``TypeError``), ``stable`` looks at announced pods too, and of
        existing pods that differ only in what no filter looks at there is one for all. :meth:`reject` takes longer and
        says everything.
        """
        self._checked(node)
        rule = (self._questions.get(pod) or self._question(pod)).rule(node)
        return tuple(self._decided(rule.requirements[position], node) for position in rule.failing(node))

    def _decided(self, requirement: Requirement, node: int) -> Requirement:
        resolvable = cast(Condition, requirement.resolvable)
        if isinstance(resolvable, Expr):
            sums = self._built().sums.by_name
            resolvable = bool(evaluate(resolvable, {n: sums[n].value(node) for n in resolvable.variables()}))
        return evolve(requirement, holds=False, resolvable=resolvable)

    def reject(self, pod: PodInfo, node: int) -> tuple[Requirement, ...]:
        """What the filters themselves say of everything that fails here and now (``profile.reject``)."""
        return () if self.fits(pod, node) else reject(pod, node, self.snapshot(), self.profile)

    def reported(self, pod: PodInfo, node: int) -> tuple[Requirement, ...]:
        """What the scheduler says of a node (``profile.reported``); empty where the pod fits."""
        return said(self.reject(pod, node), self.profile)

    def message(self, pod: PodInfo) -> str | None:
        """The scheduler's event text for a pod that fits nowhere, or ``None`` if it fits somewhere."""
        if self.feasible_nodes(pod):
            return None
        return compose(said(self.failing(pod, node), self.profile) for node in range(len(self._nodes)))

    # -- inside --------------------------------------------------------------------------------------------------------

    def _checked(self, node: int) -> int:
        if not 0 <= node < len(self._nodes):
            raise IndexError(f"there is no node {node}: the state has {len(self._nodes)}")
        return node

    def _select(self, keys: frozenset[str]) -> None:
        """Pods select by these labels too: pods that differ in them are not of one kind."""
        if not keys <= self._selected:
            self._selected |= keys
            self._sort()

    def _sort(self) -> None:
        """Find the kinds of all pods there are."""
        self._kinds = {}
        for group in self._announced:
            self._kind(group)
        for known in self._groups.values():
            known.kind = self._kind(known.group)
        self._start_over()

    def _kind(self, group: PodGroup) -> int:
        """The number of the kind of a group: all that filters cannot tell apart once they are bound."""
        return self._kinds.setdefault(kinds.bound(group, self._selected), len(self._kinds))

    def _start_over(self) -> None:
        """Forget all that was compiled, after a change of nodes or with a kind of pods that is new."""
        self._ground: Ground | None = None
        self._questions: dict[PodInfo, _Question] = {}

    def _built(self) -> Ground:
        """What filters can read, with the sums as they are now; they are kept from now on."""
        if self._ground is None:
            self._where = [{} for _ in self._kinds]
            for group in self._groups.values():
                here = self._where[group.kind]
                for node, number in group.where.items():
                    here[node] = here.get(node, 0) + number
            known = tuple(self._kinds)
            sums = Sums(self._nodes, known, self._where)
            self._ground = Ground(self._nodes, known, self.namespaces, self.storage, sums)
        return self._ground

    def _question(self, pod: PodInfo) -> _Question:
        self._select(kinds.selected_keys(pod))
        alike = kinds.waiting(pod, self._selected)
        found = self._questions.get(alike)
        if found is None:
            found = self._questions[alike] = _Question(alike, self.profile, self._built())
        self._questions[pod] = found
        return found


class _Group:
    """Pods of a group by node, and their kind."""

    __slots__ = ("group", "kind", "where")

    def __init__(self, group: PodGroup, kind: int) -> None:
        self.group, self.kind = group, kind
        self.where: dict[int, int] = {}


@frozen(eq=False, slots=False)
class _Rule:
    """Everything the filters require of a pod on nodes that look the same to them."""

    requirements: tuple[Requirement, ...]
    _sums: Sums

    @cached_property
    def fits(self) -> Callable[[int], bool]:
        """Whether the pod fits on a node."""
        return cast("Callable[[int], bool]", self._compiled("lambda n: {}", self._whole()))

    @cached_property
    def fitting(self) -> Callable[[Sequence[int]], list[int]]:
        """Those of some nodes that the pod fits on."""
        return cast(
            "Callable[[Sequence[int]], list[int]]", self._compiled("lambda ns: [n for n in ns if {}]", self._whole())
        )

    @cached_property
    def failing(self) -> Callable[[int], list[int]]:
        """Which requirements fail on a node, by position."""
        parts = [requirement.holds for requirement in self.requirements]
        code = "lambda n: [i for i, holds in enumerate(({},)) if not holds]" if parts else "lambda n: []"
        return cast("Callable[[int], list[int]]", self._compiled(code, *parts))

    def _whole(self) -> Condition:
        return all_of(requirement.holds for requirement in self.requirements)

    def _compiled(self, code: str, *conditions: Condition) -> object:
        used: dict[str, Any] = {}
        texts = []
        for condition in conditions:
            if not isinstance(condition, Expr):
                texts.append(str(condition))
                continue
            sums = [self._sums.by_name[name] for name in sorted(condition.variables())]
            texts.append(python_text(condition, {item.name: item.text("n") for item in sums}))
            for item in sums:
                used.update(item.names)
        # Arguments of an enclosing function are faster to reach than globals.
        made: dict[str, Any] = {}
        exec(f"def make({', '.join(used)}):\n return {code.format(', '.join(texts))}", made)
        return made["make"](**used)


class _Question:
    """A kind of pod, on every node."""

    def __init__(self, pod: PodInfo, profile: tuple[Plugin, ...], ground: Ground) -> None:
        self._answers = [Answers(plugin, pod, ground) for plugin in profile]
        self._varying: list[Answers] = []
        self._sums = ground.sums
        self._rules: dict[tuple[int, ...], _Rule] = {}
        self._on: list[_Rule | None] = [None] * len(ground.nodes)

    def rule(self, node: int) -> _Rule:
        """The rule for one node."""
        found = self._on[node]
        if found is None:
            # Answers keep their tuples, so an id means the same tuple for as long as this question is there.
            key = tuple([id(answers.on(node)) for answers in self._varying])
            found = self._rules.get(key) if self._rules else None
            if found is None:
                found = self._new_rule(node)
            self._on[node] = found
        return found

    def _new_rule(self, node: int) -> _Rule:
        parts = [answers.on(node) for answers in self._answers]
        if not self._rules:
            # Most filters have looked at no node to know what they require, and need not be asked again.
            self._varying = [answers for answers in self._answers if answers.everywhere is None]
        found = _Rule(tuple(chain.from_iterable(parts)), self._sums)
        self._rules[tuple([id(answers.on(node)) for answers in self._varying])] = found
        return found

    @cached_property
    def everywhere(self) -> list[tuple[_Rule, list[int]]]:
        """The nodes of each rule; those on which no pod can ever fit are left out."""
        parts: dict[tuple[int, ...], tuple[tuple[Requirement, ...], list[int]]] = {}
        if self._on:
            parts[()] = (), list(range(len(self._on)))
        for answers in self._answers:
            finer: dict[tuple[int, ...], tuple[tuple[Requirement, ...], list[int]]] = {}
            for key, (requirements, nodes) in parts.items():
                for more, some in answers.split(nodes):
                    if not any(requirement.holds is False for requirement in more):
                        finer.setdefault((*key, id(more)), (requirements + more, []))[1].extend(some)
            parts = finer
        return [(_Rule(requirements, self._sums), sorted(nodes)) for requirements, nodes in parts.values()]
