"""Defaults that many kinds share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from kverify.api.base import FrozenMap
from kverify.api.quantity import Quantity

V = TypeVar("V")
MILLI = 10**6
"""Nano units in a milli unit."""


def value_or(value: V | None, default: V) -> V:
    """``default`` where Go has a nil pointer; 0 and False were given."""
    return default if value is None else value


def round_resources(resources: Mapping[str, Quantity]) -> Mapping[str, Quantity]:
    """``SetDefaults_ResourceList``: every quantity is rounded up to whole milli units. Others keep their spelling."""
    if all(quantity.nano % MILLI == 0 for quantity in resources.values()):
        return resources
    return FrozenMap({name: _rounded_up(quantity) for name, quantity in resources.items()})


def _rounded_up(quantity: Quantity) -> Quantity:
    return quantity if quantity.nano % MILLI == 0 else quantity.stored()
