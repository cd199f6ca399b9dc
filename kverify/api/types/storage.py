"""Storage classes, CSI drivers and nodes, attachments (``storage.k8s.io/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from attrs import frozen

from kverify.api.base import EMPTY, Int32, Int64, Time, Typed, api_field
from kverify.api.object import KubeObject
from kverify.api.quantity import Quantity
from kverify.api.types.meta import LabelSelector
from kverify.api.types.persistent_volume import PersistentVolumeSpec


@frozen(kw_only=True, eq=False, repr=False)
class TokenRequest(Typed):
    audience: str = ""
    expiration_seconds: Int64 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class CSIDriverSpec(Typed):
    attach_required: bool | None = None
    fs_group_policy: str | None = None
    pod_info_on_mount: bool | None = None
    requires_republish: bool | None = None
    se_linux_mount: bool | None = None
    storage_capacity: bool | None = None
    token_requests: tuple[TokenRequest, ...] = ()
    volume_lifecycle_modes: tuple[str, ...] = api_field((), list_type="set")
    node_allocatable_update_period_seconds: Int64 | None = None
    service_account_token_in_secrets: bool | None = None
    prevent_pod_scheduling_if_missing: bool | None = None


@frozen(kw_only=True, eq=False, repr=False)
class CSIDriver(KubeObject):
    api_version: str = "storage.k8s.io/v1"
    kind: str = "CSIDriver"
    spec: CSIDriverSpec = CSIDriverSpec()


@frozen(kw_only=True, eq=False, repr=False)
class VolumeNodeResources(Typed):
    count: Int32 | None = None
    pass


@frozen(kw_only=True, eq=False, repr=False)
class CSINodeDriver(Typed):
    allocatable: VolumeNodeResources | None = None
    name: str = ""
    node_id: str = api_field("", json="nodeID")
    topology_keys: tuple[str, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class CSINodeSpec(Typed):
    drivers: tuple[CSINodeDriver, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name", null=True
    )
    pass


@frozen(kw_only=True, eq=False, repr=False)
class StorageHealthCondition(Typed):
    access_mode: str | None = api_field(None, omit_zero=True)
    last_transition_time: Time | None = None
    message: str | None = api_field(None, omit_zero=True)
    reason: str = ""
    status: str = ""
    volume_mode: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class StorageHealth(Typed):
    health_conditions: tuple[StorageHealthCondition, ...] = ()
    name: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class CSINodeStatus(Typed):
    storage_health: tuple[StorageHealth, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name"
    )
    pass


@frozen(kw_only=True, eq=False, repr=False)
class CSINode(KubeObject):
    api_version: str = "storage.k8s.io/v1"
    kind: str = "CSINode"
    spec: CSINodeSpec = CSINodeSpec()
    status: CSINodeStatus | None = None


@frozen(kw_only=True, eq=False, repr=False)
class CSIStorageCapacity(KubeObject):
    api_version: str = "storage.k8s.io/v1"
    kind: str = "CSIStorageCapacity"
    capacity: Quantity | None = None
    maximum_volume_size: Quantity | None = None
    node_topology: LabelSelector | None = None
    storage_class_name: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class TopologySelectorLabelRequirement(Typed):
    key: str = ""
    values: tuple[str, ...] = api_field((), null=True)


@frozen(kw_only=True, eq=False, repr=False)
class TopologySelectorTerm(Typed):
    ATOMIC: ClassVar[bool] = True
    match_label_expressions: tuple[TopologySelectorLabelRequirement, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class StorageClass(KubeObject):
    api_version: str = "storage.k8s.io/v1"
    kind: str = "StorageClass"
    allow_volume_expansion: bool | None = None
    allowed_topologies: tuple[TopologySelectorTerm, ...] = ()
    mount_options: tuple[str, ...] = ()
    parameters: Mapping[str, str] = api_field(EMPTY)
    provisioner: str = ""
    reclaim_policy: str | None = None
    volume_binding_mode: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class VolumeAttachmentSource(Typed):
    inline_volume_spec: PersistentVolumeSpec | None = None
    persistent_volume_name: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class VolumeAttachmentSpec(Typed):
    attacher: str = ""
    node_name: str = ""
    source: VolumeAttachmentSource = VolumeAttachmentSource()


@frozen(kw_only=True, eq=False, repr=False)
class VolumeError(Typed):
    message: str | None = api_field(None, omit_zero=True)
    time: Time | None = None
    error_code: Int32 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class VolumeAttachmentStatus(Typed):
    attach_error: VolumeError | None = None
    attached: bool = False
    attachment_metadata: Mapping[str, str] = api_field(EMPTY)
    detach_error: VolumeError | None = None


@frozen(kw_only=True, eq=False, repr=False)
class VolumeAttachment(KubeObject):
    api_version: str = "storage.k8s.io/v1"
    kind: str = "VolumeAttachment"
    spec: VolumeAttachmentSpec = VolumeAttachmentSpec()
    status: VolumeAttachmentStatus = VolumeAttachmentStatus()


@frozen(kw_only=True, eq=False, repr=False)
class VolumeAttributesClass(KubeObject):
    api_version: str = "storage.k8s.io/v1"
    kind: str = "VolumeAttributesClass"
    driver_name: str = ""
    parameters: Mapping[str, str] = api_field(EMPTY)
