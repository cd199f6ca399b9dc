"""Volumes of a pod and persistent volume claims (``core/v1``)."""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from kverify.api.base import Int32, Int64, Opaque, mapping, named, opaque
from kverify.api.meta import Condition, LabelSelector, ObjectMeta
from kverify.api.quantity import Quantity
from kverify.api.source import NOWHERE, Source


@frozen(kw_only=True)
class LocalObjectReference:
    name: str = ""


@frozen(kw_only=True)
class KeyToPath:
    key: str = ""
    path: str = ""
    mode: Int32 | None = None
    user: Int64 | None = None


@frozen(kw_only=True)
class ObjectFieldSelector:
    api_version: str | None = None
    field_path: str = ""


@frozen(kw_only=True)
class ResourceFieldSelector:
    container_name: str | None = None
    resource: str = ""
    divisor: Quantity | None = None


@frozen(kw_only=True)
class EmptyDirVolumeSource:
    medium: str | None = None
    size_limit: Quantity | None = None
    mode: Int32 | None = None


@frozen(kw_only=True)
class HostPathVolumeSource:
    path: str = ""
    type: str | None = None


@frozen(kw_only=True)
class SecretVolumeSource:
    secret_name: str | None = None
    items: tuple[KeyToPath, ...] = ()
    default_mode: Int32 | None = None
    default_user: Int64 | None = None
    optional: bool | None = None


@frozen(kw_only=True)
class ConfigMapVolumeSource:
    name: str = ""
    items: tuple[KeyToPath, ...] = ()
    default_mode: Int32 | None = None
    default_user: Int64 | None = None
    optional: bool | None = None


@frozen(kw_only=True)
class DownwardAPIVolumeFile:
    path: str = ""
    field_ref: ObjectFieldSelector | None = None
    resource_field_ref: ResourceFieldSelector | None = None
    mode: Int32 | None = None
    user: Int64 | None = None


@frozen(kw_only=True)
class DownwardAPIVolumeSource:
    items: tuple[DownwardAPIVolumeFile, ...] = ()
    default_mode: Int32 | None = None
    default_user: Int64 | None = None


@frozen(kw_only=True)
class SecretProjection:
    name: str = ""
    items: tuple[KeyToPath, ...] = ()
    optional: bool | None = None


@frozen(kw_only=True)
class ConfigMapProjection:
    name: str = ""
    items: tuple[KeyToPath, ...] = ()
    optional: bool | None = None


@frozen(kw_only=True)
class DownwardAPIProjection:
    items: tuple[DownwardAPIVolumeFile, ...] = ()


@frozen(kw_only=True)
class ServiceAccountTokenProjection:
    audience: str | None = None
    expiration_seconds: Int64 | None = None
    path: str = ""
    user: Int64 | None = None


@frozen(kw_only=True)
class ClusterTrustBundleProjection:
    name: str | None = None
    signer_name: str | None = None
    label_selector: LabelSelector | None = None
    optional: bool | None = None
    path: str = ""
    user: Int64 | None = None


@frozen(kw_only=True)
class PodCertificateProjection:
    signer_name: str | None = None
    key_type: str | None = None
    max_expiration_seconds: Int32 | None = None
    credential_bundle_path: str | None = None
    key_path: str | None = None
    certificate_chain_path: str | None = None
    user_annotations: Mapping[str, str] = mapping()
    user: Int64 | None = None


@frozen(kw_only=True)
class VolumeProjection:
    secret: SecretProjection | None = None
    downward_api: DownwardAPIProjection | None = named("downwardAPI")
    config_map: ConfigMapProjection | None = None
    service_account_token: ServiceAccountTokenProjection | None = None
    cluster_trust_bundle: ClusterTrustBundleProjection | None = None
    pod_certificate: PodCertificateProjection | None = None


@frozen(kw_only=True)
class ProjectedVolumeSource:
    sources: tuple[VolumeProjection, ...] = ()
    default_mode: Int32 | None = None
    default_user: Int64 | None = None


@frozen(kw_only=True)
class PersistentVolumeClaimVolumeSource:
    claim_name: str = ""
    read_only: bool | None = None


@frozen(kw_only=True)
class TypedLocalObjectReference:
    api_group: str | None = None
    kind: str = ""
    name: str = ""


@frozen(kw_only=True)
class TypedObjectReference:
    api_group: str | None = None
    kind: str = ""
    name: str = ""
    namespace: str | None = None


@frozen(kw_only=True)
class VolumeResourceRequirements:
    limits: Mapping[str, Quantity] = mapping()
    requests: Mapping[str, Quantity] = mapping()


@frozen(kw_only=True)
class PersistentVolumeClaimSpec:
    access_modes: tuple[str, ...] = ()
    selector: LabelSelector | None = None
    resources: VolumeResourceRequirements = VolumeResourceRequirements()
    volume_name: str | None = None
    storage_class_name: str | None = None
    volume_mode: str | None = None
    data_source: TypedLocalObjectReference | None = None
    data_source_ref: TypedObjectReference | None = None
    volume_attributes_class_name: str | None = None


@frozen(kw_only=True)
class PersistentVolumeClaimTemplate:
    metadata: ObjectMeta = ObjectMeta()
    spec: PersistentVolumeClaimSpec = PersistentVolumeClaimSpec()


@frozen(kw_only=True)
class EphemeralVolumeSource:
    volume_claim_template: PersistentVolumeClaimTemplate | None = None


@frozen(kw_only=True)
class CSIVolumeSource:
    driver: str = ""
    read_only: bool | None = None
    fs_type: str | None = None
    volume_attributes: Mapping[str, str] = mapping()
    node_publish_secret_ref: LocalObjectReference | None = None


@frozen(kw_only=True)
class NFSVolumeSource:
    server: str = ""
    path: str = ""
    read_only: bool | None = None


@frozen(kw_only=True)
class ImageVolumeSource:
    reference: str | None = None
    pull_policy: str | None = None


@frozen(kw_only=True)
class GCEPersistentDiskVolumeSource:
    pd_name: str = ""
    fs_type: str | None = None
    partition: Int32 | None = None
    read_only: bool | None = None


@frozen(kw_only=True)
class AWSElasticBlockStoreVolumeSource:
    volume_id: str = named("volumeID", "")
    fs_type: str | None = None
    partition: Int32 | None = None
    read_only: bool | None = None


@frozen(kw_only=True)
class ISCSIVolumeSource:
    target_portal: str = ""
    iqn: str = ""
    lun: Int32 = 0
    iscsi_interface: str | None = None
    fs_type: str | None = None
    read_only: bool | None = None
    portals: tuple[str, ...] = ()
    chap_auth_discovery: bool | None = None
    chap_auth_session: bool | None = None
    secret_ref: LocalObjectReference | None = None
    initiator_name: str | None = None


@frozen(kw_only=True)
class RBDVolumeSource:
    monitors: tuple[str, ...] = ()
    image: str = ""
    fs_type: str | None = None
    pool: str | None = None
    user: str | None = None
    keyring: str | None = None
    secret_ref: LocalObjectReference | None = None
    read_only: bool | None = None


@frozen(kw_only=True)
class GitRepoVolumeSource:
    repository: str = ""
    revision: str | None = None
    directory: str | None = None


@frozen(kw_only=True)
class Volume:
    """One volume; without any source it is an ``emptyDir`` (the API server fills that in).

    Opaque, because no rule reads them: the in-tree sources ``cinder``, ``cephfs``, ``flocker``, ``fc``, ``azureFile``,
    ``azureDisk``, ``vsphereVolume``, ``quobyte``, ``photonPersistentDisk``, ``portworxVolume``, ``scaleIO``,
    ``storageos``, ``glusterfs`` and ``flexVolume``.
    """

    name: str = ""
    host_path: HostPathVolumeSource | None = None
    empty_dir: EmptyDirVolumeSource | None = None
    gce_persistent_disk: GCEPersistentDiskVolumeSource | None = None
    aws_elastic_block_store: AWSElasticBlockStoreVolumeSource | None = None
    git_repo: GitRepoVolumeSource | None = None
    secret: SecretVolumeSource | None = None
    nfs: NFSVolumeSource | None = None
    iscsi: ISCSIVolumeSource | None = None
    glusterfs: Opaque | None = opaque()
    persistent_volume_claim: PersistentVolumeClaimVolumeSource | None = None
    rbd: RBDVolumeSource | None = None
    flex_volume: Opaque | None = opaque()
    cinder: Opaque | None = opaque()
    cephfs: Opaque | None = opaque()
    flocker: Opaque | None = opaque()
    downward_api: DownwardAPIVolumeSource | None = named("downwardAPI")
    fc: Opaque | None = opaque()
    azure_file: Opaque | None = opaque()
    config_map: ConfigMapVolumeSource | None = None
    vsphere_volume: Opaque | None = opaque()
    quobyte: Opaque | None = opaque()
    azure_disk: Opaque | None = opaque()
    photon_persistent_disk: Opaque | None = opaque()
    projected: ProjectedVolumeSource | None = None
    portworx_volume: Opaque | None = opaque()
    scale_io: Opaque | None = opaque("scaleIO")
    storageos: Opaque | None = opaque()
    csi: CSIVolumeSource | None = None
    ephemeral: EphemeralVolumeSource | None = None
    image: ImageVolumeSource | None = None


@frozen(kw_only=True)
class ModifyVolumeStatus:
    target_volume_attributes_class_name: str | None = None
    status: str = ""


@frozen(kw_only=True)
class PersistentVolumeClaimStatus:
    """``healthStatus`` is opaque: no rule reads it."""

    phase: str | None = None
    access_modes: tuple[str, ...] = ()
    capacity: Mapping[str, Quantity] = mapping()
    conditions: tuple[Condition, ...] = ()
    allocated_resources: Mapping[str, Quantity] = mapping()
    allocated_resource_statuses: Mapping[str, str] = mapping()
    current_volume_attributes_class_name: str | None = None
    modify_volume_status: ModifyVolumeStatus | None = None
    health_status: Opaque | None = opaque()


@frozen(kw_only=True)
class PersistentVolumeClaim:
    api_version: str = "v1"
    kind: str = "PersistentVolumeClaim"
    metadata: ObjectMeta = ObjectMeta()
    spec: PersistentVolumeClaimSpec = PersistentVolumeClaimSpec()
    status: PersistentVolumeClaimStatus = PersistentVolumeClaimStatus()
    source: Source = field(default=NOWHERE, eq=False, repr=False)
