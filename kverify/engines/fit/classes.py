"""Nodes that nothing tells apart are one class with a number, so that cost depends on classes and not on nodes.

Two nodes are alike when every filter says the same of both as long as the same pods are on them: the same taints, the
same allocatable, the same pods that stay, and the same labels as far as any pod asks for them. Of a topology key whose
values are all different (the host name, usually) only its presence counts, because then every node is a domain of its
own.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

from attrs import frozen

from kverify.api.types.affinity import NodeSelectorRequirement
from kverify.engines.schedulability import Cluster
from kverify.model.scheduling import pod_topology_spread
from kverify.model.scheduling.framework import NodeInfo, PodInfo
from kverify.model.scheduling.node_affinity import required_node_affinity
from kverify.model.scheduling.volumes import signatures


@frozen(eq=False)
class NodeClass:
    """``nodes`` are indices into the cluster, in its order; ``info`` is the first of them. ``present`` are the pods
    that stay on each: (index in ``Cluster.others``, number)."""

    nodes: tuple[int, ...]
    info: NodeInfo
    present: tuple[tuple[int, int], ...]

    @property
    def size(self) -> int:
        return len(self.nodes)


@frozen(eq=False)
class Topology:
    """``single`` are the topology keys of which every value belongs to one node, ``shared`` all others in use."""

    single: frozenset[str]
    shared: frozenset[str]


def topology_keys(pods: Iterable[PodInfo]) -> frozenset[str]:
    """Every key by which a required rule of ``pods`` divides the nodes into domains."""
    keys: set[str] = set()
    for pod in pods:
        keys.update(term.topology_key for term in (*pod.affinity, *pod.anti_affinity))
        keys.update(constraint.topology_key for constraint in pod_topology_spread.hard(pod))
    return frozenset(keys)


def topology(nodes: Sequence[NodeInfo], pods: Iterable[PodInfo]) -> Topology:
    """Which of the keys in use make every node a domain of its own."""
    single = set()
    keys = topology_keys(pods)
    for key in keys:
        values = [node.labels[key] for node in nodes if key in node.labels]
        if len(values) == len(set(values)):
            single.add(key)
    return Topology(frozenset(single), keys - single)


def classify(cluster: Cluster, pods: Sequence[PodInfo]) -> tuple[tuple[NodeClass, ...], Topology]:
    """The classes of the cluster's nodes for ``pods`` (those that come), in the order of their first nodes."""
    everybody = (*pods, *(group.pod for group, _ in cluster.others))
    shape = topology(cluster.nodes, everybody)
    asked = _asked(pods)
    present: list[list[tuple[int, int]]] = [[] for _ in cluster.nodes]
    for group, (_, by_node) in enumerate(cluster.others):
        for place, number in by_node.items():
            if number:
                present[place].append((group, number))
    volumes = signatures(cluster.nodes, pods, cluster.storage)
    found: dict[Hashable, list[int]] = {}
    for index, node in enumerate(cluster.nodes):
        form = (
            tuple(_seen(node, asked)),
            tuple(node.labels.get(key) for key in sorted(shape.shared)),
            tuple(key in node.labels for key in sorted(shape.single)),
            node.taints,
            node.unschedulable,
            node.allocatable,
            tuple(present[index]),
            volumes[index],
        )
        found.setdefault(form, []).append(index)
    classes = tuple(
        NodeClass(tuple(members), cluster.nodes[members[0]], tuple(present[members[0]])) for members in found.values()
    )
    return classes, shape


def _asked(pods: Iterable[PodInfo]) -> Mapping[str, frozenset[str] | None]:
    """The node labels that pods select by: the values they name, or None where every value may matter."""
    values: dict[str, set[str]] = {}
    whole: set[str] = set()
    for pod in pods:
        for key, value in pod.spec.node_selector.items():
            values.setdefault(key, set()).add(value)
        for requirement in _requirements(pod):
            values.setdefault(requirement.key, set()).update(requirement.values)
            if requirement.operator in ("Gt", "Lt"):
                whole.add(requirement.key)
        if pod.spec.node_name:
            values.setdefault(_NAME, set()).add(pod.spec.node_name)
    return {key: None if key in whole else frozenset(named) for key, named in sorted(values.items())}


_NAME = "metadata.name"


def _requirements(pod: PodInfo) -> Iterator[NodeSelectorRequirement]:
    selector = required_node_affinity(pod)
    for term in selector.node_selector_terms if selector is not None else ():
        yield from term.match_expressions
        yield from term.match_fields


def _seen(node: NodeInfo, asked: Mapping[str, frozenset[str] | None]) -> Iterator[Hashable]:
    """What the selectors see of a node: a value they name, or only that there is another one."""
    for key, named in asked.items():
        value = node.name if key == _NAME else node.labels.get(key)
        yield value if value is None or named is None or value in named else True
