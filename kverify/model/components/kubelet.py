"""The kubelets: start a bound pod's containers, report it Ready, stop it when it is deleted.

A pod whose ReadWriteOnce claim is attached to another node waits (Multi-Attach). The claim is attached where a Ready
or a terminating pod of the claim's users is. Only a kubelet that is alive starts, reports or removes anything; the
pods of a node that has been removed from the cluster are removed with it (pod garbage collector).
"""

from __future__ import annotations

from collections.abc import Iterator

from kverify.model.expr import Condition, all_of, any_of, boolean, integer, negate
from kverify.model.system import Action, Variable
from kverify.model.workload import Revision, Workload
from kverify.model.world import ANSWERING, SERVING, NodeStatus, Phase, Place, World

COMPONENT = "kubelet"

OUTAGE = "outage"
"""The variable that says whether all readiness probes fail, where that may happen (``World.failing``)."""


def variables(world: World) -> Iterator[Variable]:
    if world.failing:
        yield Variable.boolean(OUTAGE)
    for workload in world.workloads:
        for revision in workload.revisions:
            for place in world.places:
                for phase in world.phases(workload):
                    if phase is not Phase.STARTING:
                        initial = 0 if phase is Phase.TERMINATING else None
                        yield Variable(world.at(phase, revision, place), initial=initial)


def actions(world: World) -> Iterator[Action]:
    for workload in world.workloads:
        for revision in workload.revisions:
            for place in world.places:
                if revision.ready:
                    yield _become_ready(world, workload, revision, place)
                if workload.min_ready:
                    yield _become_available(world, revision, place)
                yield _stop(world, revision, place)
                if world.failing:
                    yield from _fail(world, workload, revision, place)


def _alive(world: World, place: Place) -> Condition:
    return world.has_status(place, *ANSWERING)


def _probes_pass(world: World) -> Condition:
    return negate(boolean(OUTAGE)) if world.failing else True


def _fail(world: World, workload: Workload, revision: Revision, place: Place) -> Iterator[Action]:
    for phase in SERVING:
        if phase in world.phases(workload):
            here = integer(world.at(phase, revision, place))
            there = integer(world.at(Phase.STARTING, revision, place))
            yield Action(
                f"fail {phase.value} {revision.key}@{place.name}",
                COMPONENT,
                guard=all_of([boolean(OUTAGE), here >= 1, _alive(world, place)]),
                updates={
                    world.at(phase, revision, place): here - 1,
                    world.at(Phase.STARTING, revision, place): there + 1,
                },
                says=f"The readiness probe of a pod of {revision.title}{_on(place)} fails: it is not Ready any more",
            )


def _become_ready(world: World, workload: Workload, revision: Revision, place: Place) -> Action:
    ready = Phase.READY if workload.min_ready else Phase.AVAILABLE
    here = integer(world.at(Phase.STARTING, revision, place))
    there = integer(world.at(ready, revision, place))
    return Action(
        f"ready {revision.key}@{place.name}",
        COMPONENT,
        guard=all_of([here >= 1, _alive(world, place), volumes_attach(world, workload, place), _probes_pass(world)]),
        updates={world.at(Phase.STARTING, revision, place): here - 1, world.at(ready, revision, place): there + 1},
        says=f"A pod of {revision.title}{_on(place)} becomes Ready",
    )


def volumes_attach(world: World, workload: Workload, place: Place) -> Condition:
    """No ReadWriteOnce claim of ``workload`` is attached to another node than ``place``."""
    users = [w for w in world.workloads if set(w.claims) & set(workload.claims)]
    return all_of(
        world.count(revision, (*SERVING, Phase.TERMINATING), (other,)) == 0
        for user in users
        for revision in user.revisions
        for other in world.places
        if other is not place
    )


def _become_available(world: World, revision: Revision, place: Place) -> Action:
    here = integer(world.at(Phase.READY, revision, place))
    there = integer(world.at(Phase.AVAILABLE, revision, place))
    return Action(
        f"available {revision.key}@{place.name}",
        COMPONENT,
        guard=all_of([here >= 1, _alive(world, place)]),
        updates={
            world.at(Phase.READY, revision, place): here - 1,
            world.at(Phase.AVAILABLE, revision, place): there + 1,
        },
        says=f"A pod of {revision.title}{_on(place)} has been Ready for minReadySeconds: it is available",
    )


def _stop(world: World, revision: Revision, place: Place) -> Action:
    here = integer(world.at(Phase.TERMINATING, revision, place))
    return Action(
        f"stop {revision.key}@{place.name}",
        COMPONENT,
        guard=all_of([here >= 1, any_of([_alive(world, place), world.has_status(place, NodeStatus.REMOVED)])]),
        updates={world.at(Phase.TERMINATING, revision, place): here - 1},
        says=f"A terminating pod of {revision.title}{_on(place)} is gone",
    )


def _on(place: Place) -> str:
    return f" on {place.name}" if place.node is not None else ""
