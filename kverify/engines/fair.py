"""Fair components: the parts of a graph in which a fair run can stay for ever.

A loop is fair exactly when every weakly fair action is taken or not enabled somewhere in it and every strongly fair
action is taken in it or enabled nowhere in it. A run may stay where it is at any moment, so every single state is a
loop too: the fair ones among them are the states in which nothing fair is enabled.

Weak fairness can be judged on a strongly connected component as a whole, because a loop through all of it exists.
Strong fairness cannot: where an action is enabled that no step inside the component takes, a fair loop has to avoid the
states in which it is enabled. They are removed and what is left is taken apart again (the emptiness check of Streett
automata: Emerson and Lei, *Modalities for model checking*, 1987).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce

from attrs import Factory, define, field

from kverify.model.system import Fairness, TransitionSystem
from kverify.spec.property import Fair


@define
class Edges:
    """Who leads where: the edges of state ``i`` are those from ``first[i]`` up to ``first[i + 1]``.

    ``actions`` are indices into the system's actions, ``targets`` numbers of states. A state without a row has not been
    expanded. Every enabled action of an expanded state has exactly one edge.
    """

    first: array[int] = Factory(lambda: array("Q", [0]))
    actions: array[int] = Factory(lambda: array("I"))
    targets: array[int] = Factory(lambda: array("I"))

    def of(self, state: int) -> Iterator[tuple[int, int]]:
        """The edges of one state, as action and target."""
        begin, end = self.first[state], self.first[state + 1]
        return zip(self.actions[begin:end], self.targets[begin:end], strict=True)

    @property
    def expanded(self) -> int:
        """How many states have a row; they are the first ones."""
        return len(self.first) - 1

    def enabled(self, state: int) -> int:
        """The actions enabled in ``state``, as a set of bits."""
        row = self.actions[self.first[state] : self.first[state + 1]]
        return reduce(lambda bits, action: bits | 1 << action, row, 0)


@define
class Rules:
    """What is assumed of a system's actions: sets of bits for weak and strong ones, and what may go on for ever."""

    weak: int
    strong: int
    endless: bytes = field(repr=False)
    """1 for every action that may be taken again and again."""

    @classmethod
    def of(cls, system: TransitionSystem, fair: Fair) -> Rules:
        """The rules for ``system`` under ``fair``."""

        def bits(wanted: Fairness) -> int:
            return sum(1 << i for i, action in enumerate(system.actions) if fair.of(action) is wanted)

        endless = bytes(fair.endless_disturbances or not action.environment for action in system.actions)
        return cls(bits(Fairness.WEAK), bits(Fairness.STRONG), endless)

    def starving(self, always: int, ever: int, taken: int) -> tuple[int, int]:
        """The weak and the strong actions that a loop treats unfairly which enables ``always`` in each of its states,
        ``ever`` in some, and takes ``taken``."""
        return always & self.weak & ~taken, ever & self.strong & ~taken


def components(edges: Edges, region: Sequence[int], endless: bytes) -> Iterator[list[int]]:
    """The strongly connected components of ``region`` under steps that may go on for ever, also the single states.

    Tarjan's algorithm without recursion: a component comes after all those it leads to.
    """
    number: dict[int, int] = dict.fromkeys(region, 0)
    low: dict[int, int] = {}
    stack: list[int] = []
    count = 0
    for root in region:
        if number[root]:
            continue
        count += 1
        number[root] = low[root] = count
        stack.append(root)
        calls = [(root, _following(edges, root, endless))]
        while calls:
            state, targets = calls[-1]
            for target in targets:
                seen = number.get(target)
                if seen is None or seen < 0:
                    continue
                if not seen:
                    count += 1
                    number[target] = low[target] = count
                    stack.append(target)
                    calls.append((target, _following(edges, target, endless)))
                    break
                if seen < low[state]:
                    low[state] = seen
            else:
                calls.pop()
                if calls and low[state] < low[calls[-1][0]]:
                    low[calls[-1][0]] = low[state]
                if low[state] == number[state]:
                    component = []
                    while True:
                        member = stack.pop()
                        number[member] = -1
                        component.append(member)
                        if member == state:
                            break
                    yield component


def _following(edges: Edges, state: int, endless: bytes) -> Iterator[int]:
    return (target for action, target in edges.of(state) if endless[action])


def fair_components(
    edges: Edges, region: Sequence[int], rules: Rules, *, often: bytes | None = None, moving: bool = False
) -> Iterator[list[int]]:
    """The largest parts of ``region`` in which a fair run can stay for ever, going through all of it.

    Every fair loop inside ``region`` lies in one of them. With ``often`` only those that contain a state with a 1 in
    it; with ``moving`` only those in which some step changes the state. Every state in ``region`` must be expanded.
    """
    either = rules.weak | rules.strong
    fair = bytes(either >> action & 1 for action in range(len(rules.endless)))
    waiting: list[Sequence[int]] = [region]
    while waiting:
        for component in components(edges, waiting.pop(), rules.endless):
            if often is not None and not any(often[state] for state in component):
                continue
            if len(component) == 1:
                (state,) = component
                row = slice(edges.first[state], edges.first[state + 1])
                treated = any(fair[action] for action in edges.actions[row])
                if not moving and not treated:
                    yield component
                if moving or not treated or state not in edges.targets[row]:
                    # A fair action that leads away is starved by standing still.
                    continue
            always, ever, taken = inside(edges, component, rules.endless)
            weak, strong = rules.starving(always, ever, taken)
            if weak:
                continue
            if not strong:
                yield component
            else:
                rest = [state for state in component if not edges.enabled(state) & strong]
                if rest:
                    waiting.append(rest)


def inside(edges: Edges, component: Iterable[int], endless: bytes) -> tuple[int, int, int]:
    """Which actions are enabled in every state of ``component``, which in some, and which lead from it into it."""
    members = set(component)
    always, ever, taken = -1, 0, 0
    for state in members:
        enabled = 0
        for action, target in edges.of(state):
            enabled |= 1 << action
            if target in members and endless[action]:
                taken |= 1 << action
        always &= enabled
        ever |= enabled
    return always, ever, taken
