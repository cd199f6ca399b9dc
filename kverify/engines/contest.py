"""Who is preempted by whom: every order in which waiting pods are scheduled, with preemption, from where pods run now.

A state says which of the running pods are gone, how many new pods of each owner are on each node, and how many wait.
A waiting pod that fits somewhere is bound to any node that takes it; one that fits nowhere preempts, as
:mod:`kverify.model.scheduling.preemption` says, on any of the nodes it may pick, and is bound there once its victims
have gone. A victim's controller makes a new pod, with the priority that a pod gets now; that of a running pod was fixed
when it was created. Every preemption gives a node to a pod of higher priority, so every run ends.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import evolve, frozen

from kverify.api.types.policy import PodDisruptionBudget
from kverify.engines.budget import consult
from kverify.engines.schedulability import Cluster
from kverify.model.components.disruption import desired_healthy
from kverify.model.scheduling.framework import PodGroup, PodInfo, Requirement, Snapshot
from kverify.model.scheduling.preemption import Running, Situation, preempt
from kverify.model.scheduling.profile import reject


@frozen(eq=False)
class Owner:
    """A workload: ``pod`` is what it creates from now on, of which ``missing`` wait at first. ``recreates`` is false
    for bare pods."""

    title: str
    pod: PodInfo
    missing: int
    recreates: bool = True


@frozen(eq=False)
class Standing:
    """A pod that runs: on which node, since when, and whose it is (an index; None for nobody's)."""

    name: str
    pod: PodInfo
    node: int
    owner: int | None
    started: datetime | None = None


@frozen
class State:
    """``gone`` are indices of standing pods; ``bound`` counts new pods by owner, then node; ``pending`` by owner."""

    gone: frozenset[int]
    bound: tuple[tuple[int, ...], ...]
    pending: tuple[int, ...]


@frozen
class Move:
    """A new pod of ``owner`` gets ``node``; for that, standing pods and new pods (by owner) of that node had to go."""

    owner: int
    node: int
    victims: tuple[int, ...] = ()
    others: tuple[int, ...] = ()

    @property
    def preempts(self) -> bool:
        return bool(self.victims or self.others)


@frozen(eq=False)
class Contest:
    """A cluster, whose pods run there, and who wants more. Pods of nobody's that cannot be victims are in
    ``cluster.others``."""

    cluster: Cluster
    owners: tuple[Owner, ...]
    standing: tuple[Standing, ...]
    budgets: tuple[PodDisruptionBudget, ...] = ()

    @property
    def start(self) -> State:
        """Everything runs that runs now, and all missing pods wait."""
        nothing = (0,) * len(self.cluster.nodes)
        return State(frozenset(), (nothing,) * len(self.owners), tuple(owner.missing for owner in self.owners))

    def alive(self, state: State) -> Iterator[tuple[int, Standing]]:
        """The standing pods that are still there."""
        return ((i, standing) for i, standing in enumerate(self.standing) if i not in state.gone)

    def having(self, state: State, owner: int) -> int:
        """How many pods of an owner have a node."""
        return sum(standing.owner == owner for _, standing in self.alive(state)) + sum(state.bound[owner])

    def situation(self, state: State) -> Situation:
        """The state as preemption sees it: every pod that may be a victim by itself."""
        groups: list[PodGroup] = []
        counts: dict[tuple[int, int], int] = {}
        running: list[Running] = []
        for group, by_node in self.cluster.others:
            counts.update({(len(groups), node): number for node, number in by_node.items()})
            groups.append(group)
        for _, standing in self.alive(state):
            counts[len(groups), standing.node] = 1
            running.append(Running(len(groups), standing.pod, standing.node, standing.started))
            groups.append(PodGroup(standing.pod))
        for owner, on in zip(self.owners, state.bound, strict=True):
            for node, number in enumerate(on):
                for _ in range(number):
                    counts[len(groups), node] = 1
                    running.append(Running(len(groups), owner.pod, node))
                    groups.append(PodGroup(owner.pod))
        snapshot = Snapshot(
            nodes=self.cluster.nodes,
            groups=tuple(groups),
            counts=counts,
            namespaces=self.cluster.namespaces,
            storage=self.cluster.storage,
        )
        return Situation(snapshot, running, [self._measured(budget, running) for budget in self.budgets])

    def _measured(self, budget: PodDisruptionBudget, running: Sequence[Running]) -> PodDisruptionBudget:
        """A budget with the status that its controller would give it here: all pods that run are healthy."""
        namespace, selector = budget.metadata.namespace or "default", budget.spec.selector

        def selects(pod: PodInfo) -> bool:
            return pod.namespace == namespace and selector is not None and selector.matches(pod.labels)

        healthy = sum(selects(r.pod) for r in running)
        expected = sum(selects(s.pod) for s in self.standing) + sum(o.missing for o in self.owners if selects(o.pod))
        desired = desired_healthy(
            expected, min_available=budget.spec.min_available, max_unavailable=budget.spec.max_unavailable
        )
        return evolve(budget, status=evolve(budget.status, disruptions_allowed=max(0, healthy - desired)))

    def refusals(self, state: State, owner: int) -> tuple[tuple[Requirement, ...], ...]:
        """What every node has against a new pod of an owner."""
        snapshot = self.situation(state).snapshot
        return tuple(reject(self.owners[owner].pod, n, snapshot) for n in range(len(self.cluster.nodes)))

    def moves(self, state: State) -> Iterator[tuple[Move, State]]:
        """What the scheduler may do next, and where that leads."""
        if not any(state.pending):
            return
        situation = self.situation(state)
        for index, owner in enumerate(self.owners):
            if not state.pending[index]:
                continue
            nodes = [n for n in range(len(self.cluster.nodes)) if not situation.answer(owner.pod, n)]
            for node in nodes:
                yield self._take(state, Move(index, node))
            if nodes:
                continue
            answer = preempt(owner.pod, situation)
            for node in answer.best:
                yield self._take(state, self._evicting(state, index, node, answer.victims(node)))

    def _evicting(self, state: State, owner: int, node: int, victims: Sequence[Running]) -> Move:
        first = len(self.cluster.others)
        alive = [i for i, _ in self.alive(state)]
        new = [o for o, on in enumerate(state.bound) for number in on for _ in range(number)]
        gone, others = [], []
        for victim in victims:
            position = victim.group - first
            if position < len(alive):
                gone.append(alive[position])
            else:
                others.append(new[position - len(alive)])
        return Move(owner, node, tuple(gone), tuple(sorted(others)))

    def _take(self, state: State, move: Move) -> tuple[Move, State]:
        bound = [list(on) for on in state.bound]
        pending = list(state.pending)
        bound[move.owner][move.node] += 1
        pending[move.owner] -= 1
        for other in move.others:
            bound[other][move.node] -= 1
        for owner in (*(self.standing[v].owner for v in move.victims), *move.others):
            if owner is not None and self.owners[owner].recreates:
                pending[owner] += 1
        return move, State(state.gone | set(move.victims), tuple(map(tuple, bound)), tuple(pending))


@frozen(eq=False)
class Explored:
    """What was found: the states that were reached, each with the move that led there, the ``ends`` in which nothing
    moves any more, and whether that is all of them."""

    reached: dict[State, tuple[State, Move] | None]
    ends: tuple[State, ...]
    complete: bool

    def path(self, state: State) -> tuple[tuple[State, Move], ...]:
        """How ``state`` came about: each move with the state before it."""
        steps: list[tuple[State, Move]] = []
        while (step := self.reached[state]) is not None:
            steps.append(step)
            state = step[0]
        return tuple(reversed(steps))


def explore(contest: Contest, limit: int) -> Explored:
    """Every order, breadth first, up to ``limit`` states."""
    reached: dict[State, tuple[State, Move] | None] = {contest.start: None}
    queue, ends = deque([contest.start]), []
    while queue:
        consult()
        state = queue.popleft()
        before = len(reached)
        moved = False
        for move, after in contest.moves(state):
            moved = True
            if after not in reached:
                reached[after] = state, move
                queue.append(after)
        if not moved:
            ends.append(state)
        if len(reached) > limit and len(reached) > before:
            return Explored(reached, tuple(ends), complete=False)
    return Explored(reached, tuple(ends), complete=True)


def one_run(contest: Contest) -> Explored:
    """One order to its end: the most important waiting pod first, as the scheduler's queue has them."""
    state = contest.start
    reached: dict[State, tuple[State, Move] | None] = {state: None}
    while True:
        consult()
        options = list(contest.moves(state))
        if not options:
            return Explored(reached, (state,), complete=False)
        move, after = max(options, key=lambda option: (contest.owners[option[0].owner].pod.priority, -option[0].node))
        reached[after] = state, move
        state = after
