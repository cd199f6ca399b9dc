"""What the containers of running pods need is gone: a database, a certificate, a dependency of their probes.

The readiness probe of every pod of the question fails from then on, whatever node it is on, and no pod becomes Ready.
Nobody says when that ends. The kubelets' side of it is in ``kubelet``.
"""

from __future__ import annotations

from collections.abc import Iterator

from kverify.model.components.kubelet import OUTAGE
from kverify.model.expr import boolean, negate
from kverify.model.system import Action, Variable
from kverify.model.world import World

COMPONENT = "environment"


def variables(_: World) -> Iterator[Variable]:
    """Whether there is an outage is declared by the kubelets, which are what it is to."""
    yield from ()


def actions(world: World) -> Iterator[Action]:
    if world.failing:
        yield Action(
            "outage",
            COMPONENT,
            guard=negate(boolean(OUTAGE)),
            updates={OUTAGE: True},
            says="What the containers need is gone: from now on their readiness probes fail",
            environment=True,
        )
