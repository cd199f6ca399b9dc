"""TaintToleration: fewer ``PreferNoSchedule`` taints that the pod does not tolerate are better.

Source: pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go. Never skipped: without such taints every
node gets the full score.
"""

from __future__ import annotations

from collections.abc import Sequence

from kverify.model.scheduling.framework import PodInfo, Snapshot
from kverify.model.scheduling.scoring.framework import ScorePlugin, normalised
from kverify.model.scheduling.taint_toleration import NAME, tolerates

PREFER = "PreferNoSchedule"


def score(pod: PodInfo, nodes: Sequence[int], snapshot: Snapshot) -> list[int]:
    """Most for the nodes with the fewest intolerable taints."""
    return normalised([_intolerable(pod, node, snapshot) for node in nodes], reverse=True)


def _intolerable(pod: PodInfo, node: int, snapshot: Snapshot) -> int:
    tolerations = [t for t in pod.spec.tolerations if not t.effect or t.effect == PREFER]
    return sum(
        taint.effect == PREFER and not any(tolerates(toleration, taint) for toleration in tolerations)
        for taint in snapshot.nodes[node].taints
    )


PLUGIN = ScorePlugin(NAME, score, weight=3)
