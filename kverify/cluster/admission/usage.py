"""What an object costs of a quota, and which quotas it is charged to.

Source: the evaluators of ``pkg/quota/v1/evaluator/core`` (pods, services, claims) and
``k8s.io/apiserver/pkg/quota/v1/generic`` (counts, scopes). Amounts are integers in units of 10⁻⁹, so sums are exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from kverify.api.labels import requirement_matches
from kverify.api.quantity import NANO, Quantity
from kverify.api.registry import AnyObject, resource_name
from kverify.api.resources import pod_limits, pod_request_quantities, qos_class
from kverify.api.types.affinity import PodAffinityTerm
from kverify.api.types.claim import PersistentVolumeClaim
from kverify.api.types.pod import Pod, PodSpec
from kverify.api.types.quota import ResourceQuota, ScopedResourceSelectorRequirement
from kverify.api.types.service import Service
from kverify.api.validation.resources import is_extended, is_hugepages
from kverify.cluster.objects import Key, is_finished, key_of, namespace_of

Amounts: TypeAlias = Mapping[str, int]
"""Resource names of a quota to amounts in units of 10⁻⁹."""

COMPUTE = ("cpu", "memory", "ephemeral-storage")
ALIASES = {"configmaps", "resourcequotas", "replicationcontrollers", "secrets"}
"""Counted under their own name besides ``count/NAME``."""

BY_CLASS = ".storageclass.storage.k8s.io/"
CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"


def charge(item: AnyObject) -> Amounts:
    """What ``item`` costs of each resource a quota can name, once it is there.

    A pod that has ended costs no more than its count; a pod that is being deleted costs all it had until it is gone.
    """
    counted = {f"count/{resource_name(item.api_version, item.kind)}": NANO}
    if isinstance(item, Pod):
        return counted if is_finished(item) else {**counted, **_pod(item.spec)}
    if isinstance(item, Service):
        return {**counted, **_service(item)}
    if isinstance(item, PersistentVolumeClaim):
        return {**counted, **_claim(item)}
    plain = resource_name(item.api_version, item.kind)
    return {**counted, plain: NANO} if plain in ALIASES else counted


def _pod(spec: PodSpec) -> Amounts:
    """``podComputeUsageHelper``: requests also without prefix, extended resources only with it."""
    amounts = {"pods": NANO}
    for name, quantity in pod_request_quantities(spec).items():
        if name in COMPUTE or is_hugepages(name):
            amounts[name] = quantity.nano
        if name in COMPUTE or is_hugepages(name) or is_extended(name):
            amounts[f"requests.{name}"] = quantity.nano
    for name, quantity in pod_limits(spec).items():
        if name in COMPUTE:
            amounts[f"limits.{name}"] = quantity.nano
    return amounts


def _service(service: Service) -> Amounts:
    ports, nodes, balancers = len(service.spec.ports), 0, 0
    if service.spec.type == "NodePort":
        nodes = ports
    elif service.spec.type == "LoadBalancer":
        explicit = sum(bool(port.node_port) for port in service.spec.ports)
        nodes = explicit if service.spec.allocate_load_balancer_node_ports is False else ports
        balancers = 1
    return {"services": NANO, "services.nodeports": nodes * NANO, "services.loadbalancers": balancers * NANO}


def storage_class_of(claim: PersistentVolumeClaim) -> str:
    """The class a claim names, by annotation or field; empty when it names none."""
    return claim.metadata.annotations.get(CLASS_ANNOTATION) or claim.spec.storage_class_name or ""


def _claim(claim: PersistentVolumeClaim) -> Amounts:
    amounts = {"persistentvolumeclaims": NANO}
    size = claim.spec.resources.requests.get("storage")
    if size is not None:
        grown = claim.status.allocated_resources.get("storage", size)
        amounts["requests.storage"] = max(size, grown).value() * NANO
    name = storage_class_of(claim)
    by_class = {f"{name}{BY_CLASS}{resource}": amount for resource, amount in amounts.items()} if name else {}
    return {**amounts, **by_class}


def matching(item: AnyObject, names: Iterable[str]) -> tuple[str, ...]:
    """Those of the resources a quota names that objects of this kind are charged for (``MatchingResources``)."""
    return tuple(name for name in names if _matches(item, name))


def _matches(item: AnyObject, name: str) -> bool:
    plain = resource_name(item.api_version, item.kind)
    if name == f"count/{plain}" or (name == plain and plain in ALIASES):
        return True
    if isinstance(item, Pod):
        bare = name.removeprefix("requests.")
        asked = bare in COMPUTE or is_hugepages(bare) or (name != bare and is_extended(bare))
        return name == "pods" or asked or name.removeprefix("limits.") in COMPUTE
    if isinstance(item, Service):
        return name in ("services", "services.nodeports", "services.loadbalancers")
    if isinstance(item, PersistentVolumeClaim):
        return name.rpartition(BY_CLASS)[2] in ("persistentvolumeclaims", "requests.storage")
    return False


def covers(quota: ResourceQuota, item: AnyObject) -> bool:
    """Whether ``item`` is charged to ``quota``: some resource is named, and every scope fits."""
    if namespace_of(quota) != namespace_of(item) or not matching(item, quota.spec.hard):
        return False
    return all(_in_scope(selector, item) for selector in scopes_of(quota))


def scopes_of(quota: ResourceQuota) -> Iterator[ScopedResourceSelectorRequirement]:
    for name in quota.spec.scopes:
        yield ScopedResourceSelectorRequirement(scope_name=name, operator="Exists")
    if quota.spec.scope_selector is not None:
        yield from quota.spec.scope_selector.match_expressions


def _in_scope(selector: ScopedResourceSelectorRequirement, item: AnyObject) -> bool:
    """Objects that a scope does not know are in none (``MatchesNoScopeFunc``)."""
    scope = selector.scope_name
    if isinstance(item, PersistentVolumeClaim) and scope == "VolumeAttributesClass":
        return any(_selects(selector, name) for name in _attribute_classes(item) or ("",))
    if not isinstance(item, Pod):
        return False
    spec = item.spec
    match scope:
        case "Terminating":
            return spec.active_deadline_seconds is not None
        case "NotTerminating":
            return spec.active_deadline_seconds is None
        case "BestEffort":
            return qos_class(spec) == "BestEffort"
        case "NotBestEffort":
            return qos_class(spec) != "BestEffort"
        case "PriorityClass":
            return _selects(selector, spec.priority_class_name or "")
        case "CrossNamespacePodAffinity":
            return any(term.namespaces or term.namespace_selector is not None for term in _terms(spec))
    return False


def _selects(selector: ScopedResourceSelectorRequirement, name: str) -> bool:
    labels = {selector.scope_name: name} if name else {}
    return requirement_matches(selector.scope_name, selector.operator, selector.values, labels)


def _attribute_classes(claim: PersistentVolumeClaim) -> tuple[str, ...]:
    status = claim.status
    target = status.modify_volume_status.target_volume_attributes_class_name if status.modify_volume_status else None
    names = (claim.spec.volume_attributes_class_name, status.current_volume_attributes_class_name, target)
    return tuple(name for name in names if name)


def _terms(spec: PodSpec) -> Iterator[PodAffinityTerm]:
    affinity = spec.affinity
    if affinity is None:
        return
    for side in (affinity.pod_affinity, affinity.pod_anti_affinity):
        if side is not None:
            yield from side.required_during_scheduling_ignored_during_execution
            for weighted in side.preferred_during_scheduling_ignored_during_execution:
                yield weighted.pod_affinity_term


def used_by(items: Iterable[AnyObject], quotas: Iterable[ResourceQuota]) -> dict[Key, dict[str, int]]:
    """What ``items`` cost of each quota, for every resource the quota names."""
    by_namespace: dict[str, list[ResourceQuota]] = {}
    used: dict[Key, dict[str, int]] = {}
    for quota in quotas:
        by_namespace.setdefault(namespace_of(quota), []).append(quota)
        used[key_of(quota)] = dict.fromkeys(quota.spec.hard, 0)
    for item in items:
        near = by_namespace.get(namespace_of(item), ())
        amounts = charge(item) if near else {}
        for quota in near:
            if covers(quota, item):
                add(used[key_of(quota)], amounts)
    return used


def add(used: dict[str, int], amounts: Amounts, times: int = 1) -> None:
    """Charge ``amounts`` to what is used of a quota, as far as the quota names them."""
    for name in used:
        used[name] += times * amounts.get(name, 0)


def hard_amounts(quota: ResourceQuota) -> Amounts:
    return {name: quantity.nano for name, quantity in quota.spec.hard.items()}


def spell(nano: int, like: Quantity | None = None) -> str:
    """An amount as people write it, in the format of ``like``."""
    return Quantity(nano, like.text if like is not None else "0").canonical()
