"""Resource quotas and limit ranges (``ValidateResourceQuota``, ``ValidateLimitRange``).

The status of a quota is not looked at: a new one has none, whatever is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from kverify.api.quantity import Quantity
from kverify.api.types.quota import LimitRange, LimitRangeItem, ResourceQuota, ScopedResourceSelectorRequirement
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format, check_metadata
from kverify.api.validation.report import IMMUTABLE, INVALID, RESOURCES, UNSUPPORTED, Path, Report
from kverify.api.validation.resources import (
    check_amount,
    check_container_resource_name,
    check_resource_name,
    is_quota_resource,
    overcommits,
)
from kverify.api.versions import enabled

COMPUTE = frozenset({"pods", "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"})
SCOPE_RESOURCES: dict[str, frozenset[str]] = {
    "Terminating": COMPUTE,
    "NotTerminating": COMPUTE,
    "BestEffort": frozenset({"pods"}),
    "NotBestEffort": COMPUTE,
    "PriorityClass": COMPUTE,
    "CrossNamespacePodAffinity": COMPUTE,
    "VolumeAttributesClass": frozenset({"persistentvolumeclaims", "requests.storage"}),
}
"""Each scope and what it can limit."""

VALUED_SCOPES = ("PriorityClass", "VolumeAttributesClass")
"""Scopes that select by a value; the others hold or do not."""

CONFLICTS = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))
ORDER = (
    ("min", "max", "min"),
    ("min", "defaultRequest", "defaultRequest"),
    ("defaultRequest", "max", "defaultRequest"),
    ("defaultRequest", "default", "defaultRequest"),
    ("min", "default", "default"),
    ("default", "max", "default"),
)
"""What is not above what, and which of the two the API server names."""

LIMIT_TYPES = ("Pod", "Container", "PersistentVolumeClaim")
_METADATA = Path().child("metadata")
_SPEC = Path().child("spec")


def check_quota(quota: ResourceQuota, report: Report) -> None:
    check_metadata(quota.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    spec = quota.spec
    for name, quantity in spec.hard.items():
        here = _SPEC.child("hard").key(name)
        before = report.errors
        check_resource_name(name, here, report)
        if "/" not in name and not is_quota_resource(name) and report.errors == before:
            report.error(RESOURCES, here, f"{name} is no resource of quotas.", "prefix it: requests.storage, say", True)
        check_amount(name, quantity, here, report)
    if spec.scopes:
        _check_scopes(spec.scopes, spec.hard, _SPEC.child("scopes"), report)
    if spec.scope_selector is not None:
        # The API server prints these paths without the requirement's index.
        place = _SPEC.child("scopeSelector", "matchExpressions")
        requirements = spec.scope_selector.match_expressions
        for index, requirement in enumerate(requirements):
            _check_requirement(requirement, spec.hard, place.inside(index), report)
        _check_conflicts({requirement.scope_name for requirement in requirements}, place, report)


def _check_scopes(scopes: tuple[str, ...], hard: Iterable[str], path: Path, report: Report) -> None:
    for index, scope in enumerate(scopes):
        here = path.inside(index)
        if scope not in _known_scopes(report):
            report.unsupported(here, scope, _known_scopes(report))
        _check_scope(scope, hard, here, report)
    _check_conflicts(set(scopes), path, report)


def _known_scopes(report: Report) -> list[str]:
    off = () if enabled("VolumeAttributesClass", report.version) else ("VolumeAttributesClass",)
    return [scope for scope in SCOPE_RESOURCES if scope not in off]


def _check_scope(scope: str, hard: Iterable[str], path: Path, report: Report) -> None:
    """``scope`` limits what it can limit. Resources that are no standard ones it never minds."""
    limited = SCOPE_RESOURCES.get(scope)
    if limited is None:
        return
    for name in hard:
        if is_quota_resource(name) and name not in limited:
            message = f"The scope {scope} does not apply to {name}."
            report.invalid(path, message, f"limit {', '.join(sorted(limited))} only, or drop the scope")


def _check_conflicts(scopes: set[str], path: Path, report: Report) -> None:
    for one, other in CONFLICTS:
        if {one, other} <= scopes:
            report.invalid(path, f"No pod is {one} and {other}.", "make two quotas")


def _check_requirement(
    requirement: ScopedResourceSelectorRequirement, hard: Iterable[str], path: Path, report: Report
) -> None:
    """``validateScopedResourceSelectorRequirement``."""
    scope, operator = requirement.scope_name, requirement.operator
    if scope not in _known_scopes(report):
        report.unsupported(path.child("scopeName"), scope, _known_scopes(report))
    _check_scope(scope, hard, path, report)
    if scope in SCOPE_RESOURCES and scope not in VALUED_SCOPES and operator != "Exists":
        message = f"The scope {scope} holds or does not: it takes the operator Exists only."
        report.invalid(path.child("operator"), message, "write operator: Exists")
    match operator:
        case "In" | "NotIn":
            if not requirement.values:
                report.required(path.child("values"), f"Operator {operator} needs at least one value.")
        case "Exists" | "DoesNotExist":
            if requirement.values:
                report.invalid(path.child("values"), f"Operator {operator} takes no values.", "remove values")
        case _:
            mend = "use In, NotIn, Exists or DoesNotExist"
            report.error(INVALID, path.child("operator"), f"{operator!r} is not an operator of quotas.", mend)


def update_quota(new: ResourceQuota, old: ResourceQuota, report: Report) -> None:
    """``ValidateResourceQuotaUpdate``: the scopes stay, as a set."""
    if set(old.spec.scopes) != set(new.spec.scopes):
        message = "The scopes of a quota cannot be changed."
        report.error(IMMUTABLE, _SPEC.child("scopes"), message, "create another quota")


def check_limit_range(limits: LimitRange, report: Report) -> None:
    check_metadata(limits.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    types: set[str] = set()
    for here, item in _SPEC.child("limits").each(limits.spec.limits):
        _check_type(item.type, here.child("type"), report)
        if item.type in types:
            report.duplicate(here.child("type"), item.type, "merge the two")
        types.add(item.type)
        _check_item(item, here, report)


def _check_type(name: str, path: Path, report: Report) -> None:
    """``validateLimitRangeTypeName``: a type with a domain is nobody's, and taken."""
    if check_format(name, path, report, formats.qualified_name) and "/" not in name and name not in LIMIT_TYPES:
        report.error(UNSUPPORTED, path, f"{name!r} is not a type of limits.", f"choose one of {', '.join(LIMIT_TYPES)}")


def _check_item(item: LimitRangeItem, path: Path, report: Report) -> None:
    amounts = {"max": item.max, "min": item.min, "default": item.default, "defaultRequest": item.default_request}
    if item.type == "Pod":
        for name in ("default", "defaultRequest"):
            if amounts.pop(name):
                report.forbidden(path.child(name), "Containers have defaults, pods have not.", "use type: Container")
    for name, given in (*amounts.items(), ("maxLimitRequestRatio", item.max_limit_request_ratio)):
        for resource in given:
            _check_limited(item.type, resource, path.child(name).key(resource), report)
    if item.type == "PersistentVolumeClaim" and "storage" not in {**item.min, **item.max}:
        message = "Limits of claims limit storage."
        report.required(path.printed(f"{path}.limits"), message, "add min.storage or max.storage")
    for resource in sorted({resource for given in amounts.values() for resource in given}):
        values = {name: given[resource] for name, given in amounts.items() if resource in given}
        _check_order(values, resource, path, report)
    for resource in item.max_limit_request_ratio:
        _check_ratio(item, resource, path, report)


def _check_limited(type: str, resource: str, path: Path, report: Report) -> None:
    """``validateLimitRangeResourceName``."""
    if type in ("Pod", "Container"):
        check_container_resource_name(resource, path, report)
    else:
        check_resource_name(resource, path, report)


def _check_order(values: Mapping[str, Quantity], resource: str, path: Path, report: Report) -> None:
    """min <= defaultRequest <= default <= max, as far as they are given."""
    for lower, upper, blamed in ORDER:
        if lower in values and upper in values and values[lower] > values[upper]:
            message = f"{lower} ({values[lower]}) is above {upper} ({values[upper]}) for {resource}."
            here = path.child(blamed).key(resource)
            report.error(RESOURCES, here, message, f"lower {lower}, or raise {upper}")
    request, default = values.get("defaultRequest"), values.get("default")
    if default is not None and request is not None and default != request and not overcommits(resource):
        message = f"{resource} cannot be overcommitted: defaultRequest {request} must be equal to default {default}."
        report.error(RESOURCES, path.child("defaultRequest").key(resource), message, f"write {default}")


def _check_ratio(item: LimitRangeItem, resource: str, path: Path, report: Report) -> None:
    ratio, low, high = item.max_limit_request_ratio[resource], item.min.get(resource), item.max.get(resource)
    here = path.child("maxLimitRequestRatio").key(resource)
    if ratio < Quantity.of(1):
        report.error(RESOURCES, here, f"The ratio {ratio} is below 1, and a limit is never below its request.")
    if low is None or high is None or not low.nano:
        return
    if Fraction(ratio.milli_value(), 1000) > Fraction(high.milli_value(), low.milli_value()):
        message = f"The ratio {ratio} is above what max ({high}) and min ({low}) allow."
        report.error(RESOURCES, here, message, "lower it")
