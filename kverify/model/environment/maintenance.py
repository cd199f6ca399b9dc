"""Nodes are maintained one after another: each is drained and uncordoned before the next is cordoned.

Two readings. ``InTurn`` drains the nodes it is given, in their order; ``waits`` says whether whoever does it waits for
every replica to be available again before going on. ``AnyInTurn`` has one place for the node whose turn it is and one
for all others, and lets any pods be those of the next node: it can do all that ``InTurn`` can with any nodes, and more.
A drain evicts as ``drain`` does. Nobody has to go on: what is asked is what may happen until then.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve, frozen

from kverify.model.components import scheduler
from kverify.model.environment.drain import evictions
from kverify.model.expr import Condition, Number, all_of, any_of, boolean, integer, negate
from kverify.model.scheduling import node_unschedulable
from kverify.model.scheduling.framework import NodeInfo, PodInfo, Snapshot
from kverify.model.scheduling.profile import feasible
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.model.world import Phase, Place, World

COMPONENT = "maintenance"
TURN = "maintenance.turn"
CORDONED = "maintenance.cordoned"


@frozen(eq=False)
class InTurn:
    """``places`` are drained one after another, the first from the start."""

    places: tuple[Place, ...]
    waits: bool

    def variables(self, _: World) -> Iterator[Variable]:
        yield Variable(TURN, 0, len(self.places), 0)

    def actions(self, world: World) -> Iterator[Action]:
        for turn, place in enumerate(self.places):
            mine = integer(TURN) == turn
            for action in evictions(world, place):
                yield evolve(action, guard=all_of([mine, action.guard]), component=COMPONENT)
            following = self.places[turn + 1].name if turn + 1 < len(self.places) else ""
            done: list[Condition] = [mine, *(world.count(r, tuple(Phase), (place,)) == 0 for r in world.revisions)]
            if self.waits:
                done += [world.complete(workload) for workload in world.workloads]
            yield Action(
                f"after {place.name}",
                COMPONENT,
                guard=all_of(done),
                updates={TURN: turn + 1},
                says=f"{place.name} is uncordoned"
                + (f", {following} is cordoned and its drain begins" if following else "")
                + (" (every replica is available)" if self.waits else ""),
                environment=True,
            )

    def closed(self, place: Place) -> Condition:
        """``place`` is cordoned."""
        return any_of(integer(TURN) == turn for turn, one in enumerate(self.places) if one is place)


@frozen(eq=False)
class AnyInTurn:
    """The node whose turn it is (``here``), and all others (``elsewhere``)."""

    here: Place
    elsewhere: Place

    def variables(self, _: World) -> Iterator[Variable]:
        yield Variable.boolean(CORDONED)

    def actions(self, world: World) -> Iterator[Action]:
        draining = boolean(CORDONED)
        for action in evictions(world, self.here):
            yield evolve(action, guard=all_of([draining, action.guard]), component=COMPONENT)
        yield Action(
            "cordon",
            COMPONENT,
            guard=negate(draining),
            updates={CORDONED: True},
            says=f"{self.here.name} is cordoned and its drain begins",
            environment=True,
        )
        yield Action(
            "uncordon",
            COMPONENT,
            guard=draining,
            updates={CORDONED: False},
            says=f"{self.here.name} is uncordoned",
            environment=True,
        )
        for source, target in ((self.elsewhere, self.here), (self.here, self.elsewhere)):
            yield from self._counted_with(world, source, target)

    def _counted_with(self, world: World, source: Place, target: Place) -> Iterator[Action]:
        """A pod is one of those on the next node, or on none of them any more: nothing happens to it."""
        for workload in world.workloads:
            for revision in workload.revisions:
                for phase in world.phases(workload):
                    old, new = world.at(phase, revision, source), world.at(phase, revision, target)
                    updates: dict[str, Number | Condition] = {old: integer(old) - 1, new: integer(new) + 1}
                    yield Action(
                        f"count {phase.value} {revision.key}@{target.name}",
                        COMPONENT,
                        guard=all_of([negate(boolean(CORDONED)), integer(old) >= 1]),
                        updates=updates,
                        says=f"A pod of {revision.title} is on {target.name}",
                        environment=True,
                    )

    def closed(self, place: Place) -> Condition:
        """``place`` is cordoned."""
        return boolean(CORDONED) if place is self.here else False


def cordoned(system: TransitionSystem, world: World, turns: InTurn | AnyInTurn) -> TransitionSystem:
    """``system`` whose scheduler leaves the cordoned node out. Blocks of variables are not interchangeable any more."""
    closed = {
        world.at(Phase.STARTING, revision, place): turns.closed(place)
        for revision in world.revisions
        for place in world.places
        if not ignores_cordon(revision.pod)
    }

    def open_only(action: Action) -> Action:
        if action.component != scheduler.COMPONENT:
            return action
        shut = [closed[name] for name in action.updates if name in closed]
        return evolve(action, guard=all_of([action.guard, *map(negate, shut)]))

    return evolve(system, actions=tuple(map(open_only, system.actions)), symmetry=())


def ignores_cordon(pod: PodInfo | None) -> bool:
    """The pod comes to a cordoned node all the same: it tolerates that, or names the node."""
    if pod is None:
        return False
    node = NodeInfo(name="cordoned", unschedulable=True)
    return bool(pod.spec.node_name) or feasible(pod, 0, Snapshot(nodes=(node,)), (node_unschedulable.PLUGIN,)) is True
