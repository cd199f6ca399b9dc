"""Who refers to whom: owners, selectors, and everything a pod needs by name before it can start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from kverify.api.registry import AnyObject
from kverify.api.types.config import ConfigMap, Secret
from kverify.api.types.container import Container
from kverify.api.types.pod import PodSpec
from kverify.api.types.policy import PodDisruptionBudget
from kverify.api.types.service import Service
from kverify.api.types.volume import KeyToPath, Volume, VolumeProjection
from kverify.cluster.bundle import Bundle
from kverify.cluster.objects import Key, Workload, describe, key_of, namespace_of, template_of, template_path, title

if TYPE_CHECKING:
    from networkx import DiGraph

    Graph: TypeAlias = "DiGraph[Key]"

GIVEN = frozenset(
    {
        ("PriorityClass", "system-cluster-critical"),
        ("PriorityClass", "system-node-critical"),
        ("ServiceAccount", "default"),
        ("ConfigMap", "kube-root-ca.crt"),
    }
)
"""What every cluster (and every namespace of it) has without anybody asking."""


@frozen(kw_only=True)
class Reference:
    """``by`` names another object. ``relation`` reads as "by <relation> target": reads, mounts, runs as, ...

    ``path`` is the field of ``by`` that names it. ``item`` is the key that is read of a ConfigMap or Secret, empty for
    the whole object. ``optional``: the pod starts without it.
    """

    by: AnyObject
    target: Key
    relation: str
    path: str
    item: str = ""
    optional: bool = False


def references(bundle: Bundle) -> Iterator[Reference]:
    """Everything the objects of the bundle name, in the order of the input.

    Objects of kinds that are not modelled are not looked into, but they can be referred to.
    """
    workloads = {id(workload) for workload in bundle.workloads}
    for item in bundle.objects:
        for number, owner in enumerate(item.metadata.owner_references):
            scope = "" if owner.kind == "Node" else namespace_of(item)
            path = f"metadata.ownerReferences[{number}]"
            yield Reference(by=item, target=(owner.kind, scope, owner.name), relation="is owned by", path=path)
        if isinstance(item, (Service, PodDisruptionBudget)):
            yield from _selected(bundle, item)
        if id(item) in workloads:
            assert not isinstance(item, (Service, PodDisruptionBudget))
            yield from pod_references(item)  # type: ignore[arg-type]  # it is one of bundle.workloads


def _selected(bundle: Bundle, item: Service | PodDisruptionBudget) -> Iterator[Reference]:
    namespace = namespace_of(item)
    selector = item.spec.selector
    if isinstance(item, Service) and (not selector or item.spec.type == "ExternalName"):
        return
    found: tuple[AnyObject, ...] = (
        *bundle.templates_matching(namespace, selector),
        *bundle.foreign_matching(namespace, selector),
    )
    for target in found:
        yield Reference(by=item, target=key_of(target), relation="selects", path="spec.selector")


def pod_references(workload: Workload) -> Iterator[Reference]:
    """What the pods of one workload need by name."""
    spec = template_of(workload).spec
    namespace = namespace_of(workload)
    prefix = f"{template_path(workload)}.spec".lstrip(".")
    for need in _needs(spec):
        scope = "" if need.kind in ("PriorityClass", "RuntimeClass") else namespace
        yield Reference(
            by=workload,
            target=(need.kind, scope, need.name),
            relation=need.relation,
            path=f"{prefix}.{need.path}",
            item=need.item,
            optional=need.optional,
        )


@frozen
class _Need:
    kind: str
    name: str
    relation: str
    path: str
    item: str = ""
    optional: bool = False


def _needs(spec: PodSpec) -> Iterator[_Need]:
    if spec.priority_class_name:
        yield _Need("PriorityClass", spec.priority_class_name, "has priority", "priorityClassName")
    if spec.runtime_class_name:
        yield _Need("RuntimeClass", spec.runtime_class_name, "runs with", "runtimeClassName")
    if spec.service_account_name:
        yield _Need("ServiceAccount", spec.service_account_name, "runs as", "serviceAccountName")
    for number, secret in enumerate(spec.image_pull_secrets):
        # The kubelet pulls without a secret that is missing, and often can.
        yield _Need("Secret", secret.name, "pulls images with", f"imagePullSecrets[{number}]", optional=True)
    for field, containers in (("initContainers", spec.init_containers), ("containers", spec.containers)):
        for number, container in enumerate(containers):
            yield from _container_needs(container, f"{field}[{number}]")
    for number, volume in enumerate(spec.volumes):
        yield from _volume_needs(volume, f"volumes[{number}]")


def _container_needs(container: Container, path: str) -> Iterator[_Need]:
    for number, bulk in enumerate(container.env_from):
        here = f"{path}.envFrom[{number}]"
        if bulk.config_map_ref is not None:
            source = bulk.config_map_ref
            yield _Need("ConfigMap", source.name, "reads", f"{here}.configMapRef.name", "", bool(source.optional))
        if bulk.secret_ref is not None:
            secret = bulk.secret_ref
            yield _Need("Secret", secret.name, "reads", f"{here}.secretRef.name", "", bool(secret.optional))
    for number, variable in enumerate(container.env):
        value = variable.value_from
        if value is None:
            continue
        here = f"{path}.env[{number}].valueFrom"
        if value.config_map_key_ref is not None:
            key = value.config_map_key_ref
            yield _Need("ConfigMap", key.name, "reads", f"{here}.configMapKeyRef.key", key.key, bool(key.optional))
        if value.secret_key_ref is not None:
            part = value.secret_key_ref
            yield _Need("Secret", part.name, "reads", f"{here}.secretKeyRef.key", part.key, bool(part.optional))


def _volume_needs(volume: Volume, path: str) -> Iterator[_Need]:
    if volume.persistent_volume_claim is not None:
        claim = volume.persistent_volume_claim.claim_name
        yield _Need("PersistentVolumeClaim", claim, "mounts", f"{path}.persistentVolumeClaim.claimName")
    if volume.config_map is not None:
        bulk = volume.config_map
        yield from _files("ConfigMap", bulk.name or "", bulk.items, bool(bulk.optional), f"{path}.configMap", "name")
    if volume.secret is not None:
        secret = volume.secret
        name = secret.secret_name or ""
        yield from _files("Secret", name, secret.items, bool(secret.optional), f"{path}.secret", "secretName")
    for number, projection in enumerate(volume.projected.sources if volume.projected is not None else ()):
        yield from _projected(projection, f"{path}.projected.sources[{number}]")


def _projected(projection: VolumeProjection, path: str) -> Iterator[_Need]:
    for field, kind, source in (
        ("configMap", "ConfigMap", projection.config_map),
        ("secret", "Secret", projection.secret),
    ):
        if source is not None:
            yield from _files(kind, source.name or "", source.items, bool(source.optional), f"{path}.{field}", "name")


def _files(
    kind: str, name: str, items: tuple[KeyToPath, ...], optional: bool, path: str, field: str
) -> Iterator[_Need]:
    """One need for the whole object, or, where only some keys become files, one for each of them."""
    if not items:
        yield _Need(kind, name, "mounts", f"{path}.{field}", "", optional)
    for number, item in enumerate(items):
        yield _Need(kind, name, "mounts", f"{path}.items[{number}].key", item.key, optional)


def graph(bundle: Bundle) -> Graph:
    """The references as a directed graph from who refers to what is referred to.

    Nodes are keys (kind, namespace, name) with the attribute ``object``, which is None for what is not in the input.
    Edges have ``references``, a tuple of all the reasons.
    """
    import networkx

    result: Graph = networkx.DiGraph()
    for item in bundle.objects:
        result.add_node(key_of(item), object=item)
    for reference in references(bundle):
        by, target = key_of(reference.by), reference.target
        if target not in result:
            result.add_node(target, object=None)
        known = result.edges[by, target]["references"] if result.has_edge(by, target) else ()
        result.add_edge(by, target, references=(*known, reference))
    return result


def assumed(bundle: Bundle) -> tuple[str, ...]:
    """What the wanted objects need and the input does not have: not wrong, because it may be in the cluster already.

    One line for each missing object. What a pod can start without is left out, and so is what every cluster has.
    """
    users: dict[Key, list[Reference]] = {}
    for reference in _wanted_needs(bundle):
        kind, _, name = reference.target
        if not reference.optional and (kind, name) not in GIVEN and bundle.find(*reference.target) is None:
            users.setdefault(reference.target, []).append(reference)
    return tuple(f"assumed to exist: {title(*target)}, {_passive(rows)}" for target, rows in users.items())


_PASSIVE = {
    "reads": "read by",
    "mounts": "mounted by",
    "runs as": "the identity of",
    "runs with": "the runtime of",
    "has priority": "the priority of",
    "pulls images with": "used to pull images by",
}


def _passive(rows: list[Reference]) -> str:
    """``read by Deployment shop/web and 2 more``."""
    names = list(dict.fromkeys(describe(reference.by) for reference in rows))
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{_PASSIVE[rows[0].relation]} {names[0]}{more}"


def missing_keys(bundle: Bundle) -> Iterator[tuple[Reference, ConfigMap | Secret]]:
    """Keys that wanted objects read of a ConfigMap or Secret that is in the input and does not have them."""
    for reference in _wanted_needs(bundle):
        target = bundle.find(*reference.target)
        if (
            isinstance(target, (ConfigMap, Secret))
            and reference.item
            and not reference.optional
            and reference.item not in keys_of(target)
        ):
            yield reference, target


def keys_of(target: ConfigMap | Secret) -> tuple[str, ...]:
    """Every key that can be read of a ConfigMap or Secret."""
    more: Iterable[str] = target.binary_data if isinstance(target, ConfigMap) else target.string_data
    return tuple(dict.fromkeys((*target.data, *more)))


def _wanted_needs(bundle: Bundle) -> Iterator[Reference]:
    for workload in bundle.wanted_workloads:
        yield from pod_references(workload)
