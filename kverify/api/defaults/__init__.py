"""What the API server fills in on creation, on typed objects: one function per kind, in the modules of this package.

Sources: ``pkg/apis/*/v1/defaults.go`` and the ``PrepareForCreate`` strategies of the registries. Checked against
recorded objects in ``tests/conformance/test_apiserver.py``. What a server allocates (cluster IPs, node ports, uids,
times) is left absent, and a ``status`` that was given is kept, because live objects are read through the same door.
"""

from __future__ import annotations

from typing import TypeVar

import attrs

from kverify.api.dispatch import rule
from kverify.api.object import KubeObject
from kverify.api.registry import namespaced
from kverify.api.versions import DEFAULT_VERSION

T = TypeVar("T", bound=KubeObject)

_ADMISSION = "admissionregistration.k8s.io/v1"

DEFAULTS: dict[tuple[str, str], str] = {
    (_ADMISSION, "MutatingAdmissionPolicy"): "admission.default_mutating_policy",
    (_ADMISSION, "MutatingAdmissionPolicyBinding"): "admission.default_mutating_binding",
    (_ADMISSION, "MutatingWebhookConfiguration"): "admission.default_mutating_webhooks",
    (_ADMISSION, "ValidatingAdmissionPolicy"): "admission.default_validating_policy",
    (_ADMISSION, "ValidatingAdmissionPolicyBinding"): "admission.default_validating_binding",
    (_ADMISSION, "ValidatingWebhookConfiguration"): "admission.default_validating_webhooks",
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): "definitions.default_definition",
    ("v1", "Pod"): "objects.default_pod",
    ("v1", "Service"): "services.default_service",
    ("v1", "ServiceAccount"): "objects.default_service_account",
    ("v1", "Endpoints"): "networking.default_endpoints",
    ("v1", "Node"): "objects.default_node",
    ("v1", "Namespace"): "objects.default_namespace",
    ("v1", "Secret"): "objects.default_secret",
    ("v1", "PersistentVolume"): "storage.default_volume",
    ("v1", "PersistentVolumeClaim"): "storage.default_claim",
    ("v1", "ResourceQuota"): "quotas.default_quota",
    ("v1", "LimitRange"): "quotas.default_limit_range",
    ("apps/v1", "Deployment"): "workloads.default_deployment",
    ("apps/v1", "ReplicaSet"): "workloads.default_replica_set",
    ("apps/v1", "DaemonSet"): "workloads.default_daemon_set",
    ("v1", "ReplicationController"): "workloads.default_replication_controller",
    ("v1", "PodTemplate"): "workloads.default_pod_template",
    ("batch/v1", "Job"): "jobs.default_job",
    ("batch/v1", "CronJob"): "jobs.default_cron_job",
    ("autoscaling/v1", "HorizontalPodAutoscaler"): "autoscalers.default_autoscaler_v1",
    ("autoscaling/v2", "HorizontalPodAutoscaler"): "autoscalers.default_autoscaler",
    ("scheduling.k8s.io/v1", "PriorityClass"): "objects.default_priority_class",
    ("discovery.k8s.io/v1", "EndpointSlice"): "networking.default_endpoint_slice",
    ("networking.k8s.io/v1", "IngressClass"): "networking.default_ingress_class",
    ("networking.k8s.io/v1", "NetworkPolicy"): "networking.default_network_policy",
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): "rbac.default_binding",
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): "rbac.default_binding",
    ("node.k8s.io/v1", "RuntimeClass"): "objects.default_runtime_class",
    ("storage.k8s.io/v1", "StorageClass"): "storage.default_storage_class",
    ("storage.k8s.io/v1", "CSIDriver"): "storage.default_csi_driver",
    ("storage.k8s.io/v1", "VolumeAttachment"): "storage.default_attachment",
}
"""The function of each kind that has defaults; it takes the object and returns it as it is stored."""

PREPARATIONS: dict[tuple[str, str], str] = {
    ("v1", "Namespace"): "update.prepare_namespace",
    ("v1", "Service"): "services.prepare_service",
    ("apps/v1", "DaemonSet"): "workloads.prepare_daemon_set",
}
"""The function of each kind whose updates keep more than ``status``: ``prepare(new, old)`` returns the new object."""

VERSIONED: dict[tuple[str, str], str] = {("apps/v1", "StatefulSet"): "workloads.default_stateful_set"}
"""The function of each kind whose defaults differ between versions; it takes the object and the version."""


def apply_defaults(obj: T, version: str = DEFAULT_VERSION) -> T:
    """``obj`` as the API server of ``version`` stores it, as far as that does not depend on the cluster."""
    scope = namespaced(obj.api_version, obj.kind)
    if scope and not obj.metadata.namespace:
        obj = attrs.evolve(obj, metadata=attrs.evolve(obj.metadata, namespace="default"))
    elif scope is False and obj.metadata.namespace:
        # Nothing refuses a namespace on a cluster-scoped object: it is cleared (EnsureObjectNamespaceMatches...).
        obj = attrs.evolve(obj, metadata=attrs.evolve(obj.metadata, namespace=None))
    key = (obj.api_version, obj.kind)
    stored: T = obj
    if key in DEFAULTS:
        stored = rule("kverify.api.defaults", DEFAULTS[key])(obj)
    elif key in VERSIONED:
        stored = rule("kverify.api.defaults", VERSIONED[key])(obj, version)
    return stored


def prepare_update(new: T, old: T) -> T:
    """``new`` with what an update takes over from the stored object ``old``. Both are defaulted."""
    prepared: T = rule("kverify.api.defaults", "update.keep_stored")(new, old)
    name = PREPARATIONS.get((new.api_version, new.kind))
    if name is None:
        return prepared
    result: T = rule("kverify.api.defaults", name)(prepared, old)
    return result
