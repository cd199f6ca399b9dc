"""Whether a pod that ``kverify fit`` leaves waiting could make room for itself by preemption."""

from __future__ import annotations

from collections.abc import Sequence

from kverify.checks.given.pods import Maker
from kverify.engines.fit.decide import DemandAnswer
from kverify.engines.schedulability import Cluster
from kverify.model.scheduling.framework import PodGroup, Snapshot
from kverify.model.scheduling.preemption import Running, Situation, preempt
from kverify.words import listing

MOST_NODES = 200
"""On more nodes it is only said which pods have a lower priority, not which would go."""


def preempting(maker: Maker, answer: DemandAnswer, makers: Sequence[Maker], cluster: Cluster) -> str:
    """What preemption would do for the pod that waits, as a sentence without a subject; empty where nothing.

    Where the pods that run already leave it no node, their victims are named as the scheduler would choose them.
    Otherwise pods to come are in the way, and it is said which of them are less important.
    """
    pod = maker.pod
    if not answer.message or pod.spec.preemption_policy == "Never":
        return ""
    if not any(all(r.resolvable for r in requirements) for _, _, requirements in answer.refusals):
        return ""
    priorities = {m.title: m.pod.priority for m in makers}
    weaker = [
        f"{title} (priority {priorities[title]})"
        for title, _ in answer.blocking
        if priorities.get(title, pod.priority) < pod.priority
    ]
    if weaker:
        return f"may preempt pods of lower priority: {listing(weaker)}"
    if len(cluster.nodes) > MOST_NODES:
        return ""
    situation = _standing(cluster)
    if any(not situation.answer(pod, node) for node in range(len(cluster.nodes))):
        return ""
    found = preempt(pod, situation)
    if not found.best:
        return ""
    node = found.best[0]
    victims = [f"{v.pod.namespace}/{v.pod.name} (priority {v.pod.priority})" for v in found.victims(node)]
    also = f", or as well on {listing([cluster.nodes[n].name for n in found.best[1:]])}" if found.best[1:] else ""
    return f"would preempt {listing(victims)} on {cluster.nodes[node].name}{also}"


def _standing(cluster: Cluster) -> Situation:
    """The pods that run, each by itself."""
    groups: list[PodGroup] = []
    counts: dict[tuple[int, int], int] = {}
    running: list[Running] = []
    for group, by_node in cluster.others:
        for node, number in by_node.items():
            for _ in range(number):
                counts[len(groups), node] = 1
                running.append(Running(len(groups), group.pod, node))
                groups.append(group)
    snapshot = Snapshot(cluster.nodes, tuple(groups), counts, cluster.namespaces, cluster.storage)
    return Situation(snapshot, running)
