"""The ReplicaSet controller: keeps as many live pods as ``spec.replicas`` asks for.

Source: ``manageReplicas`` in pkg/controller/replicaset/replica_set.go and ``ActivePodsWithRanks`` in
pkg/controller/controller_utils.go. Terminating pods are not counted. Of too many pods it deletes first those without a
node, then those that are not Ready, then those that share a node with most others of the same owner. What decides
between the rest (deletion cost, time of readiness, restarts, age) is left free. The controller picks all pods of a
sync at once, by ranks computed before the first is deleted, and deletes them in any order (one goroutine per pod);
so in a sync that deletes several, a Ready pod may go before one that is not, if both must go, and the ranks by node are
left free as well (``choosing``).
"""

from __future__ import annotations

from collections.abc import Iterator

from kverify.model.components.scheduler import forced
from kverify.model.expr import Condition, Number, all_of, any_of, boolean, integer, total
from kverify.model.system import Action, Variable
from kverify.model.workload import Revision, Workload
from kverify.model.world import LIVE, SERVING, Phase, Place, World

COMPONENT = "ReplicaSet controller"


def _choosing(revision: Revision) -> str:
    return f"{revision.key}.choosing"


def _ranks_matter(world: World) -> bool:
    return len(world.places) > 1


def variables(world: World) -> Iterator[Variable]:
    for revision in world.revisions:
        yield Variable(world.pending(revision), initial=0)
        if _ranks_matter(world):
            yield Variable.boolean(_choosing(revision))


def actions(world: World) -> Iterator[Action]:
    for workload in world.workloads:
        for revision in workload.revisions:
            yield _create(world, revision)
            yield from _delete(world, workload, revision)


def _create(world: World, revision: Revision) -> Action:
    pending = integer(world.pending(revision))
    admitted: Condition = True
    if world.admitted is not None:
        exist = total(world.live(r) + world.count(r, (Phase.TERMINATING,)) for r in world.revisions)
        admitted = exist <= world.admitted - 1
    bound = forced(world, revision)
    updates: dict[str, Number | Condition] = {world.pending(revision): pending + 1}
    if bound is not None:
        updates = {world.at(Phase.STARTING, revision, bound): integer(world.at(Phase.STARTING, revision, bound)) + 1}
    return Action(
        f"create {revision.key}",
        COMPONENT,
        guard=all_of([world.live(revision) < integer(world.spec(revision)), admitted]),
        updates=updates,
        says=f"{revision.title} creates a pod" + ("" if bound is None else f", which names {bound.name} as its node"),
    )


def _delete(world: World, workload: Workload, revision: Revision) -> Iterator[Action]:
    pending = integer(world.pending(revision))
    excess = world.live(revision) - integer(world.spec(revision))
    several: Condition = excess >= 2
    updates: dict[str, Number | Condition] = {}
    if _ranks_matter(world):
        updates[_choosing(revision)] = several
    yield Action(
        f"delete pending {revision.key}",
        COMPONENT,
        guard=all_of([excess >= 1, pending >= 1]),
        # A pod that never had a node is gone at once: there is no kubelet to wait for.
        updates={**updates, world.pending(revision): pending - 1},
        says=f"{revision.title} deletes a pod that has no node",
    )
    for place in world.places:
        for phase in LIVE:
            if phase not in world.phases(workload):
                continue
            here = integer(world.at(phase, revision, place))
            # Those that rank before this pod must all go as well: without them there is still one too many.
            rest = world.count(revision, LIVE if phase is Phase.STARTING else SERVING)
            first: list[Condition] = [rest >= integer(world.spec(revision)) + 1, here >= 1]
            if phase is not Phase.STARTING:
                first.append(_most_crowded(world, workload, revision, place, several))
            yield Action(
                f"delete {phase.value} {revision.key}@{place.name}",
                COMPONENT,
                guard=all_of(first),
                updates={**updates, **world.deleted(revision, phase, place)},
                says=f"{revision.title} deletes a pod{_on(place)} "
                f"({'not ready' if phase is Phase.STARTING else 'ready'})",
            )


def _most_crowded(world: World, workload: Workload, revision: Revision, place: Place, several: Condition) -> Condition:
    """No other place with Ready pods of ``revision`` holds more live pods of the whole owner than ``place``."""
    if not _ranks_matter(world):
        return True

    def crowd(p: Place) -> Number:
        return total(world.count(r, LIVE, (p,)) for r in workload.revisions)

    highest = all_of(
        any_of([world.count(revision, SERVING, (other,)) == 0, crowd(other) <= crowd(place)])
        for other in world.places
        # Crowds of merged nodes are not one node's: comparing them would say nothing.
        if other is not place and other.single and place.single
    )
    return any_of([several, boolean(_choosing(revision)), highest])


def _on(place: Place) -> str:
    return f" on {place.name}" if place.node is not None else ""
