"""Somebody sets another number of replicas: ``kubectl scale``, a changed manifest, an autoscaler.

Only workloads whose ``replicas`` is a variable can be scaled (``resizable`` makes them so). What their Deployment
controller makes of it is in ``deployment``; a bare ReplicaSet wants the new number at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import evolve, frozen

from kverify.model.expr import Condition, Expr, Number, integer
from kverify.model.system import Action, Variable
from kverify.model.workload import RollingUpdate, Strategy, Workload
from kverify.model.world import World

COMPONENT = "operator"


def replicas(name: str) -> str:
    """The variable with the ``spec.replicas`` of a workload called ``name``."""
    return f"{name}.replicas"


def annotated(name: str) -> str:
    """The variable with the replicas that its active ReplicaSets were last told (``desired-replicas``)."""
    return f"{name}.annotated"


def resizable(workload: Workload, strategy: Callable[[Number], Strategy | None]) -> Workload:
    """``workload`` with a number of replicas that may change; ``strategy`` resolves its percentages for any number."""
    now, before = integer(replicas(workload.name)), integer(annotated(workload.name))
    rolls, rolled = strategy(now), strategy(before)
    return evolve(
        workload,
        replicas=now,
        strategy=rolls,
        annotated=None if rolls is None else before,
        annotated_surge=rolled.surge if isinstance(rolled, RollingUpdate) else 0,
    )


def settled(world: World, workload: Workload, number: int) -> dict[str, int]:
    """The values of the variables of this file while ``workload`` has ``number`` replicas."""
    if workload not in _resizable(world):
        return {}
    told = {} if workload.annotated is None else {annotated(workload.name): number}
    return {replicas(workload.name): number, **told}


def variables(world: World) -> Iterator[Variable]:
    for workload in _resizable(world):
        yield Variable(replicas(workload.name))
        if workload.annotated is not None:
            yield Variable(annotated(workload.name))


def _resizable(world: World) -> Iterator[Workload]:
    for workload in world.workloads:
        if isinstance(workload.replicas, Expr) and workload.replicas.name == replicas(workload.name):
            yield workload


def resized(world: World, workload: Workload, number: Number) -> dict[str, Number | Condition]:
    """What changes when ``number`` is written to ``spec.replicas``."""
    changed: dict[str, Number | Condition] = {replicas(workload.name): number}
    if workload.strategy is None:
        changed |= {world.spec(revision): number for revision in workload.revisions}
    return changed


@frozen(eq=False)
class Scales:
    """Somebody may set the replicas of any workload to one of ``counts``."""

    counts: Sequence[int]

    def variables(self, world: World) -> Iterator[Variable]:
        yield from variables(world)

    def actions(self, world: World) -> Iterator[Action]:
        for workload in _resizable(world):
            for number in self.counts:
                yield Action(
                    f"scale {workload.name} to {number}",
                    COMPONENT,
                    guard=integer(replicas(workload.name)) != number,
                    updates=resized(world, workload, number),
                    says=f"Somebody scales {workload.name} from {{before[{replicas(workload.name)}]}} to {number}",
                    environment=True,
                )
