"""Arithmetic, comparison, membership, size (cel-spec; cel-go ``common/types``). Integers are those of 64 bits."""

from __future__ import annotations

import math
from collections.abc import Callable

from kverify.api.cel.literals import INT_MAX, INT_MIN, UINT_MAX
from kverify.api.cel.values import (
    CelError,
    Duration,
    KeyedList,
    MapValue,
    ObjectValue,
    Optional,
    SetList,
    Timestamp,
    UInt,
    Value,
    equal,
    is_number,
    no_such_overload,
)

MAX_TEXT = 10_000_000
"""A bound of ours on what one operation builds; the API server stops earlier, by cost."""

FIRST_MOMENT = -62135596800 * 10**9
LAST_MOMENT = 253402300799 * 10**9 + 999_999_999


def integer(value: int) -> Value:
    return value if INT_MIN <= value <= INT_MAX else CelError("integer overflow")


def unsigned(value: int) -> Value:
    return UInt(value) if 0 <= value <= UINT_MAX else CelError("unsigned integer overflow")


def moment(nanos: int) -> Value:
    return Timestamp(nanos) if FIRST_MOMENT <= nanos <= LAST_MOMENT else CelError("timestamp overflow")


def span(nanos: int) -> Value:
    return Duration(nanos) if INT_MIN <= nanos <= INT_MAX else CelError("duration overflow")


def _both(first: Value, second: Value, kind: type) -> bool:
    return type(first) is kind and type(second) is kind


def add(first: Value, second: Value) -> Value:
    if _both(first, second, int):
        return integer(first + second)
    if _both(first, second, UInt):
        return unsigned(int(first) + int(second))
    if _both(first, second, float):
        return first + second
    if _both(first, second, str) or _both(first, second, bytes):
        return first + second if len(first) + len(second) <= MAX_TEXT else CelError("the text is too long")
    if isinstance(first, tuple) and isinstance(second, tuple):
        return _add_lists(first, second)
    if isinstance(first, Duration):
        if isinstance(second, Duration):
            return span(first.nanos + second.nanos)
        if isinstance(second, Timestamp):
            return moment(first.nanos + second.nanos)
    if isinstance(first, Timestamp) and isinstance(second, Duration):
        return moment(first.nanos + second.nanos)
    return no_such_overload()


def _add_lists(first: tuple[Value, ...], second: tuple[Value, ...]) -> Value:
    if len(first) + len(second) > MAX_TEXT:
        return CelError("the list is too long")
    if isinstance(first, SetList):
        return SetList((*first, *(item for item in second if not any(equal(item, other) for other in first))))
    if isinstance(first, KeyedList):
        replaced = {first.key_of(item): item for item in second}
        kept = [replaced.pop(first.key_of(item), item) for item in first]
        return KeyedList((*kept, *replaced.values()), first.keys)
    return (*first, *second)


def subtract(first: Value, second: Value) -> Value:
    if _both(first, second, int):
        return integer(first - second)
    if _both(first, second, UInt):
        return unsigned(int(first) - int(second))
    if _both(first, second, float):
        return first - second
    if isinstance(second, Duration):
        if isinstance(first, Duration):
            return span(first.nanos - second.nanos)
        if isinstance(first, Timestamp):
            return moment(first.nanos - second.nanos)
    if isinstance(first, Timestamp) and isinstance(second, Timestamp):
        return span(first.nanos - second.nanos)
    return no_such_overload()


def multiply(first: Value, second: Value) -> Value:
    if _both(first, second, int):
        return integer(first * second)
    if _both(first, second, UInt):
        return unsigned(int(first) * int(second))
    if _both(first, second, float):
        return first * second
    return no_such_overload()


def divide(first: Value, second: Value) -> Value:
    if _both(first, second, float):
        return _float_division(first, second)
    if not (_both(first, second, int) or _both(first, second, UInt)):
        return no_such_overload()
    if second == 0:
        return CelError("division by zero")
    quotient = abs(int(first)) // abs(int(second))
    if type(first) is UInt:
        return UInt(quotient)
    return integer(quotient if (first < 0) == (second < 0) else -quotient)


def _float_division(first: float, second: float) -> float:
    if second:
        return first / second
    if not first or math.isnan(first):
        return math.nan
    return math.copysign(math.inf, first) * math.copysign(1.0, second)


def modulo(first: Value, second: Value) -> Value:
    if not (_both(first, second, int) or _both(first, second, UInt)):
        return no_such_overload()
    if second == 0:
        return CelError("modulus by zero")
    rest = abs(int(first)) % abs(int(second))
    if type(first) is UInt:
        return UInt(rest)
    return CelError("integer overflow") if (first, second) == (INT_MIN, -1) else -rest if first < 0 else rest


def negate(value: Value) -> Value:
    if type(value) is int:
        return integer(-value)
    return -value if type(value) is float else no_such_overload()


def compare(first: Value, second: Value) -> int | CelError | None:
    """Below, at or above zero; ``None`` when one of them is not a number (NaN)."""
    if is_number(first) and is_number(second):
        if math.isnan(first) or math.isnan(second):
            return None
        return int(first > second) - int(first < second)
    if type(first) is type(second) and isinstance(first, (bool, str, bytes, Timestamp, Duration)):
        return int(first > second) - int(first < second)
    return no_such_overload()


def _comparison(test: Callable[[int], bool]) -> Callable[[Value, Value], Value]:
    def run(first: Value, second: Value) -> Value:
        order = compare(first, second)
        if isinstance(order, CelError):
            return order
        return order is not None and test(order)

    return run


def contained(item: Value, container: Value) -> Value:
    if isinstance(container, tuple):
        return any(equal(item, other) for other in container)
    if isinstance(container, MapValue):
        return container.find(item).present
    return no_such_overload()


def size(value: Value) -> Value:
    return len(value) if isinstance(value, (str, bytes, tuple, MapValue)) else no_such_overload()


def index(container: Value, key: Value) -> Value:
    """``container[key]``; of an optional container an optional value."""
    if isinstance(container, Optional):
        return optional_index(container, key)
    if isinstance(container, tuple):
        number = _whole(key)
        if number is None:
            return no_such_overload()
        return container[number] if 0 <= number < len(container) else CelError(f"index out of bounds: {number}")
    if isinstance(container, MapValue):
        found = container.find(key)
        return found.value if found.present else CelError(f"no such key: {key}")
    if isinstance(container, ObjectValue) and isinstance(key, str):
        return container.fields[key] if key in container.fields else CelError(f"no such key: {key}")
    return no_such_overload()


def optional_index(container: Value, key: Value) -> Value:
    """``container[?key]``."""
    if isinstance(container, Optional):
        if not container.present:
            return container
        container = container.value
    found = index(container, key)
    if isinstance(found, CelError):
        missing = found.message.startswith(("no such key", "index out of bounds"))
        return Optional(False) if missing else found
    return Optional(True, found)


def _whole(key: Value) -> int | None:
    if isinstance(key, bool) or not isinstance(key, (int, float)):
        return None
    return int(key) if key == key // 1 and abs(key) < 2**63 else None


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "_+_": add,
    "_-_": subtract,
    "_*_": multiply,
    "_/_": divide,
    "_%_": modulo,
    "-_": negate,
    "!_": lambda value: not value if isinstance(value, bool) else no_such_overload(),
    "_==_": equal,
    "_!=_": lambda first, second: not equal(first, second),
    "_<_": _comparison(lambda order: order < 0),
    "_<=_": _comparison(lambda order: order <= 0),
    "_>_": _comparison(lambda order: order > 0),
    "_>=_": _comparison(lambda order: order >= 0),
    "@in": contained,
    "size": size,
    "_[_]": index,
    "_[?_]": optional_index,
}
