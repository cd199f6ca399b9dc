"""Cron schedules, as the API server accepts them and the CronJob controller reads them.

Source: ``ParseStandard`` of github.com/robfig/cron/v3 (parser.go, spec.go, constantdelay.go), and
``validateScheduleFormat`` in pkg/apis/batch/validation. Five fields (minute, hour, day of month, month, day of week),
or a word: ``@yearly``, ``@annually``, ``@monthly``, ``@weekly``, ``@daily``, ``@midnight``, ``@hourly``, or ``@every``
and a duration. When schedules fire is in :mod:`kverify.api.languages.fire_times`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import field, frozen

from kverify.api.languages.durations import SECOND, DurationError, parse_duration
from kverify.api.languages.language import Fault, Language, Mistake, TextError, shorten, shown
from kverify.api.languages.zones import ZoneError, check_zone

if TYPE_CHECKING:
    from lark import Token

MAX_LENGTH = 4096

_BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""``unicode.IsSpace`` of Go; Python counts four control characters more."""

_WORD = re.compile(f"[^{_BLANKS}]+")
_ITEM = re.compile(r"[^,]+")
_ZONED = re.compile(r"(?:CRON_)?TZ=")
_STEP = re.compile(r"/\+?(?P<number>[0-9]+)")
_EVERY = "@every "


class ScheduleError(TextError):
    """The text is not a schedule."""


@frozen
class Bounds:
    """What one field counts: its name with an article, its least and greatest number, and names of numbers."""

    name: str
    least: int
    greatest: int
    names: Mapping[str, int] = field(factory=dict)


def _numbered(names: str, first: int) -> dict[str, int]:
    return {name: number for number, name in enumerate(names.split(), first)}


MINUTE = Bounds("a minute", 0, 59)
HOUR = Bounds("an hour", 0, 23)
DAY = Bounds("a day of the month", 1, 31)
MONTH = Bounds("a month", 1, 12, _numbered("jan feb mar apr may jun jul aug sep oct nov dec", 1))
WEEKDAY = Bounds("a day of the week", 0, 6, _numbered("sun mon tue wed thu fri sat", 0))
FIELDS = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)


@frozen
class Field:
    """The numbers at which a field fires. ``starred`` when ``*`` or ``?`` stands in it, without a step above 1."""

    numbers: frozenset[int]
    starred: bool

    @classmethod
    def all(cls, bounds: Bounds) -> Field:
        return cls(frozenset(range(bounds.least, bounds.greatest + 1)), True)

    @classmethod
    def only(cls, number: int) -> Field:
        return cls(frozenset({number}), False)


@frozen
class Calendar:
    """A schedule of five fields. Days of the month and of the week are ANDed when one of them is starred, else ORed."""

    minute: Field
    hour: Field
    day: Field
    month: Field
    weekday: Field


@frozen
class Schedule:
    """``timing`` is a calendar, or a number of seconds between two runs. ``zone`` is that of a ``TZ=`` prefix."""

    text: str = field(eq=False)
    timing: Calendar | int
    zone: str | None = None


def _descriptors() -> dict[str, Calendar]:
    any_hour, any_day, any_month = Field.all(HOUR), Field.all(DAY), Field.all(MONTH)
    any_weekday, zero, one = Field.all(WEEKDAY), Field.only(0), Field.only(1)
    yearly = Calendar(zero, zero, one, one, any_weekday)
    daily = Calendar(zero, zero, any_day, any_month, any_weekday)
    return {
        "@yearly": yearly,
        "@annually": yearly,
        "@monthly": Calendar(zero, zero, one, any_month, any_weekday),
        "@weekly": Calendar(zero, zero, any_day, any_month, zero),
        "@daily": daily,
        "@midnight": daily,
        "@hourly": Calendar(zero, any_hour, any_day, any_month, any_weekday),
    }


DESCRIPTORS = _descriptors()

_WRITE = "write five fields: minute, hour, day of month, month, day of week"
_RANGE = "write a number, a range as in 1-5, or a step as in */15"


def _word_message(fault: Fault) -> str:
    return "Kubernetes has no n-th weekdays (#)" if "#" in fault.found else f"{shown(fault.found)} is not a number"


def _word_mend(fault: Fault) -> str:
    return "choose days of the month, or let the job look" if "#" in fault.found else "write a whole number"


_STRAY = "{found} does not belong into a schedule"

_LANGUAGE = Language(
    "cron",
    "an item of a schedule",
    limit=MAX_LENGTH,
    error=ScheduleError,
    mistakes=(
        Mistake(_STRAY, _RANGE, examples=("=5", "5;", "*;", "5-;", "5-7;", "*/;", "5/;", "5-7/;", "*-5/;")),
        Mistake(_STRAY, _RANGE, examples=("5/2;", "*/2;", "*-5/2;", "5-7/2;")),
        Mistake("a number is missing", _RANGE, examples=("-1", "/5", "5-", "5-/2")),
        Mistake("the step is missing", "write a number behind /", examples=("*/", "5/", "5-7/", "*-5/")),
        Mistake("a step is a number from 1", "write it as in */15", examples=("*/-1", "5/-1", "5-7/-1", "*-5/-1")),
        Mistake("a range has one hyphen", "write two ranges with a comma between them", examples=("1-5-7",)),
        Mistake("an item has one step", "keep one of them", examples=("*/2/3", "1/2/3", "1-5/2/3", "*-5/2/3")),
        Mistake("a star stands alone, or before a step", "write * or */15", examples=("**", "*5", "5*", "5-*", "*/*")),
        Mistake(_word_message, _word_mend, examples=("1.5", "5-1e1", "*/0x5", "5/2x", "5-7/2x", "*-5/2x", "5#3")),
    ),
)


def check_schedule(text: str, *, zone_inside: bool = False) -> None:
    """Raise :class:`ScheduleError` for a ``schedule`` that the API server refuses.

    A time zone inside the schedule is taken only from an object that had one before (``zone_inside``).
    """
    schedule = parse_schedule(text)
    if "TZ" in text and not zone_inside:
        start, end = (text.index("TZ"), len(text)) if schedule.zone is None else (0, text.index(" "))
        raise ScheduleError("a schedule cannot name a time zone", "write it into timeZone", start, end)


@lru_cache(maxsize=1024)
def parse_schedule(text: str) -> Schedule:
    """Read a schedule. Raises :class:`ScheduleError` for what ``ParseStandard`` refuses."""
    _LANGUAGE.check_length(text)
    if not text:
        raise ScheduleError("an empty text is no schedule", _WRITE)
    zone, start, end = _zone(text)
    if text.startswith("@", start):
        return Schedule(text, _descriptor(text, start, end), zone)
    words = [(match.start(), match[0]) for match in _WORD.finditer(text, start)]
    if len(words) != len(FIELDS):
        raise _wrong_count(text, words)
    fields = (_field(offset, word, bounds) for (offset, word), bounds in zip(words, FIELDS, strict=True))
    return Schedule(text, Calendar(*fields), zone)


def long_step(text: str) -> tuple[int, int] | None:
    """Where the first step stands that is longer than its field (``*/90`` for minutes), in a schedule that is right."""
    _, start, _ = _zone(text)
    if text.startswith("@", start):
        return None
    for word, bounds in zip(_WORD.finditer(text, start), FIELDS, strict=True):
        for step in _STEP.finditer(word[0]):
            if int(step["number"]) > bounds.greatest - bounds.least + 1:
                return word.start() + step.start("number"), word.start() + step.end("number")
    return None


def _zone(text: str) -> tuple[str | None, int, int]:
    """The zone of a ``TZ=`` prefix, and where the schedule behind it begins and ends.

    What follows a zone is trimmed, a schedule without one is not: ``@daily`` with a blank behind it is refused.
    """
    prefix = _ZONED.match(text)
    if prefix is None:
        return None, 0, len(text)
    blank = text.find(" ")
    if blank < 0:
        raise ScheduleError("the schedule is missing behind the time zone", _WRITE, len(text), len(text))
    zone = text[prefix.end() : blank]
    if zone not in ("", "Local"):
        try:
            check_zone(zone)
        except ZoneError as error:
            raise ScheduleError(str(error), error.mend, prefix.end(), blank) from None
    rest = text[blank:]
    return zone, len(text) - len(rest.lstrip(_BLANKS)), len(text) - len(rest) + len(rest.rstrip(_BLANKS))


def _descriptor(text: str, start: int, end: int) -> Calendar | int:
    word = text[start:end]
    calendar = DESCRIPTORS.get(word)
    if calendar is not None:
        return calendar
    if word.startswith(_EVERY):
        begin = start + len(_EVERY)
        try:
            return max(parse_duration(text[begin:end]) // SECOND, 1)
        except DurationError as error:
            raise ScheduleError(str(error), error.mend, begin + error.start, begin + error.end) from None
    plain = word.strip(_BLANKS).lower()
    if plain in DESCRIPTORS:
        mend = f"write {plain}"
    elif plain == "@reboot":
        mend = "there are no reboots in a cluster; run a Job once"
    else:
        mend = f"write one of {', '.join(DESCRIPTORS)}, or @every 1h30m"
    raise ScheduleError(f"there is no schedule {shown(word)}", mend, start, end)


def _wrong_count(text: str, words: list[tuple[int, str]]) -> ScheduleError:
    count = len(words)
    here = "is one" if count == 1 else f"are {count or 'none'}"
    message = f"a schedule has five fields, and here {here}"
    if words and words[0][1].startswith("@"):
        start = words[0][0]
        return ScheduleError("a blank stands before the schedule", f"write {shorten(text[start:])}", 0, start)
    if count > len(FIELDS):
        mend = "remove the seconds: Kubernetes has none" if count == 6 else _WRITE
        start = words[len(FIELDS)][0]
        return ScheduleError(message, mend, start, words[-1][0] + len(words[-1][1]))
    if count == 1 and f"@{words[0][1].lower()}" in DESCRIPTORS:
        return ScheduleError(message, f"write @{words[0][1].lower()}", words[0][0], len(text))
    return ScheduleError(message, _WRITE, len(text), len(text))


def _field(offset: int, word: str, bounds: Bounds) -> Field:
    numbers: set[int] = set()
    starred = False
    for match in _ITEM.finditer(word):
        item = _item(offset + match.start(), match[0], bounds)
        numbers |= item.numbers
        starred = starred or item.starred
    return Field(frozenset(numbers), starred)


def _item(offset: int, text: str, bounds: Bounds) -> Field:
    try:
        parts = list(_LANGUAGE.parse(text).scan_values(lambda _: True))
    except ScheduleError as error:
        raise ScheduleError(str(error), error.mend, offset + error.start, offset + error.end) from None
    starred = parts[0].type == "STAR"
    step_token = parts[-1] if "/" in text else None
    values = [] if starred else [part for part in parts if part is not step_token]
    step = 1 if step_token is None else _number(step_token, offset)
    if starred:
        first, last = bounds.least, bounds.greatest
    else:
        first = _value(values[0], offset, bounds)
        last = _value(values[1], offset, bounds) if len(values) == 2 else first
        if len(values) == 1 and step_token is not None:
            last = bounds.greatest  # "5/15" is "5-59/15"
    if first > last:
        raise _backwards(offset, text, first, last, bounds)
    if step == 0:
        assert step_token is not None
        raise _at("a step is a number from 1", "write it as in */15", step_token, offset)
    return Field(frozenset(range(first, last + 1, step)), starred and step == 1)


def _value(token: Token, offset: int, bounds: Bounds) -> int:
    """The number of a value, which is inside the bounds."""
    if token.type == "NAME":
        number = bounds.names.get(token.lower())
        if number is None:
            raise _at(f"{shown(str(token))} is not {bounds.name}", _name_meant(str(token), bounds), token, offset)
        return number
    number = _number(token, offset)
    if not bounds.least <= number <= bounds.greatest:
        message = f"{shorten(str(token))} is not {bounds.name}: it is a number from {bounds.least} to {bounds.greatest}"
        mend = "write 0 or sun for Sunday" if bounds is WEEKDAY and number == 7 else ""
        raise _at(message, mend, token, offset)
    return number


def _number(token: Token, offset: int) -> int:
    digits = token.lstrip("+").lstrip("0") or "0"
    if len(digits) > 19 or int(digits) >= 2**63:
        raise _at(f"{shorten(str(token))} is too large", "write a smaller number", token, offset)
    return int(digits)


def _name_meant(word: str, bounds: Bounds) -> str:
    short = word[:3].lower()
    if short in bounds.names:
        return f"write {short}"
    if word.upper() in ("L", "LW", "W"):
        return "Kubernetes has no last days or nearest weekdays; choose days of the month"
    if word.upper() == "H":
        return "only Jenkins spreads by H; write a number"
    names = ", ".join(bounds.names)
    return f"write a number from {bounds.least} to {bounds.greatest}" + (f", or one of {names}" if names else "")


def _backwards(offset: int, text: str, first: int, last: int, bounds: Bounds) -> ScheduleError:
    message = f"the range {shown(text)} begins behind its end"
    ends = ((first, bounds.greatest), (bounds.least, last))
    ranges = ",".join(f"{low}-{high}" if low != high else str(low) for low, high in ends)
    mend = "" if "/" in text else f"write {ranges}"
    return ScheduleError(message, mend, offset, offset + len(text))


def _at(message: str, mend: str, token: Token, offset: int) -> ScheduleError:
    assert token.start_pos is not None
    start = offset + token.start_pos
    return ScheduleError(message, mend, start, start + len(token))
