"""Requests and allocatable amounts as the scheduler's integers.

Source: ``Resource.Add`` in pkg/scheduler/framework/types.go: ``cpu`` in milli-cores, everything else in whole units,
each rounded up once per pod. Names that are neither known nor scalar (``IsScalarResourceName``) are not counted.
"""

from __future__ import annotations

from collections.abc import Mapping

from kverify.api.base import FrozenMap
from kverify.api.quantity import Quantity
from kverify.api.resources import pod_request_quantities, scheduler_amount
from kverify.api.types.node import NodeStatus
from kverify.api.types.pod import PodSpec

_FIRST = ("cpu", "memory", "ephemeral-storage")


def is_scalar(resource: str) -> bool:
    """Extended resources, huge pages and attachable volumes (``IsScalarResourceName``)."""
    if resource.startswith(("hugepages-", "attachable-volumes-")):
        return True
    return "kubernetes.io/" in resource or ("/" in resource and not resource.startswith("requests."))


def _counted(amounts: Mapping[str, Quantity]) -> dict[str, int]:
    """What the scheduler counts of ``amounts``: native resources in its own order, then scalar ones by name."""
    names = [name for name in _FIRST if name in amounts]
    names += sorted(name for name in amounts if name not in _FIRST and is_scalar(name))
    return {name: scheduler_amount(name, amounts[name]) for name in names}


def pod_requests(spec: PodSpec) -> Mapping[str, int]:
    """What a pod requests of its node. The formula is in :mod:`kverify.api.resources`."""
    return FrozenMap(_counted(pod_request_quantities(spec)))


def node_allocatable(status: NodeStatus) -> Mapping[str, int]:
    """What a node allocates to pods, with ``pods``; its capacity where it does not say (``SetDefaults_NodeStatus``)."""
    amounts = status.allocatable or status.capacity
    places = amounts["pods"].value() if "pods" in amounts else 0
    return FrozenMap({**_counted(amounts), "pods": places})


def request_path(spec: PodSpec, resource: str) -> str:
    """The field that asks for most of ``resource``: of the pod, of a container, or the overhead."""
    if spec.resources is not None and resource in spec.resources.requests:
        return f"resources.requests[{resource}]"
    asked = [
        (amounts[resource], f"{kind}[{index}].resources.{which}[{resource}]")
        for kind, containers in (("containers", spec.containers), ("initContainers", spec.init_containers))
        for index, container in enumerate(containers)
        for which, amounts in (("requests", container.resources.requests), ("limits", container.resources.limits))
        if resource in amounts and (which == "requests" or resource not in container.resources.requests)
    ]
    if resource in spec.overhead:
        asked.append((spec.overhead[resource], f"overhead[{resource}]"))
    return max(asked, key=lambda item: item[0], default=(None, ""))[1]
