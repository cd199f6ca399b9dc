"""Somebody deletes a pod: by ``kubectl delete pod``, or through the eviction API where no budget stands against it.

A pod without a node is gone at once; any other terminates, and its ReplicaSet makes another.
"""

from __future__ import annotations

from collections.abc import Iterator

from kverify.model.expr import integer
from kverify.model.system import Action, Variable
from kverify.model.workload import Revision, Workload
from kverify.model.world import LIVE, Phase, Place, World

COMPONENT = "operator"


def variables(_: World) -> Iterator[Variable]:
    """Pods are declared by the components that make and run them."""
    yield from ()


def actions(world: World) -> Iterator[Action]:
    for workload in world.workloads:
        for revision in workload.revisions:
            yield _remove_pending(world, revision)
            yield from _removals(world, workload, revision)


def names(world: World, revision: Revision) -> Iterator[str]:
    """The actions by which somebody may delete a pod of ``revision``, whatever phase it is in."""
    for workload in world.workloads:
        if revision in workload.revisions:
            yield _remove_pending(world, revision).name
            yield from (a.name for a in _removals(world, workload, revision))


def _remove_pending(world: World, revision: Revision) -> Action:
    pending = integer(world.pending(revision))
    return Action(
        f"remove {revision.key} pending",
        COMPONENT,
        guard=pending >= 1,
        updates={world.pending(revision): pending - 1},
        says=f"Somebody deletes a pod of {revision.title} that has no node",
        environment=True,
    )


def _removals(world: World, workload: Workload, revision: Revision) -> Iterator[Action]:
    for place in world.places:
        for phase in LIVE:
            if phase in world.phases(workload):
                yield _remove(world, revision, phase, place)


def _remove(world: World, revision: Revision, phase: Phase, place: Place) -> Action:
    return Action(
        f"remove {revision.key} {phase.value}@{place.name}",
        COMPONENT,
        guard=integer(world.at(phase, revision, place)) >= 1,
        updates=world.deleted(revision, phase, place),
        says=f"Somebody deletes a pod of {revision.title}",
        environment=True,
    )
