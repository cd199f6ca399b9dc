"""Which kinds there are: the class of each kind, and the scope of every built-in kind.

Classes are imported when the first object of their kind is met: reading Deployments does not cost the classes of
admission policies.
"""

from __future__ import annotations

import difflib
from functools import cache
from importlib import import_module
from typing import TypeAlias

from kverify.api.object import KubeObject, OtherObject

AnyObject: TypeAlias = KubeObject | OtherObject

_CLASSES: dict[str, dict[str, str]] = {
    "v1": {
        "pod": "Pod PodTemplate",
        "service": "Service",
        "endpoints": "Endpoints",
        "node": "Node",
        "namespace": "Namespace",
        "config": "ConfigMap Secret ServiceAccount",
        "claim": "PersistentVolumeClaim",
        "persistent_volume": "PersistentVolume",
        "quota": "ResourceQuota LimitRange",
        "replication": "ReplicationController",
    },
    "apps/v1": {"apps": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet"},
    "batch/v1": {"batch": "CronJob Job"},
    "autoscaling/v1": {"autoscaling_v1": "HorizontalPodAutoscaler"},
    "autoscaling/v2": {"autoscaling_v2": "HorizontalPodAutoscaler"},
    "policy/v1": {"policy": "PodDisruptionBudget Eviction"},
    "scheduling.k8s.io/v1": {"scheduling": "PriorityClass"},
    "storage.k8s.io/v1": {
        "storage": "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass"
    },
    "networking.k8s.io/v1": {"networking": "Ingress IngressClass NetworkPolicy"},
    "discovery.k8s.io/v1": {"discovery": "EndpointSlice"},
    "rbac.authorization.k8s.io/v1": {"rbac": "ClusterRole ClusterRoleBinding Role RoleBinding"},
    "coordination.k8s.io/v1": {"coordination": "Lease"},
    "node.k8s.io/v1": {"runtime": "RuntimeClass"},
    "admissionregistration.k8s.io/v1": {
        "admission": "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration "
        "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration"
    },
    "apiextensions.k8s.io/v1": {"extensions": "CustomResourceDefinition"},
}

TYPED: dict[tuple[str, str], str] = {
    (api_version, kind): module
    for api_version, modules in _CLASSES.items()
    for module, kinds in modules.items()
    for kind in kinds.split()
}
"""(apiVersion, kind) to the module of ``kverify.api.types`` that has its class, of every kind that is typed."""

_NAMESPACED: dict[str, str] = {
    "v1": (
        "Binding ConfigMap Endpoints Event LimitRange PersistentVolumeClaim Pod PodTemplate ReplicationController "
        "ResourceQuota Secret Service ServiceAccount"
    ),
    "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "autoscaling/v1": "HorizontalPodAutoscaler",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "batch/v1": "CronJob Job",
    "coordination.k8s.io/v1": "Lease",
    "discovery.k8s.io/v1": "EndpointSlice",
    "events.k8s.io/v1": "Event",
    "networking.k8s.io/v1": "Ingress NetworkPolicy",
    "policy/v1": "Eviction PodDisruptionBudget",
    "rbac.authorization.k8s.io/v1": "Role RoleBinding",
    "resource.k8s.io/v1": "ResourceClaim ResourceClaimTemplate",
    "storage.k8s.io/v1": "CSIStorageCapacity",
}
_CLUSTER: dict[str, str] = {
    "v1": "ComponentStatus Namespace Node PersistentVolume",
    "admissionregistration.k8s.io/v1": (
        "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration "
        "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration"
    ),
    "apiextensions.k8s.io/v1": "CustomResourceDefinition",
    "apiregistration.k8s.io/v1": "APIService",
    "certificates.k8s.io/v1": "CertificateSigningRequest",
    "flowcontrol.apiserver.k8s.io/v1": "FlowSchema PriorityLevelConfiguration",
    "networking.k8s.io/v1": "IPAddress IngressClass ServiceCIDR",
    "node.k8s.io/v1": "RuntimeClass",
    "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding",
    "resource.k8s.io/v1": "DeviceClass ResourceSlice",
    "scheduling.k8s.io/v1": "PriorityClass",
    "storage.k8s.io/v1": "CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass",
}
NAMESPACED: dict[tuple[str, str], bool] = {
    (api_version, kind): scoped
    for table, scoped in ((_NAMESPACED, True), (_CLUSTER, False))
    for api_version, kinds in table.items()
    for kind in kinds.split()
}
"""Every built-in kind: whether its objects live in a namespace. Custom kinds are not here; their scope is unknown."""

_GROUP_OF_KIND = {kind: api_version.rpartition("/")[0] for api_version, kind in reversed(NAMESPACED)}

DEFINITION = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")
"""apiVersion and kind of what makes other kinds."""

GROUPS = frozenset(api_version.rpartition("/")[0] for api_version, _ in NAMESPACED)

TOOL_GROUPS = (
    "kustomize.config.k8s.io",
    "kubeadm.k8s.io",
    "kubelet.config.k8s.io",
    "kubeproxy.config.k8s.io",
    "kubescheduler.config.k8s.io",
    "apiserver.config.k8s.io",
    "audit.k8s.io",
    "client.authentication.k8s.io",
    "kind.x-k8s.io",
    "k3d.io",
)
"""API groups of files that tools read and nobody applies."""

TOOL_FILES = frozenset({"Chart.yaml", "values.yaml"})
"""Files of a Helm chart beside its templates; they have no kind."""


@cache
def class_of(api_version: str, kind: str) -> type[KubeObject] | None:
    """The class of a typed kind, ``None`` for every other one."""
    module = TYPED.get((api_version, kind))
    if module is None:
        return None
    cls: type[KubeObject] = getattr(import_module(f"kverify.api.types.{module}"), kind)
    return cls


def namespaced(api_version: str, kind: str) -> bool | None:
    """Whether objects of this kind live in a namespace; ``None`` for custom kinds."""
    return NAMESPACED.get((api_version, kind))


def builtin_group(kind: str) -> str:
    """The API group of a built-in kind, empty for the core group and for kinds that are not built in."""
    return _GROUP_OF_KIND.get(kind, "")


def resource_name(api_version: str, kind: str) -> str:
    """The resource of a kind as quotas and answers spell it: ``pods``, ``deployments.apps``.

    Custom resources are taken to have a regular plural.
    """
    group = api_version.rpartition("/")[0]
    name = kind.lower()
    if name == "endpoints":
        plural = name
    elif name.endswith(("s", "x", "ch", "sh")):
        plural = f"{name}es"
    elif name.endswith("y") and name[-2:-1] not in ("a", "e", "o", "u"):
        plural = f"{name[:-1]}ies"
    else:
        plural = f"{name}s"
    return f"{plural}.{group}" if group else plural


def list_item_kind(api_version: str, kind: str, has_items: bool) -> str | None:
    """For ``PodList`` of ``v1`` the kind of its items, ``""`` for ``List``; ``None`` for what is no list.

    Of kinds that are not built in it is one if it has a list of ``items`` (``has_items``), which is all that kubectl
    looks at (``unstructuredJSONScheme`` in k8s.io/apimachinery).
    """
    if kind == "List" and api_version == "v1":
        return ""
    item = kind.removesuffix("List")
    return item if item != kind and (has_items or (api_version, item) in NAMESPACED) else None


def is_event(api_version: str, kind: str) -> bool:
    """Whether an object says what happened to another. Nothing depends on those."""
    return kind == "Event" and api_version.rpartition("/")[0] in ("", "events.k8s.io")


def similar_kind(api_version: str, kind: str) -> str:
    """The built-in ``apiVersion/kind`` that was probably meant, as words; empty when nothing is near."""
    same_kind = sorted(version for version, name in NAMESPACED if name == kind)
    if same_kind:
        return f"{kind} of {' or '.join(same_kind)}"
    near = difflib.get_close_matches(kind, sorted({name for _, name in NAMESPACED}), n=1)
    if not near:
        return ""
    versions = sorted(version for version, name in NAMESPACED if name == near[0])
    version = api_version if api_version in versions else versions[-1]
    return f"{near[0]} of {version}"
