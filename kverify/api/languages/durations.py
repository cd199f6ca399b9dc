"""Durations: ``1h30m`` as Go reads and prints them, and the wider format ``duration`` of custom resources.

Sources: ``time.ParseDuration`` and ``time.Duration.String`` of Go, which ``metav1.Duration`` and the schedules
``@every ...`` use; ``ParseDuration`` in k8s.io/kube-openapi/pkg/validation/strfmt for ``format: duration`` in schemas.
Kubernetes reads ISO 8601 durations (``PT5M``) nowhere.
"""

from __future__ import annotations

import re
from functools import lru_cache

from kverify.api.languages.language import Fault, Language, Mistake, TextError, shown

NANOSECOND = 1
MICROSECOND = 1000
MILLISECOND = 1000 * MICROSECOND
SECOND = 1000 * MILLISECOND
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

MAX_LENGTH = 1024
_LIMIT = 2**63

_UNITS = {
    "ns": NANOSECOND,
    "us": MICROSECOND,
    "µs": MICROSECOND,
    "μs": MICROSECOND,
    "ms": MILLISECOND,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
}
_LONG_UNITS = (
    (("ns", "nano"), NANOSECOND),
    (("us", "µs", "micro"), MICROSECOND),
    (("ms", "milli"), MILLISECOND),
    (("s", "sec"), SECOND),
    (("m", "min"), MINUTE),
    (("h", "hr", "hour"), HOUR),
    (("d", "day"), 24 * HOUR),
    (("w", "wk", "week"), 7 * 24 * HOUR),
)
"""Of each row the last word may be the beginning of a longer one ("minutes"), the others are whole."""

_LONG_TEXT = re.compile(r"[\t\n\f\r ]*(?:[0-9]+[\t\n\f\r ]*[A-Za-zµ]+[\t\n\f\r ]*)+")
_LONG_PART = re.compile(r"([0-9]+)[\t\n\f\r ]*([A-Za-zµ]+)")

_WRITE = "write it as in 1h30m or 500ms"
_ISO = re.compile(r"P[0-9TYMWDHS.]*")


class DurationError(TextError):
    """The text is not a duration."""


def _unit_mend(fault: Fault) -> str:
    word = fault.found.lower()
    number = re.search(r"[0-9.]*$", fault.before.rstrip())
    amount = number[0] if number else ""
    for start, unit in (("nano", "ns"), ("micro", "us"), ("milli", "ms"), ("sec", "s"), ("min", "m"), ("h", "h")):
        if word.startswith(start) and amount:
            return f"write {amount}{unit}"
    if word in ("d", "day", "days", "w", "week", "weeks") and amount.isdigit() and len(amount) < 10:
        return f"write {int(amount) * (24 if word.startswith('d') else 168)}h: there is no unit above the hour"
    return "the units are ns, us, ms, s, m and h"


def _start_message(fault: Fault) -> str:
    if _ISO.fullmatch(fault.found + fault.after):
        return "Kubernetes does not read ISO 8601 durations"
    return f"a duration begins with a number, not with {shown(fault.found)}"


_LANGUAGE = Language(
    "duration",
    "a duration",
    limit=MAX_LENGTH,
    error=DurationError,
    mistakes=(
        Mistake(_start_message, _WRITE, examples=("hour", "-hour", "PT5M")),
        Mistake("an empty text is no duration", _WRITE, examples=("", "-")),
        Mistake("{found} does not belong into a duration", _WRITE, examples=("#", "-#", "1#", "1h#", "1h5#", "1h5m#")),
        Mistake(
            "a blank stands in the duration", "remove it", examples=(" 1h", "- 1h", "1 h", "1h 5m", "1h5 m", "1h5m ")
        ),
        Mistake(
            "a duration needs a unit",
            lambda fault: f"write {int(fault.text)}s, if seconds are meant" if fault.text.isdecimal() else _WRITE,
            examples=("5", "1h5"),
        ),
        Mistake("a number has one decimal point", _WRITE, examples=("1..5h", "1h1..5m")),
        Mistake("a decimal point stands here, not a comma", "write a point", examples=("1,5h", ",5h", "1h1,5m")),
        Mistake("a decimal point needs digits", _WRITE, examples=(".h", "-.", "1h.m", "1h5m.s")),
        Mistake("{found} is not a unit", _unit_mend, examples=("5days", "1h5days")),
        Mistake(
            "a duration has one sign only, in front", "remove it", examples=("--1h", "1h-5m", "1-h", "1h5-m", "1h5m-3s")
        ),
        Mistake(
            "nothing can follow a unit but another number", _WRITE, examples=("1hand", "1h5mand", "1h,5m", "1h5m,5s")
        ),
    ),
)


@lru_cache(maxsize=1024)
def parse_duration(text: str) -> int:
    """Nanoseconds. Raises :class:`DurationError` for what ``time.ParseDuration`` refuses, overflow included."""
    tree = _LANGUAGE.parse(text)
    total = 0
    for component in tree.find_data("component"):
        number, unit = map(str, component.children)
        # Go adds in 64 bits, and looks at the sum only after it.
        total = (total + _nanoseconds(text, number, _UNITS[unit])) % 2**64
        if total > _LIMIT:
            raise _too_long(text)
    if text.startswith("-"):
        return -total
    if total == _LIMIT:
        raise _too_long(text)
    return total


def _nanoseconds(text: str, number: str, unit: int) -> int:
    """One component. Fractions go through floating point, as in the source, so that the last digits agree."""
    whole, _, fraction = number.partition(".")
    amount = int(whole or "0") * unit
    if amount > _LIMIT:
        raise _too_long(text)
    numerator, scale = 0, 1.0
    for digit in fraction:
        grown = numerator * 10 + int(digit)
        if numerator > (_LIMIT - 1) // 10 or grown > _LIMIT:
            break
        numerator, scale = grown, scale * 10
    if numerator:
        amount += int(float(numerator) * (float(unit) / scale))
    if amount > _LIMIT:
        raise _too_long(text)
    return amount


def _too_long(text: str) -> TextError:
    return _LANGUAGE.error("the duration is longer than 292 years", "write a shorter one", 0, len(text))


def format_duration(nanoseconds: int) -> str:
    """The text that Go prints: ``1h30m0s``, ``1.5ms``, ``0s``. It is what a ``metav1.Duration`` is stored as."""
    sign, rest = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if rest == 0:
        return "0s"
    for unit, name in ((MICROSECOND, "ns"), (MILLISECOND, "µs"), (SECOND, "ms")):
        if rest < unit:
            return f"{sign}{_decimal(rest, _UNITS[name])}{name}"
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    text = f"{_decimal(rest, SECOND)}s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return f"{sign}{hours}h{text}" if hours else f"{sign}{text}"


def _decimal(amount: int, unit: int) -> str:
    whole, rest = divmod(amount, unit)
    return f"{whole}.{str(unit + rest)[1:].rstrip('0')}" if rest else str(whole)


def parse_long_duration(text: str) -> int:
    """Nanoseconds of a value with ``format: duration`` in the schema of a custom resource: also ``2 days``, ``1 week``.

    A word that is no unit counts nothing, as long as another one is a unit. Raises :class:`DurationError`.
    """
    try:
        return parse_duration(text)
    except DurationError as error:
        if len(text) > MAX_LENGTH or not _LONG_TEXT.fullmatch(text):
            raise
        refused = error
    total, known = 0, False
    for number, word in _LONG_PART.findall(text):
        if int(number) >= _LIMIT:
            raise _too_long(text)
        for names, unit in _LONG_UNITS:
            if word.lower() in names or word.lower().startswith(names[-1]):
                total, known = total + int(number) * unit, True
    if not known:
        raise refused
    return (total + _LIMIT) % 2**64 - _LIMIT
