"""Volumes of a pod (``core/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from attrs import frozen

from kverify.api.base import EMPTY, Int32, Int64, Typed, api_field
from kverify.api.quantity import Quantity
from kverify.api.types.claim import PersistentVolumeClaimTemplate
from kverify.api.types.meta import LabelSelector
from kverify.api.types.references import LocalObjectReference


@frozen(kw_only=True, eq=False, repr=False)
class AWSElasticBlockStoreVolumeSource(Typed):
    fs_type: str | None = api_field(None, omit_zero=True)
    partition: Int32 | None = api_field(None, omit_zero=True)
    read_only: bool | None = api_field(None, omit_zero=True)
    volume_id: str = api_field("", json="volumeID")


@frozen(kw_only=True, eq=False, repr=False)
class AzureDiskVolumeSource(Typed):
    kind: str | None = None
    caching_mode: str | None = None
    disk_name: str = ""
    disk_uri: str = api_field("", json="diskURI")
    fs_type: str | None = None
    read_only: bool | None = None


@frozen(kw_only=True, eq=False, repr=False)
class AzureFileVolumeSource(Typed):
    read_only: bool | None = api_field(None, omit_zero=True)
    secret_name: str = ""
    share_name: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class CephFSVolumeSource(Typed):
    monitors: tuple[str, ...] = api_field((), null=True)
    path: str | None = api_field(None, omit_zero=True)
    read_only: bool | None = api_field(None, omit_zero=True)
    secret_file: str | None = api_field(None, omit_zero=True)
    secret_ref: LocalObjectReference | None = None
    user: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class CinderVolumeSource(Typed):
    fs_type: str | None = api_field(None, omit_zero=True)
    read_only: bool | None = api_field(None, omit_zero=True)
    secret_ref: LocalObjectReference | None = None
    volume_id: str = api_field("", json="volumeID")


@frozen(kw_only=True, eq=False, repr=False)
class KeyToPath(Typed):
    key: str = ""
    mode: Int32 | None = None
    path: str = ""
    user: Int64 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ConfigMapVolumeSource(Typed):
    default_mode: Int32 | None = None
    items: tuple[KeyToPath, ...] = ()
    name: str | None = api_field(None, omit_zero=True)
    optional: bool | None = None
    default_user: Int64 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class CSIVolumeSource(Typed):
    driver: str = ""
    fs_type: str | None = None
    node_publish_secret_ref: LocalObjectReference | None = None
    read_only: bool | None = None
    volume_attributes: Mapping[str, str] = api_field(EMPTY)


@frozen(kw_only=True, eq=False, repr=False)
class ObjectFieldSelector(Typed):
    ATOMIC: ClassVar[bool] = True
    api_version: str | None = api_field(None, omit_zero=True)
    field_path: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class ResourceFieldSelector(Typed):
    ATOMIC: ClassVar[bool] = True
    container_name: str | None = api_field(None, omit_zero=True)
    divisor: Quantity | None = None
    resource: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class DownwardAPIVolumeFile(Typed):
    field_ref: ObjectFieldSelector | None = None
    mode: Int32 | None = None
    path: str = ""
    resource_field_ref: ResourceFieldSelector | None = None
    user: Int64 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class DownwardAPIVolumeSource(Typed):
    default_mode: Int32 | None = None
    items: tuple[DownwardAPIVolumeFile, ...] = ()
    default_user: Int64 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class EmptyDirVolumeSource(Typed):
    medium: str | None = api_field(None, omit_zero=True)
    size_limit: Quantity | None = None
    mode: Int32 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class EphemeralVolumeSource(Typed):
    volume_claim_template: PersistentVolumeClaimTemplate | None = None
    pass


@frozen(kw_only=True, eq=False, repr=False)
class FCVolumeSource(Typed):
    fs_type: str | None = api_field(None, omit_zero=True)
    lun: Int32 | None = None
    read_only: bool | None = api_field(None, omit_zero=True)
    target_wwns: tuple[str, ...] = api_field((), json="targetWWNs")
    wwids: tuple[str, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class FlexVolumeSource(Typed):
    driver: str = ""
    fs_type: str | None = api_field(None, omit_zero=True)
    options: Mapping[str, str] = api_field(EMPTY)
    read_only: bool | None = api_field(None, omit_zero=True)
    secret_ref: LocalObjectReference | None = None


@frozen(kw_only=True, eq=False, repr=False)
class FlockerVolumeSource(Typed):
    dataset_name: str | None = api_field(None, omit_zero=True)
    dataset_uuid: str | None = api_field(None, json="datasetUUID", omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class GCEPersistentDiskVolumeSource(Typed):
    fs_type: str | None = api_field(None, omit_zero=True)
    partition: Int32 | None = api_field(None, omit_zero=True)
    pd_name: str = ""
    read_only: bool | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class GitRepoVolumeSource(Typed):
    directory: str | None = api_field(None, omit_zero=True)
    repository: str = ""
    revision: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class GlusterfsVolumeSource(Typed):
    endpoints: str = ""
    path: str = ""
    read_only: bool | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class HostPathVolumeSource(Typed):
    path: str = ""
    type: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ImageVolumeSource(Typed):
    pull_policy: str | None = api_field(None, omit_zero=True)
    reference: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class ISCSIVolumeSource(Typed):
    chap_auth_discovery: bool | None = api_field(None, omit_zero=True)
    chap_auth_session: bool | None = api_field(None, omit_zero=True)
    fs_type: str | None = api_field(None, omit_zero=True)
    initiator_name: str | None = None
    iqn: str = ""
    iscsi_interface: str | None = api_field(None, omit_zero=True)
    lun: Int32 = 0
    portals: tuple[str, ...] = ()
    read_only: bool | None = api_field(None, omit_zero=True)
    secret_ref: LocalObjectReference | None = None
    target_portal: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class NFSVolumeSource(Typed):
    path: str = ""
    read_only: bool | None = api_field(None, omit_zero=True)
    server: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class PersistentVolumeClaimVolumeSource(Typed):
    claim_name: str = ""
    read_only: bool | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class PhotonPersistentDiskVolumeSource(Typed):
    fs_type: str | None = api_field(None, omit_zero=True)
    pd_id: str = api_field("", json="pdID")


@frozen(kw_only=True, eq=False, repr=False)
class PortworxVolumeSource(Typed):
    fs_type: str | None = api_field(None, omit_zero=True)
    read_only: bool | None = api_field(None, omit_zero=True)
    volume_id: str = api_field("", json="volumeID")


@frozen(kw_only=True, eq=False, repr=False)
class ClusterTrustBundleProjection(Typed):
    label_selector: LabelSelector | None = None
    name: str | None = None
    optional: bool | None = None
    path: str = ""
    signer_name: str | None = None
    user: Int64 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ConfigMapProjection(Typed):
    items: tuple[KeyToPath, ...] = ()
    name: str | None = api_field(None, omit_zero=True)
    optional: bool | None = None


@frozen(kw_only=True, eq=False, repr=False)
class DownwardAPIProjection(Typed):
    items: tuple[DownwardAPIVolumeFile, ...] = ()
    pass


@frozen(kw_only=True, eq=False, repr=False)
class SecretProjection(Typed):
    items: tuple[KeyToPath, ...] = ()
    name: str | None = api_field(None, omit_zero=True)
    optional: bool | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ServiceAccountTokenProjection(Typed):
    audience: str | None = api_field(None, omit_zero=True)
    expiration_seconds: Int64 | None = None
    path: str = ""
    user: Int64 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class PodCertificateProjection(Typed):
    certificate_chain_path: str | None = api_field(None, omit_zero=True)
    credential_bundle_path: str | None = api_field(None, omit_zero=True)
    key_path: str | None = api_field(None, omit_zero=True)
    key_type: str = ""
    max_expiration_seconds: Int32 | None = None
    signer_name: str = ""
    user_annotations: Mapping[str, str] = api_field(EMPTY)
    user: Int64 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class VolumeProjection(Typed):
    cluster_trust_bundle: ClusterTrustBundleProjection | None = None
    config_map: ConfigMapProjection | None = None
    downward_api: DownwardAPIProjection | None = api_field(None, json="downwardAPI")
    secret: SecretProjection | None = None
    service_account_token: ServiceAccountTokenProjection | None = None
    pod_certificate: PodCertificateProjection | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ProjectedVolumeSource(Typed):
    default_mode: Int32 | None = None
    sources: tuple[VolumeProjection, ...] = api_field((), null=True)
    default_user: Int64 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class QuobyteVolumeSource(Typed):
    group: str | None = api_field(None, omit_zero=True)
    read_only: bool | None = api_field(None, omit_zero=True)
    registry: str = ""
    tenant: str | None = api_field(None, omit_zero=True)
    user: str | None = api_field(None, omit_zero=True)
    volume: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class RBDVolumeSource(Typed):
    fs_type: str | None = api_field(None, omit_zero=True)
    image: str = ""
    keyring: str | None = api_field(None, omit_zero=True)
    monitors: tuple[str, ...] = api_field((), null=True)
    pool: str | None = api_field(None, omit_zero=True)
    read_only: bool | None = api_field(None, omit_zero=True)
    secret_ref: LocalObjectReference | None = None
    user: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class ScaleIOVolumeSource(Typed):
    fs_type: str | None = api_field(None, omit_zero=True)
    gateway: str = ""
    protection_domain: str | None = api_field(None, omit_zero=True)
    read_only: bool | None = api_field(None, omit_zero=True)
    secret_ref: LocalObjectReference | None = api_field(None, null=True)
    ssl_enabled: bool | None = api_field(None, omit_zero=True)
    storage_mode: str | None = api_field(None, omit_zero=True)
    storage_pool: str | None = api_field(None, omit_zero=True)
    system: str = ""
    volume_name: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class SecretVolumeSource(Typed):
    default_mode: Int32 | None = None
    items: tuple[KeyToPath, ...] = ()
    optional: bool | None = None
    secret_name: str | None = api_field(None, omit_zero=True)
    default_user: Int64 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class StorageOSVolumeSource(Typed):
    fs_type: str | None = api_field(None, omit_zero=True)
    read_only: bool | None = api_field(None, omit_zero=True)
    secret_ref: LocalObjectReference | None = None
    volume_name: str | None = api_field(None, omit_zero=True)
    volume_namespace: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class VsphereVirtualDiskVolumeSource(Typed):
    fs_type: str | None = api_field(None, omit_zero=True)
    storage_policy_id: str | None = api_field(None, json="storagePolicyID", omit_zero=True)
    storage_policy_name: str | None = api_field(None, omit_zero=True)
    volume_path: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class Volume(Typed):
    aws_elastic_block_store: AWSElasticBlockStoreVolumeSource | None = None
    azure_disk: AzureDiskVolumeSource | None = None
    azure_file: AzureFileVolumeSource | None = None
    cephfs: CephFSVolumeSource | None = None
    cinder: CinderVolumeSource | None = None
    config_map: ConfigMapVolumeSource | None = None
    csi: CSIVolumeSource | None = None
    downward_api: DownwardAPIVolumeSource | None = api_field(None, json="downwardAPI")
    empty_dir: EmptyDirVolumeSource | None = None
    ephemeral: EphemeralVolumeSource | None = None
    fc: FCVolumeSource | None = None
    flex_volume: FlexVolumeSource | None = None
    flocker: FlockerVolumeSource | None = None
    gce_persistent_disk: GCEPersistentDiskVolumeSource | None = None
    git_repo: GitRepoVolumeSource | None = None
    glusterfs: GlusterfsVolumeSource | None = None
    host_path: HostPathVolumeSource | None = None
    image: ImageVolumeSource | None = None
    iscsi: ISCSIVolumeSource | None = None
    name: str = ""
    nfs: NFSVolumeSource | None = None
    persistent_volume_claim: PersistentVolumeClaimVolumeSource | None = None
    photon_persistent_disk: PhotonPersistentDiskVolumeSource | None = None
    portworx_volume: PortworxVolumeSource | None = None
    projected: ProjectedVolumeSource | None = None
    quobyte: QuobyteVolumeSource | None = None
    rbd: RBDVolumeSource | None = None
    scale_io: ScaleIOVolumeSource | None = api_field(None, json="scaleIO")
    secret: SecretVolumeSource | None = None
    storageos: StorageOSVolumeSource | None = None
    vsphere_volume: VsphereVirtualDiskVolumeSource | None = None
