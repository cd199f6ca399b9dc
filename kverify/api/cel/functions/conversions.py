"""Conversions between types: ``int("5")``, ``string(1.0)``, ``type(x)`` (cel-go ``common/types``)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from kverify.api.cel.functions.network import Cidr, IPAddress, show_ip
from kverify.api.cel.functions.operators import integer, moment, span, unsigned
from kverify.api.cel.functions.times import SECOND, read_duration, read_timestamp, show_duration, show_timestamp
from kverify.api.cel.values import (
    CelError,
    Duration,
    Timestamp,
    TypeValue,
    UInt,
    Value,
    no_such_overload,
    type_name,
)

_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})
_INTEGER = re.compile(r"[+-]?[0-9]{1,30}", re.ASCII)
_FLOAT = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf|infinity|nan)", re.ASCII | re.IGNORECASE
)


def to_int(value: Value) -> Value:
    if isinstance(value, bool):
        return no_such_overload()
    if isinstance(value, int):
        return integer(int(value))
    if isinstance(value, float):
        # Both ends are left out, because they are no doubles themselves.
        return int(value) if -(2.0**63) < value < 2.0**63 else CelError("integer overflow")
    if isinstance(value, str):
        return integer(int(value)) if _INTEGER.fullmatch(value) else CelError(f"{value[:40]!r} is not an integer")
    if isinstance(value, Timestamp):
        return value.nanos // SECOND
    return value.nanos if isinstance(value, Duration) else no_such_overload()


def to_uint(value: Value) -> Value:
    if isinstance(value, bool):
        return no_such_overload()
    if isinstance(value, int):
        return unsigned(int(value))
    if isinstance(value, float):
        return UInt(int(value)) if 0 <= value < 2.0**64 else CelError("unsigned integer overflow")
    if isinstance(value, str):
        usable = _INTEGER.fullmatch(value) and value[0] not in "+-"
        return unsigned(int(value)) if usable else CelError(f"{value[:40]!r} is not an unsigned integer")
    return no_such_overload()


def to_double(value: Value) -> Value:
    if isinstance(value, bool):
        return no_such_overload()
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, str):
        return float(value) if _FLOAT.fullmatch(value) else CelError(f"{value[:40]!r} is not a number")
    return no_such_overload()


def show_double(value: float) -> str:
    """``%g`` of Go."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    sign, digits, exponent = _shortest(value)
    point = len(digits) + exponent
    if -4 <= point - 1 < 6:
        if exponent >= 0:
            return f"{sign}{digits}{'0' * exponent}"
        if point > 0:
            return f"{sign}{digits[:point]}.{digits[point:]}"
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+03d}"


def _shortest(value: float) -> tuple[str, str, int]:
    """Sign, digits and decimal exponent of the shortest text that reads as ``value``."""
    mantissa, _, power = f"{value!r}".lower().partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits, exponent = whole + fraction, int(power or "0") - len(fraction)
    stripped = digits.rstrip("0")
    exponent += len(digits) - len(stripped)
    stripped = stripped.lstrip("0")
    return (sign, stripped, exponent) if stripped else (sign, "0", 0)


def to_string(value: Value) -> Value:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return show_double(value)
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return CelError("the bytes are not UTF-8")
    if isinstance(value, Timestamp):
        return show_timestamp(value)
    if isinstance(value, Duration):
        return show_duration(value)
    if isinstance(value, IPAddress):
        return show_ip(value)
    return str(value) if isinstance(value, Cidr) else no_such_overload()


def to_bytes(value: Value) -> Value:
    if isinstance(value, bytes):
        return value
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else no_such_overload()


def to_bool(value: Value) -> Value:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return True if value in _TRUE else False if value in _FALSE else CelError(f"{value[:40]!r} is not a bool")
    return no_such_overload()


def to_duration(value: Value) -> Value:
    if isinstance(value, str):
        return read_duration(value)
    if type(value) is int:
        return span(value)
    return value if isinstance(value, Duration) else no_such_overload()


def to_timestamp(value: Value) -> Value:
    if isinstance(value, str):
        return read_timestamp(value)
    if type(value) is int:
        return moment(value * SECOND)
    return value if isinstance(value, Timestamp) else no_such_overload()


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "int": to_int,
    "uint": to_uint,
    "double": to_double,
    "string": to_string,
    "bytes": to_bytes,
    "bool": to_bool,
    "duration": to_duration,
    "timestamp": to_timestamp,
    "dyn": lambda value: value,
    "type": lambda value: TypeValue(type_name(value)),
}
