"""The smallest object of every kind that the API server accepts: a place to start from, in tests and by hand."""

from __future__ import annotations

import copy
from typing import Any

_META: dict[str, Any] = {"metadata": {"name": "x"}}
_SELECTOR = {"matchLabels": {"app": "x"}}
_LABELLED = {"labels": {"app": "x"}}
_CONTAINERS = {"containers": [{"name": "c", "image": "i"}]}
_TEMPLATE = {"metadata": _LABELLED, "spec": _CONTAINERS}
_JOB = {"template": {"spec": {**_CONTAINERS, "restartPolicy": "Never"}}}
_SCALE = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}
_RBAC = "rbac.authorization.k8s.io"
_RESOURCES = {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["pods"]}]}
_WEBHOOK = {
    "name": "x.example.org",
    "clientConfig": {"url": "https://example.org/"},
    "sideEffects": "None",
    "admissionReviewVersions": ["v1"],
}
_SCHEMA = {"openAPIV3Schema": {"type": "object"}}
_WORKLOAD = {"selector": _SELECTOR, "template": _TEMPLATE}

MINIMAL: dict[tuple[str, str], dict[str, Any]] = {
    ("v1", "ConfigMap"): {},
    ("v1", "Endpoints"): {},
    ("v1", "LimitRange"): {},
    ("v1", "Namespace"): {},
    ("v1", "Node"): {},
    ("v1", "PersistentVolume"): {
        "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "nfs": {"server": "s", "path": "/"}}
    },
    ("v1", "PersistentVolumeClaim"): {
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    },
    ("v1", "Pod"): {"spec": _CONTAINERS},
    ("v1", "PodTemplate"): {"template": _TEMPLATE},
    ("v1", "ReplicationController"): {"spec": {"selector": {"app": "x"}, "template": _TEMPLATE}},
    ("v1", "ResourceQuota"): {},
    ("v1", "Secret"): {},
    ("v1", "Service"): {"spec": {"ports": [{"port": 80}]}},
    ("v1", "ServiceAccount"): {},
    ("apps/v1", "ControllerRevision"): {"revision": 1, "data": {}},
    ("apps/v1", "DaemonSet"): {"spec": _WORKLOAD},
    ("apps/v1", "Deployment"): {"spec": _WORKLOAD},
    ("apps/v1", "ReplicaSet"): {"spec": _WORKLOAD},
    ("apps/v1", "StatefulSet"): {"spec": _WORKLOAD},
    ("batch/v1", "CronJob"): {"spec": {"schedule": "@daily", "jobTemplate": {"spec": _JOB}}},
    ("batch/v1", "Job"): {"spec": _JOB},
    ("autoscaling/v1", "HorizontalPodAutoscaler"): {"spec": {"maxReplicas": 1, "scaleTargetRef": _SCALE}},
    ("autoscaling/v2", "HorizontalPodAutoscaler"): {"spec": {"maxReplicas": 1, "scaleTargetRef": _SCALE}},
    ("policy/v1", "PodDisruptionBudget"): {},
    ("policy/v1", "Eviction"): {},
    ("scheduling.k8s.io/v1", "PriorityClass"): {"value": 1},
    ("storage.k8s.io/v1", "CSIDriver"): {},
    ("storage.k8s.io/v1", "CSINode"): {"spec": {"drivers": []}},
    ("storage.k8s.io/v1", "CSIStorageCapacity"): {"storageClassName": "x"},
    ("storage.k8s.io/v1", "StorageClass"): {"provisioner": "example.org/x"},
    ("storage.k8s.io/v1", "VolumeAttachment"): {
        "spec": {"attacher": "example.org", "nodeName": "n", "source": {"persistentVolumeName": "x"}},
    },
    ("storage.k8s.io/v1", "VolumeAttributesClass"): {"driverName": "example.org", "parameters": {"a": "b"}},
    ("networking.k8s.io/v1", "Ingress"): {
        "spec": {"defaultBackend": {"service": {"name": "x", "port": {"number": 80}}}}
    },
    ("networking.k8s.io/v1", "IngressClass"): {"spec": {"controller": "example.org/x"}},
    ("networking.k8s.io/v1", "NetworkPolicy"): {"spec": {"podSelector": {}}},
    ("discovery.k8s.io/v1", "EndpointSlice"): {"addressType": "IPv4", "endpoints": [], "ports": []},
    (f"{_RBAC}/v1", "ClusterRole"): {},
    (f"{_RBAC}/v1", "ClusterRoleBinding"): {"roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": "x"}},
    (f"{_RBAC}/v1", "Role"): {},
    (f"{_RBAC}/v1", "RoleBinding"): {"roleRef": {"apiGroup": _RBAC, "kind": "Role", "name": "x"}},
    ("coordination.k8s.io/v1", "Lease"): {},
    ("node.k8s.io/v1", "RuntimeClass"): {"handler": "x"},
    ("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy"): {
        "spec": {
            "matchConstraints": _RESOURCES,
            "reinvocationPolicy": "Never",
            "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "Object{}"}}],
        }
    },
    ("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicyBinding"): {"spec": {"policyName": "x"}},
    ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"): {"webhooks": [_WEBHOOK]},
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"): {
        "spec": {"matchConstraints": _RESOURCES, "validations": [{"expression": "true"}]}
    },
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding"): {
        "spec": {"policyName": "x", "validationActions": ["Deny"]}
    },
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"): {"webhooks": [_WEBHOOK]},
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): {
        "metadata": {"name": "xs.example.org"},
        "spec": {
            "group": "example.org",
            "scope": "Namespaced",
            "names": {"plural": "xs", "kind": "X"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": _SCHEMA}],
        },
    },
}
"""(apiVersion, kind) to its fields besides apiVersion, kind and, where it is only a name, metadata."""


def minimal(api_version: str, kind: str) -> dict[str, Any]:
    """A new plain object of the kind, as small as the API server accepts. Raises ``KeyError`` for other kinds."""
    fields = copy.deepcopy(MINIMAL[api_version, kind])
    return {"apiVersion": api_version, "kind": kind, **copy.deepcopy(_META), **fields}
