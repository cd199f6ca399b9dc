"""What ``kverify fit`` asks of a cluster, and of what the loss of a node or zone leaves of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence

from attrs import evolve, frozen

from kverify.api.labels import ZONE
from kverify.checks.builtin import gangs
from kverify.checks.given.pods import Maker
from kverify.engines.fit.classes import classify
from kverify.engines.fit.decide import Answer, DemandAnswer, decide
from kverify.engines.fit.gangs import Gangs, gangs_fit
from kverify.engines.schedulability import Cluster, Demand, Room
from kverify.model.components.scheduler import UNREACHABLE_TAINTS
from kverify.model.scheduling import pod_topology_spread


@frozen(eq=False)
class Question:
    """What is asked of a cluster, and of what is left of it after a loss."""

    demands: Sequence[Demand]
    makers: tuple[Maker, ...]
    asked: tuple[int, ...]
    declared: gangs.Declared

    def answer(self, cluster: Cluster) -> Answer:
        """The answer for all that are asked. Gangs that end need not have room at the same time: of them it is asked
        whether each becomes whole."""
        whole = decide(self.demands, cluster, waiting=self.asked)
        turns = {d: gang for gang in self.declared.gangs if gang.ends for d in gang.members if d in self.asked}
        rooms = dict(zip(self.asked, whole.demands, strict=True))
        # What always fits together needs no turns.
        if not turns or all(rooms[d].room is Room.ALWAYS for d in turns):
            return whole
        ending = self.declared.ending(self.makers)
        found = gangs_fit(self.demands, cluster, self.declared.gangs, ending=ending)
        told = self._told(found)
        others = [d for d in range(len(self.demands)) if d not in turns]
        alone = decide([self.demands[d] for d in others], cluster)
        without_them = dict(zip(others, alone.demands, strict=True))
        rows = []
        for d in self.asked:
            row = told if d in turns else rooms[d]
            if d not in turns and row.room is Room.IMPOSSIBLE and without_them[d].room is not Room.IMPOSSIBLE:
                # Beside the gangs there is no room for all at once; once they are gone there may be.
                row = evolve(row, room=Room.FRAGILE)
            rows.append(row)
        return evolve(
            whole,
            room=max((row.room for row in rows), key=_ROOMS.index),
            demands=tuple(rows),
            core=tuple(self._renamed(name, others) for name in alone.core),
            core_method=alone.core_method,
        )

    def _told(self, found: Gangs) -> DemandAnswer:
        placed: Counter[str] = Counter()
        for first, node in found.steps:
            if node >= 0:
                placed[self.demands[first].title] += 1
            else:
                for d in self.declared.gangs[first].members:
                    del placed[self.demands[d].title]
        return DemandAnswer(
            room=found.room,
            method=f"gangs one after the other: {found.method}",
            reason=found.reason,
            message=found.message,
            refusals=found.refusals,
            blocking=tuple(placed.items()),
            steps=len(found.steps),
        )

    @staticmethod
    def _renamed(name: str, kept: Sequence[int]) -> str:
        """A name of the core over some of the demands, in terms of all."""
        kind, _, rest = name.partition(" ")
        if kind == "capacity":
            return name
        number, space, tail = rest.partition(" ")
        return f"{kind} {kept[int(number)]}{space}{tail}"


_ROOMS = [Room.ALWAYS, Room.UNKNOWN, Room.FRAGILE, Room.IMPOSSIBLE]


# -- losses -----------------------------------------------------------------------------------------------------------


def losses(
    cluster: Cluster, demands: Sequence[Demand], lose: str, told_apart: Callable[[int], Hashable] = lambda _: None
) -> Iterator[tuple[str, int, Cluster]]:
    """What is lost, like how many others, and what is left. ``told_apart`` is equal for nodes whose loss is the same,
    if they are alike. While lost nodes are still registered they are domains in
    which nothing runs, which is asked where a hard spread constraint may count them."""
    counted = any(any(pod_topology_spread.hard(demand.pod)) for demand in demands)
    for name, like, gone in _losable(cluster, demands, lose, told_apart):
        yield name, like, without(cluster, gone)
        if counted:
            nodes = "its nodes are" if lose == "zone" else "it is"
            yield f"{name}, while {nodes} still registered and unreachable", like, unreachable(cluster, gone)


def _losable(
    cluster: Cluster, demands: Sequence[Demand], lose: str, told_apart: Callable[[int], Hashable]
) -> Iterator[tuple[str, int, tuple[int, ...]]]:
    if lose == "zone":
        zones: dict[str, list[int]] = {}
        for index, node in enumerate(cluster.nodes):
            if ZONE in node.labels:
                zones.setdefault(node.labels[ZONE], []).append(index)
        yield from ((f"zone {zone}", 0, tuple(members)) for zone, members in zones.items())
    elif lose:
        for chosen in classify(cluster, [demand.pod for demand in demands])[0]:
            parts: dict[Hashable, list[int]] = {}
            for index in chosen.nodes:
                parts.setdefault(told_apart(index), []).append(index)
            for first, *rest in parts.values():
                yield f"node {cluster.nodes[first].name}", len(rest), (first,)


def unreachable(cluster: Cluster, gone: Sequence[int]) -> Cluster:
    """The cluster in which some nodes are silent: tainted, and their pods evicted."""
    lost = frozenset(gone)
    return evolve(
        cluster,
        nodes=tuple(
            evolve(node, taints=(*node.taints, *UNREACHABLE_TAINTS)) if index in lost else node
            for index, node in enumerate(cluster.nodes)
        ),
        others=tuple(
            (group, {node: number for node, number in on.items() if node not in lost}) for group, on in cluster.others
        ),
    )


def without(cluster: Cluster, gone: Sequence[int]) -> Cluster:
    """The cluster after it lost some nodes and the pods that stood on them."""
    lost = frozenset(gone)
    kept = [index for index in range(len(cluster.nodes)) if index not in lost]
    position = {old: new for new, old in enumerate(kept)}
    return evolve(
        cluster,
        nodes=tuple(cluster.nodes[index] for index in kept),
        others=tuple(
            (group, {position[n]: number for n, number in on.items() if n in position}) for group, on in cluster.others
        ),
    )
