"""Defaults of claims, persistent volumes and ``storage.k8s.io/v1``, with what the registries' strategies fill in."""

from __future__ import annotations

import attrs

from kverify.api.defaults.values import round_resources, value_or
from kverify.api.defaults.volumes import default_claim_spec, default_persistent_volume_spec
from kverify.api.types.claim import PersistentVolumeClaim, PersistentVolumeClaimSpec
from kverify.api.types.persistent_volume import PersistentVolume
from kverify.api.types.references import TypedLocalObjectReference, TypedObjectReference
from kverify.api.types.storage import CSIDriver, StorageClass, VolumeAttachment

CLONABLE = (("", "PersistentVolumeClaim"), ("snapshot.storage.k8s.io", "VolumeSnapshot"))


def default_claim(obj: PersistentVolumeClaim) -> PersistentVolumeClaim:
    status = obj.status
    return attrs.evolve(
        obj,
        spec=default_claim_spec(_data_sources(obj.spec)),
        status=attrs.evolve(
            status,
            phase=status.phase or "Pending",
            capacity=round_resources(status.capacity),
            allocated_resources=round_resources(status.allocated_resources),
        ),
    )


def _data_sources(spec: PersistentVolumeClaimSpec) -> PersistentVolumeClaimSpec:
    """``NormalizeDataSources``: both fields say the same. ``dataSource`` alone is about claims and snapshots, or it is
    dropped; other namespaces need a gate that is off, so a reference into one is dropped."""
    source, ref = spec.data_source, spec.data_source_ref
    if ref is not None and ref.namespace:
        ref = None
    if ref is None and source is not None and (source.api_group or "", source.kind) not in CLONABLE:
        source = None
    if source is not None and ref is None:
        ref = TypedObjectReference(api_group=source.api_group, kind=source.kind, name=source.name)
    elif ref is not None and source is None:
        source = TypedLocalObjectReference(api_group=ref.api_group, kind=ref.kind, name=ref.name)
    return attrs.evolve(spec, data_source=source, data_source_ref=ref)


def default_volume(obj: PersistentVolume) -> PersistentVolume:
    policy = obj.spec.persistent_volume_reclaim_policy or "Retain"
    spec = attrs.evolve(default_persistent_volume_spec(obj.spec), persistent_volume_reclaim_policy=policy)
    return attrs.evolve(obj, spec=spec, status=attrs.evolve(obj.status, phase=obj.status.phase or "Pending"))


def default_storage_class(obj: StorageClass) -> StorageClass:
    return attrs.evolve(
        obj,
        reclaim_policy=value_or(obj.reclaim_policy, "Delete"),
        volume_binding_mode=value_or(obj.volume_binding_mode, "Immediate"),
    )


def default_csi_driver(obj: CSIDriver) -> CSIDriver:
    spec = obj.spec
    filled = attrs.evolve(
        spec,
        attach_required=value_or(spec.attach_required, True),
        fs_group_policy=value_or(spec.fs_group_policy, "ReadWriteOnceWithFSType"),
        pod_info_on_mount=value_or(spec.pod_info_on_mount, False),
        requires_republish=value_or(spec.requires_republish, False),
        se_linux_mount=value_or(spec.se_linux_mount, False),
        storage_capacity=value_or(spec.storage_capacity, False),
        volume_lifecycle_modes=spec.volume_lifecycle_modes or ("Persistent",),
    )
    return attrs.evolve(obj, spec=filled)


def default_attachment(obj: VolumeAttachment) -> VolumeAttachment:
    inline = obj.spec.source.inline_volume_spec
    if inline is None:
        return obj
    source = attrs.evolve(obj.spec.source, inline_volume_spec=default_persistent_volume_spec(inline))
    return attrs.evolve(obj, spec=attrs.evolve(obj.spec, source=source))
