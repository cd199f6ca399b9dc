"""Defaults of ``core/v1`` and ``scheduling.k8s.io/v1`` (``pkg/apis/core/v1/defaults.go``, registry strategies)."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import attrs

from kverify.api.base import FrozenMap
from kverify.api.defaults.pods import default_pod_spec
from kverify.api.defaults.values import round_resources
from kverify.api.types.config import Secret, ServiceAccount
from kverify.api.types.namespace import Namespace
from kverify.api.types.node import Node
from kverify.api.types.pod import Pod
from kverify.api.types.references import ObjectReference
from kverify.api.types.runtime import RuntimeClass
from kverify.api.types.scheduling import PriorityClass


def default_pod(obj: Pod) -> Pod:
    return attrs.evolve(obj, spec=default_pod_spec(obj.spec, standalone=True))


def default_node(obj: Node) -> Node:
    """``podCIDR`` and ``podCIDRs`` say the same (``Convert_v1_NodeSpec_To_core_NodeSpec``)."""
    spec, status = obj.spec, obj.status
    ranges = spec.pod_cidrs or ((spec.pod_cidr,) if spec.pod_cidr else ())
    capacity = round_resources(status.capacity)
    allocatable = round_resources(status.allocatable) if status.allocatable else capacity
    return attrs.evolve(
        obj,
        spec=attrs.evolve(spec, pod_cidr=ranges[0] if ranges else None, pod_cidrs=ranges),
        status=attrs.evolve(status, capacity=capacity, allocatable=allocatable),
    )


def default_service_account(obj: ServiceAccount) -> ServiceAccount:
    """Of a secret only the name is kept (``cleanSecretReferences`` in ``pkg/registry/core/serviceaccount``)."""
    return attrs.evolve(obj, secrets=tuple(ObjectReference(name=secret.name) for secret in obj.secrets))


def default_runtime_class(obj: RuntimeClass) -> RuntimeClass:
    if obj.overhead is None:
        return obj
    overhead = attrs.evolve(obj.overhead, pod_fixed=round_resources(obj.overhead.pod_fixed))
    return attrs.evolve(obj, overhead=overhead)


def default_namespace(obj: Namespace) -> Namespace:
    name = obj.metadata.name
    labels = FrozenMap({**obj.metadata.labels, "kubernetes.io/metadata.name": name}) if name else obj.metadata.labels
    finalizers = obj.spec.finalizers
    if "kubernetes" not in finalizers:
        finalizers = (*finalizers, "kubernetes")
    return attrs.evolve(
        obj,
        metadata=attrs.evolve(obj.metadata, labels=labels),
        spec=attrs.evolve(obj.spec, finalizers=finalizers),
        status=attrs.evolve(obj.status, phase=obj.status.phase or "Active"),
    )


def default_secret(obj: Secret) -> Secret:
    data: Mapping[str, str] = obj.data
    if obj.string_data:
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in obj.string_data.items()}
        data = FrozenMap({**data, **encoded})
    return attrs.evolve(obj, data=data, string_data={}, type=obj.type or "Opaque")


def default_priority_class(obj: PriorityClass) -> PriorityClass:
    policy = obj.preemption_policy
    return attrs.evolve(obj, preemption_policy="PreemptLowerPriority" if policy is None else policy)
