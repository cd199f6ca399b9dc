"""The scheduler: binds a pending pod to any node that every filter lets it have.

Scores only choose among feasible nodes; the choice is left free, so what holds here holds for every score. The
filters are ``kverify.model.scheduling``; this file only says when a node's status changes what they see.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from attrs import evolve

from kverify.api.types.node import Taint
from kverify.model.components.taint_eviction import ADDED, seconds_left
from kverify.model.expr import Condition, Number, all_of, any_of, integer, total
from kverify.model.scheduling import node_unschedulable, taint_toleration
from kverify.model.scheduling.framework import NodeInfo, Plugin, PodGroup, PodInfo, Snapshot
from kverify.model.scheduling.profile import DEFAULT_PROFILE, feasible
from kverify.model.system import Action, Fairness, Variable
from kverify.model.workload import Revision
from kverify.model.world import ANSWERING, LIVE, NodeStatus, Phase, Place, World

COMPONENT = "scheduler"

UNREACHABLE_TAINTS = (
    Taint(key="node.kubernetes.io/unreachable", effect="NoSchedule"),
    Taint(key="node.kubernetes.io/unreachable", effect="NoExecute"),
)

_KEEP_AWAY = (node_unschedulable.PLUGIN, taint_toleration.PLUGIN)


def variables(world: World) -> Iterator[Variable]:
    for workload in world.workloads:
        for revision in workload.revisions:
            for place in world.places:
                yield Variable(world.at(Phase.STARTING, revision, place), initial=0)


def actions(world: World) -> Iterator[Action]:
    seen = seen_in(world)
    for revision in world.revisions:
        if forced(world, revision) is not None:
            continue
        for place in world.places:
            pending = integer(world.pending(revision))
            starting = integer(world.at(Phase.STARTING, revision, place))
            fits = fits_on(world, revision, place, seen)
            if fits is False:
                continue
            yield Action(
                f"bind {revision.key}@{place.name}",
                COMPONENT,
                guard=all_of([pending >= 1, fits]),
                updates={
                    world.pending(revision): pending - 1,
                    world.at(Phase.STARTING, revision, place): starting + 1,
                },
                says=f"The scheduler binds a pod of {revision.title} to {place.name}",
                fairness=Fairness.STRONG,
            )


def forced(world: World, revision: Revision) -> Place | None:
    """The place that pods of ``revision`` are bound to as they are created, because they name it (``nodeName``) and its
    taints or cordon would keep them away, or its taints delete them: no scheduler is asked. Where nothing of the kind
    is in the way, the scheduler stands for the kubelet of a named node, which asks for resources, ports and node
    affinity as well and refuses what does not fit."""
    if revision.pod is None or not revision.pod.spec.node_name:
        return None
    for place in world.places:
        if place.node is not None and bypasses(revision.pod, place.node, world.nodes):
            return place
    return None


def bypasses(pod: PodInfo, node: int, nodes: tuple[NodeInfo, ...]) -> bool:
    """``pod`` names the node in its spec, and a taint or a cordon would keep it away if a scheduler were asked, or a
    taint deletes it again."""
    if pod.spec.node_name != nodes[node].name:
        return False
    if seconds_left(pod, nodes[node].taints) is not None:
        return True
    return feasible(pod, node, Snapshot(nodes=nodes), _KEEP_AWAY) is False


Seen: TypeAlias = Sequence[tuple[NodeStatus, Snapshot]]
"""What the scheduler sees in each status of the disturbed node."""


def seen_in(world: World) -> Seen:
    """What it sees in ``world``."""
    return [
        (status, snapshot_of(world, nodes, without_disturbed=status is NodeStatus.REMOVED))
        for status, nodes in views(world)
    ]


def fits_on(world: World, revision: Revision, place: Place, seen: Seen | None = None) -> Condition:
    """Every filter accepts a pod of ``revision`` on ``place`` now, whatever the disturbed node's status is. ``seen``
    is :func:`seen_in` the world, for those who ask more than once."""
    if place.room is not None:
        here = total(world.count(r, (*LIVE, Phase.TERMINATING), (place,)) for r in world.revisions)
        return here <= place.room - 1
    if place.node is None or revision.pod is None:
        return True
    cases: list[Condition] = []
    for status, snapshot in seen_in(world) if seen is None else seen:
        node = place.node
        if status is NodeStatus.REMOVED:
            if world.disturbed and world.disturbed[0] is place:
                continue
            node = _index_without(world, node)
        fits = feasible(revision.pod, node, snapshot, profile_of(world))
        cases.append(all_of([_in_status(world, status), fits]))
    return any_of(cases)


def profile_of(world: World) -> tuple[Plugin, ...]:
    """The filters that have to be asked in this question."""
    return tuple(plugin for plugin in DEFAULT_PROFILE if plugin.name not in world.ignored)


def snapshot_of(world: World, nodes: tuple[NodeInfo, ...], *, without_disturbed: bool = False) -> Snapshot:
    """What the scheduler sees: the pods of this question, counted by variables, and those that do not move."""
    groups: list[PodGroup] = []
    counts: dict[tuple[int, int], Number] = {}
    kept = [i for i in range(len(world.nodes)) if not (without_disturbed and i == _disturbed_node(world))]
    position = {node: i for i, node in enumerate(kept)}
    for revision in world.revisions:
        if revision.pod is None:
            continue
        for terminating, phases in ((False, LIVE), (True, (Phase.TERMINATING,))):
            for place in world.places:
                if place.node is not None and place.node in position:
                    counts[len(groups), position[place.node]] = world.count(revision, phases, (place,))
            groups.append(PodGroup(revision.pod, terminating))
    for group, by_node in world.others:
        for node, number in by_node.items():
            if node in position:
                counts[len(groups), position[node]] = number
        groups.append(group)
    return Snapshot(
        nodes=tuple(nodes[i] for i in kept),
        groups=tuple(groups),
        counts=counts,
        namespaces=world.namespaces,
        storage=world.storage,
    )


def views(world: World) -> Iterator[tuple[NodeStatus, tuple[NodeInfo, ...]]]:
    """The nodes as the scheduler sees them in each status of the disturbed one."""
    index = _disturbed_node(world)
    if index is None or world.disturbed is None:
        yield NodeStatus.UP, world.nodes
        return
    node = world.nodes[index]
    seen = {
        NodeStatus.UP: node,
        NodeStatus.CORDONED: evolve(node, unschedulable=True),
        NodeStatus.SILENT: node,
        NodeStatus.UNREACHABLE: evolve(node, taints=(*node.taints, *UNREACHABLE_TAINTS)),
        NodeStatus.REMOVED: node,
        NodeStatus.TAINTED: evolve(node, taints=(*node.taints, ADDED)),
    }
    for status in reachable_statuses(world.disturbed[1], world.coming, returns=world.returns):
        yield status, (*world.nodes[:index], seen[status], *world.nodes[index + 1 :])


def reachable_statuses(
    first: NodeStatus, coming: NodeStatus | None = None, *, returns: bool = False
) -> tuple[NodeStatus, ...]:
    """The statuses a disturbed node can have once it started in ``first``, with what may come later."""
    if coming is not None:
        return (first, *reachable_statuses(coming, returns=returns))
    if returns:
        return (NodeStatus.SILENT, NodeStatus.UP)
    if first in ANSWERING:
        return (first,)
    return (NodeStatus.SILENT, NodeStatus.UNREACHABLE, NodeStatus.REMOVED)


def _in_status(world: World, status: NodeStatus) -> Condition:
    return True if world.disturbed is None else world.has_status(world.disturbed[0], status)


def _disturbed_node(world: World) -> int | None:
    return None if world.disturbed is None else world.disturbed[0].node


def _index_without(world: World, node: int) -> int:
    removed = _disturbed_node(world)
    return node - 1 if removed is not None and node > removed else node
