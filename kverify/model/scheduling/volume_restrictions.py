"""VolumeRestrictions: a ReadWriteOncePod claim has one pod, and some in-tree disks cannot be shared on a node.

Source: pkg/scheduler/framework/plugins/volumerestrictions/volume_restrictions.go. PreFilter looks up every claim, so a
claim that is missing makes the pod fit nowhere. Pods nominated by preemption count against ReadWriteOncePod only where
the filter runs at all: PreFilter skips it for a pod with neither exclusive disks nor a claim in use.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from kverify.api.types.volume import Volume
from kverify.model.expr import Number
from kverify.model.scheduling.explain import count, near_miss, nearest
from kverify.model.scheduling.framework import Plugin, PodInfo, Requirement, Snapshot

NAME = "VolumeRestrictions"
ONE_POD = "ReadWriteOncePod"


def requirements(pod: PodInfo, node_index: int, snapshot: Snapshot) -> Iterator[Requirement]:
    """One requirement for each missing claim, each ReadWriteOncePod claim and each exclusive disk."""
    if not pod.spec.volumes:
        return
    storage = snapshot.storage
    exclusive = any(_is_exclusive(volume) for volume in pod.spec.volumes)
    for index, volume in enumerate(pod.spec.volumes):
        source = volume.persistent_volume_claim
        if source is not None:
            claim = storage.claims.get((pod.namespace, source.claim_name))
            path = f"volumes[{index}].persistentVolumeClaim.claimName"
            if claim is None:
                if storage.knows("PersistentVolumeClaim", pod.namespace, source.claim_name):
                    yield _missing(pod, source.claim_name, path, snapshot)
            elif ONE_POD in claim.spec.access_modes and not storage.every_pod_has(pod.namespace, source.claim_name):
                yield _one_pod(pod, source.claim_name, path, snapshot, with_nominated=exclusive)
        elif _is_exclusive(volume):
            groups = snapshot.memo((NAME, "disk", volume), partial(_sharers, volume, snapshot))
            if groups:
                yield _one_disk(volume, index, groups, node_index, snapshot)


PLUGIN = Plugin(NAME, requirements)


def _missing(pod: PodInfo, name: str, path: str, snapshot: Snapshot) -> Requirement:
    return Requirement(
        plugin=NAME,
        holds=False,
        reason=f'persistentvolumeclaim "{name}" not found',
        path=path,
        stable=True,
        resolvable=False,
        explain=partial(explain_missing, pod, name, snapshot),
        before_filters=True,
        gives_up=True,
    )


def explain_missing(pod: PodInfo, name: str, snapshot: Snapshot) -> str:
    """Which claim is missing, and which one was likely meant."""
    names = [other for namespace, other in snapshot.storage.claims if namespace == pod.namespace]
    elsewhere = sorted(namespace for namespace, other in snapshot.storage.claims if other == name)
    similar = nearest(name, names)
    hint = ""
    if similar is not None:
        hint = f"; there is {similar}: {near_miss('claim name', name, similar)}"
    elif elsewhere:
        hint = f"; namespace {elsewhere[0]} has one, but a pod can only use claims of its own namespace"
    return f"namespace {pod.namespace} has no claim {name}{hint}"


def _one_pod(pod: PodInfo, name: str, path: str, snapshot: Snapshot, *, with_nominated: bool) -> Requirement:
    def users() -> tuple[int, ...]:
        return tuple(
            index
            for index, group in enumerate(snapshot.groups)
            if group.pod.namespace == pod.namespace
            and (with_nominated or not group.nominated)
            and any(
                volume.persistent_volume_claim is not None and volume.persistent_volume_claim.claim_name == name
                for volume in group.pod.spec.volumes
            )
        )

    groups = snapshot.memo((NAME, "claim", pod.namespace, name, with_nominated), users)
    everywhere = snapshot.memo((NAME, "nodes"), lambda: tuple(range(len(snapshot.nodes))))
    present = snapshot.pods(groups, everywhere)
    return Requirement(
        plugin=NAME,
        holds=present <= 0,
        reason="node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by "
        "another pod",
        path=path,
        stable=True,
        resolvable=True,
        explain=partial(_explain_one_pod, name, groups, present, snapshot),
    )


def _explain_one_pod(name: str, groups: tuple[int, ...], present: Number, snapshot: Snapshot) -> str:
    owners = ", ".join(sorted({str(snapshot.groups[g].pod) for g in groups}))
    number = count(present, "pod") if isinstance(present, int) else "a pod"
    return (
        f"claim {name} has access mode {ONE_POD}, and {number} of {owners} already uses it; "
        f"ReadWriteOnce lets all pods of one node use it"
    )


# -- exclusive disks -----------------------------------------------------------------------------------------------


def _is_exclusive(volume: Volume) -> bool:
    """``needsRestrictionsCheck``."""
    return any((volume.gce_persistent_disk, volume.aws_elastic_block_store, volume.rbd, volume.iscsi))


def _sharers(volume: Volume, snapshot: Snapshot) -> tuple[int, ...]:
    return tuple(
        index
        for index, group in enumerate(snapshot.groups)
        if any(_conflict(volume, other) for other in group.pod.spec.volumes)
    )


def _conflict(a: Volume, b: Volume) -> bool:
    """``isVolumeConflict``: the same disk, unless both are read-only and the kind may be shared then."""
    if a.gce_persistent_disk is not None and b.gce_persistent_disk is not None:
        gce, other_gce = a.gce_persistent_disk, b.gce_persistent_disk
        return gce.pd_name == other_gce.pd_name and not (gce.read_only and other_gce.read_only)
    if a.aws_elastic_block_store is not None and b.aws_elastic_block_store is not None:
        return a.aws_elastic_block_store.volume_id == b.aws_elastic_block_store.volume_id
    if a.iscsi is not None and b.iscsi is not None:
        return a.iscsi.iqn == b.iscsi.iqn and not (a.iscsi.read_only and b.iscsi.read_only)
    if a.rbd is not None and b.rbd is not None:
        same = (a.rbd.pool or "", a.rbd.image) == (b.rbd.pool or "", b.rbd.image)
        shared = not set(a.rbd.monitors).isdisjoint(b.rbd.monitors)
        return same and shared and not (a.rbd.read_only and b.rbd.read_only)
    return False


def _one_disk(volume: Volume, index: int, groups: tuple[int, ...], node_index: int, snapshot: Snapshot) -> Requirement:
    present = snapshot.pods(groups, (node_index,))
    kinds = ("gcePersistentDisk", "awsElasticBlockStore", "rbd", "iscsi")
    sources = (volume.gce_persistent_disk, volume.aws_elastic_block_store, volume.rbd, volume.iscsi)
    kind = next(name for name, source in zip(kinds, sources, strict=True) if source is not None)
    return Requirement(
        plugin=NAME,
        holds=present <= 0,
        reason="node(s) had no available disk",
        path=f"volumes[{index}].{kind}",
        stable=True,
        resolvable=True,
        explain=partial(_explain_disk, volume, kind, groups, present, node_index, snapshot),
    )


def _explain_disk(
    volume: Volume, kind: str, groups: tuple[int, ...], present: Number, node_index: int, snapshot: Snapshot
) -> str:
    here = [g for g in groups if not isinstance(present, int) or snapshot.counts.get((g, node_index), 0)]
    owners = ", ".join(sorted({str(snapshot.groups[g].pod) for g in here}))
    shared = "" if kind == "awsElasticBlockStore" else "; all may share it where all mount it read-only"
    return f"the disk of volume {volume.name} is already in use on the node by {owners}{shared}"
