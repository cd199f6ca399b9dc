"""What the API server fills in on creation, on typed objects.

Sources: ``pkg/apis/{core,apps,policy,scheduling}/v1/defaults.go``, the ``PrepareForCreate`` strategies of the
registries, and, for :func:`admit_pod`, the admission plugins. Checked against recorded objects in
``tests/conformance/test_defaults.py``. What a server allocates (cluster IPs, node ports, uids, times) is left absent,
and a ``status`` that was given is kept, because live objects are read through the same door.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import singledispatch
from typing import TypeVar

import attrs

from kverify.api.affinity import Toleration
from kverify.api.apps import Deployment, ReplicaSet, RollingUpdateDeployment
from kverify.api.base import FrozenMap
from kverify.api.config import ConfigMap, Secret
from kverify.api.defaults_pod import default_pod_spec, default_template, round_resources
from kverify.api.meta import ObjectMeta
from kverify.api.node import Namespace, Node
from kverify.api.pod import Pod, PodSpec
from kverify.api.policy import PodDisruptionBudget
from kverify.api.registry import KubeObject, namespaced
from kverify.api.scheduling import PriorityClass
from kverify.api.service import ClientIPConfig, Service, ServicePort, ServiceSpec, SessionAffinityConfig
from kverify.api.volume import (
    PersistentVolumeClaim,
    PersistentVolumeClaimSpec,
    TypedLocalObjectReference,
    TypedObjectReference,
)

T = TypeVar("T", bound=KubeObject)

NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
CLONABLE = (("", "PersistentVolumeClaim"), ("snapshot.storage.k8s.io", "VolumeSnapshot"))


def apply_defaults(obj: T) -> T:
    """``obj`` as the API server stores it, as far as that does not depend on the cluster."""
    if namespaced(obj.api_version, obj.kind):
        obj = attrs.evolve(obj, metadata=_in_namespace(obj.metadata))
    return _defaults(obj)  # type: ignore[return-value]


def _in_namespace(metadata: ObjectMeta) -> ObjectMeta:
    return metadata if metadata.namespace else attrs.evolve(metadata, namespace="default")


@singledispatch
def _defaults(obj: object) -> KubeObject:
    raise TypeError(f"{type(obj).__name__} has no defaults")


@_defaults.register
def _(obj: Pod) -> Pod:
    return attrs.evolve(obj, spec=default_pod_spec(obj.spec, standalone=True))


@_defaults.register
def _(obj: Deployment) -> Deployment:
    spec = obj.spec
    strategy = attrs.evolve(spec.strategy, type=spec.strategy.type or "RollingUpdate")
    if strategy.type == "RollingUpdate":
        given = strategy.rolling_update or RollingUpdateDeployment()
        strategy = attrs.evolve(
            strategy,
            rolling_update=RollingUpdateDeployment(
                max_unavailable="25%" if given.max_unavailable is None else given.max_unavailable,
                max_surge="25%" if given.max_surge is None else given.max_surge,
            ),
        )
    return attrs.evolve(
        obj,
        spec=attrs.evolve(
            spec,
            replicas=_or(spec.replicas, 1),
            template=default_template(spec.template),
            strategy=strategy,
            min_ready_seconds=_or(spec.min_ready_seconds, 0),
            revision_history_limit=_or(spec.revision_history_limit, 10),
            progress_deadline_seconds=_or(spec.progress_deadline_seconds, 600),
        ),
    )


@_defaults.register
def _(obj: ReplicaSet) -> ReplicaSet:
    spec = obj.spec
    return attrs.evolve(
        obj,
        spec=attrs.evolve(
            spec,
            replicas=_or(spec.replicas, 1),
            min_ready_seconds=_or(spec.min_ready_seconds, 0),
            template=default_template(spec.template),
        ),
    )


@_defaults.register
def _(obj: Service) -> Service:
    spec = obj.spec
    kind = spec.type or "ClusterIP"
    affinity = spec.session_affinity or "None"
    exposed = kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and bool(spec.external_ips))
    routed = kind in ("NodePort", "LoadBalancer", "ClusterIP")
    spec = attrs.evolve(
        spec,
        type=kind,
        session_affinity=affinity,
        session_affinity_config=_session_affinity(affinity, spec.session_affinity_config),
        ports=tuple(_service_port(port) for port in spec.ports),
        external_traffic_policy=spec.external_traffic_policy or ("Cluster" if exposed else None),
        internal_traffic_policy=spec.internal_traffic_policy or ("Cluster" if routed else None),
        allocate_load_balancer_node_ports=_or(
            spec.allocate_load_balancer_node_ports, True if kind == "LoadBalancer" else None
        ),
    )
    return attrs.evolve(obj, spec=_cluster_ips(spec))


def _session_affinity(affinity: str, given: SessionAffinityConfig | None) -> SessionAffinityConfig | None:
    if affinity == "None":
        return None
    if affinity == "ClientIP" and (given is None or given.client_ip is None or given.client_ip.timeout_seconds is None):
        return SessionAffinityConfig(client_ip=ClientIPConfig(timeout_seconds=10800))
    return given


def _service_port(port: ServicePort) -> ServicePort:
    target = port.target_port if port.target_port not in (None, 0, "") else port.port
    return attrs.evolve(port, protocol=port.protocol or "TCP", target_port=target)


def _cluster_ips(spec: ServiceSpec) -> ServiceSpec:
    """``clusterIP`` and ``clusterIPs`` say the same; only "None" and given addresses are known before allocation."""
    if spec.cluster_ip and not spec.cluster_ips:
        return attrs.evolve(spec, cluster_ips=(spec.cluster_ip,))
    return spec


@_defaults.register
def _(obj: Node) -> Node:
    status = obj.status
    capacity = round_resources(status.capacity)
    allocatable = round_resources(status.allocatable) if status.allocatable else capacity
    return attrs.evolve(obj, status=attrs.evolve(status, capacity=capacity, allocatable=allocatable))


@_defaults.register
def _(obj: Namespace) -> Namespace:
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


@_defaults.register
def _(obj: PodDisruptionBudget) -> PodDisruptionBudget:
    return obj


@_defaults.register
def _(obj: ConfigMap) -> ConfigMap:
    return obj


@_defaults.register
def _(obj: Secret) -> Secret:
    data: Mapping[str, str] = obj.data
    if obj.string_data:
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in obj.string_data.items()}
        data = FrozenMap({**data, **encoded})
    return attrs.evolve(obj, data=data, string_data={}, type=obj.type or "Opaque")


@_defaults.register
def _(obj: PriorityClass) -> PriorityClass:
    return attrs.evolve(obj, preemption_policy=obj.preemption_policy or "PreemptLowerPriority")


@_defaults.register
def _(obj: PersistentVolumeClaim) -> PersistentVolumeClaim:
    spec = obj.spec
    resources = attrs.evolve(
        spec.resources,
        requests=round_resources(spec.resources.requests),
        limits=round_resources(spec.resources.limits),
    )
    return attrs.evolve(
        obj,
        spec=attrs.evolve(_data_sources(spec), volume_mode=spec.volume_mode or "Filesystem", resources=resources),
        status=attrs.evolve(obj.status, phase=obj.status.phase or "Pending"),
    )


def _data_sources(spec: PersistentVolumeClaimSpec) -> PersistentVolumeClaimSpec:
    """``NormalizeDataSources``: both fields say the same; ``dataSource`` knows claims and snapshots only."""
    source, ref = spec.data_source, spec.data_source_ref
    if source is not None and (source.api_group or "", source.kind) not in CLONABLE:
        source = None
    if source is not None and ref is None:
        ref = TypedObjectReference(api_group=source.api_group, kind=source.kind, name=source.name)
    elif ref is not None and source is None and not ref.namespace and (ref.api_group or "", ref.kind) in CLONABLE:
        source = TypedLocalObjectReference(api_group=ref.api_group, kind=ref.kind, name=ref.name)
    return attrs.evolve(spec, data_source=source, data_source_ref=ref)


def admit_pod(spec: PodSpec) -> PodSpec:
    """What the default admission plugins add to every pod at creation, whoever creates it.

    DefaultTolerationSeconds adds the two 300 s tolerations, each unless the pod already tolerates that taint for every
    effect or for NoExecute; ServiceAccount names the account ``default``.
    """
    tolerations = spec.tolerations
    for key in (NOT_READY, UNREACHABLE):
        if not any(t.key in (key, None, "") and t.effect in ("NoExecute", None, "") for t in spec.tolerations):
            added = Toleration(key=key, operator="Exists", effect="NoExecute", toleration_seconds=300)
            tolerations = (*tolerations, added)
    account = spec.service_account_name or "default"
    return attrs.evolve(spec, tolerations=tolerations, service_account_name=account, service_account=account)


V = TypeVar("V")


def _or(value: V | None, default: V) -> V:
    return default if value is None else value
