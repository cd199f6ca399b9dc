"""The smallest cluster, of given kinds of nodes, on which a question has the answer "always".

A cluster is a vector of numbers, one for each kind. Candidates come from below: the fewest nodes that satisfy what
every sufficient cluster does (for each kind what its nodes bear of every bounded sum, read off the filters, and which
kinds a pod may use at all), and that no refuted cluster excludes. A refuted candidate excludes

* where every rule is about one node (*monotone*): all clusters that have no more of any kind. A pod that is stuck
  somewhere is stuck as well when nodes are taken away, with the pods on them: whoever is left was bound just so, and
  every node that is left refuses it for good. The candidate is first made as large as it can be and still be refuted;
* otherwise (spread, affinity, anti-affinity over zones): itself alone.

So when a candidate has the answer "always", everything with fewer nodes is excluded. Candidates that were not decided
are passed over in the same way and named; then it is not proved that the answer is the smallest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from attrs import evolve, field, frozen

from kverify.api.labels import HOSTNAME, ZONE
from kverify.engines.budget import gave_up, limit_solver
from kverify.engines.errors import Undecided
from kverify.engines.fit.classes import classify, topology_keys
from kverify.engines.fit.decide import Answer
from kverify.engines.fit.rules import Rulebook
from kverify.engines.schedulability import Cluster, Demand, Room
from kverify.engines.smt import own_context
from kverify.model.scheduling import pod_topology_spread
from kverify.model.scheduling.framework import NodeInfo, PodInfo

PROBES = 120
"""Clusters that are decided at most."""
DOUBLINGS = 14
"""How often the number of nodes is doubled at most, where candidates from below have led to nothing."""
EFFORT = 20_000_000
"""Work of the question for the next candidate, in Z3's own unit."""

Numbers = tuple[int, ...]


@frozen(eq=False)
class Kind:
    """``node`` is a template; its name is the beginning of the names of its nodes, which are dealt out over ``zones``
    one after the other (``first`` says where that begins)."""

    node: NodeInfo
    zones: tuple[str, ...] = ()
    first: int = 0

    def made(self, number: int) -> Iterator[NodeInfo]:
        """So many nodes of the kind, each with a name, a host name and a zone of its own."""
        for index in range(number):
            name = f"{self.node.name}-{index + 1}"
            labels = {**self.node.labels, HOSTNAME: name}
            if self.zones:
                labels[ZONE] = self.zones[(self.first + index) % len(self.zones)]
            yield evolve(self.node, name=name, labels=labels)


@frozen(eq=False)
class Tried:
    """A cluster that was asked about."""

    numbers: Numbers
    answer: Answer = field(repr=False)

    @property
    def room(self) -> Room:
        return self.answer.room


@frozen(eq=False, kw_only=True)
class Synthesis:
    """``found`` always fits. ``smaller`` are those with one node less of some kind. ``minimal``: it is proved that no
    cluster of these kinds with fewer nodes does; where it is not, ``undecided`` are some that were passed over without
    a decision, or ``reason`` says why not all were excluded.

    Without ``found``, ``hopeless`` says that it is proved that there is none (``last`` was refuted).
    ``least`` is the number of nodes below which no question had to be asked.
    """

    found: Tried | None
    smaller: tuple[Tried, ...] = ()
    minimal: bool = False
    hopeless: bool = False
    undecided: tuple[Numbers, ...] = ()
    last: Tried | None = None
    least: int = 0
    asked: int = 0
    reason: str = ""


def smallest(
    kinds: Sequence[Kind],
    demands: Sequence[Demand],
    build: Callable[[Sequence[NodeInfo]], Cluster],
    ask: Callable[[Cluster], Answer],
    *,
    bounding: Sequence[int] | None = None,
    monotone: bool | None = None,
    probes: int = PROBES,
    progress: Callable[[Numbers], None] | None = None,
) -> Synthesis:
    """Search for the smallest cluster on which ``ask`` answers always.

    ``build`` puts on nodes what is always there. ``bounding`` are the demands that must have room at the same time (by
    default all). ``monotone`` says that more nodes never harm; by default it is read off the pods' rules. About
    ``probes`` clusters are asked about at most.
    """
    sample = build([node for kind in kinds for node in kind.made(1)])
    standing = [group.pod for group, _ in sample.others]
    if monotone is None:
        monotone = about_one_node([*(row.pod for row in demands), *standing])
    chosen = range(len(demands)) if bounding is None else bounding
    bounds = _Bounds.of(kinds, [demands[d] for d in chosen], sample)
    # So many nodes of a kind that one is empty while a pod waits, also without one node, or without one of its zones.
    most = 2 * (sum(row.count for row in demands) + 2)
    return _Search(kinds, build, ask, bounds, monotone, most, probes, progress).run()


def about_one_node(pods: Sequence[PodInfo]) -> bool:
    """Every rule of the pods is about the node they come to: more nodes never harm."""
    return not any(pod.affinity for pod in pods) and all(
        {term.topology_key for term in pod.anti_affinity} <= {HOSTNAME}
        and topology_keys([pod]) <= {HOSTNAME}
        and not any(pod_topology_spread.hard(pod))
        and ZONE not in _selected(pod)
        for pod in pods
    )


def _selected(pod: PodInfo) -> set[str]:
    """The node labels that the pod selects by."""
    keys = set(pod.spec.node_selector)
    affinity = pod.spec.affinity.node_affinity if pod.spec.affinity else None
    required = affinity.required_during_scheduling_ignored_during_execution if affinity else None
    for term in required.node_selector_terms if required is not None else ():
        keys |= {requirement.key for requirement in term.match_expressions}
    return keys


@frozen(eq=False)
class _Bounds:
    """What every sufficient cluster satisfies: of each kind (weights by demand, what one node bears), and the kinds
    that a demand may use."""

    counts: tuple[int, ...]
    rows: tuple[tuple[tuple[tuple[tuple[int, int], ...], int], ...], ...]
    usable: tuple[frozenset[int], ...]

    @classmethod
    def of(cls, kinds: Sequence[Kind], demands: Sequence[Demand], sample: Cluster) -> _Bounds:
        classes, shape = classify(sample, [row.pod for row in demands])
        book = Rulebook(demands, sample, classes, shape)
        class_of = {node: c for c, chosen in enumerate(classes) for node in chosen.nodes}
        rows = []
        usable: list[set[int]] = [set() for _ in demands]
        for k in range(len(kinds)):
            c = class_of[k]
            rows.append(tuple(_borne(book, c)))
            for d in range(len(demands)):
                # A kind with several zones is refused for good only if it is so in each; then nothing is bounded.
                if len(kinds[k].zones) > 1 or not book.of(d, c).refused:
                    usable[d].add(k)
        return cls(tuple(row.count for row in demands), tuple(rows), tuple(map(frozenset, usable)))

    def assertions(self, numbers: Sequence[Any]) -> Iterator[Any]:
        """As constraints over the numbers of nodes; pods are fractions here."""
        import z3

        pods = {(d, k): z3.Real(f"y{d}@{k}") for d in range(len(self.counts)) for k in self.usable[d]}
        yield from (term >= 0 for term in pods.values())
        for d, count in enumerate(self.counts):
            yield z3.Sum([pods[d, k] for k in self.usable[d]]) >= count if self.usable[d] else z3.BoolVal(count == 0)
        for k, rows in enumerate(self.rows):
            for weights, bound in rows:
                here = [weight * pods[d, k] for d, weight in weights if (d, k) in pods]
                if here:
                    yield z3.Sum(here) <= bound * numbers[k]


def _borne(book: Rulebook, node_class: int) -> Iterator[tuple[tuple[tuple[int, int], ...], int]]:
    """The sums that every pod which adds to them is checked against, with the most that a node has of each."""
    caps: dict[tuple[tuple[int, int], ...], dict[int, int]] = {}
    for d in range(len(book.demands)):
        rules = book.of(d, node_class)
        for blocker in () if rules.refused or not rules.covered else rules.blockers:
            weight = dict(blocker.weights).get(d, 0)
            if weight and not blocker.rises:
                row = caps.setdefault(blocker.weights, {})
                row[d] = min(row.get(d, blocker.most + weight), blocker.most + weight)
    for weights, row in caps.items():
        here = [d for d, _ in weights if not book.of(d, node_class).refused]
        if all(d in row for d in here):
            yield weights, max(row[d] for d in here)
        for d, most in row.items():
            # Whole pods only.
            yield ((d, 1),), most // dict(weights)[d]


@frozen(eq=False)
class _Search:
    kinds: Sequence[Kind]
    build: Callable[[Sequence[NodeInfo]], Cluster]
    ask: Callable[[Cluster], Answer]
    bounds: _Bounds
    monotone: bool
    most: int
    probes: int
    progress: Callable[[Numbers], None] | None
    _known: dict[Numbers, Tried] = field(factory=dict)
    _cuts: list[tuple[int | None, ...]] = field(factory=list)
    """Excluded is whatever has no more of any kind; of None any number."""
    _exact: list[Numbers] = field(factory=list)

    def run(self) -> Synthesis:
        undecided: list[Numbers] = []
        last: Tried | None = None
        least: int | None = None
        while len(self._known) < self.probes:
            try:
                candidate = self._next()
            except Undecided as why:
                return self._upwards(undecided, least or 0, last, str(why))
            if candidate is None:
                last = last or self._tried((1,) * len(self.kinds))
                return Synthesis(
                    found=None,
                    hopeless=not undecided,
                    undecided=tuple(undecided),
                    last=last,
                    least=least or 0,
                    asked=len(self._known),
                )
            least = sum(candidate) if least is None else least
            tried = self._tried(candidate)
            if tried.room is Room.ALWAYS:
                return self._found(tried, least, minimal=not undecided, undecided=undecided)
            if not self.monotone:
                self._exact.append(candidate)
                undecided += [candidate] if tried.room is Room.UNKNOWN else []
            elif tried.room is Room.UNKNOWN:
                undecided.append(candidate)
                self._cuts.append(self._grown(candidate, or_undecided=True))
            else:
                self._cuts.append(self._grown(candidate))
            if tried.room is not Room.UNKNOWN:
                last = tried
        return self._upwards(undecided, least or 0, last, f"{self.probes} clusters were decided, and no more are")

    def _found(
        self, tried: Tried, least: int, *, minimal: bool, undecided: Sequence[Numbers] = (), reason: str = ""
    ) -> Synthesis:
        smaller = tuple(self._tried(_changed(tried.numbers, k, -1)) for k, number in enumerate(tried.numbers) if number)
        return Synthesis(
            found=tried,
            smaller=smaller,
            minimal=minimal,
            undecided=tuple(undecided),
            least=least,
            asked=len(self._known),
            reason=reason,
        )

    def _tried(self, numbers: Numbers) -> Tried:
        if numbers not in self._known:
            if self.progress is not None:
                self.progress(numbers)
            nodes = [node for kind, number in zip(self.kinds, numbers, strict=True) for node in kind.made(number)]
            self._known[numbers] = Tried(numbers, self.ask(self.build(nodes)))
        return self._known[numbers]

    def _refuted(self, numbers: Numbers, or_undecided: bool) -> bool:
        room = self._tried(numbers).room
        return room is not Room.ALWAYS if or_undecided else room in (Room.FRAGILE, Room.IMPOSSIBLE)

    def _next(self) -> Numbers | None:
        """The fewest nodes that nothing excludes yet, of those the fewest of the last kinds; None if all is excluded.

        Raises ``Undecided`` when Z3 gives up.
        """
        import z3

        context = own_context()
        numbers = [z3.Int(f"n{k}") for k in range(len(self.kinds))]
        assertions = [number >= 0 for number in numbers]
        assertions += list(self.bounds.assertions(numbers))
        for cut in self._cuts:
            assertions.append(
                z3.Or([number > most for number, most in zip(numbers, cut, strict=True) if most is not None])
            )
        for exact in self._exact:
            assertions.append(z3.Or([number != most for number, most in zip(numbers, exact, strict=True)]))
        optimizer = z3.Optimize(ctx=context)
        optimizer.set("rlimit", EFFORT)
        optimizer.add(*[assertion.translate(context) for assertion in assertions])
        optimizer.minimize(z3.Sum(numbers).translate(context))
        for number in reversed(numbers[1:]):
            optimizer.minimize(number.translate(context))
        limit_solver(optimizer)
        answer = optimizer.check()
        if answer == z3.unsat:
            return None
        if answer != z3.sat:
            raise gave_up(optimizer.reason_unknown(), "on the next candidate")
        model = optimizer.model()
        return tuple(model.eval(number.translate(context), model_completion=True).as_long() for number in numbers)

    def _grown(self, numbers: Numbers, *, or_undecided: bool = False) -> tuple[int | None, ...]:
        """As much more of each kind in turn as is still refuted; None where more than there are pods is."""
        grown: list[int | None] = list(numbers)
        for k in range(len(numbers)):
            base = tuple(self.most if n is None else n for n in grown)
            low = base[k]
            step = 1
            high: int | None = None
            while high is None and len(self._known) < self.probes:
                trial = min(low + step, self.most)
                if trial <= low:
                    break
                if self._refuted(_with(base, k, trial), or_undecided):
                    low, step = trial, 2 * step
                else:
                    high = trial
            while high is not None and high - low > 1 and len(self._known) < self.probes:
                middle = (low + high) // 2
                if self._refuted(_with(base, k, middle), or_undecided):
                    low = middle
                else:
                    high = middle
            # With more nodes of a kind than pods one of them is empty: more would not help either.
            grown[k] = None if low >= self.most else low
        return tuple(grown)

    def _upwards(self, undecided: Sequence[Numbers], least: int, last: Tried | None, reason: str) -> Synthesis:
        """Any sufficient cluster, made smaller node by node; that nothing smaller is sufficient is not proved then."""
        start = max(least, 1)
        for k in range(len(self.kinds)):
            for doubling in range(DOUBLINGS):
                number = start << doubling
                if number > 2 * self.most * len(self.kinds):
                    break
                tried = self._tried(tuple(number if kind == k else 0 for kind in range(len(self.kinds))))
                if tried.room is Room.ALWAYS:
                    low, high = number // 2 if doubling else 0, number
                    while high - low > 1:
                        middle = (low + high) // 2
                        trial = self._tried(_with(tried.numbers, k, middle))
                        if trial.room is Room.ALWAYS:
                            high, tried = middle, trial
                        else:
                            low = middle
                    return self._found(tried, least, minimal=False, undecided=undecided, reason=reason)
        return Synthesis(
            found=None, undecided=tuple(undecided), last=last, least=least, asked=len(self._known), reason=reason
        )


def _with(numbers: Numbers, kind: int, number: int) -> Numbers:
    return tuple(number if k == kind else n for k, n in enumerate(numbers))


def _changed(numbers: Numbers, kind: int, by: int) -> Numbers:
    return _with(numbers, kind, numbers[kind] + by)
