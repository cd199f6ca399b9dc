"""Requests and allocatable amounts as the scheduler's integers.

Source: ``Resource.Add`` in pkg/scheduler/framework/types.go: ``cpu`` in milli-cores, everything else in whole units,
each rounded up once per pod. Names that are neither known nor scalar (``IsScalarResourceName``) are not counted.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from kverify.api.base import FrozenMap
from kverify.api.quantity import Quantity, parse_quantity
from kverify.api.resources import is_pod_level, pod_request_quantities, scheduler_amount
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


SCORED_WITHOUT_REQUEST: Mapping[str, Quantity] = FrozenMap(
    {"cpu": parse_quantity("100m"), "memory": parse_quantity(str(200 << 20))}
)
"""What a container without a request counts as when nodes are scored (``DefaultMilliCPURequest`` and
``DefaultMemoryRequest`` in pkg/scheduler/util/pod_resources.go)."""


def scored_requests(spec: PodSpec) -> Mapping[str, int]:
    """What an incoming pod adds to a node when nodes are scored by how full they are
    (``calculatePodResourceRequest`` in pkg/scheduler/framework/plugins/noderesources/resource_allocation.go).

    The verdicts of 1.34 show that requests of the pod as a whole do not count here, although they do once it is bound.
    """
    return FrozenMap(_counted(pod_request_quantities(evolve(spec, resources=None), SCORED_WITHOUT_REQUEST)))


def bound_scored_requests(spec: PodSpec) -> Mapping[str, int]:
    """What a bound pod counts then (``PodInfo.calculateResource`` in pkg/scheduler/framework/types.go). With requests
    of the pod as a whole, only resources that are requested nowhere in it are filled in."""
    missing = SCORED_WITHOUT_REQUEST
    if spec.resources is not None and any(is_pod_level(name) for name in spec.resources.requests):
        named = pod_request_quantities(spec)
        missing = FrozenMap({name: amount for name, amount in missing.items() if name not in named})
    return FrozenMap(_counted(pod_request_quantities(spec, missing)))


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
