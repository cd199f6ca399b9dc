"""Defaults of quotas and limit ranges (``SetDefaults_LimitRangeItem``, ``SetDefaults_ResourceList``)."""

from __future__ import annotations

import attrs

from kverify.api.base import FrozenMap
from kverify.api.defaults.values import round_resources
from kverify.api.types.quota import LimitRange, LimitRangeItem, ResourceQuota


def default_quota(obj: ResourceQuota) -> ResourceQuota:
    return attrs.evolve(obj, spec=attrs.evolve(obj.spec, hard=round_resources(obj.spec.hard)))


def default_limit_range(obj: LimitRange) -> LimitRange:
    return attrs.evolve(obj, spec=attrs.evolve(obj.spec, limits=tuple(map(_item, obj.spec.limits))))


def _item(item: LimitRangeItem) -> LimitRangeItem:
    """Of containers max is the default limit, and that, or else min, is the default request."""
    default, request = item.default, item.default_request
    if item.type == "Container":
        default = FrozenMap({**item.max, **default})
        request = FrozenMap({**item.min, **default, **request})
    return attrs.evolve(
        item,
        default=round_resources(default),
        default_request=round_resources(request),
        max=round_resources(item.max),
        max_limit_request_ratio=round_resources(item.max_limit_request_ratio),
        min=round_resources(item.min),
    )
