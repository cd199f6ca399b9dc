"""NodeResourcesFit: how full a node would be, by the strategy that is configured.

Source: pkg/scheduler/framework/plugins/noderesources/{fit,resource_allocation,least_allocated,most_allocated,
requested_to_capacity_ratio}.go and ``BuildBrokenLinearFunction`` in plugins/helper/shape_score.go. A container that
requests no cpu or memory counts as 100m and 200Mi here, and only here. Of extended resources only those count that the
pod requests, and of all resources only those that the node has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from attrs import frozen

from kverify.model.expr import times, total
from kverify.model.scheduling.framework import PodInfo, Snapshot
from kverify.model.scheduling.node_resources_fit import NAME
from kverify.model.scheduling.requests import bound_scored_requests, is_scalar, scored_requests
from kverify.model.scheduling.scoring.framework import MAX_SCORE, ScorePlugin, known, rounded

Resources = tuple[tuple[str, int], ...]
"""Names and weights."""

CPU_AND_MEMORY: Resources = (("cpu", 1), ("memory", 1))
_FILLED_IN = ("cpu", "memory")
_SHAPE_SCALE = 10
"""Scores of a shape go up to 10 (``MaxCustomPriorityScore``)."""


@frozen
class Strategy:
    """``type`` is LeastAllocated, MostAllocated or RequestedToCapacityRatio; ``shape`` belongs to the last: points of
    (utilization in percent, score from 0 to 10), by rising utilization."""

    type: str = "LeastAllocated"
    resources: Resources = CPU_AND_MEMORY
    shape: tuple[tuple[int, int], ...] = ()


@frozen
class Usage:
    """Of one resource on one node: what would be requested with the pod, what is allocatable (never 0), the weight."""

    requested: int
    allocatable: int
    weight: int


def usage(resources: Resources, pod: PodInfo, node: int, snapshot: Snapshot, *, filled_in: bool) -> Iterator[Usage]:
    """The resources that count (``calculateResourceAllocatableRequest``). ``filled_in``: containers without a request
    for cpu or memory count all the same."""
    own = snapshot.memo(("scored", pod), lambda: scored_requests(pod.spec)) if filled_in else pod.requests
    allocatable = snapshot.nodes[node].allocatable
    for name, weight in resources:
        request = own.get(name, 0)
        if not allocatable.get(name, 0) or (not request and is_scalar(name)):
            continue
        there = _filled_in(name, node, snapshot) if filled_in and name in _FILLED_IN else snapshot.requested(node, name)
        yield Usage(known(there) + request, allocatable[name], weight)


def _filled_in(resource: str, node: int, snapshot: Snapshot) -> int:
    """``NodeInfo.NonZeroRequested``."""

    def each() -> tuple[Mapping[str, int], ...]:
        return tuple(bound_scored_requests(group.pod.spec) for group in snapshot.groups)

    amounts: tuple[Mapping[str, int], ...] = snapshot.memo("bound and scored", each)
    return known(
        total(times(snapshot.counts.get((g, node), 0), amount.get(resource, 0)) for g, amount in enumerate(amounts))
    )


def _least(usages: Sequence[Usage]) -> int:
    return sum(u.weight * _percent(u.allocatable - u.requested, u) for u in usages) // sum(u.weight for u in usages)


def _most(usages: Sequence[Usage]) -> int:
    # Containers without a request may fill a node beyond what it has.
    scores = (u.weight * _percent(min(u.requested, u.allocatable), u) for u in usages)
    return sum(scores) // sum(u.weight for u in usages)


def _percent(part: int, usage: Usage) -> int:
    return max(part, 0) * MAX_SCORE // usage.allocatable


def _ratio(shape: Sequence[tuple[int, int]], usages: Sequence[Usage]) -> int:
    """Resources that score 0 are left out of the weights, too."""
    scores = [(_at(shape, min(u.requested * 100 // u.allocatable, 100)), u.weight) for u in usages]
    weights = sum(weight for score, weight in scores if score > 0)
    return rounded(sum(score * weight for score, weight in scores if score > 0) / weights) if weights else 0


def _at(shape: Sequence[tuple[int, int]], utilization: int) -> int:
    """The shape, linear between its points; slopes are rounded towards zero."""
    points = [(x, y * (MAX_SCORE // _SHAPE_SCALE)) for x, y in shape]
    for i, (x, y) in enumerate(points):
        if utilization <= x:
            if i == 0:
                return y
            x0, y0 = points[i - 1]
            rise = (y - y0) * (utilization - x0)
            step = abs(rise) // (x - x0)
            return y0 + (step if rise >= 0 else -step)
    return points[-1][1]


def _score(strategy: Strategy, pod: PodInfo, nodes: Sequence[int], snapshot: Snapshot) -> list[int]:
    rate = {"LeastAllocated": _least, "MostAllocated": _most}.get(strategy.type, partial(_ratio, strategy.shape))
    found = ([*usage(strategy.resources, pod, node, snapshot, filled_in=True)] for node in nodes)
    return [rate(usages) if usages else 0 for usages in found]


def plugin(strategy: Strategy | None = None, weight: int = 1) -> ScorePlugin:
    """The plugin with a ``scoringStrategy``; without one it is LeastAllocated of cpu and memory."""
    return ScorePlugin(NAME, partial(_score, strategy or Strategy()), weight)


PLUGIN = plugin()
