"""What a score plugin sees and answers.

A plugin scores the nodes that the filters let a pod onto, all of them at once: scores are normalised over these nodes,
and some plugins divide by what occurs on them. Unlike filters, scores are computed for concrete counts only. They are
rounded at several places, so a condition over symbolic counts would say nothing that an engine could use.

Source: ``prioritizeNodes`` in pkg/scheduler/schedule_one.go, ``RunPreScorePlugins`` and ``RunScorePlugins`` in
pkg/scheduler/framework/runtime/framework.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import frozen

from kverify.model.expr import Number
from kverify.model.scheduling.framework import PodInfo, Snapshot

MAX_SCORE = 100
"""``MaxNodeScore``: what a plugin gives at most, before its weight."""


class ScoringError(Exception):
    """A plugin cannot score the pod on any node: the scheduler gives the pod up. The text is the scheduler's own."""


@frozen(eq=False)
class ScorePlugin:
    """``score`` takes the pod, the indices of the nodes it fits on and the snapshot. It gives a score of 0 to 100 for
    each of these nodes, or ``None`` where the plugin has nothing to say of the pod and is skipped (``PreScore``).
    Raises :class:`ScoringError`."""

    name: str
    score: Callable[[PodInfo, Sequence[int], Snapshot], list[int] | None]
    weight: int = 1


def known(number: Number) -> int:
    """A count that has to be a number. Raises ``TypeError`` for a symbolic one."""
    if not isinstance(number, int):
        raise TypeError(f"a score depends on {number}: scores need concrete counts")
    return number


def normalised(scores: Sequence[int], *, reverse: bool = False) -> list[int]:
    """From 0 up to the highest score to 0 up to 100, or the other way round (``DefaultNormalizeScore`` in
    pkg/scheduler/framework/plugins/helper/normalize_score.go). Scores are not negative.

    >>> normalised([1, 2, 4]), normalised([1, 2, 4], reverse=True), normalised([0, 0], reverse=True)
    ([25, 50, 100], [75, 50, 0], [100, 100])
    """
    highest = max(scores, default=0)
    if highest == 0:
        return [MAX_SCORE if reverse else 0 for _ in scores]
    shares = [MAX_SCORE * score // highest for score in scores]
    return [MAX_SCORE - share for share in shares] if reverse else shares


def rounded(number: float) -> int:
    """The nearest integer, halves away from zero (Go's ``math.Round``). ``number`` is not negative.

    >>> rounded(2.5), rounded(3.5), rounded(2.49)
    (3, 4, 2)
    """
    whole = int(number)
    return whole + (number - whole >= 0.5)
