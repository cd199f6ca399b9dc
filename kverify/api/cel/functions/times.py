"""Timestamps and durations: texts (RFC 3339, Go's ``time.ParseDuration``) and their parts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache

from kverify.api.cel.functions.operators import moment
from kverify.api.cel.values import CelError, Duration, Timestamp, Value, no_such_overload
from kverify.api.languages.durations import DurationError, parse_duration
from kverify.api.languages.zones import ZoneError, time_zone

SECOND = 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)
_OFFSET = re.compile(r"([+-]?)(\d{1,2}):(\d{2})", re.ASCII)


def read_duration(text: str) -> Value:
    """``1h30m``, ``-1.5s``, ``0`` (``time.ParseDuration``)."""
    try:
        return Duration(parse_duration(text))
    except DurationError as error:
        return CelError(f"invalid duration {text[:40]!r}: {error}")


def read_timestamp(text: str) -> Value:
    """``2006-01-02T15:04:05.123Z``."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return CelError(f"invalid timestamp {text[:40]!r}")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    offset = 0
    if match[8]:
        if int(match[9]) > 24 or int(match[10]) > 59:
            return CelError(f"invalid timestamp {text[:40]!r}")
        offset = (int(match[9]) * 60 + int(match[10])) * 60 * (1 if match[8] == "+" else -1)
    try:
        at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return CelError(f"invalid timestamp {text[:40]!r}")
    fraction = int((match[7] or "0")[:9].ljust(9, "0"))
    elapsed = at - _EPOCH
    return moment((elapsed.days * 86400 + elapsed.seconds - offset) * SECOND + fraction)


def show_timestamp(value: Timestamp) -> str:
    seconds, nanos = divmod(value.nanos, SECOND)
    fraction = f".{nanos:09d}".rstrip("0") if nanos else ""
    return f"{(_EPOCH + timedelta(seconds=seconds)):%Y-%m-%dT%H:%M:%S}{fraction}Z".rjust(20, "0")


def show_duration(value: Duration) -> str:
    sign = "-" if value.nanos < 0 else ""
    seconds, nanos = divmod(abs(value.nanos), SECOND)
    fraction = f".{nanos:09d}".rstrip("0") if nanos else ""
    return f"{sign}{seconds}{fraction}s"


@cache
def _zone(name: str) -> tzinfo | None:
    match = _OFFSET.fullmatch(name)
    if match is not None:
        minutes = int(match[2]) * 60 + int(match[3])
        return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes)) if minutes < 1440 else None
    try:
        return time_zone(name) if name else UTC
    except ZoneError:
        return None


def _local(value: Timestamp, zone_name: str) -> datetime | CelError:
    zone = _zone(zone_name)
    if zone is None:
        return CelError(f"unknown time zone {zone_name[:40]}")
    try:
        return (_EPOCH + timedelta(seconds=value.nanos // SECOND)).astimezone(zone)
    except (OverflowError, ValueError):
        return CelError("timestamp overflow")


def _part(read: Callable[[datetime], int]) -> Callable[..., Value]:
    def run(value: Value, zone: Value = "UTC") -> Value:
        if not isinstance(value, Timestamp) or not isinstance(zone, str):
            return no_such_overload()
        at = _local(value, zone)
        return at if isinstance(at, CelError) else read(at)

    return run


def _clock(read: Callable[[datetime], int], whole: int) -> Callable[..., Value]:
    """A part of a timestamp that a duration has too, there as the whole of it in units of ``whole`` nanoseconds."""
    of_timestamp = _part(read)

    def run(value: Value, *zone: Value) -> Value:
        if isinstance(value, Duration) and not zone:
            count = abs(value.nanos) // whole
            return -count if value.nanos < 0 else count
        return of_timestamp(value, *zone)

    return run


def _milliseconds(value: Value, *zone: Value) -> Value:
    if isinstance(value, Timestamp):
        return value.nanos % SECOND // 10**6
    return _clock(lambda _: 0, 10**6)(value, *zone)


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "getFullYear": _part(lambda at: at.year),
    "getMonth": _part(lambda at: at.month - 1),
    "getDayOfYear": _part(lambda at: at.timetuple().tm_yday - 1),
    "getDayOfMonth": _part(lambda at: at.day - 1),
    "getDate": _part(lambda at: at.day),
    "getDayOfWeek": _part(lambda at: at.isoweekday() % 7),
    "getHours": _clock(lambda at: at.hour, 3600 * SECOND),
    "getMinutes": _clock(lambda at: at.minute, 60 * SECOND),
    "getSeconds": _clock(lambda at: at.second, SECOND),
    "getMilliseconds": _milliseconds,
}
