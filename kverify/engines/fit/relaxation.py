"""Every state that scheduling can reach, and more, as linear constraints over pods per class of nodes.

Variables: ``y[d,c]``, the pods of demand ``d`` on all nodes of class ``c``. A state that a scheduler reaches satisfies

* the counts: no more pods than there are;
* the capacity of each class: what every pod that adds to a sum was checked against when it came holds for the sum of
  all nodes, because the last one that came was checked;
* what later pods cannot break (anti-affinity over shared keys), as in ``kverify.engines.schedulability``;
* spread: where only pods with the very same constraint count, domains never drift further apart than ``maxSkew``,
  because the fewest never falls while nothing is deleted.

*Blocked*, for a pod of ``d``: every class that may take it refuses, as a whole or because each of its nodes is
blocked by some reason ``r``: ``n[c,r]`` nodes, with the pods ``w[d,c,r]`` on them, which weigh enough to block so many
nodes and no more than so many nodes bear.

These constraints follow from reachability, not the other way round: unsatisfiable is a proof, satisfiable a candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from attrs import define, field, frozen

from kverify.engines.budget import gave_up, limit_solver
from kverify.engines.fit.rules import Blocker, Rulebook, Rules, on_class
from kverify.engines.smt import as_condition, own_context, translate
from kverify.model.expr import Expr, substitute
from kverify.model.scheduling import pod_topology_spread

_Weights: TypeAlias = tuple[tuple[int, int], ...]
_Bound: TypeAlias = tuple[_Weights, str, int]

EFFORT = 8_000_000
"""Work per query, in Z3's own unit."""


@frozen(eq=False)
class Candidate:
    """A state that the constraints allow: how many nodes of a class each blocker refuses, by (class, blocker), and the
    pods on those nodes, by (demand, class, blocker)."""

    blocked: Mapping[tuple[int, int], int]
    plan: Mapping[tuple[int, int, int], int]


@define(eq=False)
class Relaxation:
    """The constraints of one question, built once; every query adds its own."""

    book: Rulebook
    most: Sequence[int]
    limits: Sequence[tuple[Sequence[int], int]]
    _make: Callable[[str], Any]
    _names: dict[str, Any]
    _base: list[Any]
    _known_bounds: dict[int, list[_Bound]] = field(factory=dict)

    @classmethod
    def of(
        cls,
        book: Rulebook,
        most: Sequence[int],
        limits: Sequence[tuple[Sequence[int], int]] = (),
        *,
        whole: bool = True,
    ) -> Relaxation:
        """``most`` pods of each demand; ``limits`` bound sums of demands. ``whole``: over the integers, else over the
        rationals, which is faster and proves less."""
        import z3

        make = z3.Int if whole else z3.Real
        places = list(_places(book))
        names = {f"y{d}@{c}": make(f"y{d}@{c}") for d, c in places}
        # Pods are never where they are refused for good.
        zero = {
            f"y{d}@{c}": z3.IntVal(0) if whole else z3.RealVal(0)
            for d in range(len(book.demands))
            for c in range(len(book.classes))
            if f"y{d}@{c}" not in names
        }
        self = cls(book, most, limits, make, {**zero, **names}, [])
        self._base += [names[f"y{d}@{c}"] >= 0 for d, c in places]
        self._base += self._totals()
        self._base += self._capacities()
        self._base += self._stable()
        return self

    # -- asking --------------------------------------------------------------------------------------------------

    def blocked(self, demand: int, settled: Collection[int] = ()) -> Candidate | None:
        """A candidate in which a pod of ``demand`` waits and no node takes it; None proves that there is none. All pods
        of ``settled`` demands have a node.

        Raises ``Undecided`` when Z3 gives up.
        """
        import z3

        book = self.book
        nodes: dict[tuple[int, int], Any] = {}
        parts: dict[tuple[int, int, int], Any] = {}
        rising: dict[str, list[tuple[int, Blocker, Any]]] = {}
        assertions = [self._placed(demand) <= self.most[demand] - 1]
        assertions += [self._placed(d) >= self.most[d] for d in settled if d != demand]
        assertions += [
            z3.Sum([self._placed(d) for d in members]) <= most - 1 for members, most in self.limits if demand in members
        ]
        for c, chosen in enumerate(book.classes):
            rules = book.of(demand, c)
            if rules.refused:
                continue
            own = {r: self._make(f"n{c}.{r}") for r in range(len(rules.blockers))}
            nodes.update({(c, r): number for r, number in own.items()})
            assertions += [number >= 0 for number in own.values()]
            here: dict[int, list[Any]] = {}
            for r, number in own.items():
                blocker = rules.blockers[r]
                if blocker.rises:
                    rising.setdefault(blocker.requirement.path, []).append((c, blocker, number))
                    continue
                held = self._held(c, r)
                assertions += [pods >= 0 for pods in held.values()]
                assertions.append(_weighted(blocker.weights, held) >= (blocker.most + 1) * number)
                # The nodes that are blocked for one reason bear no more than so many nodes can.
                assertions += [_weighted(w, held) <= bound * number for w, _, bound in self._bounds(c)]
                for d, pods in held.items():
                    here.setdefault(d, []).append(pods)
                    parts[d, c, r] = pods
            assertions += [z3.Sum(pods) <= self._names[f"y{d}@{c}"] for d, pods in here.items()]
            total = z3.Sum(list(own.values())) if own else z3.IntVal(0)
            domain = as_condition(translate(rules.domain, self._names))
            full = total >= chosen.size
            assertions += [total <= chosen.size]
            assertions.append(z3.Or(full, z3.Not(domain)) if isinstance(rules.domain, Expr) else full)
        for path, rows in rising.items():
            assertions += self._rising(path, rows)
        return self._solve(assertions, nodes, parts)

    def _held(self, node_class: int, reason: int) -> dict[int, Any]:
        """The pods by demand on those nodes of a class that are blocked for one reason."""
        return {
            d: self._make(f"w{d}@{node_class}.{reason}")
            for d in range(len(self.book.demands))
            if not self.book.of(d, node_class).refused
        }

    def _rising(self, path: str, rows: Sequence[tuple[int, Blocker, Any]]) -> Iterator[Any]:
        """Host-wide spread: every node that takes part has the fewest, ``m``, or more; refused are nodes that have that
        much more, and a node that has the fewest is not among them."""
        import z3

        fewest = self._make(f"m {path}")
        yield fewest >= 0
        refusing = {c: (blocker, number) for c, blocker, number in rows}
        _, first, _ = rows[0]
        assert first.floor is not None
        for c, staying in first.floor.classes:
            size = self.book.classes[c].size
            least = size * (fewest - staying)
            if c in refusing:
                blocker, number = refusing[c]
                # Beside the fewest a refused node has as much more as the constraint allows, and one.
                least = least + (blocker.most + 1 + staying) * number
            yield self._load(first.weights, c) >= least
        if {c for c, _ in first.floor.classes} == set(refusing):
            nodes = sum(self.book.classes[c].size for c in refusing)
            yield z3.Sum([number for _, _, number in rows]) <= nodes - 1

    def complete(self) -> Candidate | None:
        """A candidate in which every pod has a node; None proves that there is none. Raises ``Undecided``."""
        return self._solve([self._placed(d) >= most for d, most in enumerate(self.most)], {}, {})

    def core(self) -> tuple[str, ...]:
        """Names of constraints that together keep all pods from being placed; empty if none do. See :func:`named`."""
        import z3

        # In a context of its own the answer does not depend on what was asked before.
        context = own_context()
        solver = z3.Solver(ctx=context)
        solver.set("rlimit", EFFORT)
        solver.set("core.minimize", True)
        names = []
        for name, assertion in self.named():
            names.append(name)
            solver.assert_and_track(assertion.translate(context), z3.Bool(name, context))
        solver.add(*[(term >= 0).translate(context) for term in self._names.values() if not z3.is_int_value(term)])
        limit_solver(solver)
        answer = solver.check()
        if answer == z3.unknown:
            gave_up(solver.reason_unknown())  # That there is no core is no error; Ctrl-C is raised.
        if answer != z3.unsat:
            return ()
        found = {str(name) for name in solver.unsat_core()}
        return tuple(name for name in names if name in found)

    def named(self) -> Iterator[tuple[str, Any]]:
        """The constraints of :meth:`complete` by name: ``pods D``, ``capacity C N REASON``, ``rule D C N PATH``."""
        for d, most in enumerate(self.most):
            yield f"pods {d}", self._placed(d) >= most
        for number, (c, reason, assertion) in enumerate(self._capacity_rows()):
            yield f"capacity {c} {number} {reason}", assertion
        for number, (d, c, path, assertion) in enumerate(self._stable_rows()):
            yield f"rule {d} {c} {number} {path}", assertion

    def _solve(
        self,
        assertions: Sequence[Any],
        nodes: Mapping[tuple[int, int], Any],
        parts: Mapping[tuple[int, int, int], Any],
    ) -> Candidate | None:
        import z3

        context = own_context()
        solver = z3.Solver(ctx=context)
        solver.set("rlimit", EFFORT)
        solver.add(*[assertion.translate(context) for assertion in (*self._base, *assertions)])
        limit_solver(solver)
        answer = solver.check()
        if answer == z3.unsat:
            return None
        if answer == z3.unknown:
            raise gave_up(solver.reason_unknown())
        model = solver.model()
        blocked = {key: _value(model, term.translate(context)) for key, term in nodes.items()}
        plan = {key: _value(model, term.translate(context)) for key, term in parts.items()}
        return Candidate(
            {key: n for key, n in blocked.items() if n},
            {key: n for key, n in plan.items() if n},
        )

    # -- constraints ---------------------------------------------------------------------------------------------

    def _placed(self, demand: int) -> Any:
        import z3

        terms = [self._names[f"y{demand}@{c}"] for c in range(len(self.book.classes))]
        return z3.Sum(terms) if terms else z3.IntVal(0)

    def _load(self, weights: Sequence[tuple[int, int]], node_class: int) -> Any:
        import z3

        terms = [weight * self._names[f"y{d}@{node_class}"] for d, weight in weights]
        return z3.Sum(terms) if terms else z3.IntVal(0)

    def _totals(self) -> Iterator[Any]:
        import z3

        for d, most in enumerate(self.most):
            yield self._placed(d) <= most
        for members, most in self.limits:
            yield z3.Sum([self._placed(d) for d in members]) <= most

    def _capacities(self) -> list[Any]:
        return [assertion for _, _, assertion in self._capacity_rows()]

    def _capacity_rows(self) -> Iterator[tuple[int, str, Any]]:
        """Of each class and each bounded sum what all its nodes bear together."""
        for c, chosen in enumerate(self.book.classes):
            for weights, reason, bound in self._bounds(c):
                yield c, reason, self._load(weights, c) <= bound * chosen.size

    def _bounds(self, node_class: int) -> list[_Bound]:
        if node_class not in self._known_bounds:
            self._known_bounds[node_class] = bounds(self.book, node_class)
        return self._known_bounds[node_class]

    def _stable(self) -> list[Any]:
        return [assertion for *_, assertion in self._stable_rows()]

    def _stable_rows(self) -> Iterator[tuple[int, int, str, Any]]:
        """What a pod met in its domain when it came, it meets now as if it were coming again."""
        import z3

        for d, c in _places(self.book):
            own = on_class(d, c)
            for requirement in self.book.domain_requirements(d, c):
                if not isinstance(requirement.holds, Expr):
                    continue
                if requirement.stable or (
                    requirement.plugin == pod_topology_spread.NAME and self._alike(d, requirement.path)
                ):
                    met = translate(substitute(requirement.holds, {own.name or "": own - 1}), self._names)
                    yield d, c, requirement.path, z3.Implies(self._names[own.name or ""] >= 1, as_condition(met))

    def _alike(self, demand: int, path: str) -> bool:
        """Every pod that the constraint at ``path`` counts has the same constraint, is drawn to the same nodes, and
        none is there before."""
        pod = self.book.demands[demand].pod
        constraint = pod.spec.topology_spread_constraints[int(path.partition("[")[2].partition("]")[0])]
        if not pod_topology_spread.selects(constraint, pod, pod.labels):
            return False
        for group, _ in self.book.cluster.others:
            if group.pod.namespace == pod.namespace and pod_topology_spread.selects(constraint, pod, group.pod.labels):
                return False
        for other in (row.pod for row in self.book.demands):
            if other.namespace != pod.namespace or not pod_topology_spread.selects(constraint, pod, other.labels):
                continue
            if constraint not in other.spec.topology_spread_constraints or other.labels != pod.labels:
                return False
            if (other.spec.node_selector, other.spec.affinity, other.spec.tolerations) != (
                pod.spec.node_selector,
                pod.spec.affinity,
                pod.spec.tolerations,
            ):
                return False
        return True


def bounds(book: Rulebook, node_class: int) -> list[_Bound]:
    """The sums that every pod which adds to them is checked against, with what one node bears of each."""
    rows: dict[_Weights, dict[int, int]] = {}
    reasons: dict[_Weights, str] = {}
    for d in range(len(book.demands)):
        rules = book.of(d, node_class)
        for blocker in () if rules.refused else rules.blockers:
            weight = blocker.weight(d)
            if weight and not blocker.rises:
                row = rows.setdefault(blocker.weights, {})
                row[d] = min(row.get(d, blocker.most + weight), blocker.most + weight)
                reasons[blocker.weights] = blocker.requirement.reason
    found: list[_Bound] = []
    alone: dict[int, tuple[int, str]] = {}
    for weights, caps in rows.items():
        here = [d for d, _ in weights if not book.of(d, node_class).refused]
        if here and all(d in caps for d in here):
            found.append((weights, reasons[weights], max(caps[d] for d in here)))
        each = dict(weights)
        for d, most in caps.items():
            # Whole pods: a node that bears 4 has one pod of 2.5, not 1.6.
            number = most // each[d]
            if d not in alone or number < alone[d][0]:
                alone[d] = number, reasons[weights]
    found += [(((d, 1),), reason, number) for d, (number, reason) in alone.items()]
    return found


def _places(book: Rulebook) -> Iterator[tuple[int, int]]:
    for d in range(len(book.demands)):
        for c in range(len(book.classes)):
            rules: Rules = book.of(d, c)
            if not rules.refused:
                yield d, c


def _value(model: Any, term: Any) -> int:
    """The value of a term, rounded down where it is a fraction."""
    import z3

    value = model.eval(term, model_completion=True)
    if z3.is_int_value(value):
        return int(value.as_long())
    return int(value.numerator_as_long() // value.denominator_as_long())


def _weighted(weights: _Weights, pods: Mapping[int, Any]) -> Any:
    import z3

    terms = [weight * pods[d] for d, weight in weights if d in pods]
    return z3.Sum(terms) if terms else z3.IntVal(0)
