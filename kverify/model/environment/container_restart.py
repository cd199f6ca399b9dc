"""A container of a running pod ends and is started again: out of memory, a failed liveness probe, a crash.

The pod stays on its node, but it is not Ready until the kubelet has started the container again and its probes have
answered; minReadySeconds begin anew. No budget is asked. Source: ``UpdatePodStatus`` in pkg/kubelet/prober (a
container that does not run is not ready) and ``GeneratePodReadyCondition`` in pkg/kubelet/status. A restart that nobody
notices is none here, and one on a node that does not answer changes no status.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from kverify.model.components.kubelet import losing_readiness
from kverify.model.system import Action, Variable
from kverify.model.world import World

COMPONENT = "environment"


@frozen(eq=False)
class Restarts:
    """Containers may restart in the pods of every workload but those called ``never`` (restartPolicy: Never)."""

    never: frozenset[str] = frozenset()

    def variables(self, _: World) -> Iterator[Variable]:
        """Pods are declared by the components that make and run them."""
        yield from ()

    def actions(self, world: World) -> Iterator[Action]:
        for workload in world.workloads:
            if workload.name in self.never:
                continue
            for revision in workload.revisions:
                for place in world.places:
                    for phase, guard, updates in losing_readiness(world, workload, revision, place):
                        yield Action(
                            f"restart {revision.key} {phase.value}@{place.name}",
                            COMPONENT,
                            guard=guard,
                            updates=updates,
                            says=f"A container of a pod of {revision.title} ends and is started again: "
                            "the pod is not Ready until then",
                            environment=True,
                        )
