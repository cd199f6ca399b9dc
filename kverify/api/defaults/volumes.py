"""Defaults of volumes, those of pods and persistent ones (``pkg/apis/core/v1/defaults.go``, ``+default`` markers)."""

from __future__ import annotations

from typing import TypeVar

import attrs

from kverify.api.base import model_fields
from kverify.api.defaults.values import round_resources, value_or
from kverify.api.languages.images import default_pull_policy
from kverify.api.quantity import Quantity
from kverify.api.types.claim import PersistentVolumeClaimSpec
from kverify.api.types.persistent_volume import (
    ISCSIPersistentVolumeSource,
    PersistentVolumeSpec,
    RBDPersistentVolumeSource,
    ScaleIOPersistentVolumeSource,
)
from kverify.api.types.volume import (
    AzureDiskVolumeSource,
    ConfigMapVolumeSource,
    DownwardAPIVolumeFile,
    DownwardAPIVolumeSource,
    EmptyDirVolumeSource,
    EphemeralVolumeSource,
    HostPathVolumeSource,
    ImageVolumeSource,
    ISCSIVolumeSource,
    ObjectFieldSelector,
    ProjectedVolumeSource,
    RBDVolumeSource,
    ResourceFieldSelector,
    ScaleIOVolumeSource,
    SecretVolumeSource,
    Volume,
    VolumeProjection,
)

FILE_MODE = 0o644
TOKEN_SECONDS = 3600
ISCSI = TypeVar("ISCSI", ISCSIVolumeSource, ISCSIPersistentVolumeSource)
RBD = TypeVar("RBD", RBDVolumeSource, RBDPersistentVolumeSource)
SCALE_IO = TypeVar("SCALE_IO", ScaleIOVolumeSource, ScaleIOPersistentVolumeSource)


def default_volume(volume: Volume) -> Volume:
    """Every source gets its defaults, also of a volume that has two and is refused for it."""
    if not _has_source(volume):
        return attrs.evolve(volume, empty_dir=EmptyDirVolumeSource())
    return attrs.evolve(
        volume,
        azure_disk=volume.azure_disk and _azure_disk(volume.azure_disk),
        config_map=volume.config_map and _config_map(volume.config_map),
        downward_api=volume.downward_api and _downward_api(volume.downward_api),
        ephemeral=volume.ephemeral and _ephemeral(volume.ephemeral),
        host_path=volume.host_path and _host_path(volume.host_path),
        image=volume.image and _image(volume.image),
        iscsi=volume.iscsi and _iscsi(volume.iscsi),
        projected=volume.projected and _projected(volume.projected),
        rbd=volume.rbd and _rbd(volume.rbd),
        scale_io=volume.scale_io and _scale_io(volume.scale_io),
        secret=volume.secret and _secret(volume.secret),
    )


def _has_source(volume: Volume) -> bool:
    return any(
        getattr(volume, attribute.name) is not None for attribute in model_fields(Volume) if attribute.name != "name"
    )


def default_persistent_volume_spec(spec: PersistentVolumeSpec) -> PersistentVolumeSpec:
    """``SetDefaults_PersistentVolumeSpec`` and the defaults of the sources."""
    return attrs.evolve(
        spec,
        volume_mode=value_or(spec.volume_mode, "Filesystem"),
        capacity=round_resources(spec.capacity),
        azure_disk=spec.azure_disk and _azure_disk(spec.azure_disk),
        host_path=spec.host_path and _host_path(spec.host_path),
        iscsi=spec.iscsi and _iscsi(spec.iscsi),
        rbd=spec.rbd and _rbd(spec.rbd),
        scale_io=spec.scale_io and _scale_io(spec.scale_io),
    )


def default_claim_spec(spec: PersistentVolumeClaimSpec) -> PersistentVolumeClaimSpec:
    """``SetDefaults_PersistentVolumeClaimSpec``."""
    resources = attrs.evolve(
        spec.resources,
        requests=round_resources(spec.resources.requests),
        limits=round_resources(spec.resources.limits),
    )
    return attrs.evolve(spec, volume_mode=value_or(spec.volume_mode, "Filesystem"), resources=resources)


def default_field_ref(ref: ObjectFieldSelector | None) -> ObjectFieldSelector | None:
    return ref if ref is None or ref.api_version else attrs.evolve(ref, api_version="v1")


def default_resource_ref(ref: ResourceFieldSelector | None) -> ResourceFieldSelector | None:
    return ref if ref is None or ref.divisor is not None else attrs.evolve(ref, divisor=Quantity.of(0))


def _azure_disk(source: AzureDiskVolumeSource) -> AzureDiskVolumeSource:
    return attrs.evolve(
        source,
        caching_mode=value_or(source.caching_mode, "ReadWrite"),
        fs_type=value_or(source.fs_type, "ext4"),
        kind=value_or(source.kind, "Shared"),
        read_only=value_or(source.read_only, False),
    )


def _config_map(source: ConfigMapVolumeSource) -> ConfigMapVolumeSource:
    return attrs.evolve(source, default_mode=value_or(source.default_mode, FILE_MODE))


def _downward_api(source: DownwardAPIVolumeSource) -> DownwardAPIVolumeSource:
    items = tuple(map(_downward_file, source.items))
    return attrs.evolve(source, default_mode=value_or(source.default_mode, FILE_MODE), items=items)


def _downward_file(item: DownwardAPIVolumeFile) -> DownwardAPIVolumeFile:
    return attrs.evolve(
        item,
        field_ref=default_field_ref(item.field_ref),
        resource_field_ref=default_resource_ref(item.resource_field_ref),
    )


def _ephemeral(source: EphemeralVolumeSource) -> EphemeralVolumeSource:
    template = source.volume_claim_template
    if template is None:
        return source
    filled = attrs.evolve(template, spec=default_claim_spec(template.spec))
    return attrs.evolve(source, volume_claim_template=filled)


def _host_path(source: HostPathVolumeSource) -> HostPathVolumeSource:
    return attrs.evolve(source, type=value_or(source.type, ""))


def _image(source: ImageVolumeSource) -> ImageVolumeSource:
    return attrs.evolve(source, pull_policy=source.pull_policy or default_pull_policy(source.reference or ""))


def _iscsi(source: ISCSI) -> ISCSI:
    return attrs.evolve(source, iscsi_interface=source.iscsi_interface or "default")


def _projected(source: ProjectedVolumeSource) -> ProjectedVolumeSource:
    mode = value_or(source.default_mode, FILE_MODE)
    return attrs.evolve(source, default_mode=mode, sources=tuple(map(_projection, source.sources)))


def _projection(source: VolumeProjection) -> VolumeProjection:
    token, downward = source.service_account_token, source.downward_api
    if token is not None:
        token = attrs.evolve(token, expiration_seconds=value_or(token.expiration_seconds, TOKEN_SECONDS))
    if downward is not None:
        downward = attrs.evolve(downward, items=tuple(map(_downward_file, downward.items)))
    return attrs.evolve(source, service_account_token=token, downward_api=downward)


def _rbd(source: RBD) -> RBD:
    return attrs.evolve(
        source,
        pool=source.pool or "rbd",
        user=source.user or "admin",
        keyring=source.keyring or "/etc/ceph/keyring",
    )


def _scale_io(source: SCALE_IO) -> SCALE_IO:
    mode = source.storage_mode or "ThinProvisioned"
    return attrs.evolve(source, storage_mode=mode, fs_type=source.fs_type or "xfs")


def _secret(source: SecretVolumeSource) -> SecretVolumeSource:
    return attrs.evolve(source, default_mode=value_or(source.default_mode, FILE_MODE))
