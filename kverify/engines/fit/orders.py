"""All orders of a small question, one by one: who is left when nobody finds a node any more.

Exact for every filter. A pod waits for ever where scheduling has come to an end and the pod has no node; that others
which are still to come may let it in (partners of its affinity, spreading) is thereby taken into account.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from kverify.engines.explicit import explore
from kverify.engines.schedulability import Cluster, Demand, Question
from kverify.model.scheduling.framework import Requirement
from kverify.model.scheduling.profile import compose, reject, said
from kverify.model.system import TransitionSystem

Limits = Sequence["tuple[Sequence[int], int]"]


@frozen(eq=False, kw_only=True)
class End:
    """Scheduling ended there, after so many ``steps``, and a pod waits."""

    placed: tuple[tuple[int, int], ...]
    """Pods that have a node, by demand."""
    refusals: tuple[tuple[int, str, tuple[Requirement, ...]], ...]
    message: str
    steps: int


@frozen(eq=False, kw_only=True)
class Orders:
    """``end`` is a state in which a pod of the demand is left, None if there is none; ``complete``: some order places
    every pod. ``evidence`` is None where there were too many states, and then nothing is known."""

    end: End | None = None
    complete: bool = False
    evidence: str | None = None


def completes(question: Question, whole: TransitionSystem, limit: int) -> bool | None:
    """Some order places every pod; None when there are more than ``limit`` states. Where limits bound sums of demands
    the system must be one in which no waiting pod takes up a share: in the end nobody waits."""
    exploration = explore(whole, limit=limit)
    if not exploration.complete:
        return None
    demands = range(len(question.demands))
    return any(not any(view[f"waiting{d}"] for d in demands) for view in map(whole.view, exploration.states))


def search(demands: Sequence[Demand], cluster: Cluster, limits: Limits, waiting: int, limit: int) -> Orders:
    """Where scheduling may end while a pod of ``waiting`` waits. At most ``limit`` states are looked at."""
    question = Question(demands, cluster, limits)
    whole = question.system(waiting)
    exploration = explore(whole, limit=limit)
    if not exploration.complete:
        return Orders()
    end = None
    complete = completes(question, whole if not limits else question.system(), limit)
    if complete is None:
        return Orders()
    for index, view in enumerate(map(whole.view, exploration.states)):
        if end is None and question.at_an_end(whole, waiting, view):
            placement = {key: int(view[e.name or ""]) for key, e in question.x.items()}
            end = _end(question, waiting, placement, len(exploration.trace(index).steps))
    return Orders(end=end, complete=complete, evidence=exploration.evidence)


def _end(question: Question, waiting: int, placement: Mapping[tuple[int, int], int], steps: int) -> End:
    cluster, snapshot = question.cluster, question.concrete(placement)
    answers = [reject(question.demands[waiting].pod, n, snapshot, cluster.profile) for n in question.nodes]
    placed = [sum(placement[d, n] for n in question.nodes) for d in range(len(question.demands))]
    return End(
        placed=tuple((d, number) for d, number in enumerate(placed) if number),
        refusals=tuple((1, node.name, rejected) for node, rejected in zip(cluster.nodes, answers, strict=True)),
        message=compose([said(rejected, cluster.profile) for rejected in answers]),
        steps=steps,
    )
