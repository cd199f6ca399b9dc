"""SchedulingGates: a pod with scheduling gates does not enter the queue before the last one is removed.

Source: ``PreEnqueue`` in pkg/scheduler/framework/plugins/schedulinggates/scheduling_gates.go. This is asked of the pod
alone, before any node is looked at, and so it is no filter.
"""

from __future__ import annotations

from kverify.model.scheduling.framework import PodInfo

NAME = "SchedulingGates"


def waiting(pod: PodInfo) -> str | None:
    """The scheduler's reason why ``pod`` is not looked at yet; ``None`` when it is."""
    gates = [gate.name for gate in pod.spec.scheduling_gates]
    return f"waiting for scheduling gates: [{' '.join(gates)}]" if gates else None
