"""Scenes of a rollout in which all nodes of a zone are one place, for questions that only count pods by zone.

Two scenes, neither of which is the whole truth. *Wider*: the places are the nodes that the filters over one node and
the spread constraints do not tell apart, and all other filters are left out. A run of the cluster is a run of it,
whichever of the nodes a pod is on; so what always holds in it always holds. *Narrower*: one node of each place, with
all filters, and no pod of the workload goes anywhere else. Its runs are runs of the cluster, and name nodes; what goes
wrong in it goes wrong. Nothing is said where the two disagree.
"""

from __future__ import annotations

from kverify.api.labels import HOSTNAME
from kverify.checks.deciding.focus import alike_for, fixed_pods, roomy
from kverify.checks.deciding.scenes import Scene, Settled, TooManyPlacements, others_stay, settled_placements
from kverify.checks.given.claims import claims_of
from kverify.checks.given.context import Context
from kverify.checks.given.rooms import RESOURCES
from kverify.checks.given.subject import Subject
from kverify.model.scheduling import inter_pod_affinity, node_ports
from kverify.model.world import Place, World
from kverify.words import count

LEFT_OUT = frozenset({RESOURCES, node_ports.PLUGIN.name, inter_pod_affinity.PLUGIN.name})
"""The filters over other pods, but for spreading."""


def wider(ctx: Context, subject: Subject) -> Scene | None:
    """A rollout on zones instead of nodes, which allows more than the cluster does; None where that is not smaller, or
    where nodes of a zone have to be told apart (a spread over hosts, a volume)."""
    pods = (subject.old, subject.new)
    keys = {c.topology_key for pod in pods for c in pod.spec.topology_spread_constraints}
    if HOSTNAME in keys or subject.claims or any(claims_of(pod) for pod in pods):
        return None
    workload = subject.workload()
    classes = alike_for(ctx, (workload,), LEFT_OUT)
    if len(classes) == len(ctx.nodes):
        return None
    places = tuple(Place(_name(ctx, members), members[0], many=True) for members in classes)
    world = World(
        workloads=(workload,),
        places=places,
        nodes=ctx.nodes,
        others=fixed_pods(ctx, (subject,)),
        namespaces=ctx.namespaces,
        ignored=LEFT_OUT,
    )
    old = workload.revisions[0]
    if subject.live is not None:
        home = ctx.rooms.home(subject)
        by_place = zip(places, classes, strict=True)
        placements: tuple[Settled, ...] = (
            {(old.key, place.name): sum(home.get(n, 0) for n in members) for place, members in by_place},
        )
    else:
        try:
            placements = settled_placements(world, (subject,))
        except TooManyPlacements:
            return None
    words = f"{count(len(ctx.nodes), 'node')} are {count(len(places), 'place')}: those that the constraints do not tell"
    return Scene(
        world=world,
        subjects=(subject,),
        placements=placements,
        assumptions=(
            *others_stay(ctx, (subject,)),
            f"{words} apart are one, and have room for every pod (allows more than the cluster)",
        ),
    )


def narrower(ctx: Context, subject: Subject) -> Scene | None:
    """A rollout that uses one node of each place of the ``wider`` scene, the roomiest, and those with live pods. None
    if no pods settle there."""
    workload = subject.workload()
    both = ((subject.old, subject.most), (subject.new, subject.most))
    chosen = set(ctx.rooms.home(subject)) if subject.live is not None else set()
    # Filters that never say no to any of these pods, wherever they are, need not be asked.
    free = not chosen and not any(pod.anti_affinity or pod.affinity or pod.host_ports for pod, _ in both)
    with ctx.rooms.beside((subject,)) as state:
        for members in alike_for(ctx, (workload,), LEFT_OUT):
            best = roomy(state, both, (members,))
            free = free and best is not None
            chosen.update([n for n in members if state.fits(subject.new, n)][:1] if best is None else best)
    world = World(
        workloads=(workload,),
        places=tuple(Place(ctx.nodes[n].name, n) for n in sorted(chosen)),
        nodes=ctx.nodes,
        others=fixed_pods(ctx, (subject,)),
        namespaces=ctx.namespaces,
        storage=ctx.rooms.settled_storage,
        ignored=LEFT_OUT if free else frozenset(),
    )
    old = workload.revisions[0]
    if subject.live is not None:
        home = ctx.rooms.home(subject)
        placements: tuple[Settled, ...] = (
            {(old.key, place.name): home.get(place.node or 0, 0) for place in world.places},
        )
    else:
        try:
            placements = settled_placements(world, (subject,))
        except TooManyPlacements:
            return None
    if not placements:
        return None
    return Scene(
        world=world,
        subjects=(subject,),
        placements=placements,
        assumptions=(*others_stay(ctx, (subject,)), "this run uses one node of each kind and zone"),
    )


def _name(ctx: Context, members: tuple[int, ...]) -> str:
    first = ctx.nodes[members[0]].name
    return first if len(members) == 1 else f"{first} or {count(len(members) - 1, 'node')} like it"
