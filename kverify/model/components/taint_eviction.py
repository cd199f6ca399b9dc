"""The taint eviction controller: deletes pods from nodes whose NoExecute taints they do not tolerate, or not for ever.

It looks at every pod that is bound, however it came to its node. A taint without a matching toleration means deletion
at once; otherwise the least ``tolerationSeconds`` among the tolerations used (the first that matches each taint) is
waited for, and without any the pod stays. It deletes; it does not ask the eviction API, so budgets do not count. The
scheduler takes a toleration with seconds as a match like any other, which is how a pod can come back to the same node
for ever. A kubelet that sees the pod first refuses one that does not tolerate the taint (phase Failed); its owner
replaces it all the same, and the controller deletes it, so that step is not told apart.

Source: ``processPodOnNode`` and ``getMinTolerationTime`` in pkg/controller/tainteviction/taint_eviction.go,
``GetMatchingTolerations`` in pkg/apis/core/v1/helper/helpers.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kverify.api.types.node import Taint
from kverify.model.expr import Condition, all_of, integer
from kverify.model.scheduling.framework import PodInfo
from kverify.model.scheduling.taint_toleration import tolerates
from kverify.model.system import Action, Variable
from kverify.model.workload import Revision
from kverify.model.world import LIVE, NodeStatus, Phase, Place, World

COMPONENT = "taint eviction controller"
EFFECT = "NoExecute"
ADDED = Taint(key="example.com/added", effect=EFFECT)
"""The taint that somebody adds during a run: one that nobody tolerates by name, only by tolerating everything."""


def seconds_left(pod: PodInfo, taints: Iterable[Taint]) -> int | None:
    """After how many seconds a pod is deleted from a node with ``taints``: 0 at once, None never."""
    waits: list[int] = []
    for taint in taints:
        if taint.effect != EFFECT:
            continue
        used = next((t for t in pod.spec.tolerations if tolerates(t, taint)), None)
        if used is None:
            return 0
        if used.toleration_seconds is not None:
            waits.append(max(0, used.toleration_seconds))
    return min(waits, default=None)


def taints_of(world: World, place: Place) -> tuple[Taint, ...]:
    """The taints of a place: its node's, or those that several nodes have in common; and one that was added."""
    taints = _own_taints(world, place)
    return (*taints, ADDED) if _added(world, place) else taints


def _own_taints(world: World, place: Place) -> tuple[Taint, ...]:
    return place.taints if place.node is None else world.nodes[place.node].taints


def _added(world: World, place: Place) -> bool:
    """The place has the added taint, or may get it."""
    return world.disturbed is not None and world.disturbed[0] is place and world.disturbance is NodeStatus.TAINTED


def variables(_: World) -> Iterator[Variable]:
    """Pods are declared by the components that make and run them."""
    yield from ()


def actions(world: World) -> Iterator[Action]:
    for workload in world.workloads:
        for revision in workload.revisions:
            for place in world.places:
                left = None if revision.pod is None else seconds_left(revision.pod, taints_of(world, place))
                if left is None:
                    continue
                for phase in LIVE:
                    if phase in world.phases(workload):
                        yield _delete(world, revision, phase, place, left, _there(world, revision, place))


def _there(world: World, revision: Revision, place: Place) -> Condition:
    """The taint that deletes pods of ``revision`` is on the place: always, unless it is the one that may still come."""
    if world.coming is None or not _added(world, place) or revision.pod is None:
        return True
    deletes = seconds_left(revision.pod, _own_taints(world, place)) is not None
    return True if deletes else world.has_status(place, NodeStatus.TAINTED)


def _delete(world: World, revision: Revision, phase: Phase, place: Place, left: int, there: Condition) -> Action:
    here = integer(world.at(phase, revision, place))
    after = f"after {left} seconds " if left else ""
    return Action(
        f"taint-evict {phase.value} {revision.key}@{place.name}",
        COMPONENT,
        guard=all_of([there, here >= 1]),
        updates=world.deleted(revision, phase, place),
        says=f"The taint eviction controller deletes a pod of {revision.title} from {place.name} {after}"
        f"({'not ready' if phase is Phase.STARTING else 'ready'})",
    )
