"""Something happens to a node while other things go on: it is cordoned (and drained), tainted, or stops answering.

The place is up at first (``World.disturbed``); what may come is ``World.coming``. The components that react to each
status are those that also react where a run begins with it.
"""

from __future__ import annotations

from collections.abc import Iterator

from kverify.model.environment.drain import comes_back, listed
from kverify.model.expr import Condition, Number
from kverify.model.system import Action, Variable
from kverify.model.world import LIVE, NodeStatus, World

COMPONENT = "environment"

_SAYS = {
    NodeStatus.CORDONED: "{} is cordoned",
    NodeStatus.TAINTED: "{} gets a NoExecute taint that no pod tolerates by name",
    NodeStatus.SILENT: "{} stops answering",
}


def variables(_: World) -> Iterator[Variable]:
    """The node's status is declared by the node lifecycle controller, what a drain has listed by the drain."""
    yield from ()


def actions(world: World) -> Iterator[Action]:
    if world.disturbed is None or world.coming is None:
        return
    place, coming = world.disturbed[0], world.coming
    updates: dict[str, Number | Condition] = {world.status(place): coming.number}
    for revision in world.revisions:
        if comes_back(world, revision):
            updates[listed(revision)] = world.count(revision, LIVE, (place,))
    yield Action(
        f"{coming.value} {place.name}",
        COMPONENT,
        guard=world.has_status(place, NodeStatus.UP),
        updates=updates,
        says=_SAYS[coming].format(place.name),
        environment=True,
    )
