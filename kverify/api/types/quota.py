"""Quotas and limit ranges (``core/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from attrs import frozen

from kverify.api.base import EMPTY, Typed, api_field
from kverify.api.object import KubeObject
from kverify.api.quantity import Quantity


@frozen(kw_only=True, eq=False, repr=False)
class ScopedResourceSelectorRequirement(Typed):
    operator: str = ""
    scope_name: str = ""
    values: tuple[str, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class ScopeSelector(Typed):
    ATOMIC: ClassVar[bool] = True
    match_expressions: tuple[ScopedResourceSelectorRequirement, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class ResourceQuotaSpec(Typed):
    hard: Mapping[str, Quantity] = api_field(EMPTY)
    scope_selector: ScopeSelector | None = None
    scopes: tuple[str, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class ResourceQuotaStatus(Typed):
    hard: Mapping[str, Quantity] = api_field(EMPTY)
    used: Mapping[str, Quantity] = api_field(EMPTY)


@frozen(kw_only=True, eq=False, repr=False)
class ResourceQuota(KubeObject):
    api_version: str = "v1"
    kind: str = "ResourceQuota"
    spec: ResourceQuotaSpec = ResourceQuotaSpec()
    status: ResourceQuotaStatus = ResourceQuotaStatus()


@frozen(kw_only=True, eq=False, repr=False)
class LimitRangeItem(Typed):
    default: Mapping[str, Quantity] = api_field(EMPTY)
    default_request: Mapping[str, Quantity] = api_field(EMPTY)
    max: Mapping[str, Quantity] = api_field(EMPTY)
    max_limit_request_ratio: Mapping[str, Quantity] = api_field(EMPTY)
    min: Mapping[str, Quantity] = api_field(EMPTY)
    type: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class LimitRangeSpec(Typed):
    limits: tuple[LimitRangeItem, ...] = api_field((), null=True)
    pass


@frozen(kw_only=True, eq=False, repr=False)
class LimitRange(KubeObject):
    api_version: str = "v1"
    kind: str = "LimitRange"
    spec: LimitRangeSpec = LimitRangeSpec()
