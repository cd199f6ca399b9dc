"""Somebody changes a Deployment's template: another image, an undo, or nothing to roll out for the time being.

Only workloads whose ``target`` is a variable can be changed. What the API server holds (``template``) and what the
Deployment controller has read (the ``target`` variable itself) are told apart where ``world.stale``: a sync that is
under way when the template changes still ends as it began. ``NOBODY`` is the choice of a Deployment that does not exist
yet or is paused while it has nothing to do: its controller leaves the ReplicaSets alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from kverify.model.components.deployment import COMPONENT as READER
from kverify.model.expr import Expr, integer
from kverify.model.system import Action, Variable
from kverify.model.workload import Workload, template
from kverify.model.world import World

COMPONENT = "operator"

NOBODY = "nobody"


def target(name: str) -> Expr:
    """The ``target`` of a workload called ``name`` whose template may change."""
    return integer(f"{name}.target")


def choices(workload: Workload) -> tuple[str, ...]:
    """What the template can be: every revision, in the order of ``workload.revisions``, or ``NOBODY``'s."""
    return (*(r.key for r in workload.revisions), NOBODY)


def _changeable(world: World) -> Iterator[tuple[Workload, str]]:
    for workload in world.workloads:
        if isinstance(workload.target, Expr) and workload.target.name is not None:
            yield workload, workload.target.name


def _applied(world: World, workload: Workload, read: str) -> str:
    return template(workload) if world.stale else read


def variables(world: World) -> Iterator[Variable]:
    for workload, read in _changeable(world):
        yield Variable.choice(read, choices(workload), NOBODY)
        if world.stale:
            yield Variable.choice(template(workload), choices(workload), NOBODY)


def actions(world: World) -> Iterator[Action]:
    yield from changes(world)
    yield from Reads().actions(world)


def changes(world: World) -> Iterator[Action]:
    """Somebody applies a template."""
    for workload, read in _changeable(world):
        applied = _applied(world, workload, read)
        for index, choice in enumerate(choices(workload)):
            title = workload.revisions[index].title if choice != NOBODY else "nothing"
            yield Action(
                apply_name(workload, choice),
                COMPONENT,
                guard=integer(applied) != index,
                updates={applied: index},
                says=f"Somebody changes the template of {workload.name} to that of {title}",
                environment=True,
            )


@frozen(eq=False)
class Reads:
    """The Deployment controller comes to read what was applied, where it may lag behind: it does so in the end."""

    def variables(self, _: World) -> Iterator[Variable]:
        """Templates are declared with the changes."""
        yield from ()

    def actions(self, world: World) -> Iterator[Action]:
        for workload, read in _changeable(world):
            if world.stale:
                applied = _applied(world, workload, read)
                yield Action(
                    f"read {workload.name}",
                    READER,
                    guard=integer(read) != integer(applied),
                    updates={read: integer(applied)},
                    says=f"The Deployment controller reads the new template of {workload.name}",
                )


def apply_name(workload: Workload, choice: str) -> str:
    """The action that applies ``choice``."""
    return f"apply {workload.name} {choice}"
