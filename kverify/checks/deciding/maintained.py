"""Nodes maintained one after another, as cases: one that can prove for clusters of any size, and two that can refute.

To prove, all nodes but the one whose turn it is are one place with room for everybody, and any pods may be those of
the next node: whatever the nodes do, this does. To refute, two nodes that hold pods are drained one after the other,
with all their filters, and the pods of all other nodes stay where they are. Every placement that a scheduler may choose
may be chosen, so a run in which pods only move between these two is a run of the whole cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import evolve

from kverify.checks.deciding.case import Case
from kverify.checks.deciding.focus import fixed_pods
from kverify.checks.deciding.scenes import Scene
from kverify.checks.given.context import CLUSTER_IS_OPEN, Context
from kverify.checks.given.subject import Subject
from kverify.model.build import build, settled_states
from kverify.model.components import scheduler
from kverify.model.environment.maintenance import AnyInTurn, InTurn, cordoned
from kverify.model.expr import Condition, integer
from kverify.model.scheduling.framework import PodGroup
from kverify.model.system import TransitionSystem
from kverify.model.workload import Workload
from kverify.model.world import Phase, Place, World
from kverify.spec.compile import Script
from kverify.spec.language.values import NotModelled
from kverify.words import count

HERE, OTHERS = Place("the node whose turn it is"), Place("another node")
OPEN = (Place("one node"), Place("the next node"))
ASSUMPTIONS = (
    "kubectl drain --ignore-daemonsets --delete-emptydir-data --force, one node after another, each uncordoned before "
    "the next",
    "images can be pulled and containers become ready",
    "nothing else disturbs the cluster",
)
ANY_NODE = "the other nodes are one place with room for all, and any pods may be on the next node (allows more)"
TWO_NODES = "two nodes are maintained; the pods of the others stay where they are (allows less)"
WAITS = "whoever maintains the nodes waits until every replica is available before going on"
HURRIES = "whoever maintains the nodes goes on as soon as a node is empty"


def cases(
    ctx: Context, script: Script, subjects: Sequence[Subject], later: Mapping[str, int], *, placed: bool
) -> Iterator[Case]:
    """The one case, which has the others behind it. Raises ``NotModelled``."""
    if later:
        raise NotModelled("the model has nothing else happen while nodes are maintained one after another yet")
    if placed:
        raise NotModelled("nodes are not told apart while they are maintained one after another")
    if not subjects or not all(s.replicas for s in subjects):
        return
    workloads = tuple(s.workload(both=False) for s in subjects)
    world = World(
        workloads=workloads,
        places=(HERE, OTHERS),
        budgets=ctx.guards.model_budgets({w.name: w for w in workloads}),
    )
    turns = AnyInTurn(HERE, OTHERS)
    start = {(w.revisions[0].key, OTHERS.name): s.replicas for w, s in zip(workloads, subjects, strict=True)}
    system = _built(script, subjects, world, turns, start)
    yield Case(
        scene=Scene(world=world, subjects=tuple(subjects), placements=(start,), assumptions=(ANY_NODE,)),
        system=system,
        begins="nodes are maintained one after another",
        scope=_scope(ctx, subjects),
        assumptions=(ANY_NODE, *((CLUSTER_IS_OPEN,) if ctx.open else ()), *_hasty(subjects), *ASSUMPTIONS),
        otherwise=tuple(_two_nodes(ctx, script, subjects, waits) for waits in (True, False))
        if ctx.open or len(_held(ctx, subjects)) > 1
        else (),
        lemmas=tuple(_lemmas(world, system)),
    )


def _hasty(subjects: Sequence[Subject]) -> Iterator[str]:
    return (text for s in subjects for text in s.hasty)


def _scope(ctx: Context, subjects: Sequence[Subject]) -> str:
    sizes = ", ".join(f"{s.title} with {count(s.replicas, 'replica')}" for s in subjects)
    return f"{sizes}; {count(len(ctx.nodes), 'node') if ctx.nodes else 'any number of nodes'}"


def _built(
    script: Script,
    subjects: Sequence[Subject],
    world: World,
    turns: InTurn | AnyInTurn,
    start: Mapping[tuple[str, str], int],
) -> TransitionSystem:
    first = [w.revisions[0] for w in world.workloads]
    name = f"{script.name} of {', '.join(s.title for s in subjects)}"
    system = build(name, world, starts=settled_states(world, (start,), first), beside=[turns])
    return cordoned(system, world, turns)


def _lemmas(world: World, system: TransitionSystem) -> Iterator[Condition]:
    """What is true at all times: no count is negative, nobody scales, and no pod is too many."""
    yield from system.naturals
    for workload in world.workloads:
        for revision in workload.revisions:
            yield integer(world.spec(revision)) == workload.replicas
            yield world.live(revision) <= workload.replicas


# -- two nodes ---------------------------------------------------------------------------------------------------------


def _held(ctx: Context, subjects: Sequence[Subject]) -> list[int]:
    """The nodes that hold pods of ``subjects``: where they are, or one way to place them."""
    return sorted({node for s in subjects for node, number in ctx.rooms.home(s).items() if number})


def _two_nodes(ctx: Context, script: Script, subjects: Sequence[Subject], waits: bool) -> Case:
    workloads = tuple(s.workload(both=False) for s in subjects)
    places, start, world = _open(ctx, subjects, workloads) if ctx.open else _closed(ctx, subjects, workloads)
    turns = InTurn(places, waits)
    system = _built(script, subjects, world, turns, start)
    elsewhere = {world.at(Phase.STARTING, r, OTHERS) for r in world.revisions}
    # Whether other nodes have room is not known here: nobody is bound to them.
    kept = tuple(a for a in system.actions if a.component != scheduler.COMPONENT or not elsewhere & a.updates.keys())
    said = WAITS if waits else HURRIES
    room = (CLUSTER_IS_OPEN,) if ctx.open else ()
    return Case(
        scene=Scene(world=world, subjects=tuple(subjects), placements=(start,), assumptions=(TWO_NODES,)),
        system=evolve(system, actions=kept),
        begins=f"{'' if ctx.open else 'node '}{places[0].name} is cordoned and its drain begins",
        scope=_scope(ctx, subjects),
        assumptions=(TWO_NODES, said, *room, *_hasty(subjects), *ASSUMPTIONS),
    )


def _open(
    ctx: Context, subjects: Sequence[Subject], workloads: tuple[Workload, ...]
) -> tuple[tuple[Place, ...], dict[tuple[str, str], int], World]:
    """Two nodes nobody has described, one pod of each workload on either as far as there are so many."""
    start: dict[tuple[str, str], int] = {}
    for w, s in zip(workloads, subjects, strict=True):
        key, left = w.revisions[0].key, s.replicas
        for place in OPEN:
            start[key, place.name] = min(1, left)
            left -= min(1, left)
        start[key, OTHERS.name] = left
    budgets = ctx.guards.model_budgets({w.name: w for w in workloads})
    return OPEN, start, World(workloads=workloads, places=(*OPEN, OTHERS), budgets=budgets)


def _closed(
    ctx: Context, subjects: Sequence[Subject], workloads: tuple[Workload, ...]
) -> tuple[tuple[Place, ...], dict[tuple[str, str], int], World]:
    """The first two nodes that hold pods, every pod of other nodes fixed."""
    chosen = _held(ctx, subjects)[:2]
    places = tuple(Place(ctx.nodes[n].name, n) for n in chosen)
    start: dict[tuple[str, str], int] = {}
    fixed = list(fixed_pods(ctx, subjects))
    for w, s in zip(workloads, subjects, strict=True):
        home, key = ctx.rooms.home(s), w.revisions[0].key
        for place, node in zip(places, chosen, strict=True):
            start[key, place.name] = home.get(node, 0)
        away = {node: number for node, number in home.items() if node not in chosen}
        start[key, OTHERS.name] = sum(away.values())
        if away:
            fixed.append((PodGroup(s.new), away))
    world = World(
        workloads=workloads,
        places=(*places, OTHERS),
        nodes=ctx.nodes,
        others=tuple(fixed),
        namespaces=ctx.namespaces,
        storage=ctx.rooms.settled_storage,
        budgets=ctx.guards.model_budgets({w.name: w for w in workloads}),
    )
    return places, start, world
