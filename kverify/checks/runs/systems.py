"""The systems that the checks explore, by name: for whoever wants to have them, not just the verdicts on them."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from kverify.checks.builtin import drain, rollout
from kverify.checks.deciding.disturbance import disturb
from kverify.checks.deciding.scenes import rollout_scene
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.model.build import build, settled_states
from kverify.model.environment.drain import drained
from kverify.model.system import TransitionSystem
from kverify.model.world import NodeStatus
from kverify.spec.property import Reaches


@frozen(eq=False, kw_only=True)
class Question:
    """A system with what is asked of it. ``name`` is ``rollout``, ``drain NODE`` or ``loss NODE``; ``assumptions`` say
    what the scene takes for granted."""

    object: str
    name: str
    system: TransitionSystem
    prop: Reaches
    assumptions: tuple[str, ...] = ()


def questions(ctx: Context) -> Iterator[Question]:
    """Every question about every workload of the manifests that has one, in the order of the checks.

    Raises ``TooManyPlacements`` where a steady state cannot be enumerated.
    """
    for subject in ctx.checked:
        if subject in ctx.rooms.placeable and subject.replicas:
            yield from _of(ctx, subject)


def _of(ctx: Context, subject: Subject) -> Iterator[Question]:
    if subject.strategy is not None:
        scene = rollout_scene(ctx, subject)
        workload = scene.workload(subject)
        yield Question(
            object=subject.title,
            name="rollout",
            system=build(
                f"rollout of {subject.title}",
                scene.world,
                starts=settled_states(scene.world, scene.placements, [workload.revisions[0]]),
            ),
            prop=Reaches(name=rollout.TITLE, goal=scene.world.complete(workload)),
            assumptions=scene.assumptions,
        )
    if not subject.managed:
        return
    for status, verb in ((NodeStatus.CORDONED, "drain"), (NodeStatus.SILENT, "loss")):
        for case in disturb(ctx, ctx.guards.shares_budget(subject), status):
            lost = status is NodeStatus.SILENT
            yield Question(
                object=subject.title,
                name=f"{verb} {case.node}",
                system=case.system,
                prop=Reaches(
                    name="every replica comes back" if lost else drain.TITLE,
                    goal=case.recovered() if lost else drained(case.world),
                ),
                assumptions=case.scene.assumptions,
            )
