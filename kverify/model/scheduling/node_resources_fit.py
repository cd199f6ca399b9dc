"""NodeResourcesFit: the requests of all pods on a node stay within what the node allocates.

Source: ``fitsRequest`` in pkg/scheduler/framework/plugins/noderesources/fit.go. Only resources the pod itself requests
are compared, so a node that is already over-committed still takes a pod that asks for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from kverify.model.expr import Number
from kverify.model.scheduling.explain import amount, count
from kverify.model.scheduling.framework import Plugin, PodInfo, Requirement, Snapshot
from kverify.model.scheduling.requests import request_path

NAME = "NodeResourcesFit"


def requirements(pod: PodInfo, node_index: int, snapshot: Snapshot) -> Iterator[Requirement]:
    """One requirement for the number of pods and one for each resource the pod requests."""
    node = snapshot.nodes[node_index]
    places = node.allocatable.get("pods", 0)
    present = snapshot.pods(snapshot.every_group, (node_index,))
    yield Requirement(
        plugin=NAME,
        holds=present <= places - 1,
        reason="Too many pods",
        path="",
        stable=True,
        resolvable=places >= 1,
        explain=partial(_explain_pods, present, places),
    )
    for resource, request in pod.requests.items():
        if request == 0:
            continue
        allocatable = node.allocatable.get(resource, 0)
        taken = snapshot.requested(node_index, resource)
        yield Requirement(
            plugin=NAME,
            holds=taken <= allocatable - request,
            reason=f"Insufficient {resource}",
            path=request_path(pod.spec, resource),
            stable=True,
            resolvable=request <= allocatable,
            explain=partial(_explain_resource, resource, request, taken, allocatable),
        )


def _explain_pods(present: Number, places: int) -> str:
    if isinstance(present, int):
        return f"the node takes {count(places, 'pod')} and has {present}"
    return f"the node takes {count(places, 'pod')}"


def _explain_resource(resource: str, request: int, taken: Number, allocatable: int) -> str:
    asked, whole = amount(resource, request), amount(resource, allocatable)
    if allocatable == 0:
        return f"the pod requests {asked} {resource}; the node has none"
    if request > allocatable:
        short = amount(resource, request - allocatable)
        return f"the pod requests {asked} {resource}; the whole node allocates {whole}, {short} too little"
    if not isinstance(taken, int):
        return f"the pod requests {asked} of the {whole} {resource} the node allocates"
    used, short = amount(resource, taken), amount(resource, taken + request - allocatable)
    return (
        f"the pod requests {asked} {resource}; of the node's {whole} other pods request {used}, so {short} is missing"
    )


PLUGIN = Plugin(NAME, requirements, reports_all=True)
