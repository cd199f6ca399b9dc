"""A GitOps tool with self-healing: whenever the live object differs from the manifest, the manifest is applied again.

It looks at nothing but ``spec.replicas`` here, and only where the manifest has it. That it acts is certain, as of any
controller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from kverify.model.environment.scale import replicas, resized
from kverify.model.expr import integer
from kverify.model.system import Action, Variable
from kverify.model.world import World

COMPONENT = "GitOps"


@frozen(eq=False)
class SelfHeals:
    """The manifests say ``wanted`` replicas, by the names of workloads whose replicas may change."""

    wanted: Mapping[str, int]

    def variables(self, _: World) -> Iterator[Variable]:
        """Replicas are declared by ``scale``."""
        yield from ()

    def actions(self, world: World) -> Iterator[Action]:
        for workload in world.workloads:
            number = self.wanted.get(workload.name)
            if number is not None:
                name = replicas(workload.name)
                yield Action(
                    f"heal {workload.name}",
                    COMPONENT,
                    guard=integer(name) != number,
                    updates=resized(world, workload, number),
                    says=f"The GitOps tool applies the manifest again: replicas of {workload.name} "
                    f"from {{before[{name}]}} to {number}",
                )
