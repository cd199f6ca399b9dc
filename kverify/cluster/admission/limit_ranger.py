"""LimitRanger: a LimitRange fills in what containers leave out, and bounds containers, pods and claims.

Source: ``plugin/pkg/admission/limitranger``. Only creation is looked at: resources of a running pod are another
matter (the ``resize`` subresource), and a claim is checked when it grows, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

import attrs

from kverify.api.base import FrozenMap
from kverify.api.quantity import Quantity
from kverify.api.resources import POD_LEVEL, pod_limits, pod_request_quantities
from kverify.api.types.claim import PersistentVolumeClaim
from kverify.api.types.container import Container, ResourceRequirements
from kverify.api.types.pod import Pod, PodSpec
from kverify.api.types.quota import LimitRange, LimitRangeItem
from kverify.api.validation.report import Path
from kverify.cluster.admission.request import Admitted, Because, Problem, Request
from kverify.cluster.codes import LIMIT_RANGE
from kverify.cluster.objects import describe

NAME = "LimitRanger"
ANNOTATION = "kubernetes.io/limit-ranger"

C = TypeVar("C", bound=Container)
Amounts = Mapping[str, Quantity]


def admit(request: Request) -> Admitted:
    """Add the default limits and requests of every LimitRange to the containers of a new pod."""
    pod = request.object
    if not isinstance(pod, Pod) or not request.creates:
        return Admitted(pod)
    for limits in request.view.of_kind(LimitRange, request.namespace):
        pod = with_defaults(pod, limits)
    return Admitted(pod)


def with_defaults(pod: Pod, limits: LimitRange) -> Pod:
    """``pod`` with what ``limits`` fills in, and the annotation that says what that is."""
    default: dict[str, Quantity] = {}
    request: dict[str, Quantity] = {}
    for item in limits.spec.limits:
        if item.type == "Container":
            default.update(item.default)
            request.update(item.default_request)
    if not default and not request:
        return pod
    notes: list[str] = []
    containers = tuple(_fill(c, default, request, "container", notes) for c in pod.spec.containers)
    inits = tuple(_fill(c, default, request, "init container", notes) for c in pod.spec.init_containers)
    if not notes:
        return pod
    annotations = FrozenMap({**pod.metadata.annotations, ANNOTATION: f"LimitRanger plugin set: {'; '.join(notes)}"})
    return attrs.evolve(
        pod,
        metadata=attrs.evolve(pod.metadata, annotations=annotations),
        spec=attrs.evolve(pod.spec, containers=containers, init_containers=inits),
    )


def _fill(container: C, default: Amounts, request: Amounts, kind: str, notes: list[str]) -> C:
    resources = container.resources
    new_limits = {name: default[name] for name in default if name not in resources.limits}
    new_requests = {name: request[name] for name in request if name not in resources.requests}
    for names, what in ((new_requests, "request"), (new_limits, "limit")):
        if names:
            notes.append(f"{', '.join(sorted(names))} {what} for {kind} {container.name}")
    filled = attrs.evolve(
        resources,
        limits=FrozenMap({**resources.limits, **new_limits}),
        requests=FrozenMap({**resources.requests, **new_requests}),
    )
    return attrs.evolve(container, resources=filled)


def validate(request: Request) -> tuple[Problem, ...]:
    """Everything in which a pod or claim breaks a LimitRange of its namespace."""
    item = request.object
    ranges = request.view.of_kind(LimitRange, request.namespace)
    if isinstance(item, Pod) and request.creates:
        return tuple(problem for limits in ranges for problem in _pod(item.spec, limits))
    if isinstance(item, PersistentVolumeClaim):
        return tuple(problem for limits in ranges for problem in _claim(item, limits))
    return ()


@attrs.frozen
class _Measured:
    """Amounts to be compared: what is asked for, at most used, and the fields that say so. ``what`` is the subject of
    sentences."""

    what: str
    requests: Amounts
    limits: Amounts
    path: Path
    total: bool = False

    def place(self, field: str, name: str, *, present: bool) -> Path:
        """The field of one amount; of a total it is the sum of fields, so only the pod can be named."""
        if self.total:
            return self.path
        here = self.path.child("resources", field)
        return here.key(name) if present else here


def _pod(spec: PodSpec, limits: LimitRange) -> Iterator[Problem]:
    path = Path().child("spec")
    for number, item in enumerate(limits.spec.limits):
        if item.type == "Container":
            for field, group in (("containers", spec.containers), ("initContainers", spec.init_containers)):
                for here, container in path.child(field).each(group):
                    resources = container.resources
                    what = f"container {container.name}"
                    yield from _bounds(
                        _Measured(what, resources.requests, resources.limits, here), item, number, limits
                    )
        elif item.type == "Pod":
            without = attrs.evolve(spec, overhead=FrozenMap(), resources=_only_pod_level(spec))
            requests, most = pod_request_quantities(without), pod_limits(without)
            yield from _bounds(_Measured("the pod", requests, most, path, True), item, number, limits)


def _only_pod_level(spec: PodSpec) -> ResourceRequirements | None:
    """Pod-level huge pages are not looked at here, unlike everywhere else (``isSupportedPodLevelResource``)."""
    resources = spec.resources
    if resources is None:
        return None
    return attrs.evolve(
        resources,
        requests=FrozenMap({name: amount for name, amount in resources.requests.items() if name in POD_LEVEL}),
        limits=FrozenMap({name: amount for name, amount in resources.limits.items() if name in POD_LEVEL}),
    )


def _bounds(measured: _Measured, item: LimitRangeItem, number: int, limits: LimitRange) -> Iterator[Problem]:
    for name, bound in item.min.items():
        problem = _below(measured, name, bound)
        if problem is not None:
            yield _refusal(limits, number, "min", name, bound, *problem)
    for name, bound in item.max.items():
        problem = _above(measured, name, bound)
        if problem is not None:
            yield _refusal(limits, number, "max", name, bound, *problem)
    for name, bound in item.max_limit_request_ratio.items():
        problem = _stretched(measured, name, bound)
        if problem is not None:
            yield _refusal(limits, number, "maxLimitRequestRatio", name, bound, *problem)


_Found = tuple[Path, str, str]
"""Where, what is wrong, and the mend."""


def _below(measured: _Measured, name: str, bound: Quantity) -> _Found | None:
    request, limit = measured.requests.get(name), measured.limits.get(name)
    mend = f"ask for {bound} or more"
    if request is None:
        here = measured.place("requests", name, present=False)
        return here, f"{measured.what} asks for no {name}, and has to ask for {bound} at least", mend
    if request < bound:
        here = measured.place("requests", name, present=True)
        return here, f"{measured.what} asks for {request} {name}, less than the least allowed, {bound}", mend
    if limit is not None and limit < bound:
        here = measured.place("limits", name, present=True)
        return here, f"{measured.what} limits {name} to {limit}, less than the least allowed, {bound}", mend
    return None


def _above(measured: _Measured, name: str, bound: Quantity) -> _Found | None:
    request, limit = measured.requests.get(name), measured.limits.get(name)
    mend = f"set a limit of {bound} or less"
    if limit is None:
        here = measured.place("limits", name, present=False)
        return here, f"{measured.what} has no limit of {name}, and has to have one of {bound} at most", mend
    if limit > bound:
        here = measured.place("limits", name, present=True)
        return here, f"{measured.what} limits {name} to {limit}, more than the most allowed, {bound}", mend
    if request is not None and request > bound:
        here = measured.place("requests", name, present=True)
        return here, f"{measured.what} asks for {request} {name}, more than the most allowed, {bound}", mend
    return None


def _stretched(measured: _Measured, name: str, bound: Quantity) -> _Found | None:
    request, limit = measured.requests.get(name), measured.limits.get(name)
    mend = "bring request and limit closer together"
    for field, amount in (("requests", request), ("limits", limit)):
        if amount is None or not amount.nano:
            here = measured.place(field, name, present=amount is not None)
            word = "request" if field == "requests" else "limit"
            message = f"{measured.what} has no {word} of {name}, and the limit may be {bound} times the request at most"
            return here, message, f"set the {word}"
    assert request is not None
    assert limit is not None
    if limit.milli_value() * 1000 <= bound.milli_value() * request.milli_value():
        return None
    ratio = f"{limit.milli_value() / request.milli_value():g}"
    here = measured.place("limits", name, present=True)
    message = f"{measured.what} has a {name} limit of {ratio} times its request, and {bound} times is the most"
    return here, message, mend


def _claim(claim: PersistentVolumeClaim, limits: LimitRange) -> Iterator[Problem]:
    """Of claims only the requests are looked at."""
    path = Path().child("spec")
    for number, item in enumerate(limits.spec.limits):
        if item.type != "PersistentVolumeClaim":
            continue
        measured = _Measured("the claim", claim.spec.resources.requests, claim.spec.resources.requests, path)
        for name, bound in item.min.items():
            found = _below(measured, name, bound)
            if found is not None:
                yield _refusal(limits, number, "min", name, bound, *found)
        for name, bound in item.max.items():
            size = measured.requests.get(name)
            if size is None or size > bound:
                asks = f"asks for {size} {name}, more than" if size is not None else f"asks for no {name}, and there is"
                here = measured.place("requests", name, present=size is not None)
                message = f"the claim {asks} the most allowed, {bound}"
                mend = f"ask for {bound} or less"
                yield _refusal(limits, number, "max", name, bound, here, message, mend)


def _refusal(
    limits: LimitRange,
    number: int,
    field: str,
    name: str,
    bound: Quantity,
    here: Path,
    message: str,
    mend: str,
) -> Problem:
    path = f"spec.limits[{number}].{field}[{name}]"
    return Problem(
        plugin=NAME,
        id=LIMIT_RANGE,
        message=f"{describe(limits)}: {message}.",
        path=here,
        mend=mend,
        because=(Because(object=limits, path=path, note=f"{field} {name} {bound} of each {_kind(limits, number)}"),),
    )


def _kind(limits: LimitRange, number: int) -> str:
    return limits.spec.limits[number].type
