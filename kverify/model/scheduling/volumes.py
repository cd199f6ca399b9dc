"""What the volume filters see of a node besides the pods that are on it: by this, nodes are alike to them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from kverify.model.scheduling import node_volume_limits, volume_binding, volume_zone
from kverify.model.scheduling.framework import NodeInfo, PodInfo, Snapshot
from kverify.model.scheduling.storage import Storage


def signatures(
    nodes: tuple[NodeInfo, ...], pods: Iterable[PodInfo], storage: Storage, *, limits: bool = True
) -> tuple[Hashable, ...]:
    """One value for each node; of equal ones the volume filters say the same to every one of ``pods`` as long as the
    same pods are there. ``limits`` says whether anybody's volumes are counted (NodeVolumeLimits)."""
    chosen = tuple({pod: None for pod in pods if any(map(_is_claim, pod.spec.volumes))})
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


def _is_claim(volume: object) -> bool:
    return getattr(volume, "persistent_volume_claim", None) is not None or (
        getattr(volume, "ephemeral", None) is not None
    )
