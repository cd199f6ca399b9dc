"""``k8s.io/apimachinery/pkg/apis/meta/v1``: what all kinds have in common."""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from kverify.api.base import Int64, Opaque, Time, mapping, named, opaque
from kverify.api.labels import map_matches, requirement_matches
from kverify.api.source import NOWHERE, Source

__all__ = [
    "Condition",
    "LabelSelector",
    "LabelSelectorRequirement",
    "ListMeta",
    "ManagedFieldsEntry",
    "ObjectMeta",
    "OtherObject",
    "OwnerReference",
    "Source",
]


@frozen(kw_only=True)
class OwnerReference:
    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None
    block_owner_deletion: bool | None = None


@frozen(kw_only=True)
class ManagedFieldsEntry:
    """Who set which field by server-side apply. ``fieldsV1`` is opaque: only apply reads it."""

    manager: str | None = None
    operation: str | None = None
    api_version: str | None = None
    time: Time | None = None
    fields_type: str | None = None
    fields_v1: Opaque | None = opaque("fieldsV1")
    subresource: str | None = None


@frozen(kw_only=True)
class ObjectMeta:
    """``name`` is ``""`` only for templates and for objects the server would refuse."""

    name: str = ""
    generate_name: str | None = None
    namespace: str | None = None
    self_link: str | None = None
    uid: str | None = None
    resource_version: str | None = None
    generation: Int64 | None = None
    creation_timestamp: Time | None = None
    deletion_timestamp: Time | None = None
    deletion_grace_period_seconds: Int64 | None = None
    labels: Mapping[str, str] = mapping()
    annotations: Mapping[str, str] = mapping()
    owner_references: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] = ()
    managed_fields: tuple[ManagedFieldsEntry, ...] = ()


@frozen(kw_only=True)
class ListMeta:
    """``shardInfo`` is opaque: kverify reads whole lists."""

    self_link: str | None = None
    resource_version: str | None = None
    continue_: str | None = named("continue")
    remaining_item_count: Int64 | None = None
    shard_info: Opaque | None = opaque()


@frozen(kw_only=True)
class LabelSelectorRequirement:
    key: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        return requirement_matches(self.key, self.operator, self.values, labels)


@frozen(kw_only=True)
class LabelSelector:
    """An empty selector matches everything. A field that may be absent holds ``None``, which matches nothing."""

    match_labels: Mapping[str, str] = mapping()
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        return map_matches(self.match_labels, labels) and all(
            requirement.matches(labels) for requirement in self.match_expressions
        )

    @property
    def is_empty(self) -> bool:
        return not self.match_labels and not self.match_expressions


@frozen(kw_only=True)
class Condition:
    """``metav1.Condition`` and the older per-kind condition types, which have the same fields and one time more."""

    type: str = ""
    status: str = ""
    observed_generation: Int64 | None = None
    last_transition_time: Time | None = None
    last_probe_time: Time | None = None
    last_update_time: Time | None = None
    last_heartbeat_time: Time | None = None
    reason: str | None = None
    message: str | None = None


@frozen(kw_only=True)
class OtherObject:
    """An object of a kind kverify has no class for: kept and listed as not modelled, never dropped."""

    api_version: str
    kind: str
    metadata: ObjectMeta
    source: Source = field(default=NOWHERE, eq=False, repr=False)
    content: Mapping[str, Any] = mapping()
    """The whole object as plain values, for whoever looks into kinds that are not modelled."""
