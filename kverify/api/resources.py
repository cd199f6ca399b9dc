"""How much a pod asks for: the formula of the scheduler, of quotas and of LimitRanges, in one place.

Source: ``k8s.io/component-helpers/resource.PodRequests`` and ``AggregateContainerRequests``. Init containers run one
at a time while the sidecars before them keep running; app containers run together with all sidecars:

    request = max(Σ app + Σ sidecar, max over inits of (init + sidecars before it)) + overhead

Pod-level requests (``spec.resources.requests``) replace the aggregate for the resources they name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import attrs

from kverify.api.base import EMPTY, FrozenMap
from kverify.api.quantity import NANO, Quantity
from kverify.api.types.container import Container, ResourceRequirements
from kverify.api.types.pod import PodSpec

POD_LEVEL = ("cpu", "memory")
"""Resources that pod-level requests may name; ``hugepages-*`` come on top."""


def pod_requests(spec: PodSpec) -> Mapping[str, int]:
    """What the scheduler adds up: cpu in milli, everything else by value, both rounded up per pod.

    A container limit without a request counts as the request, whether or not the pod has been defaulted: that is what
    the pod asks for when it is created from a template.
    """
    return {name: scheduler_amount(name, quantity) for name, quantity in pod_request_quantities(spec).items()}


def pod_request_quantities(spec: PodSpec, missing: Mapping[str, Quantity] = EMPTY) -> Mapping[str, Quantity]:
    """Like :func:`pod_requests`, exactly. ``missing`` is what a container counts as requesting of the resources it does
    not name (``NonMissingContainerRequests``); a written 0 stays 0."""

    def amounts(resources: ResourceRequirements) -> Mapping[str, Quantity]:
        return {**missing, **effective_requests(resources)}

    counted = _aggregate(spec.containers, spec.init_containers, amounts if missing else effective_requests)
    totals = {name: quantity.nano for name, quantity in counted.items()}
    if spec.resources is not None:
        pod_level = pod_level_requests(spec.resources, spec.containers, spec.init_containers)
        for name, quantity in pod_level.requests.items():
            if is_pod_level(name):
                totals[name] = quantity.nano
    _add(totals, spec.overhead)
    return _quantities(totals)


def pod_limits(spec: PodSpec) -> Mapping[str, Quantity]:
    """What a pod may use at most, by the same formula; resources without a limit are absent (``PodLimits``).

    The overhead comes on top of the limits there are.
    """
    totals = {name: quantity.nano for name, quantity in container_limits(spec.containers, spec.init_containers).items()}
    if spec.resources is not None:
        for name, quantity in spec.resources.limits.items():
            if is_pod_level(name):
                totals[name] = quantity.nano
    _add(totals, {name: quantity for name, quantity in spec.overhead.items() if totals.get(name)})
    return _quantities(totals)


def scheduler_amount(name: str, quantity: Quantity) -> int:
    """One resource as the scheduler counts it: cpu in milli CPUs, all others in whole units."""
    return quantity.milli_value() if name == "cpu" else quantity.value()


def scheduler_amounts(resources: Mapping[str, Quantity]) -> Mapping[str, int]:
    """A resource list (a node's allocatable) in the scheduler's units."""
    return {name: scheduler_amount(name, quantity) for name, quantity in resources.items()}


def container_requests(containers: Iterable[Container], inits: Iterable[Container]) -> Mapping[str, Quantity]:
    """``AggregateContainerRequests`` of a pod: the order of sidecars among the init containers matters."""
    return _aggregate(containers, inits, effective_requests)


def declared_container_requests(containers: Iterable[Container], inits: Iterable[Container]) -> Mapping[str, Quantity]:
    """The same of requests as they are written: in a template a limit is no request yet."""
    return _aggregate(containers, inits, lambda resources: resources.requests)


def container_limits(containers: Iterable[Container], inits: Iterable[Container]) -> Mapping[str, Quantity]:
    """``AggregateContainerLimits``, of those that are given."""
    return _aggregate(containers, inits, lambda resources: resources.limits)


def _aggregate(
    containers: Iterable[Container],
    inits: Iterable[Container],
    amounts: Callable[[ResourceRequirements], Mapping[str, Quantity]],
) -> Mapping[str, Quantity]:
    running: dict[str, int] = {}
    for container in containers:
        _add(running, amounts(container.resources))
    sidecars: dict[str, int] = {}
    peak: dict[str, int] = {}
    for init in inits:
        given = amounts(init.resources)
        if init.is_sidecar:
            _add(running, given)
            _add(sidecars, given)
            phase = dict(sidecars)
        else:
            phase = dict(sidecars)
            _add(phase, given)
        _raise_to(peak, phase)
    _raise_to(running, peak)
    return _quantities(running)


def pod_level_requests(
    given: ResourceRequirements, containers: tuple[Container, ...], inits: tuple[Container, ...]
) -> ResourceRequirements:
    """``defaultHugePagePodLimits``, then ``defaultPodRequests``, where pod-level resources are given in part.

    Huge pages that containers are limited to are the pod's limit too. With any limit, cpu and memory that containers
    request are the pod's request, and every other limit is requested in full.
    """
    limits, requests = dict(given.limits), dict(given.requests)
    if limits or requests:
        for name, limit in container_limits(containers, inits).items():
            if name.startswith("hugepages-") and name not in requests:
                limits.setdefault(name, limit)
    if limits:
        for name, request in container_requests(containers, inits).items():
            if name in POD_LEVEL:
                requests.setdefault(name, request)
        for name, limit in limits.items():
            if is_pod_level(name):
                requests.setdefault(name, limit)
    return attrs.evolve(given, limits=FrozenMap(limits), requests=FrozenMap(requests))


def effective_requests(resources: ResourceRequirements) -> Mapping[str, Quantity]:
    """Requests, with a limit standing in for a missing request."""
    if not resources.limits:
        return resources.requests
    return {**resources.limits, **resources.requests}


def is_pod_level(name: str) -> bool:
    return name in POD_LEVEL or name.startswith("hugepages-")


def qos_class(spec: PodSpec) -> str:
    """``Guaranteed``, ``Burstable`` or ``BestEffort`` (``ComputePodQOS``), from cpu and memory of all containers."""
    if spec.resources is not None:
        groups = [spec.resources]
    else:
        groups = [container.resources for container in (*spec.init_containers, *spec.containers)]
    guaranteed, any_set = bool(groups), False
    for resources in groups:
        requests = effective_requests(resources)
        for name in POD_LEVEL:
            request, limit = requests.get(name), resources.limits.get(name)
            any_set = any_set or bool(request and request.nano) or bool(limit and limit.nano)
            guaranteed = guaranteed and limit is not None and limit.nano > 0 and request == limit
    if not any_set:
        return "BestEffort"
    return "Guaranteed" if guaranteed else "Burstable"


def _add(totals: dict[str, int], more: Mapping[str, Quantity]) -> None:
    for name, quantity in more.items():
        totals[name] = totals.get(name, 0) + quantity.nano


def _raise_to(totals: dict[str, int], other: Mapping[str, int]) -> None:
    for name, nano in other.items():
        totals[name] = max(totals.get(name, nano), nano)


def _quantities(totals: Mapping[str, int]) -> Mapping[str, Quantity]:
    return FrozenMap({name: Quantity(nano, _text(nano)) for name, nano in totals.items()})


def _text(nano: int) -> str:
    """A spelling that parses to the same amount, in whole units, milli or nano units."""
    for unit, suffix in ((NANO, ""), (NANO // 1000, "m")):
        if nano % unit == 0:
            return f"{nano // unit}{suffix}"
    return f"{nano}n"
