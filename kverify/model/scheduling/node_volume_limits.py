"""NodeVolumeLimits: a CSI driver attaches only so many volumes to a node.

Source: pkg/scheduler/framework/plugins/nodevolumelimits/csi.go. The limit is ``spec.drivers[].allocatable.count`` of
the CSINode; without one there is no limit. A volume counts once for a node however many pods use it, and is known by
its driver and handle; one that is still to be provisioned by the driver of its class and the name of its claim. Volumes
that a VolumeAttachment names count as well, whether or not a pod uses them. Volumes of a kind that used to be in-tree
are not counted.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from kverify.api.base import EMPTY, FrozenMap
from kverify.api.types.claim import PersistentVolumeClaim
from kverify.model.expr import Number, any_of, ite, total
from kverify.model.scheduling.explain import count
from kverify.model.scheduling.framework import Plugin, PodInfo, Requirement, Snapshot
from kverify.model.scheduling.storage import Storage, claims_named, class_of

NAME = "NodeVolumeLimits"


class Handle(NamedTuple):
    """A driver and what it calls the volume. ``own``: it stands for one volume of each pod."""

    driver: str
    name: str
    own: bool = False


IN_TREE = frozenset(
    f"kubernetes.io/{name}"
    for name in ("aws-ebs", "gce-pd", "azure-disk", "azure-file", "cinder", "portworx-volume", "vsphere-volume")
)


def requirements(pod: PodInfo, node_index: int, snapshot: Snapshot) -> Iterator[Requirement]:
    """One requirement for each driver that limits the node and has a volume of the pod."""
    if not pod.spec.volumes:
        return
    storage = snapshot.storage
    handles = snapshot.memo((NAME, "pod", pod), lambda: _handles(pod, storage))
    if not handles:
        return
    limits = snapshot.look(node_index, (NAME, "limits"), lambda node: _limits(node.name, storage))
    for driver in sorted({handle.driver for handle in handles} & limits.keys()):
        yield _within(driver, limits[driver], handles, node_index, snapshot)


PLUGIN = Plugin(NAME, requirements)


def _limits(node: str, storage: Storage) -> Mapping[str, int]:
    """``getVolumeLimits``: how many volumes of each driver the node attaches."""
    csi_node = storage.csi_nodes.get(node)
    if csi_node is None:
        return EMPTY
    return FrozenMap(
        {
            driver.name: driver.allocatable.count
            for driver in csi_node.spec.drivers
            if driver.allocatable is not None and driver.allocatable.count is not None
        }
    )


def _handles(pod: PodInfo, storage: Storage) -> Mapping[Handle, int]:
    """The CSI volumes of ``pod`` (``filterAttachableVolumes``), each with the index of the pod's volume."""
    found: dict[Handle, int] = {}
    for index, name, ephemeral in claims_named(pod.name, pod.spec.volumes):
        claim = storage.claim(pod.namespace, name, ephemeral=ephemeral)
        handle = None if claim is None else _handle(claim, (pod.namespace, name), storage)
        if handle is not None:
            if storage.every_pod_has(pod.namespace, name, ephemeral=ephemeral):
                handle = Handle(handle.driver, f"{pod.namespace}/{name} of each pod", own=True)
            found.setdefault(handle, index)
    return found


def _handle(claim: PersistentVolumeClaim, key: tuple[str, str], storage: Storage) -> Handle | None:
    """``getCSIDriverInfo``: of the volume, or of the class that is to provision it."""
    volume = storage.volumes.get(claim.spec.volume_name or "")
    if volume is not None:
        source = volume.spec.csi
        return None if source is None or not source.volume_handle else Handle(source.driver, source.volume_handle)
    found = storage.classes.get(class_of(claim))
    if found is None or found.provisioner in IN_TREE:
        return None
    return Handle(found.provisioner, f"{key[0]}/{key[1]} (to be provisioned)")


def _attached(node: str, storage: Storage) -> frozenset[Handle]:
    """``getNodeVolumeAttachmentInfo``: what is attached to the node, used or not."""
    found = set()
    for attachment in storage.attachments_by_node.get(node, ()):
        volume = storage.volumes.get(attachment.spec.source.persistent_volume_name or "")
        if volume is not None and volume.spec.csi is not None:
            found.add(Handle(attachment.spec.attacher, volume.spec.csi.volume_handle))
    return frozenset(found)


def seen(node: str, storage: Storage) -> Hashable:
    """What the filter knows of a node besides its pods: nodes of which it is equal are alike to it."""
    limits = _limits(node, storage)
    if not limits:
        return ()
    attached = sorted(handle for handle in _attached(node, storage) if handle.driver in limits)
    return tuple(sorted(limits.items())), tuple(attached)


def _users(driver: str, snapshot: Snapshot) -> Mapping[Handle, tuple[int, ...]]:
    """The groups of pods that use each volume of ``driver``."""
    found: dict[Handle, list[int]] = {}
    for index, group in enumerate(snapshot.groups):
        for handle in _handles(group.pod, snapshot.storage):
            if handle.driver == driver:
                found.setdefault(handle, []).append(index)
    return {handle: tuple(groups) for handle, groups in found.items()}


def _within(driver: str, limit: int, handles: Mapping[Handle, int], node_index: int, snapshot: Snapshot) -> Requirement:
    users = snapshot.memo((NAME, "users", driver), partial(_users, driver, snapshot))
    storage = snapshot.storage
    attached = snapshot.look(node_index, (NAME, "attached"), lambda node: _attached(node.name, storage))
    there = {handle: snapshot.pods(groups, (node_index,)) for handle, groups in users.items() if handle not in attached}
    before = total(
        [
            sum(handle.driver == driver for handle in attached),
            *(number if handle.own else ite(number >= 1, 1, 0) for handle, number in there.items()),
        ]
    )
    brought = [handle for handle in handles if handle.driver == driver and handle not in attached]
    new = total(1 if handle.own else ite(there.get(handle, 0) <= 0, 1, 0) for handle in brought)
    # A pod that brings nothing new fits even where the limit is already exceeded.
    return Requirement(
        plugin=NAME,
        holds=any_of((before + new <= limit, new <= 0)),
        reason="node(s) exceed max volume count",
        path=f"volumes[{min(index for handle, index in handles.items() if handle.driver == driver)}]",
        stable=True,
        resolvable=True,
        explain=partial(_explain, driver, limit, before, new, node_index, snapshot),
    )


def _explain(driver: str, limit: int, before: Number, new: Number, node_index: int, snapshot: Snapshot) -> str:
    node = snapshot.nodes[node_index].name
    allows = f"{driver} attaches at most {count(limit, 'volume')} to the node (CSINode {node})"
    if isinstance(before, int) and isinstance(new, int):
        return f"{allows}; it has {before}, and the pod brings {new} more: {before + new - limit} too many"
    return allows
