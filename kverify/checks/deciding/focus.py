"""Nodes in classes, for questions about one disturbed node, and how many pods such a node can have.

Where the other nodes are proved to have room, a question about a node depends on what the filters see of it and on how
many pods of the question it can have when everything has settled; nodes that agree in both are one class. What a node
takes beside the pods that stay on it is found on that node. Where zones are spread over, one node with room for
everybody stands for all nodes of its zone that the filters do not tell apart (*thinned*): the constraint counts pods by
zone, and no other filter ever says no there, so which of the nodes a pod is on changes nothing. Where there is no such
node, nodes are told apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from kverify.api.labels import HOSTNAME
from kverify.checks.given.claims import claims_of
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.engines.explicit import explore
from kverify.model.build import alike, placing
from kverify.model.scheduling import pod_topology_spread
from kverify.model.scheduling.framework import PodGroup, PodInfo
from kverify.model.scheduling.state import ClusterState
from kverify.model.workload import Workload
from kverify.model.world import NodeStatus, Phase, Place, World

Counts = tuple[int, ...]
"""Pods on a node, by subject."""

MOST_COUNTS = 10_000
"""Combinations of pods on one node, and states of placing, that are looked at."""


def fixed_pods(ctx: Context, moving: Sequence[Subject]) -> tuple[tuple[PodGroup, Mapping[int, int]], ...]:
    """The pods that stay where they are while ``moving`` are asked about."""
    titles = {s.title for s in moving}
    stay = tuple(
        (PodGroup(s.new), home) for s in ctx.rooms.placeable if s.title not in titles and (home := ctx.rooms.home(s))
    )
    return (*ctx.rooms.cluster.others, *stay)


def classes(ctx: Context, subjects: Sequence[Subject]) -> tuple[tuple[int, ...], ...] | None:
    """The nodes in classes: what is disturbed on one of a class, and how many pods it can have, is as on another.

    None where that is not known without telling all nodes apart: room on the others is not proved, or a filter looks
    at other nodes in another way than counting pods by zone.
    """
    return ctx.memo(("classes", *((s.title, s.replicas) for s in subjects)), lambda: _classes(ctx, subjects))


def counts(ctx: Context, subjects: Sequence[Subject], node: int) -> tuple[Counts, ...] | None:
    """How many pods of each subject a node can have when all are settled, at least one in all; None as ``classes``."""
    if classes(ctx, subjects) is None:
        return None
    known: dict[int, tuple[Counts, ...]] = ctx.memo(_key(subjects), dict)
    return known[node]


def _key(subjects: Sequence[Subject]) -> tuple[object, ...]:
    return ("counts", *((s.title, s.replicas) for s in subjects))


def _classes(ctx: Context, subjects: Sequence[Subject]) -> tuple[tuple[int, ...], ...] | None:
    nodes = range(len(ctx.nodes))
    if not all(ctx.rooms.pressure.proves(s, without=n) for s in subjects for n in nodes) and not stays_roomy(
        ctx, subjects
    ):
        return None
    spread = any(_spreads(s.new) for s in subjects)
    if any(s.claims or not _seen_apart(ctx, s.new, spread) for s in subjects):
        return None
    known: dict[int, tuple[Counts, ...]] = ctx.memo(_key(subjects), dict)
    found: dict[object, list[int]] = {}
    live = all(s.live is not None for s in subjects)
    like = alike_for(ctx, [s.workload(both=False) for s in subjects])
    settled: dict[object, tuple[Counts, ...] | None] = {}
    with ctx.rooms.beside(subjects) as state:
        for c, members in enumerate(like):
            for node in members:
                if live:
                    here = tuple(ctx.rooms.home(s).get(node, 0) for s in subjects)
                    known[node] = (here,) if any(here) else ()
                else:
                    taken = _taken(state, subjects, node)
                    key = c, taken
                    if key not in settled:
                        settled[key] = _settled(ctx, subjects, node, like, state) if spread and taken else taken
                    if (chosen := settled[key]) is None:
                        return None
                    known[node] = chosen
                found.setdefault((c, known[node]), []).append(node)
    return tuple(sorted(tuple(members) for members in found.values()))


def _spreads(pod: PodInfo) -> bool:
    return any(pod_topology_spread.hard(pod))


def _seen_apart(ctx: Context, pod: PodInfo, spread: bool) -> bool:
    """Whether filters that look at other nodes count pods by zone and do nothing else."""
    if pod.affinity or claims_of(pod) or not ctx.rooms.hosts_differ:
        return False
    if spread and (pod.anti_affinity or pod.host_ports):
        return False
    hard = pod_topology_spread.hard(pod)
    return all(term.topology_key == HOSTNAME for term in pod.anti_affinity) and all(
        constraint.topology_key != HOSTNAME for constraint in hard
    )


def alike_for(
    ctx: Context, workloads: Sequence[Workload], ignored: frozenset[str] = frozenset()
) -> tuple[tuple[int, ...], ...]:
    """The nodes in classes that filters, but the ``ignored``, do not tell apart with nothing but the pods of
    ``workloads`` on them."""
    world = World(
        workloads=tuple(workloads),
        places=tuple(Place(node.name, i) for i, node in enumerate(ctx.nodes)),
        nodes=ctx.nodes,
        ignored=ignored,
    )
    return tuple(tuple(p.node for p in places if p.node is not None) for places in alike(world))


def _taken(state: ClusterState, subjects: Sequence[Subject], node: int) -> tuple[Counts, ...]:
    """What a node can be brought to hold, pod by pod, as far as it is up to the node; nothing at all is left out."""
    pods = [s.new for s in subjects]
    nothing = (0,) * len(pods)
    found, waiting = {nothing}, [nothing]
    while waiting and len(found) <= MOST_COUNTS:
        here = waiting.pop()
        _move(state, pods, here, node, 1)
        more = [i for i, s in enumerate(subjects) if here[i] < s.replicas and state.fits(pods[i], node)]
        _move(state, pods, here, node, -1)
        for i in more:
            there = (*here[:i], here[i] + 1, *here[i + 1 :])
            if there not in found:
                found.add(there)
                waiting.append(there)
    return tuple(sorted(found - {nothing}))


def _move(state: ClusterState, pods: Sequence[PodInfo], numbers: Counts, node: int, way: int) -> None:
    for pod, number in zip(pods, numbers, strict=True):
        if number and way > 0:
            state.bind(pod, node, number)
        elif number:
            state.unbind(pod, node, number)


def stays_roomy(ctx: Context, subjects: Sequence[Subject]) -> bool:
    """Beside the others where they are, the nodes always have room for all pods of ``subjects``, whichever is lost.

    Asked where there are so many workloads and nodes that they cannot be told apart one by one.
    """
    return ctx.rooms.many and len(subjects) == 1 and room_beside(ctx, subjects[0]) >= 2


def room_beside(ctx: Context, subject: Subject) -> int:
    """How many nodes, up to two, have room for all pods of ``subject`` that there can be in a rollout, old and new,
    beside the others where they are; 0 where filters look at more than one node."""

    def count() -> int:
        pods = [(pod, max(subject.most, 1)) for pod in (subject.old, subject.new)]
        if subject.claims or any(_spreads(pod) or not _seen_apart(ctx, pod, spread=False) for pod, _ in pods):
            return 0
        with ctx.rooms.beside((subject,)) as state:
            return len(list(islice((n for n in range(len(ctx.nodes)) if _has_room(state, pods, n)), 2)))

    return ctx.memo(("room beside", subject.title, subject.replicas), count)


# -- zones ---------------------------------------------------------------------------------------------------------


def roomy(
    state: ClusterState, pods: Sequence[tuple[PodInfo, int]], like: Sequence[Sequence[int]], but: int | None = None
) -> tuple[int, ...] | None:
    """A node with room for all of ``pods`` at once from each class of nodes that takes any of them; None if some class
    has none. ``but`` is not chosen. ``state`` has the pods that stay, and no filter that looks at other nodes."""
    chosen: list[int] = []
    for members in like:
        takes = False
        for node in members:
            if node == but:
                continue
            takes = takes or any(state.fits(pod, node) for pod, _ in pods)
            if not takes:
                # The next one of the class may have room where this one is full.
                continue
            if _has_room(state, pods, node):
                chosen.append(node)
                break
        else:
            if takes:
                return None
    return tuple(chosen)


def _has_room(state: ClusterState, pods: Sequence[tuple[PodInfo, int]], node: int) -> bool:
    """The node takes any one of ``pods`` when all the others are on it."""
    present = [(pod, number) for pod, number in pods if number]
    numbers = tuple(number for _, number in present)
    kinds = [pod for pod, _ in present]
    for i, pod in enumerate(kinds):
        others = (*numbers[:i], numbers[i] - 1, *numbers[i + 1 :])
        _move(state, kinds, others, node, 1)
        fits = state.fits(pod, node)
        _move(state, kinds, others, node, -1)
        if not fits:
            return False
    return True


def _settled(
    ctx: Context, subjects: Sequence[Subject], node: int, like: Sequence[Sequence[int]], state: ClusterState
) -> tuple[Counts, ...] | None:
    """Every way in which ``node`` can have pods when all are settled, the other nodes of each class thinned to one."""
    rest = roomy(state, [(s.new, s.replicas) for s in subjects], like, but=node)
    if rest is None:
        return None
    here, *others = (Place(ctx.nodes[n].name, n) for n in (node, *rest))
    world = World(
        workloads=tuple(s.workload(both=False) for s in subjects),
        places=(here, *others),
        nodes=ctx.nodes,
        others=fixed_pods(ctx, subjects),
        namespaces=ctx.namespaces,
        storage=ctx.rooms.settled_storage,
        # It is up, but told apart from its twins.
        disturbed=(here, NodeStatus.UP),
    )
    revisions = [w.revisions[0] for w in world.workloads]
    system = placing(world, revisions)
    search = explore(system, limit=MOST_COUNTS)
    if not search.complete:
        return None
    found = {
        tuple(int(view[world.at(Phase.STARTING, revision, here)]) for revision in revisions)
        for view in map(system.view, search.states)
        if all(view[world.pending(revision)] == 0 for revision in revisions)
    }
    return tuple(sorted(numbers for numbers in found if any(numbers)))
