"""Where the content of a volume comes from: the sources that pods and persistent volumes share, and their variants."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from attrs import field, frozen

from kverify.api.types.persistent_volume import (
    AzureFilePersistentVolumeSource,
    CephFSPersistentVolumeSource,
    CinderPersistentVolumeSource,
    CSIPersistentVolumeSource,
    FlexPersistentVolumeSource,
    GlusterfsPersistentVolumeSource,
    ISCSIPersistentVolumeSource,
    RBDPersistentVolumeSource,
    ScaleIOPersistentVolumeSource,
    StorageOSPersistentVolumeSource,
)
from kverify.api.types.references import LocalObjectReference, ObjectReference, SecretReference
from kverify.api.types.volume import (
    AWSElasticBlockStoreVolumeSource,
    AzureDiskVolumeSource,
    AzureFileVolumeSource,
    CephFSVolumeSource,
    CinderVolumeSource,
    FCVolumeSource,
    FlexVolumeSource,
    FlockerVolumeSource,
    GCEPersistentDiskVolumeSource,
    GlusterfsVolumeSource,
    HostPathVolumeSource,
    ISCSIVolumeSource,
    NFSVolumeSource,
    PhotonPersistentDiskVolumeSource,
    PortworxVolumeSource,
    QuobyteVolumeSource,
    RBDVolumeSource,
    ScaleIOVolumeSource,
    StorageOSVolumeSource,
    VsphereVirtualDiskVolumeSource,
)
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format
from kverify.api.validation.report import SUSPICIOUS, Path, Report
from kverify.naming import snake_case

HOST_PATH_TYPES = ("BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket")
_IQN = re.compile(r"iqn\.\d{4}-\d{2}\.([A-Za-z0-9-.]+)(:[^,;*&$|\s]+)$", re.ASCII)
_EUI = re.compile(r"^eui.[A-Za-z0-9]{16}$")
_NAA = re.compile(r"^naa.[A-Za-z0-9]{32}$")
_INITIATORS = {"iqn": _IQN, "eui": _EUI, "naa": _NAA}
MAX_INITIATOR_TARGET = 64

GONE_PLUGINS = {
    "cephfs": "1.31",
    "flocker": "1.25",
    "gitRepo": "1.36",
    "glusterfs": "1.26",
    "photonPersistentDisk": "1.16",
    "quobyte": "1.25",
    "rbd": "1.31",
    "scaleIO": "1.22",
    "storageos": "1.25",
}
"""Volume plugins that are gone, with the first version without them (gitRepo: KEP 5040). The API server
accepts such volumes still; a kubelet without the plugin never starts the pod."""

Check: TypeAlias = Callable[[Any, Path, Report], None]


@frozen
class SourceKind:
    """A kind of source: its field, its rules, and what the API server prints instead of the field's name: ``printed``
    above its own fields, ``extra`` when it is one source too many."""

    name: str
    check: Check
    printed: str = ""
    extra: str = ""
    attribute: str = field(init=False)

    @attribute.default
    def _attribute(self) -> str:
        return snake_case(self.name)

    def place(self, path: Path) -> Path:
        here = path.child(self.name)
        return here.printed(f"{path}.{self.printed}") if self.printed else here

    def place_of_extra(self, path: Path) -> Path:
        here = path.child(self.name)
        return here.printed(f"{path}.{self.extra}") if self.extra else here


def warn_plugin(name: str, path: Path, report: Report) -> None:
    """Of pods and of volumes; ``path`` is the source's."""
    if name in GONE_PLUGINS:
        printed = f"{path.text.removesuffix(name)}storageOS" if name == "storageos" else path.text
        gone = GONE_PLUGINS[name]
        message = (
            f"No kubelet since {gone} has a plugin for volumes of the kind {name}, so a pod with one never starts."
        )
        report.warn(SUSPICIOUS, path.printed(printed), message, "use a CSI driver")


def _need(path: Path, report: Report, /, **fields: object) -> None:
    """Each of ``fields`` (JSON names) has a value."""
    for name, value in fields.items():
        if not value:
            report.required(path.child(name))


def check_host_path(source: HostPathVolumeSource, path: Path, report: Report) -> None:
    if not source.path:
        report.required(path.child("path"))
        return
    check_format(source.path, path.child("path"), report, formats.path_inside)
    report.choice(path.child("type"), source.type, HOST_PATH_TYPES)


def check_gce_disk(source: GCEPersistentDiskVolumeSource, path: Path, report: Report) -> None:
    _need(path, report, pdName=source.pd_name)
    report.between(path.child("partition"), source.partition, 0, 255)


def check_aws_disk(source: AWSElasticBlockStoreVolumeSource, path: Path, report: Report) -> None:
    _need(path, report, volumeID=source.volume_id)
    report.between(path.child("partition"), source.partition, 0, 255)


def check_nfs(source: NFSVolumeSource, path: Path, report: Report) -> None:
    _need(path, report, server=source.server, path=source.path)
    if source.path and not source.path.startswith("/"):
        report.invalid(path.child("path"), "The path must be absolute.", f"write /{source.path}")


def check_iscsi(source: ISCSIVolumeSource | ISCSIPersistentVolumeSource, path: Path, report: Report) -> None:
    _need(path, report, targetPortal=source.target_portal, iqn=source.iqn)
    if source.iqn:
        _check_initiator(source.iqn, path.child("iqn"), report)
    report.between(path.child("lun"), source.lun, 0, 255)
    if (source.chap_auth_discovery or source.chap_auth_session) and source.secret_ref is None:
        report.required(path.child("secretRef"), "CHAP needs a secret.", "add secretRef, or turn CHAP off")
    if isinstance(source.secret_ref, SecretReference) and not source.secret_ref.name:
        report.required(path.child("secretRef", "name"))
    if source.initiator_name is not None:
        here = path.child("initiatorName").printed(f"{path}.initiatorname")
        _check_initiator(source.initiator_name, here, report)


def _check_initiator(name: str, path: Path, report: Report) -> None:
    shape = _INITIATORS.get(name[:3])
    if shape is None or not shape.search(name):
        message = f"{name!r} is not the name of an iSCSI node."
        report.invalid(path, message, "it looks like iqn.2001-04.com.example:disk")


def too_long_for_iscsi(name: str, source: ISCSIVolumeSource | ISCSIPersistentVolumeSource) -> bool:
    """The initiator makes an interface named after the volume and the portal."""
    target = f"{name}:{source.target_portal}".encode()
    return source.initiator_name is not None and len(target) > MAX_INITIATOR_TARGET


def check_glusterfs(
    source: GlusterfsVolumeSource | GlusterfsPersistentVolumeSource, path: Path, report: Report
) -> None:
    _need(path, report, endpoints=source.endpoints, path=source.path)
    if isinstance(source, GlusterfsPersistentVolumeSource) and source.endpoints_namespace is not None:
        check_format(source.endpoints_namespace, path.child("endpointsNamespace"), report, formats.dns_label)


def check_flocker(source: FlockerVolumeSource, path: Path, report: Report) -> None:
    if not source.dataset_name and not source.dataset_uuid:
        report.required(path, "Flocker needs a data set.", "add datasetUUID")
    if source.dataset_name and source.dataset_uuid:
        report.invalid(path, "datasetName and datasetUUID exclude each other.", "keep datasetUUID")
    if "/" in (source.dataset_name or ""):
        report.invalid(path.child("datasetName"), "datasetName must not contain '/'.")


def check_rbd(source: RBDVolumeSource | RBDPersistentVolumeSource, path: Path, report: Report) -> None:
    _need(path, report, monitors=source.monitors, image=source.image)


def check_cinder(source: CinderVolumeSource | CinderPersistentVolumeSource, path: Path, report: Report) -> None:
    _need(path, report, volumeID=source.volume_id)
    _check_secret_ref(source.secret_ref, path.child("secretRef"), report)


def _check_secret_ref(
    ref: LocalObjectReference | SecretReference | ObjectReference | None, path: Path, report: Report
) -> None:
    """Outside a namespace the secret's is given too."""
    if ref is None:
        return
    _need(path, report, name=ref.name)
    if not isinstance(ref, LocalObjectReference):
        _need(path, report, namespace=ref.namespace)


def check_cephfs(source: CephFSVolumeSource | CephFSPersistentVolumeSource, path: Path, report: Report) -> None:
    _need(path, report, monitors=source.monitors)


def check_quobyte(source: QuobyteVolumeSource, path: Path, report: Report) -> None:
    here = path.child("registry")
    if not source.registry:
        report.required(here)
    elif len((source.tenant or "").encode()) >= 65:
        report.required(path.child("tenant"), "The tenant is longer than 64 bytes.")
    elif not all(map(_is_host_and_port, source.registry.split(","))):
        report.invalid(here, "The registry is host:port, or several of them with commas between.")
    _need(path, report, volume=source.volume)


def _is_host_and_port(text: str) -> bool:
    """``net.SplitHostPort``: IPv6 addresses stand in brackets."""
    host, colon, port = text.rpartition(":")
    if host.startswith("["):
        return bool(colon) and host.endswith("]") and not any(char in "[]" for char in host[1:-1] + port)
    return bool(colon) and not any(char in ":[]" for char in host + port)


def check_fc(source: FCVolumeSource, path: Path, report: Report) -> None:
    here = path.child("targetWWNs")
    if not source.target_wwns and not source.wwids:
        report.required(here, "Fibre channel needs targetWWNs or wwids.")
    if source.target_wwns and source.wwids:
        report.invalid(here, "targetWWNs and wwids exclude each other.", "keep one of them")
    if source.target_wwns:
        if source.lun is None:
            report.required(path.child("lun"), "targetWWNs need a lun.")
        report.between(path.child("lun"), source.lun, 0, 255)


def check_flex(source: FlexVolumeSource | FlexPersistentVolumeSource, path: Path, report: Report) -> None:
    _need(path, report, driver=source.driver)
    for name in source.options:
        namespace = f".{name.partition('/')[0].lower()}"
        if namespace.endswith((".kubernetes.io", ".k8s.io")):
            report.invalid(path.child("options").key(name), f"{name}: this namespace belongs to Kubernetes.")


def check_azure_file(
    source: AzureFileVolumeSource | AzureFilePersistentVolumeSource, path: Path, report: Report
) -> None:
    _need(path, report, secretName=source.secret_name, shareName=source.share_name)
    if isinstance(source, AzureFilePersistentVolumeSource) and source.secret_namespace == "":
        report.required(path.child("secretNamespace"))


def check_azure_disk(source: AzureDiskVolumeSource, path: Path, report: Report) -> None:
    _need(path, report, diskName=source.disk_name, diskURI=source.disk_uri)
    _given(source.caching_mode, ("None", "ReadOnly", "ReadWrite"), path.child("cachingMode"), report)
    _given(source.kind, ("Dedicated", "Managed", "Shared"), path.child("kind"), report)
    here = path.child("diskURI")
    if source.kind == "Managed" and not source.disk_uri.startswith("/subscriptions/"):
        report.unsupported(here, source.disk_uri, ("/subscriptions/...",))
    if source.kind not in (None, "Managed") and not source.disk_uri.startswith("https://"):
        report.unsupported(here, source.disk_uri, ("https://ACCOUNT.blob.core.windows.net/...",))


def _given(value: str | None, choices: Iterable[str], path: Path, report: Report) -> None:
    """One of ``choices`` when it is given at all; an empty text is given."""
    known = tuple(choices)
    if value is not None and value not in known:
        report.unsupported(path, value, known)


def check_vsphere(source: VsphereVirtualDiskVolumeSource, path: Path, report: Report) -> None:
    _need(path, report, volumePath=source.volume_path)


def check_photon(source: PhotonPersistentDiskVolumeSource, path: Path, report: Report) -> None:
    _need(path, report, pdID=source.pd_id)


def check_portworx(source: PortworxVolumeSource, path: Path, report: Report) -> None:
    _need(path, report, volumeID=source.volume_id)


def check_scale_io(source: ScaleIOVolumeSource | ScaleIOPersistentVolumeSource, path: Path, report: Report) -> None:
    _need(path, report, gateway=source.gateway, system=source.system, volumeName=source.volume_name)


def check_storageos(
    source: StorageOSVolumeSource | StorageOSPersistentVolumeSource, path: Path, report: Report
) -> None:
    _need(path, report, volumeName=source.volume_name)
    for name, value in (("volumeName", source.volume_name), ("volumeNamespace", source.volume_namespace)):
        if value:
            check_format(value, path.child(name), report, formats.dns_label)
    _check_secret_ref(source.secret_ref, path.child("secretRef"), report)


def check_csi_driver_name(driver: str, path: Path, report: Report) -> None:
    """``ValidateCSIDriverName``."""
    if not driver:
        report.required(path, "The driver has no name.")
    else:
        check_format(driver, path, report, formats.csi_driver)


def check_persistent_csi(source: CSIPersistentVolumeSource, path: Path, report: Report) -> None:
    check_csi_driver_name(source.driver, path.child("driver"), report)
    _need(path, report, volumeHandle=source.volume_handle)
    for name, ref in (
        ("controllerPublishSecretRef", source.controller_publish_secret_ref),
        ("controllerExpandSecretRef", source.controller_expand_secret_ref),
        ("nodePublishSecretRef", source.node_publish_secret_ref),
        ("nodeExpandSecretRef", source.node_expand_secret_ref),
    ):
        if ref is None:
            continue
        here = path.child(name)
        _check_secret_ref(ref, here, report)
        if ref.name:
            check_format(ref.name, here.child("name"), report, formats.dns_subdomain)
        if ref.namespace:
            check_format(ref.namespace, here.child("namespace"), report, formats.dns_label)
