"""Resource requirements of containers and pods (``ValidateContainerResourceRequirements``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kverify.api.quantity import Quantity
from kverify.api.resources import container_requests, is_pod_level
from kverify.api.types.container import Container, ResourceRequirements
from kverify.api.types.pod import PodSpec
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format
from kverify.api.validation.report import DUPLICATE, INVALID, RESOURCES, SUSPICIOUS, UNSTORABLE, Path, Report

CONTAINER_RESOURCES = ("cpu", "memory", "ephemeral-storage")
STANDARD = frozenset({*CONTAINER_RESOURCES, "pods", "services", "storage"}) | {
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "persistentvolumeclaims",
    "configmaps",
    "secrets",
    "resourcequotas",
    "replicationcontrollers",
}


def is_hugepages(name: str) -> bool:
    return name.startswith("hugepages-")


def is_extended(name: str) -> bool:
    """A device or other countable resource: ``vendor/name`` outside ``kubernetes.io`` (``IsExtendedResourceName``)."""
    prefix = name.partition("/")[0]
    native = "/" not in name or prefix == "kubernetes.io" or prefix.endswith(".kubernetes.io")
    return not native and not name.startswith("requests.") and not formats.qualified_name(f"requests.{name}")


def overcommits(name: str) -> bool:
    """Whether a request may be smaller than the limit."""
    return not is_extended(name) and not is_hugepages(name)


def check_amount(name: str, quantity: Quantity, path: Path, report: Report) -> None:
    """``ValidateResourceQuantityValue``: not negative; extended resources and object counts are integers."""
    if quantity.nano < 0:
        report.error(RESOURCES, path, f"{quantity} is negative.")
    if (is_extended(name) or name == "pods") and not quantity.is_integer:
        report.error(RESOURCES, path, f"{name} counts whole things, and {quantity} is not a whole number.")
    stored = quantity.stored()
    if stored < quantity:
        message = f"{quantity} is so large that the API server stores it as {stored}."
        report.warn(UNSTORABLE, path, message, "write a number below 1000E")


def check_container_resources(
    resources: ResourceRequirements, path: Path, claims: Iterable[str], report: Report
) -> None:
    limits, requests = path.child("limits"), path.child("requests")
    for name, quantity in resources.limits.items():
        _check_container_resource(name, quantity, limits.key(name), report)
    for name, quantity in resources.requests.items():
        _check_container_resource(name, quantity, requests.key(name), report)
        limit = resources.limits.get(name)
        if limit is None:
            if not overcommits(name):
                message = f"{name} cannot be overcommitted, so it needs a limit."
                report.required(limits, message, f"add limits.{name}: {quantity}")
        elif quantity > limit:
            message = f"The {name} request {quantity} is above the limit {limit}."
            report.error(RESOURCES, requests.inside(name), message, "lower the request or raise the limit")
        elif quantity != limit and not overcommits(name):
            message = f"The {name} request {quantity} must be equal to the limit {limit}."
            report.error(RESOURCES, requests.inside(name), message, f"request {limit}")
    names = {*resources.limits, *resources.requests}
    if any(is_hugepages(name) for name in names) and not names & {"cpu", "memory"}:
        report.forbidden(path, "Huge pages need a cpu or memory request too.", "add a memory request")
    _check_claims(resources, path.child("claims"), claims, report)


def _check_container_resource(name: str, quantity: Quantity, path: Path, report: Report) -> None:
    if "/" in name or name in STANDARD:
        check_format(name, path, report, formats.qualified_name, RESOURCES, at_key=True)
    elif is_hugepages(name):
        pass
    else:
        message = f"{name!r} is not a resource: it is neither a standard one nor of the form vendor/name."
        report.error(RESOURCES, path, message, "use cpu, memory, ephemeral-storage or a vendor/name", at_key=True)
        return
    if "/" not in name and name not in CONTAINER_RESOURCES and not is_hugepages(name):
        report.error(RESOURCES, path, f"{name} is not a resource of containers.", at_key=True)
    check_amount(name, quantity, path, report)
    if name == "memory" and not quantity.is_integer:
        message = f"{quantity} is a fraction of a byte."
        report.warn(SUSPICIOUS, path, message, "memory is written as 128Mi, not 128m")


def _check_claims(resources: ResourceRequirements, path: Path, claims: Iterable[str], report: Report) -> None:
    known = set(claims)
    seen: set[tuple[str, str | None]] = set()
    for here, claim in path.each(resources.claims):
        if not claim.name:
            report.required(here.child("name"))
        elif (claim.name, claim.request) in seen:
            report.error(DUPLICATE, here, f"The claim {claim.name} is listed twice.")
        elif claim.name not in known:
            message = f"The pod has no resource claim {claim.name!r}."
            report.not_found(here, message, "declare it in spec.resourceClaims")
        seen.add((claim.name, claim.request))


def check_pod_resources(spec: PodSpec, path: Path, report: Report) -> None:
    """``validatePodResources``: the pod's own envelope must hold what its containers ask for."""
    resources = spec.resources
    if resources is None:
        return
    limits, requests = path.child("limits"), path.child("requests")
    for place, given in ((limits, resources.limits), (requests, resources.requests)):
        for name, quantity in given.items():
            here = place.key(name)
            if not is_pod_level(name):
                report.unsupported(here, name, ("cpu", "memory", "hugepages-*"))
                continue
            check_amount(name, quantity, here, report)
    for name, quantity in resources.requests.items():
        limit = resources.limits.get(name)
        if limit is not None and quantity > limit:
            message = f"The {name} request {quantity} is above the limit {limit}."
            report.error(RESOURCES, requests.inside(name), message, "lower the request or raise the limit")
    if resources.claims:
        report.forbidden(path.child("claims"), "A pod has no claims of its own here.", "use spec.resourceClaims")
    _check_envelope(resources.requests, container_requests(spec.containers, spec.init_containers), requests, report)
    containers = path.parts[:-1]
    for field, group in (("containers", spec.containers), ("initContainers", spec.init_containers)):
        for index, container in enumerate(group):
            _check_limit(container, resources, Path((*containers, field, index)), path, field, index, report)


def _check_envelope(
    given: Mapping[str, Quantity], aggregated: Mapping[str, Quantity], path: Path, report: Report
) -> None:
    for name, total in aggregated.items():
        envelope = given.get(name)
        if envelope is not None and total > envelope:
            message = f"The containers request {total} {name} together, more than the pod's {envelope}."
            report.error(RESOURCES, path.key(name), message, "raise the pod's request")


def _check_limit(
    container: Container,
    resources: ResourceRequirements,
    place: Path,
    path: Path,
    field: str,
    index: int,
    report: Report,
) -> None:
    for name, limit in container.resources.limits.items():
        envelope = resources.limits.get(name)
        if envelope is not None and limit > envelope:
            text = path.text.removesuffix("resources") + f"{field}[{index}].resources.limits[{name}]"
            here = Path((*place.parts, "resources", "limits", name), text)
            message = f"The container's {name} limit {limit} is above the pod's {envelope}."
            report.error(INVALID, here, message, "lower it, or raise the pod's limit")
