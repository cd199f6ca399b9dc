"""Something that may happen at most so many times during a run, and perhaps only after something else.

The number that is left is a variable like any other. What happens is a disturbance: it may happen or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import evolve, frozen

from kverify.model.expr import all_of, integer
from kverify.model.system import Action, Variable
from kverify.model.world import World


@frozen(eq=False)
class Limited:
    """A component that lets ``actions`` happen ``number`` times in all. ``variables`` are those that they need, and
    ``after`` names events of which one must have happened before: (name, how many times it may)."""

    event: str
    number: int
    source: Callable[[World], Iterator[Action]]
    own: Callable[[World], Iterator[Variable]]
    after: tuple[tuple[str, int], ...] = ()

    def variables(self, world: World) -> Iterator[Variable]:
        yield from self.own(world)
        yield Variable(left(self.event), 0, self.number, self.number)

    def actions(self, world: World) -> Iterator[Action]:
        rest = integer(left(self.event))
        waits = [integer(left(event)) <= number - 1 for event, number in self.after]
        for action in self.source(world):
            yield evolve(
                action,
                guard=all_of([action.guard, rest >= 1, *waits]),
                updates={**action.updates, left(self.event): rest - 1},
                environment=True,
            )


def left(event: str) -> str:
    """The variable that counts how often ``event`` may still happen."""
    return f"left.{event}"
