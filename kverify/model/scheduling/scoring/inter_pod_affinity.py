"""InterPodAffinity: the weights of preferred affinity, less those of anti-affinity, in the domains of a node.

Source: pkg/scheduler/framework/plugins/interpodaffinity/scoring.go. Both ways: the pod's own preferred terms with the
pods they select, and the terms of bound pods that select the pod; their required affinity counts with a weight of its
own (``hardPodAffinityWeight``). Terminating pods count until they are gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from attrs import frozen

from kverify.api.types.affinity import WeightedPodAffinityTerm
from kverify.model.scheduling.framework import AffinityTerm, PodInfo, Snapshot
from kverify.model.scheduling.inter_pod_affinity import NAME
from kverify.model.scheduling.scoring.framework import MAX_SCORE, ScorePlugin, known

PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


@frozen(eq=False)
class _Pull:
    """Each pod of ``groups`` is worth ``weight`` in its domain of ``key``."""

    key: str
    groups: tuple[int, ...]
    weight: int


def _score(hard: int, only_own: bool, pod: PodInfo, nodes: Sequence[int], snapshot: Snapshot) -> list[int] | None:
    own = _preferred(pod)
    if only_own and not own:
        return None
    pulls = snapshot.memo((NAME, "scores", pod, hard), lambda: tuple(_pulls(pod, own, hard, snapshot)))
    if not pulls:
        return None
    sums = [
        sum(pull.weight * known(snapshot.pods(pull.groups, snapshot.domain(pull.key, node))) for pull in pulls)
        for node in nodes
    ]
    lowest, highest = min(sums), max(sums)
    if highest == lowest:
        return [0 for _ in nodes]
    return [int(float(MAX_SCORE) * (float(number - lowest) / float(highest - lowest))) for number in sums]


def plugin(hard: int = 1, *, only_own: bool = False, weight: int = 2) -> ScorePlugin:
    """``hard`` is ``hardPodAffinityWeight``. ``only_own`` passes over what bound pods prefer of a pod that prefers
    nothing itself (``ignorePreferredTermsOfExistingPods``)."""
    return ScorePlugin(NAME, partial(_score, hard, only_own), weight)


PLUGIN = plugin()


def _preferred(pod: PodInfo) -> tuple[tuple[AffinityTerm, int], ...]:
    """The preferred terms of a pod; the weights of anti-affinity are negative."""
    affinity = pod.spec.affinity
    if affinity is None:
        return ()
    terms: list[tuple[AffinityTerm, int]] = []
    for group, name, sign in (
        (affinity.pod_affinity, "podAffinity", 1),
        (affinity.pod_anti_affinity, "podAntiAffinity", -1),
    ):
        preferred: Sequence[WeightedPodAffinityTerm] = (
            () if group is None else group.preferred_during_scheduling_ignored_during_execution
        )
        for i, weighted in enumerate(preferred):
            path = f"affinity.{name}.{PREFERRED}[{i}].podAffinityTerm"
            term = AffinityTerm.of(weighted.pod_affinity_term, pod.namespace, path)
            terms.append((term, sign * weighted.weight))
    return tuple(terms)


def _pulls(pod: PodInfo, own: Sequence[tuple[AffinityTerm, int]], hard: int, snapshot: Snapshot) -> Iterator[_Pull]:
    for term, weight in own:
        selected = tuple(
            index for index, group in enumerate(snapshot.groups) if term.matches(group.pod, snapshot, incoming=True)
        )
        if selected:
            yield _Pull(term.topology_key, selected, weight)
    for index, group in enumerate(snapshot.groups):
        theirs = [*((term, hard) for term in group.pod.affinity if hard), *_preferred(group.pod)]
        for term, weight in theirs:
            if term.matches(pod, snapshot, incoming=False):
                yield _Pull(term.topology_key, (index,), weight)
