"""What the filters ask, read off the filters themselves: once for each kind of pod and each class of nodes.

The filters of ``kverify.model.scheduling`` are run on two small snapshots whose counts are variables:

* *one node* of the class, beside a twin that differs in nothing but in being another domain of every single-node key.
  What comes out depends on the pods of this node (resources, ports, host-wide anti-affinity) and, for host-wide spread,
  on those of the twin, which stands for the node that has the fewest.
* *all classes*, each as one node that has all the pods of the class. What comes out for keys that several nodes share
  (zones) depends on the pods of whole classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from attrs import evolve, field, frozen

from kverify.engines.fit.classes import NodeClass, Topology
from kverify.engines.ranges import Range, conjuncts, decided, linear
from kverify.engines.schedulability import Cluster, Demand
from kverify.model.expr import Condition, Expr, Number, Op, all_of, integer, lift
from kverify.model.scheduling import inter_pod_affinity, pod_topology_spread
from kverify.model.scheduling.framework import PodGroup, PodInfo, Requirement, Snapshot

DOMAIN_PLUGINS = (pod_topology_spread.PLUGIN, inter_pod_affinity.PLUGIN)
_TWIN = "\0"
"""In no label value of a real node."""


@frozen
class Floor:
    """The nodes over which host-wide spread takes the fewest: (class, counted pods that stay on each of its nodes)."""

    classes: tuple[tuple[int, int], ...]


class Weights(tuple[tuple[int, int], ...]):
    """(demand, weight) with positive weights, by demand. Every demand may be in a sum, and every demand is bounded by
    it: all their blockers share one object, which knows its hash."""

    @cached_property
    def by_demand(self) -> Mapping[int, int]:
        """The weights by demand."""
        return dict(self)

    @cached_property
    def _hash(self) -> int:
        return tuple.__hash__(self)

    def __hash__(self) -> int:
        return self._hash


@frozen(eq=False)
class Blocker:
    """A reason for which one node refuses a pod: ``sum(weight * pods of that kind on the node) > most``.

    Pods that stay are in ``most`` already. Where it ``rises``, the bound grows with the fewest such pods on any node of
    ``floor``, by one for each.
    """

    weights: Weights
    most: int
    requirement: Requirement
    floor: Floor | None = None
    rises: bool = False

    def weight(self, demand: int) -> int:
        """What one pod of a demand adds to the sum."""
        return self.weights.by_demand.get(demand, 0)

    @property
    def never(self) -> bool:
        """Nothing that may come makes the node refuse."""
        return not self.weights


@frozen(eq=False)
class Rules:
    """Of one kind of pod on one class of nodes: ``refused`` for good by these requirements, else refused by any of
    ``blockers`` of a node, or when ``domain`` does not hold for the class (over :func:`spread_over` variables).

    ``covered`` is False where some filter asks for something that is not of these shapes; then nothing is proved.
    """

    refused: tuple[Requirement, ...]
    blockers: tuple[Blocker, ...]
    domain: Condition
    covered: bool = True


def on_class(demand: int, node_class: int) -> Expr:
    """The variable that counts the pods of a demand on all nodes of a class."""
    expr = integer(f"y{demand}@{node_class}")
    assert isinstance(expr, Expr)
    return expr


@frozen(eq=False)
class Rulebook:
    """The rules of every demand on every class."""

    demands: Sequence[Demand]
    cluster: Cluster
    classes: tuple[NodeClass, ...]
    topology: Topology
    _rules: dict[tuple[int, int], Rules] = field(factory=dict, init=False, repr=False)
    _snapshots: dict[int, Snapshot] = field(factory=dict, init=False, repr=False)
    _sums: dict[Expr, _Bounded | None] = field(factory=dict, init=False, repr=False)
    _weights: dict[Weights, Weights] = field(factory=dict, init=False, repr=False)

    def of(self, demand: int, node_class: int) -> Rules:
        key = demand, node_class
        if key not in self._rules:
            self._rules[key] = self._read(demand, node_class)
        return self._rules[key]

    def _read(self, demand: int, node_class: int) -> Rules:
        pod = _without(self.demands[demand].pod, self.topology.shared)
        refused: list[Requirement] = []
        blockers: list[Blocker] = []
        # A pod that is needed on the very node is refused for lack of pods, not for too many: neither shape fits.
        covered = not any(term.topology_key in self.topology.single for term in self.demands[demand].pod.affinity)
        snapshot = self._one_node(node_class)
        for plugin in self.cluster.profile:
            for requirement in plugin.requirements(pod, 0, snapshot):
                if self._is_shared(requirement, pod):
                    if requirement.holds is False and "missing required label" in requirement.reason:
                        refused.append(requirement)
                elif requirement.holds is False and requirement.reason == pod_topology_spread.REASON:
                    # The twin has none of the pods that stay, so what they seem to exceed here proves nothing.
                    covered = False
                elif requirement.holds is False:
                    refused.append(requirement)
                elif isinstance(requirement.holds, Expr):
                    found = self._blockers(requirement)
                    if found is None and decided(requirement.holds, self._ranges(demand, node_class)):
                        found = ()
                    covered = covered and found is not None
                    blockers += [self._rising(blocker, demand) for blocker in found or ()]
        # Pods that stay already exceed the bound.
        refused += [blocker.requirement for blocker in blockers if blocker.most < 0 and not blocker.rises]
        wide = () if refused else self.domain_requirements(demand, node_class)
        refused += [requirement for requirement in wide if requirement.holds is False]
        domain = True if refused else all_of(requirement.holds for requirement in wide)
        return Rules(tuple(refused), tuple(b for b in blockers if not b.never), domain, covered)

    def _blockers(self, requirement: Requirement) -> tuple[Blocker, ...] | None:
        """The requirement as upper bounds on sums of pods, or None if it is of another shape."""
        found: list[Blocker] = []
        for part in conjuncts(requirement.holds):
            # Of resources the sum is the same for every demand; only the bound differs.
            whole, bound = part, 0
            if part.op is Op.LE and part.args[1].value is not None:
                whole, bound = lift(part.args[0] <= 0), int(part.args[1].value)
            if whole not in self._sums:
                self._sums[whole] = _Bounded.of(whole, self._weights)
            known = self._sums[whole]
            if known is None:
                return None
            found.append(Blocker(known.weights, known.most + bound, requirement, rises=known.rises))
        return tuple(found)

    def _ranges(self, demand: int, node_class: int) -> Mapping[str, Range]:
        """How many pods there can be of each demand while one of ``demand`` waits."""
        most = [row.count - (d == demand) for d, row in enumerate(self.demands)]
        return {name: (0, n) for d, n in enumerate(most) for name in (f"y{d}@{node_class}", f"t{d}")}

    def _rising(self, blocker: Blocker, demand: int) -> Blocker:
        """The blocker with the nodes that are domains of its spread constraint."""
        if not blocker.rises:
            return blocker
        number = _constraint_number(blocker.requirement)
        constraint = pod_topology_spread.constraint(self.demands[demand].pod, number, self.whole)
        classes = sorted(c for nodes in constraint.domains.values() for c in nodes)
        staying = {group - len(self.demands) for group in constraint.groups}
        floor = Floor(tuple((c, sum(n for group, n in self.classes[c].present if group in staying)) for c in classes))
        return evolve(blocker, floor=floor)

    def _is_shared(self, requirement: Requirement, pod: PodInfo) -> bool:
        """A spread constraint over a key that several nodes share: judged with all classes in view."""
        if requirement.plugin != pod_topology_spread.NAME:
            return False
        key = pod.spec.topology_spread_constraints[_constraint_number(requirement)].topology_key
        return key in self.topology.shared

    def _one_node(self, node_class: int) -> Snapshot:
        if node_class not in self._snapshots:
            chosen = self.classes[node_class]
            twin = evolve(
                chosen.info,
                name=chosen.info.name + _TWIN,
                labels={k: v + _TWIN if k in self.topology.single else v for k, v in chosen.info.labels.items()},
            )
            counts: dict[tuple[int, int], Number] = {(d, 0): on_class(d, node_class) for d in range(len(self.demands))}
            counts.update({(d, 1): integer(f"t{d}") for d in range(len(self.demands))})
            counts.update({(len(self.demands) + group, 0): number for group, number in chosen.present})
            self._snapshots[node_class] = Snapshot(
                nodes=(chosen.info, twin),
                groups=self._groups(self.topology.shared),
                counts=counts,
                namespaces=self.cluster.namespaces,
                storage=self.cluster.storage,
            )
        return self._snapshots[node_class]

    def _groups(self, dropped: frozenset[str]) -> tuple[PodGroup, ...]:
        coming = (PodGroup(_without(demand.pod, dropped)) for demand in self.demands)
        staying = (evolve(group, pod=_without(group.pod, dropped)) for group, _ in self.cluster.others)
        return (*coming, *staying)

    def domain_requirements(self, demand: int, node_class: int) -> tuple[Requirement, ...]:
        """What ``Rules.domain`` is made of."""
        if not self.topology.shared:
            return ()
        pod = self.domain_pod(demand)
        return tuple(
            requirement
            for plugin in DOMAIN_PLUGINS
            for requirement in plugin.requirements(pod, node_class, self.whole)
            if plugin.name != pod_topology_spread.NAME or self._is_shared(requirement, pod)
        )

    def domain_pod(self, demand: int) -> PodInfo:
        """A pod of a demand as it is seen in :attr:`whole`."""
        pod = self.demands[demand].pod
        if any(term.topology_key in self.topology.single for term in pod.affinity):
            return _without(pod, self.topology.single)
        return evolve(_without(pod, self.topology.single), affinity=pod.affinity)

    @property
    def whole(self) -> Snapshot:
        """Every class as one node with all its pods."""
        if -1 not in self._snapshots:
            counts: dict[tuple[int, int], Number] = {
                (d, c): on_class(d, c) for d in range(len(self.demands)) for c in range(len(self.classes))
            }
            for c, chosen in enumerate(self.classes):
                counts.update({(len(self.demands) + g, c): number * chosen.size for g, number in chosen.present})
            self._snapshots[-1] = Snapshot(
                nodes=tuple(chosen.info for chosen in self.classes),
                groups=self._groups(self.topology.single),
                counts=counts,
                namespaces=self.cluster.namespaces,
                storage=self.cluster.storage,
            )
        return self._snapshots[-1]


def _without(pod: PodInfo, keys: frozenset[str]) -> PodInfo:
    """The pod without its anti-affinity over ``keys``. Its spread constraints stay, because together they say which
    nodes count at all."""
    kept = tuple(term for term in pod.anti_affinity if term.topology_key not in keys)
    return (
        pod
        if len(kept) == len(pod.anti_affinity) and not pod.affinity
        else evolve(pod, anti_affinity=kept, affinity=())
    )


@frozen
class _Bounded:
    """A condition as an upper bound on a sum; where it ``rises``, as in :class:`Blocker`."""

    weights: Weights
    most: int
    rises: bool

    @classmethod
    def of(cls, condition: Expr, known: dict[Weights, Weights]) -> _Bounded | None:
        """None for a condition of another shape. ``known`` are the weights so far."""
        inequalities = linear(condition)
        if len(inequalities) != 1:
            return None
        terms, constant = inequalities[0]
        weights: dict[int, int] = {}
        twin: dict[int, int] = {}
        for leaf, factor in terms.items():
            if leaf.name is None or (factor < 0) is not leaf.name.startswith("t"):
                return None
            side = twin if factor < 0 else weights
            side[int(leaf.name[1:].partition("@")[0])] = abs(factor)
        if twin and (twin != weights or set(twin.values()) != {1}):
            return None
        found = Weights(sorted(weights.items()))
        return cls(known.setdefault(found, found), -constant, bool(twin))


def _constraint_number(requirement: Requirement) -> int:
    """``topologySpreadConstraints[2]`` is number 2."""
    return int(requirement.path.partition("[")[2].partition("]")[0])
