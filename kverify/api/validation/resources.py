"""Resource names, amounts and requirements of containers and pods (``ValidateContainerResourceRequirements``)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

from kverify.api.quantity import Quantity, QuantityError, parse_quantity
from kverify.api.resources import container_limits, declared_container_requests, is_pod_level
from kverify.api.types.container import ContainerResourceClaim, ResourceRequirements
from kverify.api.types.pod import PodSpec
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format
from kverify.api.validation.report import DUPLICATE, INVALID, RESOURCES, UNSTORABLE, Path, Report

CONTAINER_RESOURCES = ("cpu", "memory", "ephemeral-storage")
COUNTED = (
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
)
"""Resources without a domain that are whole numbers."""

QUOTA_RESOURCES = frozenset(
    {
        *CONTAINER_RESOURCES,
        *COUNTED,
        *(f"{kind}.{name}" for kind in ("requests", "limits") for name in CONTAINER_RESOURCES),
        "requests.storage",
    }
)
STANDARD = QUOTA_RESOURCES | {"storage"}

NameRule: TypeAlias = Callable[[str, Path, Report], None]


def is_hugepages(name: str) -> bool:
    return name.startswith("hugepages-")


def is_native(name: str) -> bool:
    """Kubernetes' own: without a domain, or with one of its domains (``IsNativeResource``)."""
    return "/" not in name or "kubernetes.io/" in name


def is_extended(name: str) -> bool:
    """A device or other countable resource: ``vendor/name`` outside ``kubernetes.io`` (``IsExtendedResourceName``)."""
    native = is_native(name) or name.startswith("requests.")
    return not native and not formats.qualified_name(f"requests.{name}")


def overcommits(name: str) -> bool:
    """Whether a request may be smaller than the limit (``IsOvercommitAllowed``)."""
    return is_native(name) and not is_hugepages(name)


def is_quota_resource(name: str) -> bool:
    """``IsStandardQuotaResourceName``."""
    return name in QUOTA_RESOURCES or name.startswith(("hugepages-", "requests.hugepages-"))


def check_amount(name: str, quantity: Quantity, path: Path, report: Report) -> None:
    """``ValidateResourceQuantityValue``: not negative; extended resources and object counts are integers."""
    if quantity.nano < 0:
        report.error(RESOURCES, path, f"{quantity} is negative.", "write 0 or more")
    if (is_extended(name) or name in COUNTED) and not quantity.is_integer:
        # The API server counts in int64 thousandths, and what is beyond them looks broken to it.
        why = "is not a whole number" if quantity.milli_value() % 1000 else "is more than can be counted"
        report.error(RESOURCES, path, f"{name} counts whole things, and {quantity} {why}.")
    stored = quantity.stored()
    if stored < quantity:
        message = f"{quantity} is so large that the API server stores it as {stored}."
        report.warn(UNSTORABLE, path, message, "write a number below 1000E")


def check_resource_name(name: str, path: Path, report: Report) -> None:
    """``validateResourceName``: qualified, and known when it has no domain."""
    if not check_format(name, path, report, formats.qualified_name, RESOURCES, at_key=True):
        return
    known = "/" in name or name in STANDARD or name.startswith(("hugepages-", "requests.hugepages-"))
    if not known:
        message = f"{name!r} is not a resource: it is neither a standard one nor of the form vendor/name."
        report.error(RESOURCES, path, message, "use cpu, memory, ephemeral-storage or a vendor/name", at_key=True)


def check_container_resource_name(name: str, path: Path, report: Report) -> None:
    """``validateContainerResourceName``."""
    before = report.errors
    check_resource_name(name, path, report)
    if report.errors != before:
        return
    if "/" not in name:
        if name not in CONTAINER_RESOURCES and not is_hugepages(name):
            report.error(RESOURCES, path, f"{name} is not a resource of containers.", at_key=True)
    elif not is_native(name) and not is_extended(name):
        report.error(RESOURCES, path, f"{name} cannot be the name of an extended resource.", at_key=True)


def _check_pod_resource_name(name: str, path: Path, report: Report) -> None:
    before = report.errors
    check_resource_name(name, path, report)
    if report.errors == before and not is_pod_level(name):
        report.unsupported(path, name, ("cpu", "memory", "hugepages-*"))


def check_container_resources(
    resources: ResourceRequirements, path: Path, claims: Collection[str], report: Report
) -> None:
    """``claims`` are the names of the pod's resource claims."""
    _check_requirements(resources, path, claims, check_container_resource_name, report)


def _check_requirements(
    resources: ResourceRequirements, path: Path, claims: Collection[str], name_rule: NameRule, report: Report
) -> None:
    limits, requests = path.child("limits"), path.child("requests")
    for place, given in ((limits, resources.limits), (requests, resources.requests)):
        for name, quantity in given.items():
            here = place.key(name)
            name_rule(name, here, report)
            check_amount(name, quantity, here, report)
            if is_hugepages(name) and not _is_whole_pages(name, quantity):
                message = f"{quantity} is not a whole number of pages."
                report.error(RESOURCES, here, message, f"write a multiple of {name.removeprefix('hugepages-')}")
    for name, quantity in resources.requests.items():
        _check_against_limit(name, quantity, resources.limits.get(name), limits, requests, report)
    names = {*resources.limits, *resources.requests}
    if any(is_hugepages(name) for name in names) and not names & {"cpu", "memory"}:
        report.forbidden(path, "Huge pages need a cpu or memory request too.", "add a memory request")
    _check_claims(resources.claims, path.child("claims"), claims, report)


def _check_against_limit(
    name: str, request: Quantity, limit: Quantity | None, limits: Path, requests: Path, report: Report
) -> None:
    if limit is None:
        if not overcommits(name):
            message = f"{name} cannot be overcommitted, so it needs a limit."
            report.required(limits, message, f"add limits.{name}: {request}")
    elif request != limit and not overcommits(name):
        message = f"The {name} request {request} must be equal to the limit {limit}."
        report.error(RESOURCES, requests.inside(name), message, f"request {limit}")
    elif request > limit:
        message = f"The {name} request {request} is above the limit {limit}."
        report.error(RESOURCES, requests.inside(name), message, "lower the request or raise the limit")


def _is_whole_pages(name: str, quantity: Quantity) -> bool:
    """``IsHugePageResourceValueDivisible``."""
    try:
        page = parse_quantity(name.removeprefix("hugepages-"))
    except QuantityError:
        return False
    return page.nano > 0 and page.milli_value() % 1000 == 0 and quantity.value() % page.value() == 0


def _check_claims(
    given: tuple[ContainerResourceClaim, ...], path: Path, claims: Collection[str], report: Report
) -> None:
    """``validateResourceClaimNames``: a whole claim and requests of it exclude each other."""
    seen: set[str] = set()
    for here, claim in path.each(given):
        if not claim.name:
            report.required(here, "A claim is used by its name.", "add name")
            continue
        key = f"{claim.name}/{claim.request}" if claim.request else claim.name
        if claim.request and claim.name not in seen:
            check_format(claim.request, here.child("request"), report, formats.dns_label)
        part_used = not claim.request and any(used.startswith(f"{claim.name}/") for used in seen)
        if claim.name in seen or key in seen or part_used:
            report.error(DUPLICATE, here, f"The claim {claim.name} is used already.", "remove one of them")
        if claim.name not in seen:
            seen.add(key)
        if claim.name not in claims:
            message = f"The pod has no resource claim {claim.name!r}."
            report.not_found(here, message, "declare it in spec.resourceClaims")


def check_overhead(spec: PodSpec, path: Path, report: Report) -> None:
    """``validateOverhead``: held to the rules of limits, and printed as such."""
    place = path.child("overhead").printed(f"{path}.overhead.limits")
    for name, quantity in spec.overhead.items():
        check_container_resource_name(name, place.key(name), report)
        check_amount(name, quantity, place.key(name), report)
        if is_hugepages(name) and not _is_whole_pages(name, quantity):
            report.error(RESOURCES, place.key(name), f"{quantity} is not a whole number of pages.")
    if any(map(is_hugepages, spec.overhead)) and not {"cpu", "memory"} & set(spec.overhead):
        report.forbidden(path.child("overhead"), "Huge pages need cpu or memory too.")


def check_pod_resources(spec: PodSpec, path: Path, report: Report) -> None:
    """``validatePodResources``: the pod's own envelope must hold what its containers ask for."""
    resources = spec.resources
    if resources is None:
        return
    if spec.os is not None and spec.os.name == "windows":
        report.forbidden(path, "Pods on Windows have no resources of their own.", "give them to the containers")
        return
    if resources.claims:
        report.forbidden(path.child("claims"), "A pod has no claims of its own here.", "use spec.resourceClaims")
    claims = {claim.name for claim in spec.resource_claims}
    _check_requirements(resources, path, claims, _check_pod_resource_name, report)
    requested = declared_container_requests(spec.containers, spec.init_containers)
    _check_envelope(resources.requests, requested, path.child("requests"), "request", report)
    limited = container_limits(spec.containers, spec.init_containers)
    pages = {name: quantity for name, quantity in limited.items() if is_hugepages(name)}
    _check_envelope(resources.limits, pages, path.child("limits"), "are limited to", report)
    for index, container in enumerate(spec.containers):
        for name, limit in container.resources.limits.items():
            envelope = resources.limits.get(name)
            if envelope is not None and limit > envelope:
                parts = (*path.parts[:-1], "containers", index, "resources", "limits", name)
                here = Path(parts, f"{path}.containers[{index}][{name}].limits")
                message = f"The container's {name} limit {limit} is above the pod's {envelope}."
                report.error(INVALID, here, message, "lower it, or raise the pod's limit")


def _check_envelope(
    given: Mapping[str, Quantity], aggregated: Mapping[str, Quantity], path: Path, verb: str, report: Report
) -> None:
    for name, total in aggregated.items():
        envelope = given.get(name)
        if envelope is not None and total > envelope:
            message = f"The containers {verb} {total} {name} together, more than the pod's {envelope}."
            report.error(RESOURCES, path.key(name), message, "raise the pod's amount")
