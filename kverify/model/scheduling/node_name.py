"""NodeName: a pod that names its node fits no other.

Source: pkg/scheduler/framework/plugins/nodename/node_name.go. Pods that name a node are not scheduled at all; the
filter matters where the scheduler's answer is asked for all the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from kverify.model.scheduling.explain import near_miss, nearest
from kverify.model.scheduling.framework import Plugin, PodInfo, Requirement, Snapshot

NAME = "NodeName"


def requirements(pod: PodInfo, node_index: int, snapshot: Snapshot) -> Iterator[Requirement]:
    """One requirement for a pod that names its node."""
    wanted = pod.spec.node_name
    if not wanted:
        return
    node = snapshot.nodes[node_index]

    def explain() -> str:
        names = [other.name for other in snapshot.nodes]
        if wanted in names:
            return f"the pod asks for node {wanted}; this is {node.name}"
        similar = nearest(wanted, names)
        hint = f"; there is {similar}: {near_miss('node name', wanted, similar)}" if similar is not None else ""
        return f"the pod asks for node {wanted}, which does not exist{hint}"

    yield Requirement(
        plugin=NAME,
        holds=wanted == node.name,
        reason="node(s) didn't match the requested node name",
        path="nodeName",
        stable=True,
        resolvable=False,
        explain=explain,
    )


PLUGIN = Plugin(NAME, requirements)
