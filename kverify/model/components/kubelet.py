"""The kubelets: start a bound pod's containers, report it Ready, stop it when it is deleted.

A pod whose ReadWriteOnce claim is attached to another node waits (Multi-Attach). The claim is attached where a Ready
or a terminating pod of the claim's users is, and where pods are that were Ready until their node was lost. Only a
kubelet that is alive starts, reports or removes anything; the pods of a node that has been removed from the cluster are
removed with it (pod garbage collector).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kverify.model.expr import Condition, Number, all_of, any_of, boolean, integer, negate, total
from kverify.model.system import Action, Variable
from kverify.model.workload import Revision, Workload
from kverify.model.world import ANSWERING, SERVING, NodeStatus, Phase, Place, World

COMPONENT = "kubelet"

OUTAGE = "outage"
"""The variable that says whether all readiness probes fail, where that may happen (``World.failing``)."""


def attached(workload: Workload, place: Place) -> str:
    """The variable that says whether pods of ``workload`` on a lost node were Ready before, and so hold its claims;
    declared where ``keeps_volumes`` says so."""
    return f"{workload.name}.attached@{place.name}"


def keeps_volumes(world: World, workload: Workload, place: Place) -> bool:
    """Pods of ``workload`` may stop being Ready on ``place`` without giving up a claim: its kubelet is lost."""
    if not workload.claims or world.disturbed is None or world.disturbed[0] is not place:
        return False
    return world.disturbance is NodeStatus.SILENT and (world.forgetful or not world.returns)


def variables(world: World) -> Iterator[Variable]:
    if world.failing:
        yield Variable.boolean(OUTAGE)
    for workload in world.workloads:
        for place in world.places:
            if keeps_volumes(world, workload, place):
                yield Variable.boolean(attached(workload, place))
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
                yield _stop(world, workload, revision, place)
                if world.failing:
                    yield from _fail(world, workload, revision, place)


def _alive(world: World, place: Place) -> Condition:
    return world.has_status(place, *ANSWERING)


def _probes_pass(world: World) -> Condition:
    return negate(boolean(OUTAGE)) if world.failing else True


def _fail(world: World, workload: Workload, revision: Revision, place: Place) -> Iterator[Action]:
    for phase, guard, updates in losing_readiness(world, workload, revision, place):
        yield Action(
            f"fail {phase.value} {revision.key}@{place.name}",
            COMPONENT,
            guard=all_of([boolean(OUTAGE), guard]),
            updates=updates,
            says=f"The readiness probe of a pod of {revision.title}{_on(place)} fails: it is not Ready any more",
        )


def losing_readiness(
    world: World, workload: Workload, revision: Revision, place: Place
) -> Iterator[tuple[Phase, Condition, Mapping[str, Number | Condition]]]:
    """How a pod stops being Ready where it is: from which phase, when one can, and what that changes."""
    for phase in SERVING:
        if phase in world.phases(workload):
            here = integer(world.at(phase, revision, place))
            unready = integer(world.at(Phase.STARTING, revision, place))
            updates: dict[str, Number | Condition] = {
                world.at(phase, revision, place): here - 1,
                world.at(Phase.STARTING, revision, place): unready + 1,
            }
            yield phase, all_of([here >= 1, _alive(world, place)]), updates


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
        negate(holds_volumes(world, user, other)) for user in users for other in world.places if other is not place
    )


def holds_volumes(world: World, workload: Workload, place: Place) -> Condition:
    """The claims of ``workload`` are attached to ``place`` for pods of it."""
    held = (*SERVING, Phase.TERMINATING)
    there: list[Condition] = [world.count(r, held, (place,)) >= 1 for r in workload.revisions]
    if keeps_volumes(world, workload, place):
        unready = total(world.count(r, (Phase.STARTING,), (place,)) for r in workload.revisions)
        there.append(all_of([boolean(attached(workload, place)), unready >= 1]))
    return any_of(there)


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


def _stop(world: World, workload: Workload, revision: Revision, place: Place) -> Action:
    here = integer(world.at(Phase.TERMINATING, revision, place))
    updates: dict[str, Number | Condition] = {world.at(Phase.TERMINATING, revision, place): here - 1}
    if keeps_volumes(world, workload, place):
        name = attached(workload, place)
        pods = total(world.count(r, tuple(Phase), (place,)) for r in workload.revisions)
        updates[name] = all_of([boolean(name), pods >= 2])
    return Action(
        f"stop {revision.key}@{place.name}",
        COMPONENT,
        guard=all_of([here >= 1, any_of([_alive(world, place), world.has_status(place, NodeStatus.REMOVED)])]),
        updates=updates,
        says=f"A terminating pod of {revision.title}{_on(place)} is gone",
    )


def _on(place: Place) -> str:
    return f" on {place.name}" if place.node is not None else ""
