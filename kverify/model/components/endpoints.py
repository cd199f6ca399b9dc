"""EndpointSlices: which pods answer for a Service.

Source: pkg/controller/endpointslice. A pod is an endpoint that answers while it is Ready, not terminating, and its node
is alive. (For up to the grace period a lost node's pods are still listed; they do not answer.) With
``publishNotReadyAddresses`` every bound pod is listed, Ready or not.
"""

from __future__ import annotations

from collections.abc import Iterable

from kverify.model.expr import Number, ite, total
from kverify.model.workload import Revision
from kverify.model.world import ANSWERING, LIVE, SERVING, World


def answering(world: World, revisions: Iterable[Revision], *, publish_not_ready: bool = False) -> Number:
    """How many endpoints of a Service that selects ``revisions`` answer."""
    phases = LIVE if publish_not_ready else SERVING
    counts = []
    for revision in revisions:
        for place in world.places:
            alive = world.has_status(place, *ANSWERING)
            counts.append(ite(alive, world.count(revision, phases, (place,)), 0))
    return total(counts)
