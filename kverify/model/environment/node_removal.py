"""Somebody (a person, the cluster autoscaler, the cloud controller) removes a lost node from the cluster in the end.

The pod garbage collector then removes the pods that were bound to it (pkg/controller/podgc). Until then they stay
Terminating, because no kubelet confirms their end. Assumed to happen some day, after the taint evictions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kverify.model.components.node_lifecycle import tolerates_for_ever
from kverify.model.expr import Condition, Number, all_of, total
from kverify.model.system import Action, Variable
from kverify.model.world import LIVE, NodeStatus, Place, World

COMPONENT = "operator"


def variables(_: World) -> Iterator[Variable]:
    """The node's status is declared by the node lifecycle controller."""
    yield from ()


def actions(world: World) -> Iterator[Action]:
    if world.disturbed is None or world.disturbance is not NodeStatus.SILENT or world.returns:
        return
    place = world.disturbed[0]
    to_evict = total(world.count(r, LIVE, (place,)) for r in world.revisions if not tolerates_for_ever(r))
    yield Action(
        f"remove {place.name}",
        COMPONENT,
        guard=all_of([world.has_status(place, NodeStatus.UNREACHABLE), to_evict == 0]),
        updates={world.status(place): NodeStatus.REMOVED.number, **_forget_pods(world, place)},
        says=f"{place.name} is removed from the cluster, and its pods with it",
    )


def _forget_pods(world: World, place: Place) -> Mapping[str, Number | Condition]:
    return {
        world.at(phase, revision, place): 0
        for workload in world.workloads
        for revision in workload.revisions
        for phase in world.phases(workload)
    }
