"""What all kinds have in common (``meta/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from attrs import frozen

from kverify.api.base import EMPTY, Int64, Opaque, Time, Typed, api_field
from kverify.api.rules import LabelSelectorRules, RequirementRules


@frozen(kw_only=True, eq=False, repr=False)
class ManagedFieldsEntry(Typed):
    api_version: str | None = api_field(None, omit_zero=True)
    fields_type: str | None = api_field(None, omit_zero=True)
    fields_v1: Opaque | None = None
    manager: str | None = api_field(None, omit_zero=True)
    operation: str | None = api_field(None, omit_zero=True)
    subresource: str | None = api_field(None, omit_zero=True)
    time: Time | None = None


@frozen(kw_only=True, eq=False, repr=False)
class OwnerReference(Typed):
    ATOMIC: ClassVar[bool] = True
    api_version: str = ""
    kind: str = ""
    block_owner_deletion: bool | None = None
    controller: bool | None = None
    name: str = ""
    uid: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class ObjectMeta(Typed):
    annotations: Mapping[str, str] = api_field(EMPTY)
    creation_timestamp: Time | None = None
    deletion_grace_period_seconds: Int64 | None = None
    deletion_timestamp: Time | None = None
    finalizers: tuple[str, ...] = api_field((), list_type="set", patch="merge")
    generate_name: str | None = api_field(None, omit_zero=True)
    generation: Int64 | None = api_field(None, omit_zero=True)
    labels: Mapping[str, str] = api_field(EMPTY)
    managed_fields: tuple[ManagedFieldsEntry, ...] = ()
    name: str = api_field("", omit_zero=True)
    namespace: str | None = api_field(None, omit_zero=True)
    owner_references: tuple[OwnerReference, ...] = api_field(
        (), list_type="map", list_keys=("uid",), patch="merge", merge_key="uid"
    )
    resource_version: str | None = api_field(None, omit_zero=True)
    self_link: str | None = api_field(None, omit_zero=True)
    uid: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class ShardInfo(Typed):
    selector: str = ""
    pass


@frozen(kw_only=True, eq=False, repr=False)
class ListMeta(Typed):
    continue_: str | None = api_field(None, omit_zero=True)
    remaining_item_count: Int64 | None = None
    resource_version: str | None = api_field(None, omit_zero=True)
    self_link: str | None = api_field(None, omit_zero=True)
    shard_info: ShardInfo | None = None


@frozen(kw_only=True, eq=False, repr=False)
class LabelSelectorRequirement(RequirementRules):
    key: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class LabelSelector(LabelSelectorRules):
    ATOMIC: ClassVar[bool] = True
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()
    match_labels: Mapping[str, str] = api_field(EMPTY)


@frozen(kw_only=True, eq=False, repr=False)
class Condition(Typed):
    last_transition_time: Time | None = None
    message: str = ""
    observed_generation: Int64 | None = api_field(None, omit_zero=True)
    reason: str = ""
    status: str = ""
    type: str = ""
