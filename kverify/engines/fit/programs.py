"""All reachable states, and more, as a linear program over pods per class of nodes.

``y[d,c]`` are the pods of demand ``d`` on all nodes of class ``c``. In every state

* there are no more pods than there may be, of each demand and of each limit;
* on each class, the sums that all who add to them are checked against stay within what its nodes bear together;
* pods that spread over domains are nowhere more than ``maxSkew`` ahead (``domains.py``).

*Can part of the nodes be blocked altogether?* As in ``pigeonhole.py`` a pod blocks at most its greatest share of a
node, so the blocked nodes of a class are at most the sum of the shares on it. If the most that can be blocked is less
than the nodes there are, some node is always free. *Is there room for all?* If fewer pods than all can be placed, no.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import define, field

from kverify.engines.fit.lp import Program, Solution, available
from kverify.engines.fit.pigeonhole import Counting
from kverify.engines.fit.relaxation import bounds

_SHARE = 1 << 20
"""Shares are rounded up to multiples of one over this."""


@define(eq=False)
class Programs:
    """The linear programs about one question. Without the solver they prove nothing."""

    counting: Counting
    available: bool = field(factory=available)
    _rules: dict[int, tuple[int, int, str]] = field(factory=dict)
    _known: dict[tuple[int, tuple[int, ...]], bool] = field(factory=dict)

    # -- does one always find a node? ----------------------------------------------------------------------------

    def free(self, demand: int) -> bool:
        """It is proved that a waiting pod of ``demand`` always finds a node."""
        if not self.available:
            return False
        groups = self.counting.groups(demand)
        unblocked = [
            condition
            for condition, classes in groups.items()
            if self.counting.free(demand, classes) or self._unblocked(demand, classes)
        ]
        return bool(unblocked) and (
            any(condition is True for condition in unblocked) or self.counting.one_is_open(demand, unblocked)
        )

    def _unblocked(self, demand: int, classes: Sequence[int]) -> bool:
        key = demand, tuple(classes)
        if key not in self._known:
            program, _ = self.blocking(demand, classes)
            nodes = sum(self.counting.book.classes[c].size for c in classes)
            self._known[key] = program.solve().bound < nodes
        return self._known[key]

    def may_block(self, demand: int, classes: Sequence[int]) -> bool:
        """It is not excluded that all nodes of ``classes`` are blocked for ``demand``."""
        return not self._unblocked(demand, classes)

    def blocking(self, demand: int, classes: Sequence[int]) -> tuple[Program, dict[tuple[int, int], int]]:
        """How many nodes of ``classes`` can be blocked for ``demand`` at most; and the variables of pods on classes."""
        book, counting = self.counting.book, self.counting
        program, pods = self._states(demand)
        rising: dict[tuple[tuple[tuple[int, int], ...], str], tuple[int, dict[int, int]]] = {}
        for c in classes:
            size = book.classes[c].size
            row = {program.variable(size, gain=1): _SHARE}
            for d, share in counting.shares(demand, c).items():
                if (d, c) in pods:
                    row[pods[d, c]] = -min(-(-share[0] * _SHARE // share[1]), _SHARE)
            for blocker in book.of(demand, c).blockers:
                if blocker.floor is not None:
                    domains = sum(book.classes[k].size for k, _ in blocker.floor.classes)
                    here = program.variable(size)
                    row[here] = -_SHARE
                    key = blocker.weights, blocker.requirement.path
                    rising.setdefault(key, (domains - 1, {}))[1][here] = 1
            program.at_most(row, 0)
        for bound, spared in rising.values():
            program.at_most(spared, bound)
        return program, pods

    def _states(self, waiting: int | None, *, named: bool = False) -> tuple[Program, dict[tuple[int, int], int]]:
        """The program of all states while a pod of ``waiting`` waits. ``named``: no row is left out because the number
        of pods on a class is bounded anyway."""
        counting = self.counting
        program = Program()
        pods: dict[tuple[int, int], int] = {}
        for d in range(len(counting.most)):
            supply = counting.supply(d, waiting)
            for c in sorted(counting.eligible(d)) if supply else ():
                pods[d, c] = program.variable(supply if named else counting.reach(d, supply, frozenset([c])))
            own = {pods[d, c]: 1 for c in counting.eligible(d) if (d, c) in pods}
            if own:
                program.at_most(own, supply)
        for members, most in counting.limits:
            row = {x: 1 for (d, _), x in pods.items() if d in members}
            program.at_most(row, most - (waiting in members))
        for c, _, weights, bound in self._capacities():
            row = {pods[d, c]: weight for d, weight in weights if (d, c) in pods}
            if row:
                program.at_most(row, bound * counting.book.classes[c].size)
        for d in range(len(counting.most)):
            for c, path, row, bound in self._spread(program, pods, d, counting.supply(d, waiting)):
                self._rules[program.at_most(row, bound)] = d, c, path
        return program, pods

    def _capacities(self) -> Iterator[tuple[int, str, tuple[tuple[int, int], ...], int]]:
        for c in range(len(self.counting.book.classes)):
            for weights, reason, bound in bounds(self.counting.book, c):
                yield c, reason, weights, bound

    def _spread(
        self, program: Program, pods: dict[tuple[int, int], int], demand: int, supply: int
    ) -> Iterator[tuple[int, str, dict[int, int], int]]:
        """No domain is more than ``maxSkew`` ahead of the fewest: rows with a class and the path of the constraint."""
        spread = self.counting.domains(demand).spread
        if spread is None or not supply:
            return
        rows = [{pods[demand, c]: 1 for c in members if (demand, c) in pods} for members in spread.domains]
        if spread.zero or max(spread.staying) - min(spread.staying) > spread.skew:
            # Who is ahead before anybody comes is not bounded by the others.
            for z, row in enumerate(rows):
                yield spread.domains[z][0], spread.path, row, spread.most(supply, [z])
            return
        fewest = program.variable(min(spread.staying) + supply)
        for members, row, staying in zip(spread.domains, rows, spread.staying, strict=True):
            yield members[0], spread.path, {**row, fewest: -1}, spread.skew - staying
            yield members[0], spread.path, {**dict.fromkeys(row, -1), fewest: 1}, staying

    # -- is there room for all? ----------------------------------------------------------------------------------

    def core(self) -> tuple[str, ...]:
        """Names of constraints that together keep all pods from being placed, as in ``Relaxation.named``; empty if
        nothing is proved."""
        if not self.available:
            return ()
        program, pods = self._states(None, named=True)
        wanted = sum(self.counting.most)
        for x in pods.values():
            program.gains[x] = 1
        solution = program.solve()
        if solution.bound >= wanted:
            return ()
        return tuple(self._names(program, pods, solution))

    def _names(self, program: Program, pods: dict[tuple[int, int], int], solution: Solution) -> Iterator[str]:
        """The rows that weigh. Of a demand whose own number weighs fully, every pod is taken to have a node."""
        rows = iter(range(len(program.rows)))
        for d in range(len(self.counting.most)):
            if any((d, c) in pods for c in self.counting.eligible(d)) and solution.weights[next(rows)] < 1 - _NOISE:
                yield f"pods {d}"
        for _ in self.counting.limits:
            next(rows)
        for number, (c, reason, weights, _) in enumerate(self._capacities()):
            if any((d, c) in pods for d, _ in weights) and solution.weights[next(rows)] > 0:
                yield f"capacity {c} {number} {reason}"
        for row in rows:
            if solution.weights[row] > 0:
                d, c, path = self._rules[row]
                yield f"rule {d} {c} {row} {path}"


_NOISE = 1e-6
