"""What the volume filters see of a node besides the pods that are on it: by this, nodes are alike to them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from kverify.model.scheduling import node_volume_limits, volume_binding, volume_zone
from kverify.model.scheduling.framework import NodeInfo, PodInfo, Snapshot
from kverify.model.scheduling.storage import Storage, claims_named, class_of

CLAIM = "PersistentVolumeClaim"


def signatures(
    nodes: tuple[NodeInfo, ...], pods: Iterable[PodInfo], storage: Storage, *, limits: bool = True
) -> tuple[Hashable, ...]:
    """One value for each node; of equal ones the volume filters say the same to every one of ``pods`` as long as the
    same pods are there. ``limits`` says whether anybody's volumes are counted (NodeVolumeLimits)."""
    kinds = {shape: pod for pod in pods if (shape := _shape(pod, storage))}
    chosen = tuple(kinds.values())
    if not chosen:
        return ((),) * len(nodes)
    snapshot = Snapshot(nodes, storage=storage)
    return tuple(
        (
            node_volume_limits.seen(node.name, storage) if limits else (),
            *((volume_binding.seen(pod, n, snapshot), _zone(pod, n, snapshot)) for pod in chosen),
        )
        for n, node in enumerate(nodes)
    )


def _zone(pod: PodInfo, node: int, snapshot: Snapshot) -> bool:
    return any(requirement.holds is False for requirement in volume_zone.requirements(pod, node, snapshot))


def _shape(pod: PodInfo, storage: Storage) -> tuple[Hashable, ...]:
    """The claims of ``pod``, with pods of equal ones the filters say the same of every node. Of claims that are each
    pod's own and not bound only what they ask for counts, because no volume is reserved for them by name."""
    found: list[Hashable] = []
    for _, name, ephemeral in claims_named(pod.name, pod.spec.volumes):
        claim = storage.claim(pod.namespace, name, ephemeral=ephemeral)
        if claim is None or claim.spec.volume_name:
            found.append((pod.namespace, name, ephemeral))
        elif storage.every_pod_has(pod.namespace, name, ephemeral=ephemeral):
            found.append((class_of(claim), claim.spec, storage.knows(CLAIM, pod.namespace, name)))
        else:
            found.append((pod.namespace, name, ephemeral))
    return tuple(found)
