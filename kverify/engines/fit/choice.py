"""What changes when the scheduler takes a node with the highest score, and not just any that fits.

Fewer placements are reached, so what always fits under the free choice of a node fits all the same, and what has no
placement at all has none. For the rest, small clusters are searched: all orders in which pods may come, and of equally
good nodes each. A pod that waits is shown only with the binds that lead there, each replayed through the filters and
the scores. A pod that the scheduler cannot score waits as soon as two nodes would take it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

from attrs import evolve, field, frozen

from kverify.api.labels import HOSTNAME
from kverify.engines.budget import consult
from kverify.engines.errors import ReplayError
from kverify.engines.fit.decide import REFUSED, DemandAnswer
from kverify.engines.schedulability import Cluster, Demand, Question, Room
from kverify.model.expr import evaluate
from kverify.model.scheduling.framework import PodInfo, Snapshot
from kverify.model.scheduling.node_affinity import required_node_affinity
from kverify.model.scheduling.profile import compose, reject, reported
from kverify.model.scheduling.scoring import ALL_ARE_SCORED, Ranking, ScoringError, rank
from kverify.model.scheduling.scoring.configuration import DEFAULT, Scoring

VERDICTS = 100_000
"""Pods times nodes that are looked at in all states together, before the search gives up."""
KINDS = 10_000
"""Kinds of pods times nodes up to which anything is searched."""
DIVE = 20_000
"""Pods times nodes up to which single orders are tried where there are too many for all."""
BINDS = "binds to best-scored nodes in this order, "

State = tuple[tuple[int, ...], ...]
"""For every node, how many pods of each demand are on it."""


@frozen(eq=False)
class Pick:
    """A bind of a pod of the demand ``title``: the weighted scores of ``node`` by plugin (empty when it was the only
    one), the other nodes that were as good, and the best of those that were not with its score."""

    title: str
    node: str
    parts: Mapping[str, int]
    ties: tuple[str, ...] = ()
    next_best: tuple[str, int] | None = None

    @property
    def total(self) -> int:
        """The score of the node."""
        return sum(self.parts.values())


@frozen(eq=False, kw_only=True)
class Chosen(DemandAnswer):
    """An answer with the binds that lead to where a pod waits, or those of one order in which nobody does."""

    picks: tuple[Pick, ...] = ()


def choose(
    demands: Sequence[Demand], cluster: Cluster, free: Mapping[int, DemandAnswer], scoring: Scoring = DEFAULT
) -> dict[int, DemandAnswer]:
    """The answers when only nodes with the highest score are taken. ``free`` has those of the free choice, of the
    demands of which nobody may be left waiting."""
    unscored = any(_error(demand.pod, cluster, scoring) for demand in demands)
    open_ones = [
        d for d, answer in free.items() if answer.method != REFUSED and (unscored or answer.room is not Room.ALWAYS)
    ]
    done = {d: answer for d, answer in free.items() if d not in open_ones}
    if not open_ones:
        return done
    if len(cluster.nodes) > ALL_ARE_SCORED and not scoring.every_node:
        reason = f"with more than {ALL_ARE_SCORED} nodes the scheduler scores a part of them, and which is not known"
        return done | {d: _with_free(_unknown(reason), free[d]) for d in open_ones}
    if len(demands) * len(cluster.nodes) > KINDS:
        reason = f"{len(demands):,} kinds of pods on {len(cluster.nodes):,} nodes are too many to search with scores"
        return done | {d: _with_free(_unknown(reason), free[d]) for d in open_ones}
    search = _Search.of(demands, cluster, scoring)
    return done | {d: _with_free(found, free[d]) for d, found in search.decide(open_ones).items()}


def _with_free(found: DemandAnswer, free: DemandAnswer) -> DemandAnswer:
    """That no placement has room for all pods stays true, whoever of them waits."""
    if free.room is not Room.IMPOSSIBLE or found.room is Room.ALWAYS:
        return found
    return free if found.room is Room.UNKNOWN else evolve(found, room=Room.IMPOSSIBLE)


def _error(pod: PodInfo, cluster: Cluster, scoring: Scoring) -> str:
    """What the scheduler says of a pod that it cannot score, if it cannot."""
    if not cluster.nodes:
        return ""
    try:
        # The error is about the pod alone, and a single node is never scored.
        for plugin in scoring.plugins:
            plugin.score(pod, (0,), Snapshot(nodes=cluster.nodes))
    except ScoringError as error:
        return str(error)
    return ""


def _unknown(reason: str) -> DemandAnswer:
    return DemandAnswer(room=Room.UNKNOWN, method="not decided", reason=reason)


@frozen(eq=False)
class _Search:
    """All orders, breadth first. States that differ only in nodes that nothing tells apart are one."""

    question: Question
    scoring: Scoring
    alike: tuple[tuple[int, ...], ...]
    """Groups of nodes that may be exchanged."""
    parents: dict[State, tuple[State, int, int] | None] = field(factory=dict)

    @classmethod
    def of(cls, demands: Sequence[Demand], cluster: Cluster, scoring: Scoring) -> _Search:
        return cls(Question(demands, cluster), scoring, tuple(_alike(demands, cluster)))

    def decide(self, asked: Sequence[int]) -> dict[int, DemandAnswer]:
        """Search until every demand in ``asked`` is known to wait somewhere, or everything was seen."""
        stuck: dict[int, State] = {}
        complete: State | None = None
        start = tuple(tuple(0 for _ in self.question.demands) for _ in self.question.nodes)
        self.parents[start] = None
        queue = deque([start])
        verdicts = 0
        cost = len(self.question.demands) * max(1, len(self.question.nodes))
        while queue and verdicts < VERDICTS and not all(d in stuck for d in asked):
            consult()
            state = queue.popleft()
            verdicts += cost
            following = list(self.following(state))
            for demand, node in following:
                after = self.canonical(_bound(state, demand, node))
                if after not in self.parents:
                    self.parents[after] = state, demand, node
                    queue.append(after)
            if not following:
                waiting = [d for d in range(len(self.question.demands)) if self.waits(state, d)]
                complete = complete if waiting else complete or state
                for d in waiting:
                    stuck.setdefault(d, state)
        everything = not queue
        found: dict[int, DemandAnswer] = {
            d: self.shown(d, self.steps(state)) for d, state in stuck.items() if d in asked
        }
        for d in asked:
            if d in found:
                continue
            if everything:
                method = f"exhaustive search over orders and best-scored nodes ({len(self.parents):,} states)"
                picks = self.picks(self.steps(complete)) if complete is not None else ()
                found[d] = Chosen(room=Room.ALWAYS, method=method, picks=picks)
            else:
                found[d] = self.tried(d)
        return found

    # -- states --------------------------------------------------------------------------------------------------------

    def waits(self, state: State, demand: int) -> bool:
        return sum(pods[demand] for pods in state) < self.question.demands[demand].count

    def snapshot(self, state: State) -> Snapshot:
        return self.question.concrete({(d, n): k for n, pods in enumerate(state) for d, k in enumerate(pods) if k})

    def following(self, state: State) -> Iterator[tuple[int, int]]:
        """The binds that the scheduler may do next."""
        view = {f"x{d}@{n}": number for n, pods in enumerate(state) for d, number in enumerate(pods)}
        snapshot = self.snapshot(state)
        for demand in range(len(self.question.demands)):
            if not self.waits(state, demand):
                continue
            feasible = [n for n in self.question.nodes if evaluate(self.question.feasible(demand, n), view)]
            ranking = self.ranking(demand, feasible, snapshot)
            if isinstance(ranking, Ranking):
                yield from ((demand, node) for node in ranking.best)

    def ranking(self, demand: int, feasible: Sequence[int], snapshot: Snapshot) -> Ranking | str:
        try:
            return rank(self.question.demands[demand].pod, feasible, snapshot, self.scoring.plugins)
        except ScoringError as error:
            return str(error)

    def canonical(self, state: State) -> State:
        """The same state with nodes that are alike in order."""
        return _permuted(state, self.order(state))

    def order(self, state: State) -> list[int]:
        """Which node's pods :meth:`canonical` puts where."""
        order = list(range(len(state)))
        for members in self.alike:
            for place, node in zip(members, sorted(members, key=lambda n: (state[n], n), reverse=True), strict=True):
                order[place] = node
        return order

    def steps(self, state: State) -> list[tuple[int, int]]:
        """The binds that lead to ``state``, on nodes as they are called, not as states sort them."""
        path = []
        place = self.parents[state]
        while place is not None:
            path.append(place)
            place = self.parents[place[0]]
        called = list(self.question.nodes)
        steps = []
        for before, demand, node in reversed(path):
            steps.append((demand, called[node]))
            called = [called[n] for n in self.order(_bound(before, demand, node))]
        return steps

    # -- what is shown -------------------------------------------------------------------------------------------------

    def picks(self, steps: Iterable[tuple[int, int]]) -> tuple[Pick, ...]:
        """The binds with their scores, replayed through the filters and the scores. Raises ``ReplayError``."""
        state: State = tuple(tuple(0 for _ in self.question.demands) for _ in self.question.nodes)
        found = []
        for demand, node in steps:
            found.append(self.pick(demand, node, self.snapshot(state)))
            state = _bound(state, demand, node)
        return tuple(found)

    def pick(self, demand: int, node: int, snapshot: Snapshot) -> Pick:
        pod = self.question.demands[demand].pod
        nodes = self.question.nodes
        feasible = [n for n in nodes if not reject(pod, n, snapshot, self.question.cluster.profile)]
        ranking = self.ranking(demand, feasible, snapshot)
        if isinstance(ranking, str) or node not in ranking.best:
            raise ReplayError(f"{self.question.cluster.nodes[node].name} is not one of the best nodes for {pod}")
        totals = ranking.totals
        rest = [(total, n) for n, total in totals.items() if n not in ranking.best]
        highest = max(rest, key=lambda item: (item[0], -item[1]), default=None)
        names = [item.name for item in self.question.cluster.nodes]
        return Pick(
            self.question.demands[demand].title,
            names[node],
            ranking.of(node),
            tuple(names[n] for n in ranking.best if n != node),
            None if highest is None else (names[highest[1]], highest[0]),
        )

    def shown(self, demand: int, steps: Sequence[tuple[int, int]]) -> Chosen:
        """A pod of ``demand`` waits after ``steps``; the filters say why. Raises ``ReplayError`` if they do not."""
        question, pod = self.question, self.question.demands[demand].pod
        picks = self.picks(steps)
        placement: dict[tuple[int, int], int] = {}
        for step in steps:
            placement[step] = placement.get(step, 0) + 1
        snapshot = question.concrete(placement)
        profile = question.cluster.profile
        answers = [reported(pod, n, snapshot, profile) for n in question.nodes]
        feasible = [n for n, answer in enumerate(answers) if not answer]
        error = self.ranking(demand, feasible, snapshot)
        if feasible and not isinstance(error, str):
            raise ReplayError(f"{question.cluster.nodes[feasible[0]].name} takes {pod} after all")
        placed: dict[str, int] = {}
        for d, _ in steps:
            placed[question.demands[d].title] = placed.get(question.demands[d].title, 0) + 1
        return Chosen(
            room=Room.FRAGILE,
            method=f"{BINDS if steps else ''}replayed through filters and scores",
            message=error if isinstance(error, str) else compose(answers),
            refusals=tuple(
                (1, node.name, reject(pod, n, snapshot, profile))
                for n, node in enumerate(question.cluster.nodes)
                if answers[n]
            ),
            blocking=tuple(placed.items()),
            steps=len(steps),
            picks=picks,
        )

    # -- single orders -------------------------------------------------------------------------------------------------

    def tried(self, demand: int) -> DemandAnswer:
        """Some orders that are likely to leave a pod of ``demand`` waiting, where there are too many for all."""
        pods = sum(item.count for item in self.question.demands)
        reason = f"there are more orders than could be searched ({len(self.parents):,} states were seen)"
        if pods * len(self.question.nodes) > DIVE:
            return _unknown(reason)
        others = [d for d in range(len(self.question.demands)) if d != demand]
        for order in ([*others, demand], [*reversed(others), demand]):
            for last in (False, True):
                steps = self.dive(order, last=last)
                if steps is not None and sum(d == demand for d, _ in steps) < self.question.demands[demand].count:
                    return self.shown(demand, steps)
        return _unknown(f"{reason}, and in those tried beyond that nobody waits")

    def dive(self, order: Sequence[int], *, last: bool) -> list[tuple[int, int]] | None:
        """Bind demand after demand as long as anything can be bound; of equally good nodes the first or the last."""
        state: State = tuple(tuple(0 for _ in self.question.demands) for _ in self.question.nodes)
        steps: list[tuple[int, int]] = []
        while True:
            following: dict[int, list[int]] = {}
            for demand, node in self.following(state):
                following.setdefault(demand, []).append(node)
            chosen = next((d for d in order if d in following), None)
            if chosen is None:
                return steps
            node = following[chosen][-1 if last else 0]
            steps.append((chosen, node))
            state = _bound(state, chosen, node)


def _bound(state: State, demand: int, node: int) -> State:
    pods = state[node]
    more = (*pods[:demand], pods[demand] + 1, *pods[demand + 1 :])
    return (*state[:node], more, *state[node + 1 :])


def _permuted(state: State, order: Sequence[int]) -> State:
    return tuple(state[node] for node in order)


# -- nodes that nothing tells apart ----------------------------------------------------------------------------------


def _alike(demands: Sequence[Demand], cluster: Cluster) -> Iterator[tuple[int, ...]]:
    """Nodes that differ in name and host name only, as long as nobody asks for names."""
    hosts = [node.labels.get(HOSTNAME) for node in cluster.nodes]
    pods = [demand.pod for demand in demands]
    if len(set(hosts)) < len(hosts) or any(_asks_for_names(pod) for pod in pods):
        return
    groups: dict[Hashable, list[int]] = {}
    for index, node in enumerate(cluster.nodes):
        present = tuple((g, on[index]) for g, (_, on) in enumerate(cluster.others) if on.get(index))
        labels = frozenset((key, value) for key, value in node.labels.items() if key != HOSTNAME)
        images = frozenset(node.images.items())
        key = labels, node.taints, node.unschedulable, node.allocatable, images, present
        groups.setdefault(key, []).append(index)
    yield from (tuple(members) for members in groups.values() if len(members) > 1)


def _asks_for_names(pod: PodInfo) -> bool:
    """Whether the pod tells nodes apart by name or host name. Volumes may, so pods with claims are taken to."""
    if pod.spec.node_name or HOSTNAME in pod.spec.node_selector:
        return True
    if any(v.persistent_volume_claim or v.ephemeral or v.csi for v in pod.spec.volumes):
        return True
    required = required_node_affinity(pod)
    terms = list(required.node_selector_terms) if required is not None else []
    affinity = pod.spec.affinity
    if affinity is not None and affinity.node_affinity is not None:
        preferred = affinity.node_affinity.preferred_during_scheduling_ignored_during_execution
        terms += [weighted.preference for weighted in preferred]
    return any(term.match_fields or any(r.key == HOSTNAME for r in term.match_expressions) for term in terms)
