"""The score plugins of the default profile, and what the scheduler makes of their scores.

Source: ``getDefaultPlugins`` in pkg/scheduler/apis/config/v1/default_plugins.go; ``schedulePod``, ``prioritizeNodes``
and ``selectHost`` in pkg/scheduler/schedule_one.go. VolumeBinding scores only with the feature gate
StorageCapacityScoring, which is off in 1.34, and is not here.

With one feasible node nothing is scored. Of the nodes with the highest sum any may be taken. Clusters of more than
:data:`ALL_ARE_SCORED` nodes are sampled: the scheduler stops looking once it has found enough feasible nodes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from kverify.model.scheduling.framework import PodInfo, Snapshot
from kverify.model.scheduling.scoring import (
    image_locality,
    inter_pod_affinity,
    node_affinity,
    node_resources_balanced_allocation,
    node_resources_fit,
    pod_topology_spread,
    taint_toleration,
)
from kverify.model.scheduling.scoring.framework import ScorePlugin

ALL_ARE_SCORED = 100
"""``minFeasibleNodesToFind``: up to so many nodes all are looked at, whatever ``percentageOfNodesToScore`` says."""

DEFAULT_SCORES: tuple[ScorePlugin, ...] = (
    taint_toleration.PLUGIN,
    node_affinity.PLUGIN,
    node_resources_fit.PLUGIN,
    pod_topology_spread.PLUGIN,
    inter_pod_affinity.PLUGIN,
    node_resources_balanced_allocation.PLUGIN,
    image_locality.PLUGIN,
)
"""In the scheduler's order, with its weights."""


@frozen(eq=False)
class Ranking:
    """``parts`` has for every plugin that was not skipped the weighted score of each of ``nodes``, in their order."""

    nodes: tuple[int, ...]
    parts: Mapping[str, tuple[int, ...]]

    @property
    def totals(self) -> Mapping[int, int]:
        """The score of each node."""
        return {node: sum(part[i] for part in self.parts.values()) for i, node in enumerate(self.nodes)}

    @property
    def best(self) -> tuple[int, ...]:
        """The nodes the scheduler may take."""
        totals = self.totals
        highest = max(totals.values(), default=0)
        return tuple(node for node in self.nodes if totals[node] == highest)

    def of(self, node: int) -> Mapping[str, int]:
        """The weighted scores of one node, by plugin."""
        position = self.nodes.index(node)
        return {name: part[position] for name, part in self.parts.items()}


def rank(
    pod: PodInfo, feasible: Sequence[int], snapshot: Snapshot, plugins: Sequence[ScorePlugin] = DEFAULT_SCORES
) -> Ranking:
    """Score the nodes that the filters let ``pod`` onto. With fewer than two nothing is scored.

    ``snapshot`` must be concrete. Raises :class:`ScoringError` where the scheduler gives the pod up instead.
    """
    parts: dict[str, tuple[int, ...]] = {}
    if len(feasible) > 1:
        for plugin in plugins:
            scores = plugin.score(pod, feasible, snapshot)
            if scores is not None:
                parts[plugin.name] = tuple(plugin.weight * score for score in scores)
    return Ranking(tuple(feasible), parts)
