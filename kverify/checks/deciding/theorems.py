"""What is proved once, for every size, and then only cited: the promises of a strategy, and that a rollout ends.

``replicas``, ``maxSurge`` and ``maxUnavailable`` are parameters; the only assumption is what the API server enforces
(none is negative, and surge and unavailable are not both 0). Room for every pod is assumed here: a check cites a
theorem only where that has been proved, or where the cluster is open and the verdict says so.
"""

from __future__ import annotations

from functools import cache

from attrs import evolve, frozen

from kverify.engines import portfolio
from kverify.engines.budget import consult
from kverify.engines.verdict import Verdict
from kverify.model.build import build
from kverify.model.components.deployment import promises
from kverify.model.expr import Condition, Number, all_of, any_of, integer, lift, total
from kverify.model.system import TransitionSystem, Variable
from kverify.model.workload import Recreate, Revision, RollingUpdate, Strategy, Workload
from kverify.model.world import LIVE, Phase, Place, World
from kverify.spec.property import Always, EventuallyAlways, Reaches

REPLICAS, SURGE, UNAVAILABLE = Variable("replicas"), Variable("maxSurge"), Variable("maxUnavailable")
EVERY_SIZE = "every replicas, maxSurge and maxUnavailable (not both 0)"
OLD, NEW = Revision("old", "ReplicaSet old"), Revision("new", "ReplicaSet new")
NODES = Place("a node")


@frozen(eq=False)
class Rollout:
    """One rollout, of one size or of all: its world, its system, and the conditions that theorems are about.

    ``promised`` is the strategy as the manifest says it, whatever fault was seeded into the controller.
    """

    world: World
    system: TransitionSystem
    workload: Workload
    promised: Strategy

    def count(self, revision: Revision, *phases: Phase) -> Number:
        return self.world.count(revision, phases)


def rollout(*, recreate: bool = False, min_ready: bool = False, stale: bool = False, extra_surge: int = 0) -> Rollout:
    """A rollout of every size, from a settled old revision to a new one.

    ``stale`` lets the controller read a status that lags behind. ``extra_surge`` seeds a fault: a controller that takes
    ``maxSurge`` to be bigger than it is, which the proofs must refuse.
    """
    promised = Recreate() if recreate else RollingUpdate(SURGE.expr, UNAVAILABLE.expr)
    return rollout_of(
        REPLICAS.expr,
        promised,
        carried_out=None if recreate else RollingUpdate(SURGE.expr + extra_surge, UNAVAILABLE.expr),
        min_ready=min_ready,
        stale=stale,
        parameters=(REPLICAS,) if recreate else (REPLICAS, SURGE, UNAVAILABLE),
        assume=True if recreate else (SURGE.expr + UNAVAILABLE.expr >= 1),
    )


def rollout_of(
    replicas: Number,
    promised: Strategy,
    *,
    carried_out: Strategy | None = None,
    room: Number | None = None,
    admitted: Number | None = None,
    min_ready: bool = False,
    stale: bool = False,
    parameters: tuple[Variable, ...] = (),
    assume: Condition = True,
) -> Rollout:
    """A rollout of ``replicas``, from an old revision that is settled to a new one.

    The nodes take ``room`` pods together, and admission lets ``admitted`` exist at once (None: any number; else at
    least ``replicas``, which is assumed). ``carried_out`` is what the controller does instead of what is ``promised``.
    """
    nodes = NODES if room is None else Place("the nodes", room=room)
    workload = Workload(
        name="the Deployment",
        replicas=replicas,
        revisions=(OLD, NEW),
        strategy=carried_out or promised,
        target=1,
        min_ready=min_ready,
    )
    world = World(workloads=(workload,), places=(nodes,), stale=stale, admitted=admitted)
    enough = [lift(replicas) <= limit for limit in (room, admitted) if limit is not None]
    name = "rolling update" if isinstance(promised, RollingUpdate) else "recreate"
    system = build(name, world, parameters=parameters, assume=all_of([assume, *enough]))
    full = {world.spec(OLD), world.seen(OLD), world.at(Phase.AVAILABLE, OLD, nodes)}
    initial = all_of(integer(v.name) == (replicas if v.name in full else 0) for v in system.variables)
    return Rollout(world, evolve(system, initial=initial), workload, promised)


def promise(r: Rollout) -> Always:
    """``availableReplicas >= replicas - maxUnavailable`` while no pod fails by itself, and the sum of ``spec.replicas``
    is at most ``replicas + maxSurge``."""
    kept, bounded = promises(r.world, evolve(r.workload, strategy=r.promised))
    return Always(name="a rolling update keeps its promises", condition=all_of([kept, bounded]), lemmas=lemmas(r))


def lemmas(r: Rollout) -> tuple[Condition, ...]:
    """What is true of every rollout without failures, in the words of its counters; proved with the property."""
    world, replicas = r.world, r.workload.replicas
    spec = {revision: integer(world.spec(revision)) for revision in (OLD, NEW)}
    available = {revision: world.available(revision) for revision in (OLD, NEW)}
    parts: list[Condition] = [*r.system.naturals]
    parts += [
        # Old pods were all available, and are only ever deleted.
        integer(world.pending(OLD)) == 0,
        r.count(OLD, Phase.STARTING) == 0,
        r.count(OLD, Phase.READY) == 0,
        spec[OLD] <= world.live(OLD),
        spec[OLD] <= replicas,
        # New pods are created as the ReplicaSet asks for them, and none is deleted.
        world.live(NEW) <= spec[NEW],
        spec[NEW] <= replicas,
        r.count(NEW, Phase.TERMINATING) == 0,
    ]
    if world.stale:
        # What the controller sees is never better than what is, for new pods, nor worse, for old ones.
        parts += [
            integer(world.seen(NEW)) <= available[NEW],
            available[OLD] <= integer(world.seen(OLD)),
        ]
    placed = r.count(OLD, *LIVE, Phase.TERMINATING) + r.count(NEW, *LIVE, Phase.TERMINATING)
    parts += [placed <= place.room for place in world.places if place.room is not None]
    if world.admitted is not None:
        parts.append(placed + integer(world.pending(OLD)) + integer(world.pending(NEW)) <= world.admitted)
    if isinstance(r.promised, RollingUpdate):
        parts += [
            available[NEW] + spec[OLD] >= replicas - r.promised.unavailable,
            total(spec.values()) <= replicas + r.promised.surge,
        ]
    else:
        # Not one new pod before the last old one is gone.
        old = world.live(OLD) + r.count(OLD, Phase.TERMINATING)
        parts += [any_of([all_of([old == 0, spec[OLD] == 0]), spec[NEW] == 0])]
    return tuple(parts)


def completion(r: Rollout) -> Reaches:
    """The rollout completes."""
    return Reaches(name="the rollout completes", goal=r.world.complete(r.workload))


def ranking(r: Rollout) -> Number:
    """How far a rollout is from its end: every step of every controller, scheduler or kubelet makes it smaller."""
    world = r.world
    new_live = world.live(NEW)
    return total(
        [
            5 * (r.workload.replicas - integer(world.spec(NEW))),
            4 * (integer(world.spec(NEW)) - new_live),
            3 * integer(world.pending(NEW)),
            2 * r.count(NEW, Phase.STARTING),
            r.count(NEW, Phase.READY),
            integer(world.spec(OLD)),
            2 * world.live(OLD),
            r.count(OLD, Phase.TERMINATING),
        ]
    )


@cache
def promises_theorem(min_ready: bool) -> Verdict:
    """For every size: a rolling update never takes availability below replicas - maxUnavailable, nor asks for more pods
    than replicas + maxSurge, even on a stale status."""
    r = rollout(min_ready=min_ready, stale=True)
    verdict = portfolio.decide(r.system, promise(r))
    consult()  # What was cut short is not kept.
    return evolve(verdict, scope=EVERY_SIZE)


@cache
def completion_theorem(recreate: bool, min_ready: bool) -> Verdict:
    """For every size: a rollout whose pods all find room and become ready ends with every replica updated."""
    r = rollout(recreate=recreate, min_ready=min_ready)
    goal = EventuallyAlways(name=completion(r).name, goal=completion(r).goal)
    verdict = portfolio.decide(r.system, goal, invariant=all_of(lemmas(r)), rank=ranking(r))
    consult()
    return evolve(verdict, scope="every number of replicas" if recreate else EVERY_SIZE)
