"""``kubectl drain``: the node is cordoned, then its pods are evicted one by one, retrying until all are gone.

As with ``--ignore-daemonsets --delete-emptydir-data --force`` and no timeout. Evicting is not a disturbance that may or
may not happen: whoever drains goes on until it is done, so its steps are fair.
"""

from __future__ import annotations

from collections.abc import Iterator

from kverify.model.components.disruption import may_evict
from kverify.model.expr import Condition, all_of, integer, total
from kverify.model.system import Action, Variable
from kverify.model.workload import Revision
from kverify.model.world import LIVE, SERVING, NodeStatus, Phase, Place, World

COMPONENT = "kubectl drain"


def variables(_: World) -> Iterator[Variable]:
    """The cordoned node's status is declared by the node lifecycle controller."""
    yield from ()


def actions(world: World) -> Iterator[Action]:
    if world.disturbed is None or world.disturbed[1] is not NodeStatus.CORDONED:
        return
    place = world.disturbed[0]
    for workload in world.workloads:
        for revision in workload.revisions:
            for phase in LIVE:
                if phase in world.phases(workload):
                    yield _evict(world, revision, phase, place)


def _evict(world: World, revision: Revision, phase: Phase, place: Place) -> Action:
    here = integer(world.at(phase, revision, place))
    gone = integer(world.at(Phase.TERMINATING, revision, place))
    return Action(
        f"evict {phase.value} {revision.key}@{place.name}",
        COMPONENT,
        guard=all_of([here >= 1, may_evict(world, revision, ready=phase in SERVING)]),
        updates={world.at(phase, revision, place): here - 1, world.at(Phase.TERMINATING, revision, place): gone + 1},
        says=f"kubectl drain evicts a pod of {revision.title} from {place.name}",
    )


def drained(world: World) -> Condition:
    """No pod of this question is on the cordoned node any more."""
    assert world.disturbed is not None
    return total(world.count(r, tuple(Phase), (world.disturbed[0],)) for r in world.revisions) == 0
