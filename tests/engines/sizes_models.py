"""Systems with open sizes, for proofs about every size: rollouts as the components have them, nodes that are
counted."""

from __future__ import annotations

from attrs import frozen

from kverify.model.build import build
from kverify.model.components.deployment import promises
from kverify.model.expr import Condition, Number, all_of, integer, times, total
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.model.workload import Revision, RollingUpdate, Workload
from kverify.model.world import LIVE, Phase, Place, World

REPLICAS, SURGE, UNAVAILABLE = Variable("replicas"), Variable("maxSurge"), Variable("maxUnavailable")
NODES = Place("a node")


@frozen(eq=False)
class Rolling:
    """A rolling update of any size and what is asked of it."""

    system: TransitionSystem
    available: Condition
    specs: Condition
    pods: Condition


def rolling(*, olds: int = 1) -> Rolling:
    """The components' own rolling update with a status that lags behind, from ``olds`` settled old ReplicaSets (their
    sizes are open) to a new one."""
    old = tuple(Revision(f"old{i}" if olds > 1 else "old", f"old ReplicaSet {i}") for i in range(olds))
    new = Revision("new", "new ReplicaSet")
    workload = Workload(
        name="web",
        replicas=REPLICAS.expr,
        revisions=(*old, new),
        strategy=RollingUpdate(SURGE.expr, UNAVAILABLE.expr),
        target=olds,
    )
    world = World(workloads=(workload,), places=(NODES,), stale=True)
    sizes = {r: integer(world.spec(r)) for r in old}
    settled: list[Condition] = [total(sizes.values()) == REPLICAS.expr]
    for r in (*old, new):
        size: Number = sizes.get(r, 0)
        full = {world.spec(r), world.seen(r), world.at(Phase.AVAILABLE, r, NODES)}
        names = [world.pending(r), *full, *(world.at(p, r, NODES) for p in world.phases(workload))]
        settled += [integer(name) == (size if name in full else 0) for name in dict.fromkeys(names)]
    system = build(
        f"rolling update from {olds} old",
        world,
        initial=all_of([*settled, *(size >= 0 for size in sizes.values())]),
        parameters=(REPLICAS, SURGE, UNAVAILABLE),
        assume=SURGE.expr + UNAVAILABLE.expr >= 1,
    )
    available, specs = promises(world, workload)
    everybody = (*LIVE, Phase.TERMINATING)
    alive = total(integer(world.pending(r)) + world.count(r, everybody) for r in (*old, new))
    return Rolling(system, available, specs, alive <= REPLICAS.expr + SURGE.expr)


def packed(capacity: int | None, *, bug: int = 0) -> tuple[TransitionSystem, Condition]:
    """Pods on any number of nodes with room for ``capacity`` each (None: any number, so capacity times nodes is not
    linear). Nodes that are full and nodes that have room are counted; a node is emptied when its last pod goes.

    The condition: no more pods than all nodes hold. ``bug`` lets a full node take that many more.
    """
    nodes, per_node = integer("nodes"), integer("capacity") if capacity is None else capacity
    pods, pending = integer("pods"), integer("pending")
    room = times(per_node, nodes)
    actions = (
        Action("create", "replica set", pods + pending < integer("replicas"), {"pending": pending + 1}),
        Action(
            "bind", "scheduler", all_of([pending >= 1, pods < room + bug]), {"pending": pending - 1, "pods": pods + 1}
        ),
        Action("delete", "replica set", pods >= 1, {"pods": pods - 1}, environment=True),
    )
    parameters = [Variable("nodes", 1), Variable("replicas", 0)]
    if capacity is None:
        parameters.append(Variable("capacity", 1))
    system = TransitionSystem(
        "pods on any number of nodes",
        variables=(Variable("pods", initial=0), Variable("pending", initial=0)),
        actions=actions,
        parameters=tuple(parameters),
    )
    return system, all_of([pods <= room, pods >= 0])
