"""What all Kubernetes objects have in common, whatever their kind: a name to be known by, an owner, pods they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from kverify.api import registry
from kverify.api.base import EMPTY
from kverify.api.object import OtherObject
from kverify.api.registry import AnyObject
from kverify.api.types.apps import Deployment, ReplicaSet
from kverify.api.types.meta import OwnerReference
from kverify.api.types.pod import Pod, PodTemplateSpec

Workload: TypeAlias = Deployment | ReplicaSet | Pod
"""What makes pods, or is one."""

Key: TypeAlias = tuple[str, str, str]
"""Kind, namespace (empty for cluster-scoped kinds) and name."""

DEFAULT_NAMESPACE = "default"


def group_of(item: AnyObject) -> str:
    """The API group: ``apps`` of ``apps/v1``, empty for the core group."""
    group, slash, _ = item.api_version.partition("/")
    return group if slash else ""


def namespace_of(item: AnyObject) -> str:
    """The namespace an object lives in, ``default`` where its manifest names none; empty for cluster-scoped kinds.

    A custom resource may be of either scope, and its manifest does not say which: without a namespace it has none.
    """
    scoped = registry.namespaced(item.api_version, item.kind)
    if scoped is False:
        return ""
    return item.metadata.namespace or (DEFAULT_NAMESPACE if scoped else "")


def key_of(item: AnyObject) -> Key:
    """What ``Bundle.find`` finds an object by."""
    return item.kind, namespace_of(item), item.metadata.name


def describe(item: AnyObject) -> str:
    """How an object is called in every message: ``Deployment shop/web``, ``Node n1``."""
    name = item.metadata.name or (f"{item.metadata.generate_name}*" if item.metadata.generate_name else "(no name)")
    return title(item.kind, namespace_of(item), name)


def title(kind: str, namespace: str, name: str) -> str:
    """``describe`` of an object that is only known by its key.

    >>> title("ConfigMap", "shop", "settings")
    'ConfigMap shop/settings'
    """
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def controller_of(item: AnyObject) -> OwnerReference | None:
    """The owner that manages this object (``metav1.GetControllerOf``), or None."""
    return next((owner for owner in item.metadata.owner_references if owner.controller), None)


def template_of(workload: Workload) -> PodTemplateSpec:
    """The pods a workload makes; a bare Pod is its own template."""
    if isinstance(workload, Pod):
        return PodTemplateSpec(metadata=workload.metadata, spec=workload.spec)
    return workload.spec.template


def template_path(workload: Workload) -> str:
    """The field that holds ``template_of``: ``spec.template``, empty for a Pod."""
    return "" if isinstance(workload, Pod) else "spec.template"


def is_finished(pod: Pod) -> bool:
    """Succeeded or Failed: the pod holds nothing any more and no controller counts it."""
    return pod.status.phase in ("Succeeded", "Failed")


def foreign_templates(item: AnyObject) -> Iterator[Mapping[str, str]]:
    """The labels of pods that an object of a kind that is not modelled would make, by the shape all such kinds share:
    ``spec.template`` (StatefulSet, DaemonSet, Job, Argo Rollout, ...) and ``spec.jobTemplate.spec.template`` (CronJob).
    """
    if not isinstance(item, OtherObject):
        spec = getattr(item, "spec", None)
        job = getattr(spec, "job_template", None)
        template = getattr(job.spec if job is not None else spec, "template", None)
        if isinstance(template, PodTemplateSpec):
            yield template.metadata.labels
        return
    for path in (("spec", "template"), ("spec", "jobTemplate", "spec", "template")):
        labels = _descend(item.content, (*path, "metadata", "labels"))
        if isinstance(labels, Mapping):
            yield {str(key): str(value) for key, value in labels.items()}
        elif isinstance(_descend(item.content, (*path, "spec", "containers")), (list, tuple)):
            yield EMPTY


def _descend(value: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value
