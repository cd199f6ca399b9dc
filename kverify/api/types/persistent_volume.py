"""Persistent volumes (``core/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from kverify.api.base import EMPTY, Int32, Time, Typed, api_field
from kverify.api.object import KubeObject
from kverify.api.quantity import Quantity
from kverify.api.types.affinity import NodeSelector
from kverify.api.types.references import ObjectReference, SecretReference
from kverify.api.types.volume import (
    AWSElasticBlockStoreVolumeSource,
    AzureDiskVolumeSource,
    FCVolumeSource,
    FlockerVolumeSource,
    GCEPersistentDiskVolumeSource,
    HostPathVolumeSource,
    NFSVolumeSource,
    PhotonPersistentDiskVolumeSource,
    PortworxVolumeSource,
    QuobyteVolumeSource,
    VsphereVirtualDiskVolumeSource,
)


@frozen(kw_only=True, eq=False, repr=False)
class AzureFilePersistentVolumeSource(Typed):
    read_only: bool | None = api_field(None, omit_zero=True)
    secret_name: str = ""
    secret_namespace: str | None = api_field(None, null=True)
    share_name: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class CephFSPersistentVolumeSource(Typed):
    monitors: tuple[str, ...] = api_field((), null=True)
    path: str | None = api_field(None, omit_zero=True)
    read_only: bool | None = api_field(None, omit_zero=True)
    secret_file: str | None = api_field(None, omit_zero=True)
    secret_ref: SecretReference | None = None
    user: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class CinderPersistentVolumeSource(Typed):
    fs_type: str | None = api_field(None, omit_zero=True)
    read_only: bool | None = api_field(None, omit_zero=True)
    secret_ref: SecretReference | None = None
    volume_id: str = api_field("", json="volumeID")


@frozen(kw_only=True, eq=False, repr=False)
class CSIPersistentVolumeSource(Typed):
    controller_expand_secret_ref: SecretReference | None = None
    controller_publish_secret_ref: SecretReference | None = None
    driver: str = ""
    fs_type: str | None = api_field(None, omit_zero=True)
    node_expand_secret_ref: SecretReference | None = None
    node_publish_secret_ref: SecretReference | None = None
    node_stage_secret_ref: SecretReference | None = None
    read_only: bool | None = api_field(None, omit_zero=True)
    volume_attributes: Mapping[str, str] = api_field(EMPTY)
    volume_handle: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class FlexPersistentVolumeSource(Typed):
    driver: str = ""
    fs_type: str | None = api_field(None, omit_zero=True)
    options: Mapping[str, str] = api_field(EMPTY)
    read_only: bool | None = api_field(None, omit_zero=True)
    secret_ref: SecretReference | None = None


@frozen(kw_only=True, eq=False, repr=False)
class GlusterfsPersistentVolumeSource(Typed):
    endpoints: str = ""
    endpoints_namespace: str | None = None
    path: str = ""
    read_only: bool | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class ISCSIPersistentVolumeSource(Typed):
    chap_auth_discovery: bool | None = api_field(None, omit_zero=True)
    chap_auth_session: bool | None = api_field(None, omit_zero=True)
    fs_type: str | None = api_field(None, omit_zero=True)
    initiator_name: str | None = None
    iqn: str = ""
    iscsi_interface: str | None = api_field(None, omit_zero=True)
    lun: Int32 = 0
    portals: tuple[str, ...] = ()
    read_only: bool | None = api_field(None, omit_zero=True)
    secret_ref: SecretReference | None = None
    target_portal: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class LocalVolumeSource(Typed):
    fs_type: str | None = None
    path: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class VolumeNodeAffinity(Typed):
    required: NodeSelector | None = None
    pass


@frozen(kw_only=True, eq=False, repr=False)
class RBDPersistentVolumeSource(Typed):
    fs_type: str | None = api_field(None, omit_zero=True)
    image: str = ""
    keyring: str | None = api_field(None, omit_zero=True)
    monitors: tuple[str, ...] = api_field((), null=True)
    pool: str | None = api_field(None, omit_zero=True)
    read_only: bool | None = api_field(None, omit_zero=True)
    secret_ref: SecretReference | None = None
    user: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class ScaleIOPersistentVolumeSource(Typed):
    fs_type: str | None = api_field(None, omit_zero=True)
    gateway: str = ""
    protection_domain: str | None = api_field(None, omit_zero=True)
    read_only: bool | None = api_field(None, omit_zero=True)
    secret_ref: SecretReference | None = api_field(None, null=True)
    ssl_enabled: bool | None = api_field(None, omit_zero=True)
    storage_mode: str | None = api_field(None, omit_zero=True)
    storage_pool: str | None = api_field(None, omit_zero=True)
    system: str = ""
    volume_name: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class StorageOSPersistentVolumeSource(Typed):
    fs_type: str | None = api_field(None, omit_zero=True)
    read_only: bool | None = api_field(None, omit_zero=True)
    secret_ref: ObjectReference | None = None
    volume_name: str | None = api_field(None, omit_zero=True)
    volume_namespace: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class PersistentVolumeSpec(Typed):
    access_modes: tuple[str, ...] = ()
    aws_elastic_block_store: AWSElasticBlockStoreVolumeSource | None = None
    azure_disk: AzureDiskVolumeSource | None = None
    azure_file: AzureFilePersistentVolumeSource | None = None
    capacity: Mapping[str, Quantity] = api_field(EMPTY)
    cephfs: CephFSPersistentVolumeSource | None = None
    cinder: CinderPersistentVolumeSource | None = None
    claim_ref: ObjectReference | None = None
    csi: CSIPersistentVolumeSource | None = None
    fc: FCVolumeSource | None = None
    flex_volume: FlexPersistentVolumeSource | None = None
    flocker: FlockerVolumeSource | None = None
    gce_persistent_disk: GCEPersistentDiskVolumeSource | None = None
    glusterfs: GlusterfsPersistentVolumeSource | None = None
    host_path: HostPathVolumeSource | None = None
    iscsi: ISCSIPersistentVolumeSource | None = None
    local: LocalVolumeSource | None = None
    mount_options: tuple[str, ...] = ()
    nfs: NFSVolumeSource | None = None
    node_affinity: VolumeNodeAffinity | None = None
    persistent_volume_reclaim_policy: str | None = api_field(None, omit_zero=True)
    photon_persistent_disk: PhotonPersistentDiskVolumeSource | None = None
    portworx_volume: PortworxVolumeSource | None = None
    quobyte: QuobyteVolumeSource | None = None
    rbd: RBDPersistentVolumeSource | None = None
    scale_io: ScaleIOPersistentVolumeSource | None = api_field(None, json="scaleIO")
    storage_class_name: str | None = api_field(None, omit_zero=True)
    storageos: StorageOSPersistentVolumeSource | None = None
    volume_attributes_class_name: str | None = None
    volume_mode: str | None = None
    vsphere_volume: VsphereVirtualDiskVolumeSource | None = None


@frozen(kw_only=True, eq=False, repr=False)
class PersistentVolumeStatus(Typed):
    last_phase_transition_time: Time | None = None
    message: str | None = api_field(None, omit_zero=True)
    phase: str | None = api_field(None, omit_zero=True)
    reason: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class PersistentVolume(KubeObject):
    api_version: str = "v1"
    kind: str = "PersistentVolume"
    spec: PersistentVolumeSpec = PersistentVolumeSpec()
    status: PersistentVolumeStatus = PersistentVolumeStatus()
