"""What is proved once, for every size, and then only cited: the promises of a strategy, and that a rollout ends.

``replicas``, ``maxSurge`` and ``maxUnavailable`` are parameters; the only assumption is what the API server enforces
(none is negative, and surge and unavailable are not both 0). Room for every pod is assumed here: a check cites a
theorem only where that has been proved, or where the cluster is open and the verdict says so.
"""

from __future__ import annotations

from functools import cache

from attrs import evolve, frozen

from kverify.engines import induction, progress
from kverify.engines.verdict import Verdict
from kverify.model.build import build
from kverify.model.components.deployment import promises
from kverify.model.expr import Condition, Number, all_of, any_of, integer, total
from kverify.model.system import TransitionSystem, Variable
from kverify.model.workload import Recreate, Revision, RollingUpdate, Workload
from kverify.model.world import Phase, Place, World
from kverify.spec.property import Always, Reaches

REPLICAS, SURGE, UNAVAILABLE = Variable("replicas"), Variable("maxSurge"), Variable("maxUnavailable")
EVERY_SIZE = "every replicas, maxSurge and maxUnavailable (not both 0)"
OLD, NEW = Revision("old", "ReplicaSet old"), Revision("new", "ReplicaSet new")
NODES = Place("a node")


@frozen(eq=False)
class Rollout:
    """One rollout of any size: its world, its system, and the conditions that theorems are about."""

    world: World
    system: TransitionSystem
    workload: Workload

    def count(self, revision: Revision, *phases: Phase) -> Number:
        return self.world.count(revision, phases)


def rollout(*, recreate: bool = False, min_ready: bool = False, stale: bool = False, extra_surge: int = 0) -> Rollout:
    """A rollout from a settled old revision to a new one.

    ``stale`` lets the controller read a status that lags behind. ``extra_surge`` seeds a fault: a controller that takes
    ``maxSurge`` to be bigger than it is, which the proofs must refuse.
    """
    strategy = Recreate() if recreate else RollingUpdate(SURGE.expr + extra_surge, UNAVAILABLE.expr)
    workload = Workload(
        name="the Deployment",
        replicas=REPLICAS.expr,
        revisions=(OLD, NEW),
        strategy=strategy,
        target=1,
        min_ready=min_ready,
    )
    world = World(workloads=(workload,), places=(NODES,), stale=stale)
    zero = [world.spec(NEW), *([world.seen(NEW)] if stale else [])]
    settled = [world.spec(OLD), world.at(Phase.AVAILABLE, OLD, NODES), *([world.seen(OLD)] if stale else [])]
    named = {*zero, *settled}
    counters = [
        world.at(phase, revision, NODES)
        for revision in workload.revisions
        for phase in world.phases(workload)
        if world.at(phase, revision, NODES) not in named
    ]
    initial = all_of(
        [*(integer(name) == REPLICAS.expr for name in settled), *(integer(name) == 0 for name in (*zero, *counters))]
    )
    parameters = (REPLICAS,) if recreate else (REPLICAS, SURGE, UNAVAILABLE)
    assume: Condition = True if recreate else (SURGE.expr + UNAVAILABLE.expr >= 1)
    system = build(
        "recreate" if recreate else "rolling update",
        world,
        initial=initial,
        parameters=parameters,
        assume=assume,
    )
    return Rollout(world, system, workload)


def promise(r: Rollout) -> Always:
    """``availableReplicas >= replicas - maxUnavailable`` while no pod fails by itself, and the sum of ``spec.replicas``
    is at most ``replicas + maxSurge``."""
    kept, bounded = promises(r.world, _nominal(r.workload))
    return Always(name="a rolling update keeps its promises", condition=all_of([kept, bounded]), lemmas=lemmas(r))


def _nominal(workload: Workload) -> Workload:
    """The workload as its manifest says, whatever fault was seeded into the controller."""
    return evolve(workload, strategy=RollingUpdate(SURGE.expr, UNAVAILABLE.expr))


def lemmas(r: Rollout) -> tuple[Condition, ...]:
    """What is true of every rollout without failures, in the words of its counters; proved with the property."""
    world, replicas = r.world, REPLICAS.expr
    spec = {revision: integer(world.spec(revision)) for revision in (OLD, NEW)}
    available = {revision: world.available(revision) for revision in (OLD, NEW)}
    parts: list[Condition] = [integer(v.name) >= 0 for v in r.system.variables if not v.truth]
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
    if isinstance(r.workload.strategy, RollingUpdate):
        parts += [
            available[NEW] + spec[OLD] >= replicas - UNAVAILABLE.expr,
            total(spec.values()) <= replicas + SURGE.expr,
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
            5 * (REPLICAS.expr - integer(world.spec(NEW))),
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
    return evolve(induction.check(r.system, promise(r)), scope=EVERY_SIZE)


@cache
def completion_theorem(recreate: bool, min_ready: bool) -> Verdict:
    """For every size: a rollout whose pods all find room and become ready ends with every replica updated."""
    r = rollout(recreate=recreate, min_ready=min_ready)
    verdict = progress.prove(r.system, completion(r), invariant=all_of(lemmas(r)), rank=ranking(r))
    return evolve(verdict, scope="every number of replicas" if recreate else EVERY_SIZE)
