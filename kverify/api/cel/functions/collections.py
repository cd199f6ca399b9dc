"""Functions of lists, sets, maps and optional values (``library/lists.go``; cel-go ``ext/lists.go``, ``ext/sets.go``,
``cel/library.go``)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cmp_to_key, reduce
from itertools import pairwise

from kverify.api.cel.functions.operators import MAX_TEXT, add, compare
from kverify.api.cel.values import (
    NONE,
    CelError,
    Duration,
    MapValue,
    ObjectValue,
    Optional,
    Timestamp,
    Value,
    equal,
    no_such_overload,
)


def _order(items: tuple[Value, ...]) -> CelError | None:
    """Why ``items`` cannot be put in order, or None."""
    for item in items:
        wrong = compare(items[0], item)
        if isinstance(wrong, CelError):
            return wrong
    return None


def _key(first: Value, second: Value) -> int:
    order = compare(first, second)
    return order if isinstance(order, int) else 0


def _is_sorted(items: Value) -> Value:
    if not isinstance(items, tuple):
        return no_such_overload()
    wrong = _order(items)
    return wrong or all(_key(a, b) <= 0 for a, b in pairwise(items))


def _extreme(name: str, sign: int) -> Callable[[Value], Value]:
    def run(items: Value) -> Value:
        if not isinstance(items, tuple):
            return no_such_overload()
        if not items:
            return CelError(f"{name} called on empty list")
        wrong = _order(items)
        return wrong or reduce(lambda best, item: item if _key(item, best) * sign > 0 else best, items)

    return run


def _sum(items: Value) -> Value:
    if not isinstance(items, tuple):
        return no_such_overload()
    if not items:
        return 0
    total = items[0]
    if not isinstance(total, (int, float, Duration)) or isinstance(total, bool):
        return no_such_overload()
    for item in items[1:]:
        total = add(total, item)
        if isinstance(total, CelError):
            return total
    return total


def _sorted(items: Value) -> Value:
    if not isinstance(items, tuple):
        return no_such_overload()
    return _order(items) or tuple(sorted(items, key=cmp_to_key(_key)))


def _sorted_by(items: Value, keys: Value) -> Value:
    if not isinstance(items, tuple) or not isinstance(keys, tuple) or len(items) != len(keys):
        return no_such_overload()
    wrong = _order(keys)
    return wrong or tuple(items[i] for i in sorted(range(len(keys)), key=lambda i: cmp_to_key(_key)(keys[i])))


def _range(count: Value) -> Value:
    if type(count) is not int:
        return no_such_overload()
    return tuple(range(count)) if count <= MAX_TEXT else CelError("the list is too long")


def _slice(items: Value, start: Value, end: Value) -> Value:
    if not isinstance(items, tuple) or type(start) is not int or type(end) is not int:
        return no_such_overload()
    if start < 0 or end < 0:
        return CelError(f"cannot slice({start}, {end}), negative indexes not supported")
    if start > end:
        return CelError(f"cannot slice({start}, {end}), start index must be less than or equal to end index")
    if end > len(items):
        return CelError(f"cannot slice({start}, {end}), list is length {len(items)}")
    return tuple(items[start:end])


def _flatten(items: Value, depth: Value = 1) -> Value:
    if not isinstance(items, tuple) or type(depth) is not int:
        return no_such_overload()
    if depth < 0:
        return CelError("level must be non-negative")
    result = items
    for _ in range(min(depth, 250)):
        if not any(isinstance(item, tuple) for item in result):
            break
        result = tuple(inner for item in result for inner in (item if isinstance(item, tuple) else (item,)))
    return tuple(result)


def _distinct(items: Value) -> Value:
    if not isinstance(items, tuple):
        return no_such_overload()
    found: list[Value] = []
    for item in items:
        if not any(equal(item, other) for other in found):
            found.append(item)
    return tuple(found)


def _all_in(container: tuple[Value, ...], items: tuple[Value, ...]) -> bool:
    return all(any(equal(item, other) for other in container) for item in items)


def _sets(test: Callable[[tuple[Value, ...], tuple[Value, ...]], bool]) -> Callable[[Value, Value], Value]:
    def run(first: Value, second: Value) -> Value:
        return test(first, second) if isinstance(first, tuple) and isinstance(second, tuple) else no_such_overload()

    return run


def _insert(target: Value, *entry: Value) -> Value:
    if not isinstance(target, MapValue):
        return no_such_overload()
    pairs = (entry,) if len(entry) == 2 else tuple(entry[0].items()) if isinstance(entry[0], MapValue) else None
    if pairs is None:
        return no_such_overload()
    result: MapValue | CelError = target
    for key, value in pairs:
        assert isinstance(result, MapValue)
        result = result.with_entry(key, value)
        if isinstance(result, CelError):
            return result
    return result


# -- optional values -------------------------------------------------------------------------------------------------


def is_zero(value: Value) -> bool:
    """``IsZeroValue``: what ``optional.ofNonZeroValue`` takes for nothing."""
    if isinstance(value, ObjectValue):
        return not value.fields
    if isinstance(value, Optional):
        return not value.present
    if isinstance(value, (Timestamp, Duration)):
        return value.nanos == 0
    if isinstance(value, (str, bytes, tuple, MapValue)):
        return len(value) == 0
    return value is None or (isinstance(value, (bool, int, float)) and not value)


def _value(value: Value) -> Value:
    if not isinstance(value, Optional):
        return no_such_overload()
    return value.value if value.present else CelError("optional.none() dereference")


def _first(at: int) -> Callable[[Value], Value]:
    def run(items: Value) -> Value:
        if not isinstance(items, tuple):
            return no_such_overload()
        return Optional(True, items[at]) if items else NONE

    return run


def _unwrap(items: Value) -> Value:
    if not isinstance(items, tuple) or not all(isinstance(item, Optional) for item in items):
        return no_such_overload()
    return tuple(item.value for item in items if item.present)


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "isSorted": _is_sorted,
    "min": _extreme("min", -1),
    "max": _extreme("max", 1),
    "sum": _sum,
    "sort": _sorted,
    "@sortByAssociatedKeys": _sorted_by,
    "lists.range": _range,
    "reverse": lambda items: tuple(reversed(items)) if isinstance(items, tuple) else no_such_overload(),
    "slice": _slice,
    "flatten": _flatten,
    "distinct": _distinct,
    "sets.contains": _sets(_all_in),
    "sets.equivalent": _sets(lambda a, b: _all_in(a, b) and _all_in(b, a)),
    "sets.intersects": _sets(lambda a, b: any(equal(x, y) for x in a for y in b)),
    "cel.@mapInsert": _insert,
    "optional.of": lambda value: Optional(True, value),
    "optional.ofNonZeroValue": lambda value: NONE if is_zero(value) else Optional(True, value),
    "optional.none": lambda: NONE,
    "value": _value,
    "hasValue": lambda value: value.present if isinstance(value, Optional) else no_such_overload(),
    "first": _first(0),
    "last": _first(-1),
    "optional.unwrap": _unwrap,
    "unwrapOpt": _unwrap,
}
