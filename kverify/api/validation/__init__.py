"""Validation as the API server does it on creation and on update, one file per group of rules."""

from __future__ import annotations

from kverify.api.defaults import prepare_update
from kverify.api.dispatch import rule
from kverify.api.object import KubeObject, OtherObject
from kverify.api.registry import AnyObject
from kverify.api.validation.metadata import check_metadata_update
from kverify.api.validation.report import Path, Problem, Report
from kverify.api.versions import DEFAULT_VERSION
from kverify.manifest.diagnostics import Diagnostic

__all__ = ["Path", "Problem", "Report", "changes_refused", "validate", "validate_update"]

_ADMISSION = "admissionregistration.k8s.io/v1"

CHECKS: dict[tuple[str, str], str] = {
    (_ADMISSION, "MutatingAdmissionPolicy"): "admission_policies.check_mutating_policy",
    (_ADMISSION, "MutatingAdmissionPolicyBinding"): "admission_policies.check_mutating_binding",
    (_ADMISSION, "MutatingWebhookConfiguration"): "webhooks.check_mutating_webhooks",
    (_ADMISSION, "ValidatingAdmissionPolicy"): "admission_policies.check_validating_policy",
    (_ADMISSION, "ValidatingAdmissionPolicyBinding"): "admission_policies.check_validating_binding",
    (_ADMISSION, "ValidatingWebhookConfiguration"): "webhooks.check_validating_webhooks",
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): "definitions.check_definition",
    ("v1", "Pod"): "pods.check_pod",
    ("v1", "Service"): "services.check_service",
    ("v1", "Endpoints"): "endpoints.check_endpoints",
    ("v1", "Node"): "nodes.check_node",
    ("v1", "Namespace"): "objects.check_namespace",
    ("v1", "ConfigMap"): "config.check_config_map",
    ("v1", "Secret"): "config.check_secret",
    ("v1", "ServiceAccount"): "config.check_service_account",
    ("v1", "PersistentVolume"): "persistent_volumes.check_volume",
    ("v1", "PersistentVolumeClaim"): "claims.check_claim",
    ("v1", "ResourceQuota"): "quotas.check_quota",
    ("v1", "LimitRange"): "quotas.check_limit_range",
    ("apps/v1", "Deployment"): "workloads.check_deployment",
    ("apps/v1", "ReplicaSet"): "workloads.check_replica_set",
    ("discovery.k8s.io/v1", "EndpointSlice"): "endpoints.check_endpoint_slice",
    ("networking.k8s.io/v1", "Ingress"): "networking.check_ingress",
    ("networking.k8s.io/v1", "IngressClass"): "networking.check_ingress_class",
    ("networking.k8s.io/v1", "NetworkPolicy"): "networking.check_network_policy",
    ("rbac.authorization.k8s.io/v1", "Role"): "rbac.check_role",
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): "rbac.check_cluster_role",
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): "rbac.check_role_binding",
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): "rbac.check_cluster_role_binding",
    ("coordination.k8s.io/v1", "Lease"): "nodes.check_lease",
    ("node.k8s.io/v1", "RuntimeClass"): "nodes.check_runtime_class",
    ("storage.k8s.io/v1", "StorageClass"): "storage.check_storage_class",
    ("storage.k8s.io/v1", "VolumeAttributesClass"): "storage.check_attributes_class",
    ("storage.k8s.io/v1", "VolumeAttachment"): "storage.check_attachment",
    ("storage.k8s.io/v1", "CSINode"): "storage.check_csi_node",
    ("storage.k8s.io/v1", "CSIDriver"): "storage.check_csi_driver",
    ("storage.k8s.io/v1", "CSIStorageCapacity"): "storage.check_storage_capacity",
    ("apps/v1", "DaemonSet"): "workloads.check_daemon_set",
    ("apps/v1", "StatefulSet"): "stateful_sets.check_stateful_set",
    ("apps/v1", "ControllerRevision"): "stateful_sets.check_controller_revision",
    ("v1", "ReplicationController"): "workloads.check_replication_controller",
    ("v1", "PodTemplate"): "pods.check_pod_template",
    ("batch/v1", "Job"): "jobs.check_job",
    ("batch/v1", "CronJob"): "jobs.check_cron_job",
    ("autoscaling/v1", "HorizontalPodAutoscaler"): "autoscalers.check_autoscaler_v1",
    ("autoscaling/v2", "HorizontalPodAutoscaler"): "autoscalers.check_autoscaler",
    ("policy/v1", "PodDisruptionBudget"): "policy.check_budget",
    ("policy/v1", "Eviction"): "policy.check_eviction",
    ("scheduling.k8s.io/v1", "PriorityClass"): "policy.check_priority_class",
}
"""The function of each kind: ``check(object, report)``."""

UPDATES: dict[tuple[str, str], str] = {
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): "definitions.update_definition",
    ("v1", "Pod"): "pod_update.update_pod",
    ("v1", "Service"): "services.update_service",
    ("v1", "Node"): "nodes.update_node",
    ("v1", "ConfigMap"): "config.update_config_map",
    ("v1", "Secret"): "config.update_secret",
    ("v1", "PersistentVolume"): "persistent_volumes.update_volume",
    ("v1", "PersistentVolumeClaim"): "claims.update_claim",
    ("v1", "ResourceQuota"): "quotas.update_quota",
    ("discovery.k8s.io/v1", "EndpointSlice"): "endpoints.update_endpoint_slice",
    ("networking.k8s.io/v1", "IngressClass"): "networking.update_ingress_class",
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): "rbac.update_binding",
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): "rbac.update_binding",
    ("node.k8s.io/v1", "RuntimeClass"): "nodes.update_runtime_class",
    ("storage.k8s.io/v1", "StorageClass"): "storage.update_storage_class",
    ("storage.k8s.io/v1", "VolumeAttributesClass"): "storage.update_attributes_class",
    ("storage.k8s.io/v1", "VolumeAttachment"): "storage.update_attachment",
    ("storage.k8s.io/v1", "CSINode"): "storage.update_csi_node",
    ("storage.k8s.io/v1", "CSIDriver"): "storage.update_csi_driver",
    ("storage.k8s.io/v1", "CSIStorageCapacity"): "storage.update_storage_capacity",
    ("apps/v1", "Deployment"): "workload_updates.update_deployment",
    ("apps/v1", "ReplicaSet"): "workload_updates.update_replica_set",
    ("apps/v1", "DaemonSet"): "workload_updates.update_daemon_set",
    ("apps/v1", "StatefulSet"): "workload_updates.update_stateful_set",
    ("apps/v1", "ControllerRevision"): "workload_updates.update_controller_revision",
    ("batch/v1", "Job"): "workload_updates.update_job",
    ("scheduling.k8s.io/v1", "PriorityClass"): "workload_updates.update_priority_class",
}
"""The function of each kind that has immutable fields: ``update(new, old, report)``."""


def validate(obj: KubeObject, version: str = DEFAULT_VERSION) -> tuple[Problem, ...]:
    """Every rule ``obj`` breaks. ``obj`` has been defaulted: that is what the API server validates."""
    report = Report(version)
    name = CHECKS.get((obj.api_version, obj.kind))
    if name is not None:
        rule("kverify.api.validation", name)(obj, report)
    return tuple(report.problems)


def validate_update(old: AnyObject, new: AnyObject, version: str = DEFAULT_VERSION) -> tuple[Diagnostic, ...]:
    """What keeps ``new`` from replacing ``old`` in a cluster, at the places in ``new``.

    What an update takes over from ``old`` is taken over first. Both are decoded objects of the same kind, namespace
    and name. Raises ``ValueError`` for two different objects.
    """
    if (old.kind, old.metadata.namespace, old.metadata.name) != (new.kind, new.metadata.namespace, new.metadata.name):
        raise ValueError(f"{old.kind} {old.metadata.name} and {new.kind} {new.metadata.name} are not one object")
    if isinstance(old, OtherObject) or isinstance(new, OtherObject):
        problems = _custom_changes(old, new, version)
    else:
        problems = changes_refused(prepare_update(new, old), old, version)
    name = f"{new.metadata.namespace}/{new.metadata.name}" if new.metadata.namespace else new.metadata.name
    return tuple(
        Diagnostic(
            id=problem.id,
            severity=problem.severity,
            message=problem.message,
            span=new.source.span(problem.path),
            path=problem.text,
            object=f"{new.kind} {name}",
            mend=problem.mend,
        )
        for problem in problems
    )


def _custom_changes(old: AnyObject, new: AnyObject, version: str) -> tuple[Problem, ...]:
    if not isinstance(old, OtherObject) or not isinstance(new, OtherObject) or new.custom is None:
        return ()
    report = Report(version)
    check_metadata_update(new.metadata, old.metadata, Path().child("metadata"), report)
    refused: tuple[Problem, ...] = rule("kverify.api.custom", "resources.transitions_refused")(
        new.content, old.content, new.custom, version
    )
    return (*report.problems, *refused)


def changes_refused(new: KubeObject, old: KubeObject, version: str = DEFAULT_VERSION) -> tuple[Problem, ...]:
    """Every rule that the update from ``old`` to ``new`` breaks, both defaulted and ``new`` prepared."""
    report = Report(version)
    check_metadata_update(new.metadata, old.metadata, Path().child("metadata"), report)
    name = UPDATES.get((new.api_version, new.kind))
    if name is not None:
        rule("kverify.api.validation", name)(new, old, report)
    return tuple(report.problems)
