"""The default profile: all filters in the scheduler's order, and the questions one asks of them.

Source: ``getDefaultPlugins`` in pkg/scheduler/apis/config/v1/default_plugins.go,
``RunFilterPluginsWithNominatedPods`` in pkg/scheduler/framework/runtime/framework.go, and, for the message,
``FitError.Error`` in pkg/scheduler/framework/types.go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from attrs import evolve

from kverify.model.expr import Condition, Expr, all_of
from kverify.model.scheduling import (
    inter_pod_affinity,
    node_affinity,
    node_name,
    node_ports,
    node_resources_fit,
    node_unschedulable,
    node_volume_limits,
    pod_topology_spread,
    taint_toleration,
    volume_binding,
    volume_restrictions,
    volume_zone,
)
from kverify.model.scheduling.framework import Plugin, PodGroup, PodInfo, Requirement, Snapshot

DEFAULT_PROFILE: tuple[Plugin, ...] = (
    node_unschedulable.PLUGIN,
    node_name.PLUGIN,
    taint_toleration.PLUGIN,
    node_affinity.PLUGIN,
    node_ports.PLUGIN,
    node_resources_fit.PLUGIN,
    volume_restrictions.PLUGIN,
    node_volume_limits.PLUGIN,
    volume_binding.PLUGIN,
    volume_zone.PLUGIN,
    pod_topology_spread.PLUGIN,
    inter_pod_affinity.PLUGIN,
)
"""The filters, in the order in which the scheduler runs them."""


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
    return said(reject(pod, node_index, snapshot, profile), profile)


def said(failed: Sequence[Requirement], profile: tuple[Plugin, ...] = DEFAULT_PROFILE) -> tuple[Requirement, ...]:
    """Which of all that fails on a node the scheduler names (see :func:`reported`)."""
    early = [requirement for requirement in failed if requirement.before_filters]
    if early:
        return (next((requirement for requirement in early if requirement.gives_up), early[0]),)
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
    reported = [tuple(answer) for answer in answers]
    if not reported:
        return "no nodes available to schedule pods"
    given_up = next((requirement for requirement in reported[0] if requirement.gives_up), None)
    if given_up is not None:
        return f"0/{len(reported)} nodes are available: {given_up.reason}."
    return fit_error([[requirement.reason for requirement in answer] for answer in reported])


def fit_error(nodes: Sequence[Sequence[str]]) -> str:
    """The text from the reasons of each node: equal ones are counted."""
    histogram = Counter(reason for reasons in nodes for reason in reasons)
    parts = sorted(f"{number} {reason}" for reason, number in histogram.items())
    return f"0/{len(nodes)} nodes are available: {', '.join(parts)}."


def with_nominated(snapshot: Snapshot, node_index: int, nominated: Iterable[PodInfo]) -> Snapshot:
    """``snapshot`` with pods that preemption promised room on the node added to it.

    A pod has to fit both in this snapshot and in ``snapshot`` itself: room is reserved, but whether the nominated pods
    really come is not certain, so what they would provide (a partner for affinity, say) is not relied on. The scheduler
    adds the nominated pods of the node in question that have the same or a higher priority, except the pod itself;
    choosing them is the caller's part. :func:`reported_with_nominated` asks both.
    """
    extra = tuple(PodGroup(pod, nominated=True) for pod in nominated)
    first = len(snapshot.groups)
    added = {(first + index, node_index): 1 for index in range(len(extra))}
    return evolve(snapshot, groups=snapshot.groups + extra, counts={**snapshot.counts, **added})


def reported_with_nominated(
    pod: PodInfo, node_index: int, snapshot: Snapshot, nominated: Iterable[PodInfo]
) -> tuple[Requirement, ...]:
    """What the scheduler says of a node where ``nominated`` pods, none less important than ``pod``, hold their room."""
    rivals = tuple(nominated)
    if rivals:
        failed = reported(pod, node_index, with_nominated(snapshot, node_index, rivals))
        if failed:
            return failed
    return reported(pod, node_index, snapshot)
