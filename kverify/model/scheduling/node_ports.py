"""NodePorts: a host port can be bound once on a node for each protocol and address.

Source: pkg/scheduler/framework/plugins/nodeports/node_ports.go. Which ports a pod binds is decided in
:class:`~kverify.model.scheduling.framework.PodInfo`. Two containers of one pod that ask for the same port are not the
scheduler's business: the kubelet or the container runtime refuses them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from kverify.model.expr import Number
from kverify.model.scheduling.explain import count, listing
from kverify.model.scheduling.framework import HostPort, Plugin, PodInfo, Requirement, Snapshot

NAME = "NodePorts"


def requirements(pod: PodInfo, node_index: int, snapshot: Snapshot) -> Iterator[Requirement]:
    """One requirement for each host port that some existing pod binds as well."""
    for port in pod.host_ports:
        groups = snapshot.memo((NAME, port), partial(_binders, port, snapshot))
        if not groups:
            continue
        rivals = snapshot.pods(groups, (node_index,))
        yield Requirement(
            plugin=NAME,
            holds=rivals <= 0,
            reason="node(s) didn't have free ports for the requested pod ports",
            path=port.path,
            stable=True,
            resolvable=True,
            explain=partial(_explain, port, groups, rivals, node_index, snapshot),
        )


def _binders(port: HostPort, snapshot: Snapshot) -> tuple[int, ...]:
    return tuple(
        index
        for index, group in enumerate(snapshot.groups)
        if any(port.conflicts_with(taken) for taken in group.pod.host_ports)
    )


def _explain(port: HostPort, groups: tuple[int, ...], rivals: Number, node_index: int, snapshot: Snapshot) -> str:
    here = [g for g in groups if not isinstance(rivals, int) or snapshot.counts.get((g, node_index), 0)]
    owners = listing(
        f"{snapshot.groups[g].pod} ({taken})"
        for g in here
        for taken in snapshot.groups[g].pod.host_ports
        if port.conflicts_with(taken)
    )
    number = count(rivals, "pod") if isinstance(rivals, int) else "any pod"
    verb = "is" if number in ("1 pod", "any pod") else "are"
    return f"the pod binds {port} on the node, where {number} of {owners} {verb} in the way"


PLUGIN = Plugin(NAME, requirements)
