"""What volumes that are not bound yet do to the answers of ``kverify fit``.

The filters let a pod go wherever its volume can be made. Where the volume is made first, where several pods share it,
or where nodes are lost after it was made, the pod has no such choice: then every place is asked about in turn, and only
what always fits in all of them always fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import evolve

from kverify.checks.builtin.volumes import METHOD, trap
from kverify.checks.given.claims import Name, claims_of
from kverify.checks.given.pods import Maker
from kverify.checks.given.storage import CLAIM, Reach, Volumes, takes
from kverify.cluster.objects import title
from kverify.engines.fit.decide import Answer, DemandAnswer
from kverify.engines.schedulability import Cluster, Room
from kverify.model.scheduling.framework import NodeInfo
from kverify.model.scheduling.storage import Storage

Ask = Callable[[Cluster, int], DemandAnswer]
"""The answer for one demand (by its place in the answer) on a cluster."""


def settled(
    answer: Answer,
    makers: Sequence[Maker],
    asked: Sequence[int],
    volumes: Volumes,
    nodes: tuple[NodeInfo, ...],
    cluster: Cluster,
    ask: Ask,
) -> Answer:
    """``answer`` with what it does not know of volumes. ``nodes`` are those of the choices of ``volumes``, ``cluster``
    those that are left: a volume may have been made where a node is lost."""
    rows = tuple(
        _settled(found, makers, index, place, volumes, nodes, cluster, ask)
        for place, (index, found) in enumerate(zip(asked, answer.demands, strict=True))
    )
    if rows == answer.demands:
        return answer
    room = max((row.room for row in rows), key=_ORDER.index)
    return evolve(answer, demands=rows, room=Room.IMPOSSIBLE if answer.core else room)


_ORDER = (Room.ALWAYS, Room.UNKNOWN, Room.FRAGILE, Room.IMPOSSIBLE)


def _settled(
    found: DemandAnswer,
    makers: Sequence[Maker],
    index: int,
    place: int,
    volumes: Volumes,
    nodes: tuple[NodeInfo, ...],
    cluster: Cluster,
    ask: Ask,
) -> DemandAnswer:
    maker = makers[index]
    if found.room is Room.IMPOSSIBLE or not maker.most:
        return found
    names = claims_of(maker.pod)
    caught = trap(maker.pod, nodes, volumes)
    if caught is not None:
        return _waits(found, caught.sentence)
    reasons = [volumes.undecided[name] for name in names if name in volumes.undecided]
    if reasons:
        return DemandAnswer(room=Room.UNKNOWN, method="not decided", reason=reasons[0])
    here = {node.name for node in cluster.nodes}
    lost = frozenset(n for n, node in enumerate(nodes) if node.name not in here)
    # The claim of an ephemeral volume goes with its pod; that of a pod that comes instead is a new one.
    for name in (name for name in names if lost and name not in volumes.storage.ephemeral):
        reaches = _usable(name, maker, volumes, nodes)
        gone = next((reach for reach in reaches if reach.nodes and reach.nodes <= lost), None)
        if gone is not None:
            return _waits(found, f"if claim {name[1]} was bound to {_called(gone)}, which is lost, its pod waits")
    if found.room is not Room.ALWAYS:
        return found
    for name in open_choices(makers, index, volumes, lost=bool(lost)):
        for reach in _usable(name, maker, volumes, nodes):
            pinned = evolve(cluster, storage=volumes.bound(name, reach))
            if ask(pinned, place).room is not Room.ALWAYS:
                ephemeral = name in volumes.storage.ephemeral
                which = f"the claim {name[1]} of an ephemeral volume" if ephemeral else title(CLAIM, *name)
                reason = (
                    f"{which} is not bound yet; if it gets {_called(reach)}, it is not proved that its pods find room "
                    "there"
                )
                return DemandAnswer(room=Room.UNKNOWN, method="every place in which the volume can be", reason=reason)
    return found


def open_choices(makers: Sequence[Maker], index: int, volumes: Volumes, *, lost: bool = False) -> Iterator[Name]:
    """The claims of a maker's pods that may be bound to one of several volumes before some pod has a choice."""
    for name in claims_of(makers[index].pod):
        if len({reach.nodes for reach in volumes.choices.get(name, ())}) < 2:
            continue
        ephemeral = name in volumes.storage.ephemeral
        shared = name not in volumes.storage.own and not ephemeral
        users = sum(maker.most for maker in makers if name in claims_of(maker.pod))
        if name in volumes.early or (lost and not ephemeral) or (shared and users > 1):
            yield name


def reached(volumes: Volumes, node: int) -> tuple[tuple[Name, int], ...]:
    """The choices of claims that ``node`` reaches: with another node of the same ones its loss is the same."""
    return tuple(
        (name, number)
        for name, choices in volumes.choices.items()
        for number, reach in enumerate(choices)
        if node in reach.nodes
    )


def undecided(makers: Sequence[Maker], index: int, volumes: Volumes) -> bool:
    """How many such pods fit depends on volumes that are not bound."""
    names = claims_of(makers[index].pod)
    return any(name in volumes.undecided for name in names) or any(True for _ in open_choices(makers, index, volumes))


def _usable(name: Name, maker: Maker, volumes: Volumes, nodes: tuple[NodeInfo, ...]) -> Iterator[Reach]:
    """The choices that leave the pod a node, when nothing else is there."""
    for reach in volumes.choices.get(name, ()):
        storage: Storage = volumes.bound(name, reach)
        if takes(maker.pod, nodes, storage):
            yield reach


def _called(reach: Reach) -> str:
    return reach.text if reach.text.startswith("volume ") else f"a volume in {reach.text}"


def _waits(found: DemandAnswer, sentence: str) -> DemandAnswer:
    room = Room.FRAGILE if found.room is not Room.IMPOSSIBLE else found.room
    return DemandAnswer(room=room, method=METHOD, message=sentence)
