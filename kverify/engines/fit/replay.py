"""From a state of classes to binds on single nodes, and what the real filters say of them.

Nothing that ``build.py`` says is believed: the state is counted again, every pod on every kind of node is held against
the bounds as if it came last, and an order is found for what depends on the order. Of the binds, some are taken through
the real filters on all real nodes, and so is the waiting pod on every kind of node.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from attrs import define, frozen

from kverify.engines.errors import ReplayError
from kverify.engines.fit.concrete import State
from kverify.model.expr import Number
from kverify.model.scheduling.framework import PodGroup, Requirement, Snapshot
from kverify.model.scheduling.profile import compose, reject, said

REPLAYED = 12
"""Of so many kinds of pods the first and the last bind are taken through the real filters; all others rest on the
bounds that were read off the same filters."""


_Assigned: TypeAlias = "dict[tuple[int, int], list[tuple[int, int]]]"
"""The nodes that pods of a demand are on, by (demand, class): (node, pods)."""


class NoOrder(Exception):
    """No order of binding was found that leads to a state: it was a guess, and nothing is known of it."""


@frozen(eq=False, kw_only=True)
class Shown:
    """A blocking placement. ``message`` is the scheduler's event for the waiting pod; ``refusals`` what it says of each
    kind of node: (number of nodes, name of the first, requirements)."""

    message: str
    refusals: tuple[tuple[int, str, tuple[Requirement, ...]], ...]
    blocking: tuple[tuple[int, int], ...]
    """Pods that have a node, by demand."""
    steps: int


@frozen(eq=False)
class _Turn:
    """The pods of one demand that come one after the other: the classes of the first and of the last."""

    demand: int
    first: int
    last: int


@define(eq=False)
class Replay:
    """States of one question on its real nodes."""

    _latest: Snapshot | None = None

    def show(self, state: State, demand: int) -> Shown:
        """The real filters, on all real nodes, say why a pod of ``demand`` waits.

        Raises ``ReplayError`` if they do not, ``NoOrder`` if no order is found that leads there.
        """
        book = state.book
        turns = check(state)
        nodes = _assigned(state)
        counts = self._binds(state, turns, nodes)
        snapshot = self._snapshot(state, counts)
        pod = book.demands[demand].pod
        refusals = []
        answers: list[tuple[Requirement, ...]] = []
        for members in _kinds(state):
            name = book.cluster.nodes[members[0]].name
            rejected = reject(pod, members[0], snapshot, book.cluster.profile)
            if not rejected:
                raise ReplayError(f"{name} takes {pod} after all")
            refusals.append((len(members), name, rejected))
            answers += [said(rejected, book.cluster.profile)] * len(members)
        return Shown(
            message=compose(answers),
            refusals=tuple(refusals),
            blocking=tuple((d, state.placed[d]) for d in state.sequence),
            steps=sum(state.placed),
        )

    def _binds(self, state: State, turns: tuple[_Turn, ...], nodes: _Assigned) -> dict[tuple[int, int], Number]:
        """Bind demand by demand; the counts at the end. Raises ``ReplayError`` when a filter says no."""
        book = state.book
        counts = _staying(state)
        asked = {turn.demand for turn in turns[:: max(len(turns) // REPLAYED, 1)]}
        for turn in turns:
            own = [(node, number) for c in range(len(book.classes)) for node, number in nodes.get((turn.demand, c), ())]
            if turn.demand in asked:
                self._bind(state, turn.demand, nodes[turn.demand, turn.first][0][0], counts)
            counts.update({(turn.demand, node): number for node, number in own})
            if turn.demand in asked:
                last, number = nodes[turn.demand, turn.last][-1]
                counts[turn.demand, last] = number - 1
                self._bind(state, turn.demand, last, counts)
                counts[turn.demand, last] = number
        return counts

    def _bind(self, state: State, demand: int, node: int, counts: Mapping[tuple[int, int], Number]) -> None:
        book = state.book
        pod = book.demands[demand].pod
        if reject(pod, node, self._snapshot(state, counts), book.cluster.profile):
            raise ReplayError(f"{book.cluster.nodes[node].name} does not take {pod}")

    def _snapshot(self, state: State, counts: Mapping[tuple[int, int], Number]) -> Snapshot:
        """The real nodes with these pods. What is known of nodes and labels is kept from one to the next."""
        book = state.book
        if self._latest is None:
            groups = [PodGroup(demand.pod) for demand in book.demands] + [group for group, _ in book.cluster.others]
            self._latest = Snapshot(
                book.cluster.nodes, tuple(groups), counts, book.cluster.namespaces, book.cluster.storage
            )
        else:
            self._latest = self._latest.with_counts(counts)
        return self._latest


def _staying(state: State) -> dict[tuple[int, int], Number]:
    """The pods that stay, by (group, node)."""
    first = len(state.book.demands)
    return {
        (first + index, node): number
        for index, (_, by_node) in enumerate(state.book.cluster.others)
        for node, number in by_node.items()
    }


def check(state: State) -> tuple[_Turn, ...]:
    """An order that leads to a state, every pod of which the bounds let through. Raises ``ReplayError`` if they do not,
    ``NoOrder`` if no order is found."""
    _count(state)
    return tuple(_turns(state))


def _count(state: State) -> None:
    """Count the pods again and hold each against the bounds as if it came last."""
    table = state.table
    placed: Counter[int] = Counter()
    on_class: Counter[str] = Counter()
    for c, kinds in enumerate(state.nodes):
        if sum(alike.number for alike in kinds) != state.book.classes[c].size:
            raise ReplayError("nodes were lost")
        for alike in kinds:
            loads: Counter[int] = Counter()
            for d, number in alike.pods.items():
                placed[d] += alike.number * number
                on_class[f"y{d}@{c}"] += alike.number * number
                for key, weight in table.adds.get(d, {}).items():
                    loads[key] += weight * number
            for d in alike.pods:
                if state.book.of(d, c).refused:
                    raise ReplayError("a pod is where it is refused")
                for check in table.checks(d, c):
                    own = table.adds.get(d, {}).get(check.sum, 0)
                    if alike.number and loads[check.sum] - own > check.most + check.least:
                        raise ReplayError("a pod is not let through")
    if any(state.counts[name] != on_class[name] for name in state.counts):
        raise ReplayError("pods were lost")
    for d, most in enumerate(table.most):
        if placed[d] > most - (d == state.waiting):
            raise ReplayError("there are not so many pods")
    for members, most in table.limits:
        if sum(placed[d] for d in members) > most - (state.waiting in members):
            raise ReplayError("there are not so many pods together")


def _turns(state: State) -> Iterator[_Turn]:
    """An order of the demands, and of each demand's pods, in which every domain lets them in."""
    counting = state.table.counting
    counts = dict.fromkeys(state.counts, 0)
    for d in state.sequence:
        kind = counting.domains(d)
        classes = [c for c in sorted(counting.eligible(d)) if state.counts[f"y{d}@{c}"]]
        if kind.spread is not None:
            numbers = state.spread_over(d)
            if not kind.spread.holds(numbers):
                raise NoOrder("a domain is too far ahead")
            after = {c: numbers[z] + kind.spread.staying[z] for c in classes for z in [kind.spread.domain(c)]}
            # Where the fewest are comes first, where the most are last.
            staying = {c: kind.spread.staying[kind.spread.domain(c)] for c in classes}
            yield _Turn(d, min(classes, key=staying.__getitem__), max(classes, key=after.__getitem__))
        elif kind.free or _in_any_order(state, d, classes):
            yield _Turn(d, classes[0], classes[-1])
        else:
            order = _one_by_one(state, d, classes, counts)
            yield _Turn(d, order[0], order[-1])
        counts.update({f"y{d}@{c}": state.counts[f"y{d}@{c}"] for c in classes})


def _in_any_order(state: State, demand: int, classes: list[int]) -> bool:
    """Every pod of a demand is let in by its domain although all others are there."""
    if not state.table.counting.domains(demand).stable:
        return False
    for c in classes:
        name = f"y{demand}@{c}"
        condition = state.table.condition(demand, c)
        if condition is not None and not condition.holds({**state.counts, name: state.counts[name] - 1}):
            return False
    return True


def _one_by_one(state: State, demand: int, classes: list[int], before: Mapping[str, int]) -> list[int]:
    """The classes that the pods of a demand go to, one after the other, after ``before``. Raises ``NoOrder``."""
    counts = dict(before)
    left = {c: state.counts[f"y{demand}@{c}"] for c in classes}
    order: list[int] = []
    while any(left.values()):
        for c in sorted(classes, key=lambda c: counts[f"y{demand}@{c}"]):
            condition = state.table.condition(demand, c)
            if left[c] and (condition is None or condition.holds(counts)):
                counts[f"y{demand}@{c}"] += 1
                left[c] -= 1
                order.append(c)
                break
        else:
            raise NoOrder("no order was found in which the domains let the pods in")
    return order


def _assigned(state: State) -> _Assigned:
    """The nodes that pods of a demand are on, by (demand, class): (node, pods)."""
    found: _Assigned = {}
    for c, chosen in enumerate(state.book.classes):
        start = 0
        for alike in state.nodes[c]:
            members = chosen.nodes[start : start + alike.number]
            start += alike.number
            for d, number in alike.pods.items():
                found.setdefault((d, c), []).extend((node, number) for node in members)
    return found


def _kinds(state: State) -> list[list[int]]:
    """The nodes that bear the same pods, class by class."""
    found: dict[tuple[int, tuple[tuple[int, int], ...]], list[int]] = {}
    for c, chosen in enumerate(state.book.classes):
        start = 0
        for alike in state.nodes[c]:
            key = c, tuple(sorted(alike.pods.items()))
            found.setdefault(key, []).extend(chosen.nodes[start : start + alike.number])
            start += alike.number
    return [members for members in found.values() if members]
