"""One disturbed node, seen by the checks: the system to explore, its proof hints, and the nodes worth disturbing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from kverify.checks.deciding.scenes import Scene, disturbed_scene, node_classes
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.model.build import build, settled_states
from kverify.model.expr import Condition, Number, all_of, implies, integer, total
from kverify.model.system import TransitionSystem
from kverify.model.world import LIVE, NodeStatus, Phase, World
from kverify.words import count, listing


@frozen(eq=False, kw_only=True)
class Disturbed:
    """A scene with one node cordoned or lost. ``nodes`` are all the nodes it stands for."""

    scene: Scene
    system: TransitionSystem
    nodes: tuple[str, ...]
    status: NodeStatus

    @property
    def world(self) -> World:
        return self.scene.world

    @property
    def node(self) -> str:
        """The node that is disturbed in traces."""
        assert self.world.disturbed is not None
        return self.world.disturbed[0].name

    @property
    def who(self) -> str:
        """The disturbed node as a sentence may begin; a name by itself would be given a capital."""
        return self.node if self.node.startswith("the ") else f"node {self.node}"

    @property
    def scope(self) -> str:
        """Sizes, for verdicts."""
        sizes = ", ".join(f"{s.title} with {count(s.replicas, 'replica')}" for s in self.scene.subjects)
        return f"{sizes}; {listing(self.nodes)}; from {count(len(self.scene.placements), 'settled placement')}"

    def recovered(self) -> Condition:
        """Every replica is available, and the disturbance is over."""
        world = self.world
        assert world.disturbed is not None
        over = world.has_status(world.disturbed[0], NodeStatus.UP, NodeStatus.CORDONED, NodeStatus.REMOVED)
        return all_of([over, *(world.complete(w) for w in world.workloads)])

    def invariant(self) -> Condition:
        """True in every reachable state while the other nodes have room; proved before it is used."""
        world = self.world
        assert world.disturbed is not None
        place = world.disturbed[0]
        status = integer(world.status(place))
        parts: list[Condition] = [*self.system.naturals]
        parts.append(status <= len(NodeStatus) - 1)
        lost = self.status is NodeStatus.SILENT
        parts.append(world.has_status(place, *(_AFTER_LOSS if lost else (self.status,))))
        for workload in world.workloads:
            (revision,) = workload.revisions
            here = world.count(revision, tuple(Phase), (place,))
            parts += [
                integer(world.spec(revision)) == workload.replicas,
                world.live(revision) <= workload.replicas,
            ]
            if lost:
                starting = integer(world.at(Phase.STARTING, revision, place))
                waiting = total([starting, integer(world.pending(revision))])
                quiet = total([waiting, integer(world.at(Phase.TERMINATING, revision, place))])
                parts += [
                    implies(world.has_status(place, NodeStatus.SILENT), quiet == 0),
                    implies(world.has_status(place, NodeStatus.SILENT), world.live(revision) == workload.replicas),
                    implies(
                        world.has_status(place, NodeStatus.UNREACHABLE),
                        world.count(revision, LIVE, (place,)) <= starting,
                    ),
                    implies(world.has_status(place, NodeStatus.REMOVED), here == 0),
                ]
        return all_of(parts)

    def ranking(self) -> Number:
        """How far the scene is from its end: every step of anybody but the environment makes it smaller."""
        world = self.world
        assert world.disturbed is not None
        place = world.disturbed[0]
        # Becoming ready is progress on a live node; losing readiness is progress of a lost one.
        ready_here = 9 if self.status is NodeStatus.SILENT else 7
        parts: list[Number] = [10 * (len(NodeStatus) - 1 - integer(world.status(place)))]
        for workload in world.workloads:
            (revision,) = workload.revisions
            parts += [
                4 * (workload.replicas - world.live(revision)),
                3 * integer(world.pending(revision)),
            ]
            for where in world.places:
                here = where is place
                parts += [
                    (8 if here else 2) * integer(world.at(Phase.STARTING, revision, where)),
                    integer(world.at(Phase.TERMINATING, revision, where)),
                ]
                if here:
                    parts.append(ready_here * integer(world.at(Phase.AVAILABLE, revision, where)))
        return total(parts)


_AFTER_LOSS = (NodeStatus.SILENT, NodeStatus.UNREACHABLE, NodeStatus.REMOVED)


def disturb(ctx: Context, subjects: Sequence[Subject], status: NodeStatus) -> tuple[Disturbed, ...]:
    """One scene for every class of nodes that can hold a pod of ``subjects`` (in an open cluster, one).

    Built once per run: a drain, say, is asked about for its end and for the endpoints it takes away.
    """
    key = (*(s.title for s in subjects), status.value)
    known: tuple[Disturbed, ...] = ctx.memo(key, lambda: tuple(_disturbed(ctx, subjects, status)))
    return known


def _disturbed(ctx: Context, subjects: Sequence[Subject], status: NodeStatus) -> Iterator[Disturbed]:
    classes: tuple[tuple[int, ...], ...] = node_classes(ctx, subjects) if not ctx.open else ((),)
    for members in classes:
        scene = disturbed_scene(ctx, subjects, members[0] if members else None, status)
        if not scene.placements:
            continue
        starts = settled_states(scene.world, scene.placements, [w.revisions[0] for w in scene.world.workloads])
        titles = listing([s.title for s in subjects])
        verb = "drain" if status is NodeStatus.CORDONED else "loss"
        assert scene.world.disturbed is not None
        yield Disturbed(
            scene=scene,
            system=build(f"{verb} of {scene.world.disturbed[0].name} under {titles}", scene.world, starts=starts),
            nodes=tuple(ctx.nodes[n].name for n in members) or ("any node",),
            status=status,
        )
