"""NodeUnschedulable: a cordoned node takes only pods that tolerate it.

Source: pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable.go. The toleration is matched against the
taint ``node.kubernetes.io/unschedulable:NoSchedule``, whether or not the node carries it.
"""

from __future__ import annotations

from collections.abc import Iterator

from kverify.api.types.node import Taint
from kverify.model.scheduling.framework import Plugin, PodInfo, Requirement, Snapshot
from kverify.model.scheduling.taint_toleration import tolerates

NAME = "NodeUnschedulable"
UNSCHEDULABLE = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")


def requirements(pod: PodInfo, node_index: int, snapshot: Snapshot) -> Iterator[Requirement]:
    """One requirement on a cordoned node, none elsewhere."""
    node = snapshot.nodes[node_index]
    if not node.unschedulable:
        return
    yield Requirement(
        plugin=NAME,
        holds=any(tolerates(toleration, UNSCHEDULABLE) for toleration in pod.spec.tolerations),
        reason="node(s) were unschedulable",
        path="tolerations",
        stable=True,
        resolvable=False,
        explain=lambda: (
            f"node {node.name} is cordoned (spec.unschedulable); kubectl uncordon {node.name} opens it again"
        ),
    )


PLUGIN = Plugin(NAME, requirements)
