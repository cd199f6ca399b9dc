"""The answer for every order: what always fits, what some order leaves waiting, what fits nowhere.

Of each demand the cheapest argument that decides is taken: refused by every node for good; counting
(``pigeonhole.py``); the relaxation over rationals, then over integers (``relaxation.py``); a blocking placement that is
built and replayed (``concrete.py``); and, for small clusters, the search over single nodes
(``kverify.engines.schedulability``). What none of them decides is unknown, with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from attrs import evolve, field, frozen

from kverify.engines import schedulability
from kverify.engines.errors import ReplayError, Undecided
from kverify.engines.fit.classes import classify
from kverify.engines.fit.concrete import State, block, place_all
from kverify.engines.fit.pigeonhole import Slack, pigeonhole
from kverify.engines.fit.relaxation import Relaxation
from kverify.engines.fit.rules import Rulebook
from kverify.engines.schedulability import Cluster, Demand, Room
from kverify.model.scheduling.framework import PodGroup, PodInfo, Requirement, Snapshot
from kverify.model.scheduling.profile import compose, reject, reported

SMALL = 120
"""Demands times nodes up to which single nodes are looked at when classes do not decide."""
STATES = 50_000
LARGE = 200
"""Demands times classes of nodes up to which the relaxation is asked; beyond, counting and building decide."""


@frozen(eq=False, kw_only=True)
class DemandAnswer:
    """One kind of pod. ``slack`` comes with a proof by counting. ``message`` is the scheduler's event for a pod that
    waits, ``refusals`` what it says of each kind of node: (number of nodes, name of the first, requirements)."""

    room: Room
    method: str
    reason: str = ""
    slack: Slack | None = None
    message: str = ""
    refusals: tuple[tuple[int, str, tuple[Requirement, ...]], ...] = ()
    blocking: tuple[tuple[str, int], ...] = ()
    """The blocking placement: (title of a demand, pods on nodes)."""
    steps: int = 0


@frozen(eq=False, kw_only=True)
class Answer:
    """``room`` is the worst of the demands'. ``core`` names what together makes a full placement impossible."""

    room: Room
    demands: tuple[DemandAnswer, ...]
    book: Rulebook = field(repr=False)
    placement: State | None = None
    core: tuple[str, ...] = ()
    core_method: str = ""


def decide(
    demands: Sequence[Demand],
    cluster: Cluster,
    *,
    waiting: Iterable[int] | None = None,
    limits: Sequence[tuple[Sequence[int], int]] = (),
) -> Answer:
    """Whether all ``demands`` fit on ``cluster`` in every order; of the demands in ``waiting`` (by default all) nobody
    may be left waiting. ``limits`` bound sums of demands."""
    cluster = merged(cluster)
    classes, shape = classify(cluster, [demand.pod for demand in demands])
    book = Rulebook(demands, cluster, classes, shape)
    most = [demand.count for demand in demands]
    asked = tuple(range(len(demands))) if waiting is None else tuple(waiting)
    answers = _Answers(book, most, limits)
    by_demand = {d: answers.of(d) for d in asked}
    if all(answer.room is Room.ALWAYS for answer in by_demand.values()):
        return Answer(room=Room.ALWAYS, demands=tuple(by_demand[d] for d in asked), book=book)
    full, core, method = answers.whole()
    if core:
        by_demand = {
            d: evolve(answer, room=Room.IMPOSSIBLE) if answer.room is Room.FRAGILE else answer
            for d, answer in by_demand.items()
        }
    room = max((answer.room for answer in by_demand.values()), key=_BADNESS.__getitem__)
    if core:
        room = Room.IMPOSSIBLE
    return Answer(
        room=room,
        demands=tuple(by_demand[d] for d in asked),
        book=book,
        placement=full,
        core=core,
        core_method=method,
    )


REFUSED = "every node refuses it for good"
"""How a demand is impossible whatever else there is."""

_BADNESS = {Room.ALWAYS: 0, Room.FRAGILE: 2, Room.IMPOSSIBLE: 3, Room.UNKNOWN: 1}


def merged(cluster: Cluster) -> Cluster:
    """The same cluster with pods that stay and that nothing tells apart in one group."""
    groups: dict[PodGroup, dict[int, int]] = {}
    kept: dict[PodGroup, PodGroup] = {}
    for group, by_node in cluster.others:
        # The claims of ephemeral volumes have the name of the pod.
        named = any(volume.ephemeral is not None for volume in group.pod.spec.volumes)
        nameless = group if named else evolve(group, pod=evolve(group.pod, name=""))
        counts = groups.setdefault(nameless, {})
        kept[nameless] = group
        for node, number in by_node.items():
            counts[node] = counts.get(node, 0) + number
    return evolve(cluster, others=tuple((kept[key], counts) for key, counts in groups.items()))


@frozen(eq=False)
class _Answers:
    """The arguments, from the cheapest on."""

    book: Rulebook
    most: list[int]
    limits: Sequence[tuple[Sequence[int], int]]
    _relaxations: dict[bool, Relaxation] = field(factory=dict)

    def of(self, demand: int) -> DemandAnswer:
        if not self.most[demand]:
            return DemandAnswer(room=Room.ALWAYS, method="no pods are wanted")
        classes = range(len(self.book.classes))
        rules = [self.book.of(demand, c) for c in classes]
        if all(rule.refused for rule in rules):
            return self._shown(demand, State(self.book), Room.IMPOSSIBLE, REFUSED)
        others = [n - (d == demand) for d, n in enumerate(self.most)]
        slack = pigeonhole(self.book, demand, others)
        if slack is not None:
            return DemandAnswer(room=Room.ALWAYS, method="counting over classes of nodes", slack=slack)
        if not all(rule.covered for rule in rules):
            return self._small(demand, "rules that need pods (required affinity) are not counted in classes")
        if len(self.most) * len(self.book.classes) > LARGE:
            state = block(self.book, demand, self.most, {}, {})
            if state is not None:
                return self._shown(demand, state, Room.FRAGILE, "a blocking placement, replayed through the filters")
            return self._small(demand, "counting leaves it open, and no blocking placement was found")
        candidate = None
        try:
            for whole in (False, True):
                candidate = self._relaxation(whole).blocked(demand)
                if candidate is None:
                    method = f"Z3 over classes of nodes ({_numbers(whole)}): unsatisfiable"
                    return DemandAnswer(room=Room.ALWAYS, method=method)
        except Undecided as undecided:
            return self._small(demand, str(undecided))
        assert candidate is not None
        state = block(self.book, demand, self.most, candidate.blocked, candidate.plan)
        if state is None:
            return self._small(demand, "a blocking placement may exist, and none could be built")
        return self._shown(demand, state, Room.FRAGILE, "a blocking placement, replayed through the filters")

    def whole(self) -> tuple[State | None, tuple[str, ...], str]:
        """A full placement if one is found, or why there is none."""
        order = sorted(range(len(self.most)), key=self._size, reverse=True)
        covered = all(self.book.of(d, c).covered for d in range(len(self.most)) for c in range(len(self.book.classes)))
        state = place_all(self.book, self.most, order) if covered else None
        if state is not None:
            return state, (), "placed one by one"
        large = len(self.most) * len(self.book.classes) > LARGE
        try:
            for whole in (False,) if large else (False, True):
                if self._relaxation(whole).complete() is None:
                    core = self._relaxation(whole).core()
                    return None, core, f"Z3 over classes of nodes ({_numbers(whole)}): unsatisfiable"
        except Undecided as undecided:
            return None, (), str(undecided)
        return None, (), "no full placement was found, and none was excluded"

    def _size(self, demand: int) -> float:
        """The part of a node that a pod takes, at its scarcest: big pods are placed first."""
        return max(
            (
                dict(blocker.weights).get(demand, 0) / (blocker.most + dict(blocker.weights).get(demand, 0))
                for c in range(len(self.book.classes))
                for blocker in self.book.of(demand, c).blockers
                if blocker.most + dict(blocker.weights).get(demand, 0) > 0
            ),
            default=0.0,
        )

    def _relaxation(self, whole: bool) -> Relaxation:
        if whole not in self._relaxations:
            self._relaxations[whole] = Relaxation.of(self.book, self.most, self.limits, whole=whole)
        return self._relaxations[whole]

    def _small(self, demand: int, reason: str) -> DemandAnswer:
        """Single nodes instead of classes, if there are few."""
        nodes = len(self.book.cluster.nodes)
        if len(self.book.demands) * nodes > SMALL:
            return DemandAnswer(room=Room.UNKNOWN, method="not decided", reason=reason)
        demands, cluster = self.book.demands, self.book.cluster
        proved = schedulability.fit(demands, cluster, waiting=(demand,), limits=self.limits, prove_only=True)
        if proved.room is Room.ALWAYS:
            return DemandAnswer(room=Room.ALWAYS, method=proved.method)
        question = schedulability.Question(demands, cluster, self.limits)
        fit = schedulability.search_orders(question, (demand,), STATES)
        if fit.blocking is None:
            unknown = fit.room is Room.UNKNOWN
            return DemandAnswer(room=fit.room, method=fit.method, reason=(fit.reason or reason) if unknown else "")
        placed: Counter[str] = Counter()
        for (d, _), number in fit.blocking.items():
            placed[self.book.demands[d].title] += number
        return DemandAnswer(
            room=fit.room,
            method=fit.method,
            message=fit.message,
            refusals=tuple(
                (1, node.name, rejected) for node, rejected in zip(self.book.cluster.nodes, fit.rejections, strict=True)
            ),
            blocking=tuple((title, number) for title, number in placed.items() if number),
            steps=len(fit.order),
        )

    def _shown(self, demand: int, state: State, room: Room, method: str) -> DemandAnswer:
        """The real filters, on all real nodes, say why the pod waits. Raises ``ReplayError`` if they do not."""
        snapshot = concrete(state)
        pod = self.book.demands[demand].pod
        kinds: dict[tuple[int, tuple[tuple[int, int], ...]], list[int]] = {}
        for c, chosen in enumerate(self.book.classes):
            for node in chosen.nodes:
                kinds.setdefault((c, tuple(sorted(state.pods.get(node, {}).items()))), []).append(node)
        refusals = []
        answers: list[tuple[Requirement, ...]] = []
        for nodes in kinds.values():
            rejected = reject(pod, nodes[0], snapshot, self.book.cluster.profile)
            if not rejected:
                raise ReplayError(f"{self.book.cluster.nodes[nodes[0]].name} takes {pod} after all")
            refusals.append((len(nodes), self.book.cluster.nodes[nodes[0]].name, rejected))
            answers += [reported(pod, nodes[0], snapshot, self.book.cluster.profile)] * len(nodes)
        replay(state)
        placed = Counter(self.book.demands[d].title for d, _ in state.steps)
        return DemandAnswer(
            room=room,
            method=method,
            message=compose(answers),
            refusals=tuple(refusals),
            blocking=tuple(placed.items()),
            steps=len(state.steps),
        )


def _numbers(whole: bool) -> str:
    return "integers" if whole else "rationals"


def concrete(state: State) -> Snapshot:
    """The state on the real nodes, with the pods that stay."""
    book = state.book
    demands = [PodGroup(demand.pod) for demand in book.demands]
    others = [group for group, _ in book.cluster.others]
    counts: dict[tuple[int, int], int] = {}
    for node, here in state.pods.items():
        counts.update({(d, node): number for d, number in here.items()})
    for index, (_, by_node) in enumerate(book.cluster.others):
        counts.update({(len(demands) + index, node): number for node, number in by_node.items()})
    cluster = book.cluster
    return Snapshot(cluster.nodes, tuple(demands + others), counts, cluster.namespaces, cluster.storage)


REPLAYED = 400
"""Binds that are replayed one by one through the real filters; of longer runs the rest rests on the bounds that were
read off the same filters."""


def replay(state: State) -> None:
    """Bind in the order of ``state.steps``, every bind let through by the filters. Raises ``ReplayError``."""
    book = state.book
    again = State(book)
    base = concrete(again)
    counts = dict(base.counts)
    for number, (demand, node) in enumerate(state.steps):
        if number < REPLAYED:
            pod: PodInfo = book.demands[demand].pod
            # What is known of nodes and labels is kept from step to step; only the sums are new.
            if reject(pod, node, base.with_counts(counts), book.cluster.profile):
                raise ReplayError(f"{book.cluster.nodes[node].name} does not take {pod} at step {number + 1}")
        elif again.refused_here(demand, node):
            raise ReplayError(f"step {number + 1} is not let through")
        again.bind(demand, node)
        counts[demand, node] = counts.get((demand, node), 0) + 1
