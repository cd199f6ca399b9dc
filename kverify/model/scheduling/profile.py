"""The default profile: all filters in the scheduler's order, and the questions one asks of them.

Source: ``getDefaultPlugins`` in pkg/scheduler/apis/config/v1/default_plugins.go,
``RunFilterPluginsWithNominatedPods`` in pkg/scheduler/framework/runtime/framework.go, and, for the message,
``FitError.Error`` in pkg/scheduler/framework/types.go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from attrs import evolve

from kverify.model.expr import Condition, Expr, all_of
from kverify.model.scheduling import (
    inter_pod_affinity,
    node_affinity,
    node_name,
    node_ports,
    node_resources_fit,
    node_unschedulable,
    pod_topology_spread,
    taint_toleration,
)
from kverify.model.scheduling.framework import Plugin, PodGroup, PodInfo, Requirement, Snapshot

DEFAULT_PROFILE: tuple[Plugin, ...] = (
    node_unschedulable.PLUGIN,
    node_name.PLUGIN,
    taint_toleration.PLUGIN,
    node_affinity.PLUGIN,
    node_ports.PLUGIN,
    node_resources_fit.PLUGIN,
    pod_topology_spread.PLUGIN,
    inter_pod_affinity.PLUGIN,
)
"""The filters over pods and nodes. Those over volumes stand between NodeResourcesFit and PodTopologySpread."""


def requirements(
    pod: PodInfo, node_index: int, snapshot: Snapshot, profile: tuple[Plugin, ...] = DEFAULT_PROFILE
) -> Iterator[Requirement]:
    """Everything the filters ask for, in profile order."""
    for plugin in profile:
        yield from plugin.requirements(pod, node_index, snapshot)


def feasible(
    pod: PodInfo, node_index: int, snapshot: Snapshot, profile: tuple[Plugin, ...] = DEFAULT_PROFILE
) -> Condition:
    """When ``pod`` may be bound to the node: a truth value, or a condition over the counts of ``snapshot``."""
    return all_of(requirement.holds for requirement in requirements(pod, node_index, snapshot, profile))


def feasible_nodes(pod: PodInfo, snapshot: Snapshot, profile: tuple[Plugin, ...] = DEFAULT_PROFILE) -> tuple[int, ...]:
    """The nodes ``pod`` may be bound to. ``snapshot`` must be concrete (see :func:`reject`)."""
    return tuple(n for n in range(len(snapshot.nodes)) if not reject(pod, n, snapshot, profile))


def reject(
    pod: PodInfo, node_index: int, snapshot: Snapshot, profile: tuple[Plugin, ...] = DEFAULT_PROFILE
) -> tuple[Requirement, ...]:
    """Every requirement that fails; empty when the pod fits.

    Raises ``TypeError`` for a snapshot with symbolic counts, where the answer is not known.
    """
    return tuple(r for r in requirements(pod, node_index, snapshot, profile) if not _decided(r))


def reported(
    pod: PodInfo, node_index: int, snapshot: Snapshot, profile: tuple[Plugin, ...] = DEFAULT_PROFILE
) -> tuple[Requirement, ...]:
    """What the scheduler says of the node: the first filter that rejects, and of most filters its first reason only."""
    failed = reject(pod, node_index, snapshot, profile)
    for requirement in failed:
        if requirement.before_filters:
            return (requirement,)
    for plugin in profile:
        own = tuple(requirement for requirement in failed if requirement.plugin == plugin.name)
        if own:
            return own if plugin.reports_all else own[:1]
    return ()


def _decided(requirement: Requirement) -> bool:
    if isinstance(requirement.holds, Expr):
        raise TypeError(
            f"whether {requirement.plugin} rejects depends on {requirement.holds}: this question needs concrete counts"
        )
    return requirement.holds


def message(pod: PodInfo, snapshot: Snapshot, profile: tuple[Plugin, ...] = DEFAULT_PROFILE) -> str | None:
    """The scheduler's event text for a pod that fits nowhere, or ``None`` if it fits somewhere.

    What preemption adds to the text is left out.

    >>> message(pod, snapshot)                                                                      # doctest: +SKIP
    '0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.'
    """
    answers = [reported(pod, n, snapshot, profile) for n in range(len(snapshot.nodes))]
    return None if any(not answer for answer in answers) else compose(answers)


def compose(answers: Iterable[Iterable[Requirement]]) -> str:
    """``0/N nodes are available: ...`` from what is :func:`reported` of each node."""
    nodes = [[requirement.reason for requirement in answer] for answer in answers]
    if not nodes:
        return "no nodes available to schedule pods"
    histogram = Counter(reason for reasons in nodes for reason in reasons)
    parts = sorted(f"{number} {reason}" for reason, number in histogram.items())
    return f"0/{len(nodes)} nodes are available: {', '.join(parts)}."


def with_nominated(snapshot: Snapshot, node_index: int, nominated: Iterable[PodInfo]) -> Snapshot:
    """``snapshot`` with pods that preemption promised room on the node added to it.

    A pod has to fit both in this snapshot and in ``snapshot`` itself: room is reserved, but whether the nominated pods
    really come is not certain, so what they would provide (a partner for affinity, say) is not relied on. The scheduler
    adds the nominated pods of the node in question that have the same or a higher priority, except the pod itself;
    choosing them is the caller's part.
    """
    extra = tuple(PodGroup(pod, nominated=True) for pod in nominated)
    first = len(snapshot.groups)
    added = {(first + index, node_index): 1 for index in range(len(extra))}
    return evolve(snapshot, groups=snapshot.groups + extra, counts={**snapshot.counts, **added})
