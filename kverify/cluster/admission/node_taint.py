"""TaintNodesByCondition: a new node takes no pods until the node controller has seen that it is ready.

Source: ``plugin/pkg/admission/nodetaint``.
"""

from __future__ import annotations

import attrs

from kverify.api.types.node import Node, Taint
from kverify.cluster.admission.request import Admitted, Request

NOT_READY = "node.kubernetes.io/not-ready"


def admit(request: Request) -> Admitted:
    """Taint a node that is being created; nodes that are read as they are in a cluster keep what they have."""
    node = request.object
    if not isinstance(node, Node) or not request.creates:
        return Admitted(node)
    if any(taint.key == NOT_READY and taint.effect == "NoSchedule" for taint in node.spec.taints):
        return Admitted(node)
    taints = (*node.spec.taints, Taint(key=NOT_READY, effect="NoSchedule"))
    return Admitted(attrs.evolve(node, spec=attrs.evolve(node.spec, taints=taints)))
