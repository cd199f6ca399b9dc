"""Replication controllers (``core/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from kverify.api.base import EMPTY, Int32, Int64, Time, Typed, api_field
from kverify.api.object import KubeObject
from kverify.api.types.pod import PodTemplateSpec


@frozen(kw_only=True, eq=False, repr=False)
class ReplicationControllerSpec(Typed):
    min_ready_seconds: Int32 = api_field(0, omit_zero=True)
    replicas: Int32 | None = None
    selector: Mapping[str, str] = api_field(EMPTY, map_type="atomic")
    template: PodTemplateSpec | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ReplicationControllerCondition(Typed):
    last_transition_time: Time | None = None
    message: str | None = api_field(None, omit_zero=True)
    reason: str | None = api_field(None, omit_zero=True)
    status: str = ""
    type: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class ReplicationControllerStatus(Typed):
    available_replicas: Int32 | None = api_field(None, omit_zero=True)
    conditions: tuple[ReplicationControllerCondition, ...] = api_field(
        (), list_type="map", list_keys=("type",), patch="merge", merge_key="type"
    )
    fully_labeled_replicas: Int32 | None = api_field(None, omit_zero=True)
    observed_generation: Int64 | None = api_field(None, omit_zero=True)
    ready_replicas: Int32 | None = api_field(None, omit_zero=True)
    replicas: Int32 = 0


@frozen(kw_only=True, eq=False, repr=False)
class ReplicationController(KubeObject):
    api_version: str = "v1"
    kind: str = "ReplicationController"
    spec: ReplicationControllerSpec = ReplicationControllerSpec()
    status: ReplicationControllerStatus = ReplicationControllerStatus()
