"""Objects of API versions that no Kubernetes serves any more, read as those of the version that came after.

The conversions are the API server's own, of the last release that served both versions: fields move, and what an old
version meant where it said nothing is said. They work on the tree of nodes, so a finding about the new object points at
what the author wrote. Which versions are gone, since when, and what replaces them is in :mod:`kverify.api.versions`.
"""

from __future__ import annotations

from attrs import frozen

from kverify.api import registry
from kverify.api.conversion.tree import Note, Notes, put
from kverify.api.dispatch import rule
from kverify.api.versions import REMOVED
from kverify.manifest.nodes import Document, Mapping

_FLOW = "flowcontrol.apiserver.k8s.io/v1beta"

CONVERSIONS: dict[tuple[str, str], str] = {
    ("extensions/v1beta1", "Deployment"): "workloads.extensions_deployment",
    ("extensions/v1beta1", "ReplicaSet"): "workloads.extensions_replica_set",
    ("extensions/v1beta1", "DaemonSet"): "workloads.extensions_daemon_set",
    ("extensions/v1beta1", "Ingress"): "networking.ingress",
    ("apps/v1beta1", "Deployment"): "workloads.apps_deployment",
    ("apps/v1beta1", "StatefulSet"): "workloads.apps_stateful_set",
    ("networking.k8s.io/v1beta1", "Ingress"): "networking.ingress",
    ("discovery.k8s.io/v1beta1", "EndpointSlice"): "networking.endpoint_slice",
    ("policy/v1beta1", "PodDisruptionBudget"): "policy.budget",
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler"): "autoscaling.autoscaler",
    ("rbac.authorization.k8s.io/v1alpha1", "RoleBinding"): "policy.alpha_binding",
    ("rbac.authorization.k8s.io/v1alpha1", "ClusterRoleBinding"): "policy.alpha_binding",
    ("admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration"): "admission.webhooks",
    ("admissionregistration.k8s.io/v1beta1", "ValidatingWebhookConfiguration"): "admission.webhooks",
    ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition"): "extensions.definition",
    (f"{_FLOW}1", "PriorityLevelConfiguration"): "policy.priority_level",
    (f"{_FLOW}2", "PriorityLevelConfiguration"): "policy.priority_level",
}
"""The function of each version whose fields or defaults are not those of its successor: ``convert(root, notes)``. The
other versions that are gone differ in their name only."""


@frozen
class Converted:
    """``document`` is the object in the version that came after; ``notes`` say what did not go over."""

    document: Document
    api_version: str
    notes: tuple[Note, ...]


def successor(api_version: str, kind: str) -> str | None:
    """The API version that objects of a removed version are converted to; None where nothing came after it."""
    removed = REMOVED.get((api_version, kind))
    return removed.use if removed is not None and (removed.use, kind) in registry.NAMESPACED else None


def convert(document: Document, api_version: str, kind: str) -> Converted | None:
    """The object of ``document``, a mapping, as its successor; None when there is no successor."""
    target, root = successor(api_version, kind), document.root
    if target is None or not isinstance(root, Mapping):
        return None
    notes = Notes(target)
    name = CONVERSIONS.get((api_version, kind))
    if name is not None:
        root = rule("kverify.api.conversion", name)(root, notes)
    return Converted(Document.of(put(root, "apiVersion", target)), target, tuple(notes.found))
