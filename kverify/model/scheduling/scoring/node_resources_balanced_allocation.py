"""NodeResourcesBalancedAllocation: the closer to each other the used parts of all resources, the better.

Source: pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go. Requests are counted as they are written.
A pod that requests none of the resources is not scored, and a node has to have two of them for the score to tell
anything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from kverify.model.scheduling.framework import PodInfo, Snapshot
from kverify.model.scheduling.scoring.framework import MAX_SCORE, ScorePlugin
from kverify.model.scheduling.scoring.node_resources_fit import CPU_AND_MEMORY, Resources, usage

NAME = "NodeResourcesBalancedAllocation"


def _score(resources: Resources, pod: PodInfo, nodes: Sequence[int], snapshot: Snapshot) -> list[int] | None:
    if not any(pod.requests.get(name) for name, _ in resources):
        return None
    found = (usage(resources, pod, node, snapshot, filled_in=False) for node in nodes)
    return [_balance([min(float(u.requested) / float(u.allocatable), 1.0) for u in usages]) for usages in found]


def _balance(fractions: Sequence[float]) -> int:
    """1 less the standard deviation. The order of the operations is the source's: results are cut, not rounded."""
    deviation = 0.0
    if len(fractions) == 2:
        deviation = abs((fractions[0] - fractions[1]) / 2)
    elif len(fractions) > 2:
        mean = sum(fractions, 0.0) / len(fractions)
        squares = 0.0
        for fraction in fractions:
            squares += (fraction - mean) * (fraction - mean)
        deviation = math.sqrt(squares / len(fractions))
    return int((1 - deviation) * MAX_SCORE)


def plugin(resources: Resources = CPU_AND_MEMORY, weight: int = 1) -> ScorePlugin:
    """The plugin for some resources; their weights do not count."""
    return ScorePlugin(NAME, partial(_score, resources), weight)


PLUGIN = plugin()
