"""The horizontal autoscaler: its arithmetic for a target of utilisation, and what it does whatever the load.

Utilisation is the usage of all pods over the requests of all pods, in whole percent, cut off; its ratio to the target
is left alone inside the tolerance, and otherwise the pods are multiplied by it, rounded up. Numbers are floating point
here as they are there, because that decides at the edges. This is for pods that are all Ready and measured; what a
controller does with pods that are not, and how it slows scaling down, is left out.

A count outside its range it brings into it, but for 0, which switches it off (``reconcileAutoscaler`` in
pkg/controller/podautoscaler/horizontal.go).

Source: ``GetResourceReplicas`` and ``Tolerances.isWithin`` in pkg/controller/podautoscaler/replica_calculator.go,
``GetResourceUtilizationRatio`` in pkg/controller/podautoscaler/metrics/utilization.go.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from attrs import frozen

from kverify.model.environment.scale import replicas, resized
from kverify.model.expr import all_of, integer
from kverify.model.system import Action, Variable
from kverify.model.world import World

COMPONENT = "HorizontalPodAutoscaler controller"

TOLERANCE = 0.1
"""``--horizontal-pod-autoscaler-tolerance``, where the autoscaler says nothing else (``behavior.*.tolerance``)."""


def utilisation(usage: int, requests: int) -> int:
    """Usage over requests, both of all pods and in one unit, in whole percent. ``requests`` is not 0."""
    return usage * 100 // requests


def desired(pods: int, percent: int, target: int, *, up: float = TOLERANCE, down: float = TOLERANCE) -> int:
    """How many replicas ``pods`` at a utilisation of ``percent`` ask for, before the autoscaler's range."""
    ratio = percent / target
    if 1.0 - down <= ratio <= 1.0 + up:
        return pods
    return math.ceil(ratio * pods)


@frozen(eq=False)
class Bounds:
    """Keeps the replicas of workloads between two numbers, by their names."""

    ranges: Mapping[str, tuple[int, int]]

    def variables(self, _: World) -> Iterator[Variable]:
        """Replicas are declared by ``scale``."""
        yield from ()

    def actions(self, world: World) -> Iterator[Action]:
        for workload in world.workloads:
            low, high = self.ranges.get(workload.name, (0, None))
            name = replicas(workload.name)
            if low:
                yield Action(
                    f"raise {workload.name}",
                    COMPONENT,
                    guard=all_of([integer(name) >= 1, integer(name) < low]),
                    updates=resized(world, workload, low),
                    says=f"The autoscaler raises the replicas of {workload.name} from {{before[{name}]}} "
                    f"to its least, {low}",
                )
            if high is not None:
                yield Action(
                    f"lower {workload.name}",
                    COMPONENT,
                    guard=integer(name) > high,
                    updates=resized(world, workload, high),
                    says=f"The autoscaler lowers the replicas of {workload.name} from {{before[{name}]}} "
                    f"to its most, {high}",
                )


def asked(name: str) -> str:
    """The variable with the replicas that the load of a workload called ``name`` asks for."""
    return f"{name}.asked"


@frozen(eq=False)
class Load:
    """Brings the replicas of workloads, by their names, to what their load asks for: one number between two, which
    stays the same. Which it is, the start of a run says. Beside ``Bounds``, which come first."""

    ranges: Mapping[str, tuple[int, int]]

    def variables(self, world: World) -> Iterator[Variable]:
        for workload in world.workloads:
            if workload.name in self.ranges:
                yield Variable(asked(workload.name), *self.ranges[workload.name])

    def actions(self, world: World) -> Iterator[Action]:
        for workload in world.workloads:
            if workload.name in self.ranges:
                low, high = self.ranges[workload.name]
                now, wish = integer(replicas(workload.name)), integer(asked(workload.name))
                yield Action(
                    f"follow the load of {workload.name}",
                    COMPONENT,
                    guard=all_of([now >= low, now <= high, now != wish]),
                    updates=resized(world, workload, wish),
                    says=f"The autoscaler scales {workload.name} from {{before[{now.name}]}} "
                    f"to {{after[{now.name}]}}, which the load asks for",
                )
