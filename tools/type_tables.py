"""What ``tools/generate_types.py`` cannot read in an OpenAPI document: modules, pointers, behaviour.

OpenAPI does not tell a Go pointer (absent is ``None``) from a Go value (absent is the empty object); the tables here
do, after ``k8s.io/api``. ``"*"`` stands for every class.
"""

from __future__ import annotations

_KINDS_OF = {
    "v1": (
        "core.v1",
        "ConfigMap Endpoints LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod PodTemplate "
        "ReplicationController ResourceQuota Secret Service ServiceAccount",
    ),
    "apps/v1": ("apps.v1", "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet"),
    "batch/v1": ("batch.v1", "CronJob Job"),
    "autoscaling/v1": ("autoscaling.v1", "HorizontalPodAutoscaler"),
    "autoscaling/v2": ("autoscaling.v2", "HorizontalPodAutoscaler"),
    "policy/v1": ("policy.v1", "PodDisruptionBudget Eviction"),
    "scheduling.k8s.io/v1": ("scheduling.v1", "PriorityClass"),
    "storage.k8s.io/v1": (
        "storage.v1",
        "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass",
    ),
    "networking.k8s.io/v1": ("networking.v1", "Ingress IngressClass NetworkPolicy"),
    "discovery.k8s.io/v1": ("discovery.v1", "EndpointSlice"),
    "rbac.authorization.k8s.io/v1": ("rbac.v1", "ClusterRole ClusterRoleBinding Role RoleBinding"),
    "coordination.k8s.io/v1": ("coordination.v1", "Lease"),
    "node.k8s.io/v1": ("node.v1", "RuntimeClass"),
    "admissionregistration.k8s.io/v1": (
        "admissionregistration.v1",
        "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration "
        "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
    ),
    "apiextensions.k8s.io/v1": ("apiextensions.v1", "CustomResourceDefinition"),
}
KINDS: dict[str, str] = {
    f"{package}.{kind}": api_version for api_version, (package, kinds) in _KINDS_OF.items() for kind in kinds.split()
}
"""Definition to apiVersion, of every kind that becomes a class."""


def _core(names: str) -> tuple[str, ...]:
    return tuple(f"core.v1.{name}" for name in names.split())


def _kinds(api_version: str) -> tuple[str, ...]:
    package, kinds = _KINDS_OF[api_version]
    return tuple(f"{package}.{kind}" for kind in kinds.split())


MODULES: dict[str, tuple[str, ...]] = {
    "meta": tuple(f"meta.v1.{name}" for name in ("ObjectMeta", "ListMeta", "LabelSelector", "Condition")),
    "references": _core(
        "LocalObjectReference SecretReference TypedLocalObjectReference TypedObjectReference ObjectReference"
    ),
    "claim": _core("PersistentVolumeClaimTemplate PersistentVolumeClaim"),
    "volume": _core("Volume"),
    "container": _core("ContainerPort EnvVar EnvFromSource ResourceRequirements Probe SecurityContext Container"),
    "affinity": _core("Affinity Toleration TopologySpreadConstraint"),
    "pod_status": _core("PodStatus"),
    "pod": _core("PodSpec PodTemplateSpec Pod PodTemplate"),
    "service": _core("Service"),
    "endpoints": _core("Endpoints"),
    "node": _core("Taint Node"),
    "namespace": _core("Namespace"),
    "config": _core("ConfigMap Secret ServiceAccount"),
    "persistent_volume": _core("PersistentVolume"),
    "quota": _core("ResourceQuota LimitRange"),
    "replication": _core("ReplicationController"),
    "apps": _kinds("apps/v1"),
    "batch": _kinds("batch/v1"),
    "autoscaling_v1": _kinds("autoscaling/v1"),
    "autoscaling_v2": _kinds("autoscaling/v2"),
    "policy": _kinds("policy/v1"),
    "scheduling": _kinds("scheduling.k8s.io/v1"),
    "storage": _kinds("storage.k8s.io/v1"),
    "networking": _kinds("networking.k8s.io/v1"),
    "discovery": _kinds("discovery.k8s.io/v1"),
    "rbac": _kinds("rbac.authorization.k8s.io/v1"),
    "coordination": _kinds("coordination.k8s.io/v1"),
    "runtime": _kinds("node.k8s.io/v1"),
    "admission": _kinds("admissionregistration.k8s.io/v1"),
    "extensions": _kinds("apiextensions.k8s.io/v1"),
}
"""Module to the definitions it begins with; what they need and no earlier module has comes along."""

TITLES: dict[str, str] = {
    "meta": "What all kinds have in common (``meta/v1``).",
    "references": "References to other objects (``core/v1``).",
    "claim": "Persistent volume claims (``core/v1``).",
    "volume": "Volumes of a pod (``core/v1``).",
    "container": "Containers, probes and lifecycle hooks (``core/v1``).",
    "affinity": "Affinity, tolerations and topology spread constraints (``core/v1``).",
    "pod_status": "What a kubelet reports of a pod (``core/v1``).",
    "pod": "Pods and pod templates (``core/v1``).",
    "service": "Services (``core/v1``).",
    "endpoints": "Endpoints (``core/v1``).",
    "node": "Nodes (``core/v1``).",
    "namespace": "Namespaces (``core/v1``).",
    "config": "ConfigMaps, Secrets and service accounts (``core/v1``).",
    "persistent_volume": "Persistent volumes (``core/v1``).",
    "quota": "Quotas and limit ranges (``core/v1``).",
    "replication": "Replication controllers (``core/v1``).",
    "apps": "Deployments, replica sets, stateful sets and daemon sets (``apps/v1``).",
    "batch": "Jobs and cron jobs (``batch/v1``).",
    "autoscaling_v1": "Horizontal pod autoscalers (``autoscaling/v1``).",
    "autoscaling_v2": "Horizontal pod autoscalers (``autoscaling/v2``).",
    "policy": "Pod disruption budgets and evictions (``policy/v1``).",
    "scheduling": "Priority classes (``scheduling.k8s.io/v1``).",
    "storage": "Storage classes, CSI drivers and nodes, attachments (``storage.k8s.io/v1``).",
    "networking": "Ingresses and network policies (``networking.k8s.io/v1``).",
    "discovery": "Endpoint slices (``discovery.k8s.io/v1``).",
    "rbac": "Roles and bindings (``rbac.authorization.k8s.io/v1``).",
    "coordination": "Leases (``coordination.k8s.io/v1``).",
    "runtime": "Runtime classes (``node.k8s.io/v1``).",
    "admission": "Admission policies and webhooks (``admissionregistration.k8s.io/v1``).",
    "extensions": "Custom resource definitions (``apiextensions.k8s.io/v1``).",
}

RENAMED: dict[str, str] = {
    "core.v1.ResourceClaim": "ContainerResourceClaim",
    "node.v1.Overhead": "RuntimeOverhead",
    "node.v1.Scheduling": "RuntimeScheduling",
    "rbac.v1.Subject": "Subject",
    "admissionregistration.v1.Validation": "PolicyValidation",
    "admissionregistration.v1.Variable": "PolicyVariable",
}
"""Definition to class name, where the short name says too little or stands for two things."""

EXTENDS: dict[str, str] = {"EphemeralContainer": "core.v1.Container"}
"""Class to the definition whose fields it has, and more."""

RULES: dict[str, str] = {
    "LabelSelector": "LabelSelectorRules",
    "LabelSelectorRequirement": "RequirementRules",
    "Container": "ContainerRules",
}
"""Class to the mixin of ``kverify/api/rules.py`` that gives it behaviour."""

INLINE: frozenset[tuple[str, str]] = frozenset(
    {
        ("*", "metadata"),
        ("*", "spec"),
        ("*", "status"),
        ("*", "strategy"),
        ("*", "updateStrategy"),
        ("*", "template"),
        ("Container", "resources"),
        ("EphemeralContainer", "resources"),
        ("PersistentVolumeClaimSpec", "resources"),
        ("NetworkPolicySpec", "podSelector"),
        ("IngressServiceBackend", "port"),
        ("Endpoint", "conditions"),
        ("ContainerStatus", "state"),
        ("ContainerStatus", "lastState"),
        ("ServiceStatus", "loadBalancer"),
        ("IngressStatus", "loadBalancer"),
        ("NodeStatus", "nodeInfo"),
        ("NodeStatus", "daemonEndpoints"),
        ("NodeDaemonEndpoints", "kubeletEndpoint"),
        ("CustomResourceDefinitionStatus", "acceptedNames"),
    }
)
"""Objects that are Go values although not required: absent and empty are the same."""

OPTIONAL: frozenset[tuple[str, str]] = frozenset(
    {
        *((name, "selector") for name in ("DaemonSetSpec", "DeploymentSpec", "ReplicaSetSpec", "StatefulSetSpec")),
        ("ReplicationControllerSpec", "template"),
        ("ScaleIOVolumeSource", "secretRef"),
        ("ScaleIOPersistentVolumeSource", "secretRef"),
        ("CSINode", "status"),
    }
)
"""Objects that are Go pointers although required."""

ZERO: frozenset[tuple[str, str]] = frozenset(
    {
        ("*", "minReadySeconds"),
        ("ObjectMeta", "name"),
        *((name, "name") for name in ("LocalObjectReference", "ConfigMapKeySelector", "SecretKeySelector")),
        *((name, "name") for name in ("ConfigMapEnvSource", "SecretEnvSource")),
    }
)
"""Optional scalars that are Go values and that hold their zero, instead of ``None``, when they are absent."""

RELAXED: frozenset[tuple[str, str]] = frozenset({("StatefulSetSpec", "serviceName")})
"""What older versions require and print even when it is empty, and newer ones do not. Everything else that any
version requires is a Go value without ``omitempty``."""

OPAQUE: frozenset[tuple[str, str]] = frozenset()
"""Fields that are kept as plain values."""
