"""What ``kverify fit --choice best`` adds: the scores of the nodes that are taken, and what pods are spread from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from attrs import evolve

from kverify.api.registry import AnyObject
from kverify.api.types.apps import Deployment, ReplicaSet, StatefulSet
from kverify.api.types.meta import LabelSelector
from kverify.api.types.replication import ReplicationController
from kverify.api.types.service import Service
from kverify.checks.given.pods import Maker
from kverify.cluster.bundle import Bundle
from kverify.cluster.objects import namespace_of
from kverify.engines.fit.choice import choose
from kverify.engines.fit.decide import Answer, DemandAnswer
from kverify.engines.schedulability import Cluster, Demand, Room
from kverify.model.scheduling.framework import PodInfo
from kverify.model.scheduling.scoring.configuration import Scoring
from kverify.model.scheduling.scoring.pod_topology_spread import default_selector

HASH = "pod-template-hash"
_WORST_FIRST = (Room.IMPOSSIBLE, Room.FRAGILE, Room.UNKNOWN)


def scored(
    free: Answer,
    demands: Sequence[Demand],
    cluster: Cluster,
    asked: Sequence[int],
    scoring: Scoring | None,
    ending: Collection[int] = (),
) -> Answer:
    """``free`` is the answer when any node that fits may be taken; with ``scoring`` only those with the highest score
    are. ``ending`` are demands whose pods make room once they are done, which the search over scores does not follow.
    """
    if scoring is None:
        return free
    rooms = dict(zip(asked, free.demands, strict=True))
    if ending:
        found = {index: _not_followed(answer) for index, answer in rooms.items()}
    else:
        found = choose(demands, cluster, rooms, scoring)
    rows = tuple(found[index] for index in asked)
    worst = next((room for room in _WORST_FIRST if any(row.room is room for row in rows)), Room.ALWAYS)
    return evolve(free, demands=rows, room=Room.IMPOSSIBLE if free.core else worst)


def _not_followed(answer: DemandAnswer) -> DemandAnswer:
    if answer.room in (Room.ALWAYS, Room.IMPOSSIBLE):
        return answer
    reason = "there are gangs that end and make room again, which is followed for any choice of a node only"
    return DemandAnswer(room=Room.UNKNOWN, method="not decided", reason=reason)


def with_kin(bundle: Bundle, makers: Sequence[Maker]) -> Iterator[PodInfo]:
    """The pods of ``makers`` with the pods that default spread constraints spread them from."""
    services = [item for item in bundle.objects if isinstance(item, Service)]
    for maker in makers:
        namespace = namespace_of(maker.object)
        selectors = [
            service.spec.selector
            for service in services
            if namespace_of(service) == namespace
            and service.spec.selector
            and service.spec.selector.items() <= dict(maker.pod.labels).items()
        ]
        if isinstance(maker.object, ReplicationController):
            selectors.append(maker.object.spec.selector)
        yield evolve(maker.pod, kin=default_selector(selectors, _controller(maker.object, maker.pod)))


def _controller(item: AnyObject, pod: PodInfo) -> LabelSelector | None:
    """What the controller selects. A Deployment's pods belong to a ReplicaSet that also asks for the hash."""
    if isinstance(item, Deployment):
        selector = item.spec.selector or LabelSelector()
        return evolve(selector, match_labels={**selector.match_labels, HASH: pod.labels[HASH]})
    return item.spec.selector if isinstance(item, ReplicaSet | StatefulSet) else None
