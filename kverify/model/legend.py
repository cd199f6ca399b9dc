"""What the variables of a system count, as plain data: for those who draw its states, never for those who decide.

A ``World`` names its variables, and the names say nothing to a reader of a trace. The legend of a system says which
variable counts the pods of which revision, in which phase and where, and what there is to know of the places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from attrs import evolve, frozen

from kverify.api.labels import ZONE
from kverify.model.components.deployment import promised
from kverify.model.expr import Number
from kverify.model.scheduling.framework import NodeInfo
from kverify.model.scheduling.taint_toleration import taint_text
from kverify.model.workload import Recreate, Revision, RollingUpdate, Workload
from kverify.model.world import Place, World

Changing: TypeAlias = "Number | tuple[int, ...] | None"
"""A number that may depend on the state; of a trace that was read back: what it was in each state, None if unknown."""
PENDING = "pending"
"""The phase of pods that have no node yet."""


@frozen
class Pods:
    """``variable`` counts pods in ``phase`` (``PENDING``, or a value of ``Phase``) at ``place``, which is empty for
    pending ones."""

    variable: str
    phase: str
    place: str = ""


@frozen(kw_only=True)
class RevisionLegend:
    """One ReplicaSet. ``wanted`` is the variable of its ``spec.replicas``, empty where there is none."""

    key: str
    title: str
    ready: bool
    wanted: str
    pods: tuple[Pods, ...]


@frozen(kw_only=True)
class WorkloadLegend:
    """A workload. ``least`` and ``most`` are what its strategy promises, ``None`` where it promises nothing: pods that
    stay available, and pods that are wanted at once."""

    name: str
    replicas: Changing
    strategy: str
    least: Changing
    most: Changing
    revisions: tuple[RevisionLegend, ...]


@frozen(kw_only=True)
class PlaceLegend:
    """A node, or several that are not told apart (``several``). ``others`` are pods that do not move, by owner.
    ``status`` is the variable of its ``NodeStatus``, empty for a node that stays as it is."""

    name: str
    several: bool = False
    zone: str = ""
    taints: tuple[str, ...] = ()
    cordoned: bool = False
    others: tuple[tuple[str, int], ...] = ()
    status: str = ""


@frozen(kw_only=True)
class BudgetLegend:
    """A PodDisruptionBudget: ``desired`` pods of ``revisions`` (keys) are to be healthy."""

    name: str
    desired: Changing
    revisions: tuple[str, ...]


@frozen(kw_only=True)
class Legend:
    """All of it, in the order in which it is to be shown."""

    workloads: tuple[WorkloadLegend, ...]
    places: tuple[PlaceLegend, ...]
    budgets: tuple[BudgetLegend, ...] = ()


def legend_of(world: World) -> Legend:
    """The legend of the system that ``build`` makes of ``world``."""
    return Legend(
        workloads=tuple(_workload(world, workload) for workload in world.workloads),
        places=tuple(_place(world, place) for place in world.places),
        budgets=tuple(
            BudgetLegend(name=b.name, desired=b.desired, revisions=tuple(r.key for r in b.revisions))
            for b in world.budgets
        ),
    )


def _workload(world: World, workload: Workload) -> WorkloadLegend:
    least: Number | None = None
    most: Number | None = None
    strategy = ""
    match workload.strategy:
        case RollingUpdate() as rolling:
            strategy = "RollingUpdate"
            least, most = promised(workload.replicas, rolling)
        case Recreate():
            strategy = "Recreate"
    return WorkloadLegend(
        name=workload.name,
        replicas=workload.replicas,
        strategy=strategy,
        least=least,
        most=most,
        revisions=tuple(
            RevisionLegend(
                key=r.key,
                title=r.title,
                ready=r.ready,
                wanted=world.spec(r),
                pods=tuple(_pods(world, workload, r)),
            )
            for r in workload.revisions
        ),
    )


def _pods(world: World, workload: Workload, revision: Revision) -> Iterator[Pods]:
    yield Pods(world.pending(revision), PENDING)
    for place in world.places:
        for phase in world.phases(workload):
            yield Pods(world.at(phase, revision, place), phase.value, place.name)


def _place(world: World, place: Place) -> PlaceLegend:
    disturbed = world.disturbed is not None and world.disturbed[0] is place
    status = world.status(place) if disturbed else ""
    if place.node is None or place.many:
        return PlaceLegend(name=place.name, several=True, status=status)
    others = tuple(_others(world, place.node).items())
    return evolve(node_legend(world.nodes[place.node], others), name=place.name, status=status)


def node_legend(node: NodeInfo, others: tuple[tuple[str, int], ...] = ()) -> PlaceLegend:
    """A node that stays as it is."""
    return PlaceLegend(
        name=node.name,
        zone=node.labels.get(ZONE, ""),
        taints=tuple(map(taint_text, node.taints)),
        cordoned=node.unschedulable,
        others=others,
    )


def _others(world: World, node: int) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for group, by_node in world.others:
        number = by_node.get(node, 0)
        if number:
            name = f"{group.pod.namespace}/{group.pod.name}"
            counts[name] = counts.get(name, 0) + number
    return counts
