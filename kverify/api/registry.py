"""Which kinds there are: the class of each kind kverify models, and the scope of every built-in kind."""

from __future__ import annotations

import difflib
from typing import TypeAlias

from kverify.api.apps import Deployment, ReplicaSet
from kverify.api.config import ConfigMap, Secret
from kverify.api.meta import OtherObject
from kverify.api.node import Namespace, Node
from kverify.api.pod import Pod
from kverify.api.policy import PodDisruptionBudget
from kverify.api.scheduling import PriorityClass
from kverify.api.service import Service
from kverify.api.volume import PersistentVolumeClaim

KubeObject: TypeAlias = (
    Pod
    | Deployment
    | ReplicaSet
    | Service
    | Node
    | Namespace
    | PodDisruptionBudget
    | ConfigMap
    | Secret
    | PriorityClass
    | PersistentVolumeClaim
)
AnyObject: TypeAlias = KubeObject | OtherObject

MODELLED: dict[tuple[str, str], type[KubeObject]] = {
    ("v1", "Pod"): Pod,
    ("v1", "Service"): Service,
    ("v1", "Node"): Node,
    ("v1", "Namespace"): Namespace,
    ("v1", "ConfigMap"): ConfigMap,
    ("v1", "Secret"): Secret,
    ("v1", "PersistentVolumeClaim"): PersistentVolumeClaim,
    ("apps/v1", "Deployment"): Deployment,
    ("apps/v1", "ReplicaSet"): ReplicaSet,
    ("policy/v1", "PodDisruptionBudget"): PodDisruptionBudget,
    ("scheduling.k8s.io/v1", "PriorityClass"): PriorityClass,
}

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
    "policy/v1": "PodDisruptionBudget",
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


def class_of(api_version: str, kind: str) -> type[KubeObject] | None:
    """The class of a modelled kind, ``None`` for every other one."""
    return MODELLED.get((api_version, kind))


def namespaced(api_version: str, kind: str) -> bool | None:
    """Whether objects of this kind live in a namespace; ``None`` for custom kinds."""
    return NAMESPACED.get((api_version, kind))


def list_item_kind(api_version: str, kind: str) -> str | None:
    """For ``PodList`` of ``v1`` the kind of its items, ``""`` for ``List``; ``None`` for what is no list."""
    if kind == "List" and api_version == "v1":
        return ""
    item = kind.removesuffix("List")
    return item if item != kind and (api_version, item) in NAMESPACED else None


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
