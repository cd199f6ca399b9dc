"""``kubectl drain``: the node is cordoned, then its pods are evicted one by one, retrying until all are gone.

As with ``--ignore-daemonsets --delete-emptydir-data --force`` and no timeout. The pods are listed once, when the drain
begins (``GetPodsForDeletion`` in staging/src/k8s.io/kubectl/pkg/drain); a pod that tolerates the cordon and comes
back later is left alone, so for such pods the model counts how many are still ``listed``. Evicting is not a
disturbance that may or may not happen: whoever drains goes on until it is done, so its steps are fair.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from kverify.model.components.disruption import may_evict
from kverify.model.components.scheduler import fits_on
from kverify.model.expr import Condition, all_of, implies, integer
from kverify.model.system import Action, Variable
from kverify.model.workload import Revision
from kverify.model.world import LIVE, SERVING, NodeStatus, Phase, Place, World

COMPONENT = "kubectl drain"


def variables(world: World) -> Iterator[Variable]:
    """The cordoned node's status is declared by the node lifecycle controller."""
    for revision in world.revisions:
        if comes_back(world, revision):
            yield Variable(listed(revision))


def listed(revision: Revision) -> str:
    """How many pods of ``revision`` the drain still has to evict; declared only where pods can come back."""
    return f"{revision.key}.listed"


def comes_back(world: World, revision: Revision) -> bool:
    """A pod of ``revision`` can be bound to the cordoned node again, because it tolerates the cordon."""
    if world.disturbed is None or world.disturbance is not NodeStatus.CORDONED:
        return False
    cordoned = evolve(world, disturbed=(world.disturbed[0], NodeStatus.CORDONED), coming=None)
    return fits_on(cordoned, revision, world.disturbed[0]) is not False


def actions(world: World) -> Iterator[Action]:
    if world.disturbed is None or world.disturbance is not NodeStatus.CORDONED:
        return
    yield from evictions(world, world.disturbed[0])


def evictions(world: World, place: Place) -> Iterator[Action]:
    """What the drain of ``place`` does, one pod at a time."""
    for workload in world.workloads:
        for revision in workload.revisions:
            for phase in LIVE:
                if phase in world.phases(workload):
                    yield _evict(world, revision, phase, place)


def _evict(world: World, revision: Revision, phase: Phase, place: Place) -> Action:
    here = integer(world.at(phase, revision, place))
    begun = _begun(world, place)
    guard: list[Condition] = [begun, here >= 1, may_evict(world, revision, ready=phase in SERVING)]
    updates = world.deleted(revision, phase, place)
    if comes_back(world, revision):
        left = integer(listed(revision))
        guard.append(left >= 1)
        updates[listed(revision)] = left - 1
    return Action(
        f"evict {phase.value} {revision.key}@{place.name}",
        COMPONENT,
        guard=all_of(guard),
        updates=updates,
        says=f"kubectl drain evicts a pod of {revision.title} from {place.name}",
    )


def drained(world: World) -> Condition:
    """The pods that were on the cordoned node when the drain began, if it has begun, have left it."""
    assert world.disturbed is not None
    place = world.disturbed[0]
    gone = all_of(
        all_of([integer(listed(r)) == 0, world.count(r, (Phase.TERMINATING,), (place,)) == 0])
        if comes_back(world, r)
        else world.count(r, tuple(Phase), (place,)) == 0
        for r in world.revisions
    )
    return implies(_begun(world, place), gone)


def _begun(world: World, place: Place) -> Condition:
    # Where a run begins with the cordon there is no other status.
    return True if world.coming is None else world.has_status(place, NodeStatus.CORDONED)
