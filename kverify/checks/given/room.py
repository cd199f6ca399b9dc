"""How much room there is: asked node by node where there are few, over classes of nodes where there are many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from kverify.engines.budget import consult
from kverify.engines.fit.counts import draws
from kverify.engines.fit.decide import Answer, DemandAnswer, decide
from kverify.engines.schedulability import Cluster, Demand, Fit, Room, always, fit
from kverify.model.scheduling.framework import Snapshot

SMALL = 120
"""Demands times nodes up to which every node is looked at: the answer has a placement, and every bind of a trace."""
LARGE = 2_000
"""Demands times nodes up to which nodes are looked at one by one where their classes leave it open."""


def room_for(
    demands: Sequence[Demand],
    cluster: Cluster,
    *,
    waiting: Iterable[int] | None = None,
    limit: int = 100_000,
) -> Fit:
    """As :func:`kverify.engines.schedulability.fit`, for clusters of any size."""
    asked = tuple(range(len(demands)) if waiting is None else waiting)
    return _of_any_size(demands, cluster, asked, (), lambda: fit(demands, cluster, waiting=asked, limit=limit))


def room_proved(
    demands: Sequence[Demand],
    cluster: Cluster,
    *,
    waiting: Iterable[int] | None = None,
    limits: Sequence[tuple[Sequence[int], int]] = (),
) -> Fit:
    """As :func:`kverify.engines.schedulability.always`, for clusters of any size: where there are classes of nodes, it
    may be known too that there is no room."""
    asked = tuple(range(len(demands)) if waiting is None else waiting)
    if len(demands) * len(cluster.nodes) > SMALL and _stuck_alone(demands, cluster, asked, limits):
        return Fit(room=Room.UNKNOWN, method="counting over classes of nodes", reason="alone they may be stuck")
    return _of_any_size(demands, cluster, asked, limits, lambda: always(demands, cluster, waiting=asked, limits=limits))


def _of_any_size(
    demands: Sequence[Demand],
    cluster: Cluster,
    asked: Sequence[int],
    limits: Sequence[tuple[Sequence[int], int]],
    one_by_one: Callable[[], Fit],
) -> Fit:
    single = len(demands) * len(cluster.nodes)
    if single > SMALL:
        found = _of_classes(decide(demands, cluster, waiting=asked, limits=limits), asked)
        if found.room is not Room.UNKNOWN or single > LARGE:
            return found
    found = one_by_one()
    consult()  # What was cut short says nothing of room.
    return found


def _stuck_alone(
    demands: Sequence[Demand], cluster: Cluster, asked: Sequence[int], limits: Sequence[tuple[Sequence[int], int]]
) -> bool:
    """A pod that is ``asked`` about may be stuck with no pod of the other demands there, and none of these could let it
    in: then it may be stuck beside them."""
    if len(asked) == len(demands):
        return False
    others = [demand.pod for d, demand in enumerate(demands) if d not in asked]
    seen = Snapshot(nodes=(), groups=(), counts={}, namespaces=cluster.namespaces)
    if any(demands[d].pod.affinity or any(draws(demands[d].pod, pod, seen) for pod in others) for d in asked):
        return False
    position = {d: i for i, d in enumerate(asked)}
    own = [([position[d] for d in members if d in position], most) for members, most in limits]
    answer = decide([demands[d] for d in asked], cluster, limits=[limit for limit in own if limit[0]])
    consult()  # What was cut short says nothing of room.
    return any(row.room in (Room.FRAGILE, Room.IMPOSSIBLE) for row in answer.demands)


def core_of(demands: Sequence[Demand], cluster: Cluster) -> tuple[tuple[str, ...], Answer]:
    """The names of what together leaves no placement (see ``Answer.core``), and the answer they are about."""
    answer = decide(demands, cluster)
    return answer.core, answer


def _of_classes(answer: Answer, asked: Sequence[int]) -> Fit:
    """The answer for the worst of the demands, in the terms of the question about single nodes."""
    rows = dict(zip(asked, answer.demands, strict=True))
    for room in (Room.IMPOSSIBLE, Room.FRAGILE, Room.UNKNOWN):
        for demand, row in rows.items():
            if row.room is room:
                return _told(answer, demand, row)
    methods = list(dict.fromkeys(row.method for row in answer.demands))
    return Fit(room=Room.ALWAYS, method="; ".join(methods))


def _told(answer: Answer, demand: int, row: DemandAnswer) -> Fit:
    if row.room is Room.UNKNOWN:
        return Fit(room=Room.UNKNOWN, method=row.method, reason=row.reason)
    return Fit(
        room=row.room,
        blocked=demand,
        message=row.message,
        refusals=row.refusals,
        held=row.blocking,
        capacity=any(all(r.plugin == "NodeResourcesFit" for r in said) for _, _, said in row.refusals),
        method=row.method,
        doubtful=row.room is Room.FRAGILE and answer.placement is None,
    )
