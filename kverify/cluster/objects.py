"""What all Kubernetes objects have in common, whatever their kind: a name to be known by, an owner, pods they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, TypeAlias

from kverify.api import registry
from kverify.api.base import EMPTY
from kverify.api.object import KubeObject, OtherObject
from kverify.api.registry import AnyObject
from kverify.api.types.apps import Deployment, ReplicaSet
from kverify.api.types.meta import LabelSelector, OwnerReference
from kverify.api.types.pod import Pod, PodTemplate, PodTemplateSpec
from kverify.api.types.policy import PodDisruptionBudget
from kverify.api.types.service import Service

Workload: TypeAlias = Deployment | ReplicaSet | Pod
"""What makes pods, or is one."""

_CONTROLLERS = frozenset({"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController"})


class Key(NamedTuple):
    """What an object is known by. ``namespace`` is empty for cluster-scoped kinds, ``group`` for the core group."""

    kind: str
    namespace: str
    name: str
    group: str = ""


def key(kind: str, namespace: str, name: str, group: str | None = None) -> Key:
    """The key of an object that somebody names. Without a group the kind is a built-in one, and says its group."""
    return Key(kind, namespace, name, registry.builtin_group(kind) if group is None else group)


DEFAULT_NAMESPACE = "default"


def group_of(item: AnyObject) -> str:
    """The API group: ``apps`` of ``apps/v1``, empty for the core group."""
    group, slash, _ = item.api_version.partition("/")
    return group if slash else ""


def namespace_of(item: AnyObject) -> str:
    """The namespace an object lives in, ``default`` where its manifest names none; empty for cluster-scoped kinds.

    A custom resource may be of either scope, and its manifest does not say which: without a namespace, and without the
    definition of its kind, it has none.
    """
    scoped = registry.namespaced(item.api_version, item.kind)
    if isinstance(item, OtherObject) and item.custom is not None:
        scoped = item.custom.namespaced
    if scoped is False:
        return ""
    return item.metadata.namespace or (DEFAULT_NAMESPACE if scoped else "")


def key_of(item: AnyObject) -> Key:
    """What ``Bundle.find`` finds an object by."""
    return Key(item.kind, namespace_of(item), item.metadata.name, group_of(item))


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


def keyed(title: str) -> tuple[Key, ...]:
    """The keys behind titles that a comma separates, without their groups: what ``title`` was made from.

    >>> keyed("Service shop/web, Node n1")
    (Key(kind='Service', namespace='shop', name='web', group=''), Key(kind='Node', namespace='', name='n1', group=''))
    """
    found = []
    for part in title.split(", "):
        kind, _, rest = part.partition(" ")
        namespace, _, name = rest.rpartition("/")
        found.append(Key(kind, namespace, name))
    return tuple(found)


def covers(target: Key, kind: str, namespace: str, name: str) -> bool:
    """Whether somebody means ``target`` who says a kind (or ``*``) and globs of a namespace and a name."""
    return kind in ("*", target.kind) and fnmatchcase(target.namespace, namespace) and fnmatchcase(target.name, name)


def controller_of(item: AnyObject) -> OwnerReference | None:
    """The owner that manages this object (``metav1.GetControllerOf``), or None."""
    return next((owner for owner in item.metadata.owner_references if owner.controller), None)


def owner_key(owner: OwnerReference, item: AnyObject) -> Key:
    """Whom an owner reference of ``item`` names: an object of its own namespace, or a cluster-scoped one."""
    group, slash, _ = owner.api_version.rpartition("/")
    scope = "" if registry.namespaced(owner.api_version, owner.kind) is False else namespace_of(item)
    return Key(owner.kind, scope, owner.name, group if slash else "")


def template_of(workload: Workload) -> PodTemplateSpec:
    """The pods a workload makes; a bare Pod is its own template."""
    if isinstance(workload, Pod):
        return PodTemplateSpec(metadata=workload.metadata, spec=workload.spec)
    return workload.spec.template


def template_path(workload: Workload) -> str:
    """The field that holds ``template_of``: ``spec.template``, empty for a Pod."""
    return "" if isinstance(workload, Pod) else "spec.template"


def ends(item: AnyObject) -> bool:
    """The pods that it makes come to an end by themselves."""
    return item.kind in ("CronJob", "Job")


def budget_field(budget: PodDisruptionBudget) -> tuple[str, int | str | None]:
    """The field that says how many pods a budget keeps, and what it says."""
    spec = budget.spec
    if spec.max_unavailable is None:
        return "spec.minAvailable", spec.min_available
    return "spec.maxUnavailable", spec.max_unavailable


def selector_of(item: AnyObject) -> LabelSelector | None:
    """What a controller counts as its pods, or None of what is no controller."""
    if item.kind not in _CONTROLLERS or not isinstance(item, KubeObject):
        return None
    selector = getattr(getattr(item, "spec", None), "selector", None)
    if isinstance(selector, LabelSelector):
        return selector
    return LabelSelector(match_labels=selector) if selector else None


def endpoint_labels(service: Service) -> Mapping[str, str] | None:
    """The labels of the pods that are a Service's endpoints. None where the controllers make no endpoints: without a
    selector, and of type ExternalName whatever the selector (``syncService`` in
    pkg/controller/endpointslice/endpointslice_controller.go)."""
    return None if service.spec.type == "ExternalName" else service.spec.selector or None


def adopts(item: AnyObject, pod: Pod) -> bool:
    """A controller whose selector matches a pod without an owner makes it its own.

    The ReplicaSets of a Deployment also select by the hash of their template, which other pods do not have, and a
    StatefulSet takes only pods with the names of its own (``isMemberOf`` in
    pkg/controller/statefulset/stateful_set_utils.go).
    """
    if item.kind == "StatefulSet":
        parent, _, ordinal = pod.metadata.name.rpartition("-")
        return parent == item.metadata.name and ordinal.isdecimal()
    return item.kind in _CONTROLLERS and item.kind != "Deployment"


def is_finished(pod: Pod) -> bool:
    """Succeeded or Failed: the pod holds nothing any more and no controller counts it."""
    return pod.status.phase in ("Succeeded", "Failed")


def templates_of(item: AnyObject) -> Iterator[tuple[str, PodTemplateSpec]]:
    """Every pod template of an object with the field that holds it; the template of a Pod is the Pod itself.

    Of custom kinds nothing is known (:func:`template_labels` reads what all of them share).
    """
    if isinstance(item, Pod):
        yield "", template_of(item)
    elif isinstance(item, PodTemplate):
        yield "template", item.template
    elif isinstance(item, KubeObject):
        spec = getattr(item, "spec", None)
        job = getattr(spec, "job_template", None)
        template = getattr(job.spec if job is not None else spec, "template", None)
        if isinstance(template, PodTemplateSpec):
            yield ("spec.jobTemplate.spec.template" if job is not None else "spec.template"), template


def template_labels(item: AnyObject) -> Iterator[Mapping[str, str]]:
    """The labels of the pods an object makes. Custom kinds are read by the shape all of them share: ``spec.template``
    (Argo Rollout, ...) or ``spec.jobTemplate.spec.template``."""
    if not isinstance(item, OtherObject):
        for _, template in templates_of(item):
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
