"""All references of a bundle, and the graph they make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from kverify.api.registry import NAMESPACED, AnyObject
from kverify.api.types.apps import StatefulSet
from kverify.api.types.pod import Pod
from kverify.api.types.policy import PodDisruptionBudget
from kverify.api.types.service import Service
from kverify.cluster.bundle import Bundle
from kverify.cluster.objects import (
    Key,
    controller_of,
    endpoint_labels,
    is_finished,
    key,
    key_of,
    namespace_of,
    owner_key,
    templates_of,
)
from kverify.cluster.references.kinds import needs_of
from kverify.cluster.references.pods import pod_needs
from kverify.cluster.references.reference import Need, Reference
from kverify.collector import paused

if TYPE_CHECKING:
    from networkx import DiGraph

    Graph: TypeAlias = "DiGraph[Key]"

_CLUSTER_SCOPED = frozenset(kind for (_, kind), scoped in NAMESPACED.items() if not scoped)


def references(bundle: Bundle) -> Iterator[Reference]:
    """Everything the objects of the bundle name, in the order of the input."""
    for item in bundle.objects:
        yield from references_of(bundle, item)


def references_of(bundle: Bundle, item: AnyObject) -> Iterator[Reference]:
    """What one object names: its owners, what it selects, what it and its pods need.

    Custom kinds are not looked into, but they can be referred to. Pods that somebody controls are left to their
    controller's template.
    """
    for number, owner in enumerate(item.metadata.owner_references):
        path = f"metadata.ownerReferences[{number}]"
        yield Reference(by=item, target=owner_key(owner, item), relation="is owned by", path=path)
    if isinstance(item, (Service, PodDisruptionBudget)):
        yield from _selected(bundle, item)
    yield from needed_by(item)


def needed_by(item: AnyObject) -> Iterator[Reference]:
    """What an object and its pods need by name."""
    for need in needs_of(item):
        yield _reference(item, need, need.path)
    if controller_of(item) is not None or (isinstance(item, Pod) and is_finished(item)):
        return
    # The controller puts the claims of a StatefulSet in the place of volumes of the same name (updateStorage in
    # pkg/controller/statefulset/stateful_set_utils.go).
    claims = item.spec.volume_claim_templates if isinstance(item, StatefulSet) else ()
    replaced = frozenset(claim.metadata.name for claim in claims)
    for path, template in templates_of(item):
        prefix = f"{path}.spec".lstrip(".")
        for need in pod_needs(template.spec, replaced):
            yield _reference(item, need, f"{prefix}.{need.path}")


def _reference(item: AnyObject, need: Need, path: str) -> Reference:
    scope = namespace_of(item) if need.namespace is None else need.namespace
    if need.kind in _CLUSTER_SCOPED:
        scope = ""
    return Reference(
        by=item,
        target=key(need.kind, scope, need.name, need.group),
        relation=need.relation,
        path=path,
        item=need.item,
        item_path=need.item_path,
        optional=need.optional,
    )


def _selected(bundle: Bundle, item: Service | PodDisruptionBudget) -> Iterator[Reference]:
    namespace = namespace_of(item)
    selector = endpoint_labels(item) if isinstance(item, Service) else item.spec.selector
    found: tuple[AnyObject, ...] = (
        *bundle.templates_matching(namespace, selector),
        *bundle.foreign_matching(namespace, selector),
    )
    for target in found:
        yield Reference(by=item, target=key_of(target), relation="selects", path="spec.selector")


def graph(bundle: Bundle) -> Graph:
    """The references as a directed graph from who refers to what is referred to.

    Nodes are keys with the attribute ``object``, which is None for what is not in the input. Edges have
    ``references``, a list of all the reasons.
    """
    import networkx

    result: Graph = networkx.DiGraph()
    with paused():
        for item in bundle.objects:
            result.add_node(key_of(item), object=item)
        for reference in references(bundle):
            by, target = key_of(reference.by), reference.target
            if target not in result:
                result.add_node(target, object=None)
            if result.has_edge(by, target):
                result.edges[by, target]["references"].append(reference)
            else:
                result.add_edge(by, target, references=[reference])
    return result
