"""The node lifecycle controller and what follows from losing a node.

The node stops renewing its lease (``silent``), after the grace period it is marked Unknown and tainted ``unreachable``
with both effects and its pods lose Ready (``unreachable``); pods that do not tolerate the NoExecute taint for ever are
deleted after their ``tolerationSeconds`` (300 by default, added by the DefaultTolerationSeconds admission plugin),
but stay Terminating because no kubelet confirms. In the end the node object is removed, and the pod garbage
collector removes its pods. Time is order only: the grace period is shorter than any toleration, and a toleration
shorter than the time until somebody removes the node. Source: pkg/controller/nodelifecycle and
pkg/controller/tainteviction. A kubelet that is back in time changes nothing, but for probes that it used to ask anew
(kubernetes/enhancements#4781, pkg/kubelet/prober/prober_manager.go).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from kverify.model.components.kubelet import attached, keeps_volumes
from kverify.model.components.scheduler import UNREACHABLE_TAINTS
from kverify.model.components.taint_eviction import seconds_left
from kverify.model.expr import Condition, Number, all_of, any_of, boolean, integer
from kverify.model.system import Action, Variable
from kverify.model.workload import Revision
from kverify.model.world import LIVE, SERVING, NodeStatus, Phase, Place, World

COMPONENT = "node lifecycle controller"


def variables(world: World) -> Iterator[Variable]:
    status = world.status_variable()
    if status is not None:
        yield status


def actions(world: World) -> Iterator[Action]:
    if world.disturbed is None or world.disturbance is not NodeStatus.SILENT:
        return
    place = world.disturbed[0]
    status = world.status(place)
    if world.returns:
        yield Action(
            f"{place.name} is back",
            "kubelet",
            guard=world.has_status(place, NodeStatus.SILENT),
            updates={status: NodeStatus.UP.number},
            says=f"The kubelet of {place.name} is back before its lease has run out",
        )
        probed = [r for r in world.revisions if _is_probed(r)]
        if world.forgetful and probed:
            yield Action(
                f"{place.name} is back and asks its probes",
                "kubelet",
                guard=world.has_status(place, NodeStatus.SILENT),
                updates={status: NodeStatus.UP.number, **_lose_readiness(world, place, probed)},
                says=f"The kubelet of {place.name} is back before its lease has run out, and its pods are not "
                "Ready until their probes have answered again",
            )
        return
    yield Action(
        f"mark {place.name} unreachable",
        COMPONENT,
        guard=world.has_status(place, NodeStatus.SILENT),
        updates={status: NodeStatus.UNREACHABLE.number, **_lose_readiness(world, place, world.revisions)},
        says=f"{place.name} has not renewed its lease: it is marked unreachable and its pods are not ready any more",
    )
    for revision in world.revisions:
        if not tolerates_for_ever(revision):
            yield _evict(world, revision, place)


def tolerates_for_ever(revision: Revision) -> bool:
    """Of its tolerations the first for the unreachable NoExecute taint is without ``tolerationSeconds``."""
    if revision.pod is None:
        return False
    return seconds_left(revision.pod, UNREACHABLE_TAINTS) is None


def _is_probed(revision: Revision) -> bool:
    """Something has to answer before a container of its pods is Ready; of a pod that is not known it may."""
    if revision.pod is None:
        return True
    spec = revision.pod.spec
    containers = (*spec.containers, *(c for c in spec.init_containers if c.restart_policy == "Always"))
    return any(c.readiness_probe or c.startup_probe for c in containers)


def _lose_readiness(world: World, place: Place, revisions: Collection[Revision]) -> Mapping[str, Number | Condition]:
    updates: dict[str, Number | Condition] = {}
    for revision in revisions:
        updates[world.at(Phase.STARTING, revision, place)] = world.count(revision, LIVE, (place,))
        for phase in SERVING:
            if phase in world.phases(world.owner(revision)):
                updates[world.at(phase, revision, place)] = 0
    for workload in world.workloads:
        if keeps_volumes(world, workload, place):
            name, losing = attached(workload, place), [r for r in revisions if r in workload.revisions]
            updates[name] = any_of([boolean(name), *(world.count(r, SERVING, (place,)) >= 1 for r in losing)])
    return updates


def _evict(world: World, revision: Revision, place: Place) -> Action:
    here = integer(world.at(Phase.STARTING, revision, place))
    gone = integer(world.at(Phase.TERMINATING, revision, place))
    return Action(
        f"taint-evict {revision.key}@{place.name}",
        "taint eviction controller",
        guard=all_of([world.has_status(place, NodeStatus.UNREACHABLE), here >= 1]),
        updates={
            world.at(Phase.STARTING, revision, place): 0,
            world.at(Phase.TERMINATING, revision, place): gone + here,
        },
        says=f"tolerationSeconds have passed: the pods of {revision.title} on {place.name} are deleted",
    )
