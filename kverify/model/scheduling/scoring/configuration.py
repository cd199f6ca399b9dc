"""How the scheduler was told to score: its score plugins with their weights, and how many nodes it looks at."""

from __future__ import annotations

from attrs import frozen

from kverify.model.scheduling.scoring.framework import ScorePlugin
from kverify.model.scheduling.scoring.profile import DEFAULT_SCORES


@frozen(eq=False)
class Scoring:
    """``every_node``: all feasible nodes are scored, however large the cluster (``percentageOfNodesToScore: 100``)."""

    plugins: tuple[ScorePlugin, ...] = DEFAULT_SCORES
    every_node: bool = False
    notes: tuple[str, ...] = ()
    """What a configuration says besides, and what of it counts for nothing here."""


DEFAULT = Scoring()
"""kube-scheduler's own."""
