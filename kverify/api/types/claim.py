"""Persistent volume claims (``core/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from kverify.api.base import EMPTY, Time, Typed, api_field
from kverify.api.object import KubeObject
from kverify.api.quantity import Quantity
from kverify.api.types.meta import LabelSelector, ObjectMeta
from kverify.api.types.references import TypedLocalObjectReference, TypedObjectReference


@frozen(kw_only=True, eq=False, repr=False)
class VolumeResourceRequirements(Typed):
    limits: Mapping[str, Quantity] = api_field(EMPTY)
    requests: Mapping[str, Quantity] = api_field(EMPTY)


@frozen(kw_only=True, eq=False, repr=False)
class PersistentVolumeClaimSpec(Typed):
    access_modes: tuple[str, ...] = ()
    data_source: TypedLocalObjectReference | None = None
    data_source_ref: TypedObjectReference | None = None
    resources: VolumeResourceRequirements = VolumeResourceRequirements()
    selector: LabelSelector | None = None
    storage_class_name: str | None = None
    volume_attributes_class_name: str | None = None
    volume_mode: str | None = None
    volume_name: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class PersistentVolumeClaimTemplate(Typed):
    metadata: ObjectMeta = ObjectMeta()
    spec: PersistentVolumeClaimSpec = PersistentVolumeClaimSpec()


@frozen(kw_only=True, eq=False, repr=False)
class PersistentVolumeClaimCondition(Typed):
    last_probe_time: Time | None = None
    last_transition_time: Time | None = None
    message: str | None = api_field(None, omit_zero=True)
    reason: str | None = api_field(None, omit_zero=True)
    status: str = ""
    type: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class ModifyVolumeStatus(Typed):
    status: str = ""
    target_volume_attributes_class_name: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class VolumeHealthCondition(Typed):
    message: str | None = api_field(None, omit_zero=True)
    reason: str = ""
    status: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class VolumeHealthStatus(Typed):
    health_conditions: tuple[VolumeHealthCondition, ...] = api_field(
        (), list_type="map", list_keys=("status", "reason"), patch="merge", merge_key="status"
    )
    last_transition_time: Time | None = None


@frozen(kw_only=True, eq=False, repr=False)
class PersistentVolumeClaimStatus(Typed):
    access_modes: tuple[str, ...] = ()
    allocated_resource_statuses: Mapping[str, str] = api_field(EMPTY)
    allocated_resources: Mapping[str, Quantity] = api_field(EMPTY)
    capacity: Mapping[str, Quantity] = api_field(EMPTY)
    conditions: tuple[PersistentVolumeClaimCondition, ...] = api_field(
        (), list_type="map", list_keys=("type",), patch="merge", merge_key="type"
    )
    current_volume_attributes_class_name: str | None = None
    modify_volume_status: ModifyVolumeStatus | None = None
    phase: str | None = api_field(None, omit_zero=True)
    health_status: VolumeHealthStatus | None = None


@frozen(kw_only=True, eq=False, repr=False)
class PersistentVolumeClaim(KubeObject):
    api_version: str = "v1"
    kind: str = "PersistentVolumeClaim"
    spec: PersistentVolumeClaimSpec = PersistentVolumeClaimSpec()
    status: PersistentVolumeClaimStatus = PersistentVolumeClaimStatus()
