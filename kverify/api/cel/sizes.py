"""Ranges of sizes and costs: unsigned integers of 64 bits that stop at the largest (cel-go ``checker/cost.go``)."""

from __future__ import annotations

import math

from attrs import frozen

UNLIMITED = 2**64 - 1
TEXT_FACTOR = 0.1
REGEX_FACTOR = 0.25


def bounded(value: int) -> int:
    return min(value, UNLIMITED)


def scaled(value: int, factor: float) -> int:
    product = math.ceil(float(value) * factor)
    return UNLIMITED if product >= 2**64 else product


@frozen
class Range:
    """From the least to the most: a size, or a cost."""

    low: int
    high: int

    def __add__(self, other: Range) -> Range:
        return Range(bounded(self.low + other.low), bounded(self.high + other.high))

    def __mul__(self, other: Range) -> Range:
        return Range(bounded(self.low * other.low), bounded(self.high * other.high))

    def times(self, factor: float) -> Range:
        return Range(scaled(self.low, factor), scaled(self.high, factor))

    def union(self, other: Range) -> Range:
        return Range(min(self.low, other.low), max(self.high, other.high))


def fixed(value: int) -> Range:
    return Range(value, value)


UNKNOWN = Range(0, UNLIMITED)
ZERO = fixed(0)
ONE = fixed(1)


@frozen
class Entries:
    """The sizes of the keys (or indexes) and values of a list or map."""

    is_list: bool
    key: Range
    value: Range

    def union(self, other: Entries) -> Entries:
        return Entries(self.is_list, self.key.union(other.key), self.value.union(other.value))
