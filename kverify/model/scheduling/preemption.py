"""Preemption as the DefaultPreemption plugin does it: which pods of lower priority would make room, and on which node.

Source: pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go and
pkg/scheduler/framework/preemption/preemption.go. For every node whose rejection may be resolved by removing pods:

* all pods of lower priority go; if the pod still does not fit, the node is no candidate,
* then one after the other they are kept if the pod fits with them all the same: first those whose eviction would
  violate a disruption budget, more important ones first (priority, then the earlier start). The others are the victims.

Of the candidates the one is taken with the fewest violated budgets, then the lowest highest priority of a victim, the
smallest sum of priorities, the fewest victims, and the latest start of the most important victims. What is still equal
is left to chance: :attr:`Preemption.best` has them all. In clusters of more than 100 nodes the scheduler looks at a
random part of the nodes only; here all are looked at.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from attrs import field, frozen

from kverify.api.types.policy import PodDisruptionBudget
from kverify.model.scheduling.framework import PodInfo, Requirement, Snapshot
from kverify.model.scheduling.profile import fit_error, reported_with_nominated

NOT_HELPFUL = "Preemption is not helpful for scheduling"
NO_VICTIMS = "No preemption victims found for incoming pod"
NEVER = "not eligible due to preemptionPolicy=Never."
STILL_TERMINATING = "not eligible due to a terminating pod on the nominated node."

_PRIORITY_OFFSET = 1 << 31
"""Added to every priority before they are summed up, so that none is negative."""


@frozen
class Running:
    """What preemption needs to know of a bound pod.

    Attributes
    ----------
    group
        Its group in the snapshot, which has no other pod.
    node
        The index of its node.
    started
        ``status.startTime``; without one the pod counts as just started.
    by_preemption
        It is terminating because a pod of higher priority needs the room.
    """

    group: int
    pod: PodInfo
    node: int
    started: datetime | None = None
    by_preemption: bool = False

    @property
    def start(self) -> float:
        """Seconds since 1970, infinite for a pod that has not started."""
        return math.inf if self.started is None else self.started.timestamp()


@frozen
class Candidate:
    """A node that the pod would fit on without ``victims``, the most important first."""

    node: int
    victims: tuple[Running, ...]
    violations: int


@frozen
class Preemption:
    """``why`` says why the pod may not preempt, where it may not, and ``message`` what the scheduler adds to its event
    when nothing comes of it. ``best`` are indices of nodes."""

    why: str = ""
    message: str = ""
    candidates: tuple[Candidate, ...] = ()
    best: tuple[int, ...] = ()

    @property
    def eligible(self) -> bool:
        """Whether the pod may preempt others at all."""
        return not self.why

    def victims(self, node: int) -> tuple[Running, ...]:
        """Who has to go when ``node`` is taken."""
        return next(candidate.victims for candidate in self.candidates if candidate.node == node)


@frozen(eq=False)
class Situation:
    """A cluster in which a pod waits. ``nominated`` are other waiting pods that preemption promised room, by node."""

    snapshot: Snapshot
    running: Sequence[Running]
    budgets: Sequence[PodDisruptionBudget] = ()
    nominated: Mapping[int, Sequence[PodInfo]] = field(factory=dict)

    def answer(self, pod: PodInfo, node: int, snapshot: Snapshot | None = None) -> tuple[Requirement, ...]:
        """What the scheduler would report of ``node``, here or in another state; empty where the pod fits."""
        state = self.snapshot if snapshot is None else snapshot
        return reported_with_nominated(pod, node, state, self.nominated.get(node, ()))

    def without(self, gone: Iterable[Running]) -> Snapshot:
        """The snapshot once ``gone`` have left."""
        left = {(running.group, running.node) for running in gone}
        counts = {place: number for place, number in self.snapshot.counts.items() if place not in left}
        return self.snapshot.with_counts(counts, removed=frozenset(left))


def preempt(pod: PodInfo, situation: Situation, *, nominated_node: int | None = None) -> Preemption:
    """What preemption does for a ``pod`` that fits on no node.

    ``nominated_node`` is where an earlier preemption promised it room.
    """
    answers = [situation.answer(pod, n) for n in range(len(situation.snapshot.nodes))]
    why = _not_eligible(pod, situation, answers, nominated_node)
    if why:
        return Preemption(why, why)
    candidates: list[Candidate] = []
    reasons: list[Sequence[str]] = []
    for node, answer in enumerate(answers):
        resolvable = all(requirement.resolvable for requirement in answer)
        outcome = _candidate(pod, node, situation) if resolvable else (NOT_HELPFUL,)
        if isinstance(outcome, Candidate):
            candidates.append(outcome)
        else:
            reasons.append(outcome)
    if not candidates:
        return Preemption(message=fit_error(reasons))
    return Preemption(candidates=tuple(candidates), best=_best(candidates))


def _not_eligible(
    pod: PodInfo, situation: Situation, answers: Sequence[Sequence[Requirement]], nominated_node: int | None
) -> str:
    """``PodEligibleToPreemptOthers``."""
    if pod.spec.preemption_policy == "Never":
        return NEVER
    if nominated_node is None or any(not requirement.resolvable for requirement in answers[nominated_node]):
        return ""
    waiting = any(
        running.node == nominated_node and running.by_preemption and running.pod.priority < pod.priority
        for running in situation.running
    )
    return STILL_TERMINATING if waiting else ""


def _candidate(pod: PodInfo, node: int, situation: Situation) -> Candidate | Sequence[str]:
    """``SelectVictimsOnNode``: the candidate, or the reasons why the node is none."""
    lower = sorted(
        (running for running in situation.running if running.node == node and running.pod.priority < pod.priority),
        key=_importance,
    )
    gone = list(lower)
    if not gone:
        return (NO_VICTIMS,)
    remaining = situation.answer(pod, node, situation.without(gone))
    if remaining:
        return [requirement.reason for requirement in remaining]
    violating = _violating(lower, situation.budgets)
    violations = 0
    one_by_one = sorted(lower, key=lambda running: running not in violating)
    for running in one_by_one:
        kept = [other for other in gone if other is not running]
        if not situation.answer(pod, node, situation.without(kept)):
            gone = kept
        elif running in violating:
            violations += 1
    victims = sorted((running for running in one_by_one if running in gone), key=_importance)
    return Candidate(node, tuple(victims), violations)


def _importance(running: Running) -> tuple[int, float]:
    """Sorts the more important first (``MoreImportantPod``)."""
    return -running.pod.priority, running.start


def _violating(victims: Sequence[Running], budgets: Sequence[PodDisruptionBudget]) -> list[Running]:
    """``filterPodsWithPDBViolation``: the pods that a budget has no disruption left for, if they go in this order.

    An empty selector selects nothing, nor does any selector a pod without labels. A pod that the API server is already
    evicting costs nothing more.
    """
    left = [budget.status.disruptions_allowed for budget in budgets]
    violating = []
    for running in victims:
        pod = running.pod
        violated = False
        for index, budget in enumerate(budgets):
            selector = budget.spec.selector
            if (budget.metadata.namespace or "default") != pod.namespace or not pod.labels:
                continue
            if selector is None or selector.is_empty or not selector.matches(pod.labels):
                continue
            if pod.name in budget.status.disrupted_pods:
                continue
            left[index] -= 1
            violated = violated or left[index] < 0
        if violated:
            violating.append(running)
    return violating


def _best(candidates: Sequence[Candidate]) -> tuple[int, ...]:
    """``pickOneNodeForPreemption``: each criterion decides among what the ones before left."""
    left = list(candidates)
    for criterion in _CRITERIA:
        lowest = min(map(criterion, left), default=0)
        left = [candidate for candidate in left if criterion(candidate) == lowest]
    return tuple(candidate.node for candidate in left)


def _earliest_start(candidate: Candidate) -> float:
    """When the first of the most important victims started (``GetEarliestPodStartTime``)."""
    highest = max(running.pod.priority for running in candidate.victims)
    return min(running.start for running in candidate.victims if running.pod.priority == highest)


_CRITERIA: tuple[Callable[[Candidate], float], ...] = (
    lambda candidate: candidate.violations,
    lambda candidate: max(running.pod.priority for running in candidate.victims),
    lambda candidate: sum(running.pod.priority + _PRIORITY_OFFSET for running in candidate.victims),
    lambda candidate: len(candidate.victims),
    lambda candidate: -_earliest_start(candidate),
)
