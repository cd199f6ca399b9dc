"""The horizontal autoscaler's arithmetic for a target of utilisation.

Utilisation is the usage of all pods over the requests of all pods, in whole percent, cut off; its ratio to the target
is left alone inside the tolerance, and otherwise the pods are multiplied by it, rounded up. Numbers are floating point
here as they are there, because that decides at the edges. This is for pods that are all Ready and measured; what a
controller does with pods that are not, and how it slows scaling down, is left out.

Source: ``GetResourceReplicas`` and ``Tolerances.isWithin`` in pkg/controller/podautoscaler/replica_calculator.go,
``GetResourceUtilizationRatio`` in pkg/controller/podautoscaler/metrics/utilization.go.
"""

from __future__ import annotations

import math

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
