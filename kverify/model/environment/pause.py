"""``kubectl rollout pause`` and ``resume``: a paused Deployment rolls out nothing, but is still held at its size.

What its controller does meanwhile is in ``deployment``. Only workloads whose ``paused`` is a variable can be paused.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from kverify.model.expr import boolean, negate
from kverify.model.system import Action, Variable
from kverify.model.workload import Workload
from kverify.model.world import World

COMPONENT = "operator"


def paused(name: str) -> str:
    """The variable that says whether a workload called ``name`` is paused."""
    return f"{name}.paused"


def pausable(workload: Workload) -> Workload:
    """``workload`` with a ``spec.paused`` that may change."""
    return evolve(workload, paused=boolean(paused(workload.name)))


def variables(world: World) -> Iterator[Variable]:
    for workload in world.workloads:
        if workload.paused is not False:
            yield Variable.boolean(paused(workload.name))


def pauses(world: World) -> Iterator[Action]:
    """Somebody pauses a rollout."""
    yield from _changes(world, pause=True)


def resumes(world: World) -> Iterator[Action]:
    """Somebody lets a paused rollout go on."""
    yield from _changes(world, pause=False)


def _changes(world: World, *, pause: bool) -> Iterator[Action]:
    verb = "pause" if pause else "resume"
    for workload in world.workloads:
        if workload.paused is not False:
            now = boolean(paused(workload.name))
            yield Action(
                f"{verb} {workload.name}",
                COMPONENT,
                guard=negate(now) if pause else now,
                updates={paused(workload.name): pause},
                says=f"Somebody {verb}s the rollout of {workload.name}",
                environment=True,
            )
