"""Cron schedules: what is accepted, what it means, and what a user reads about a wrong one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.languages.schedules import (
    DAY,
    FIELDS,
    HOUR,
    MINUTE,
    MONTH,
    WEEKDAY,
    Bounds,
    Calendar,
    Field,
    ScheduleError,
    check_schedule,
    parse_schedule,
)
from tests.unit.api.language_cases import refusal


def field_of(item: str, bounds: Bounds = MINUTE) -> Field:
    """What ``item`` means as the field of ``bounds``."""
    words = [item if each is bounds else "*" for each in FIELDS]
    timing = parse_schedule(" ".join(words)).timing
    assert isinstance(timing, Calendar)
    return (timing.minute, timing.hour, timing.day, timing.month, timing.weekday)[FIELDS.index(bounds)]


def getrange(item: str, bounds: Bounds) -> tuple[set[int], bool] | None:
    """An independent reading of one item: ``getRange`` of robfig/cron, which cuts at slashes and hyphens."""

    def number(text: str, named: bool) -> int:
        if named and text.lower() in bounds.names:
            return bounds.names[text.lower()]
        digits = text[1:] if text[:1] == "+" else text
        if not digits or any(digit not in "0123456789" for digit in digits) or int(digits) >= 2**63:
            raise ValueError
        return int(digits)

    steps = item.split("/")
    ends = steps[0].split("-")
    starred = ends[0] in ("*", "?")
    try:
        if starred:
            first, last = bounds.least, bounds.greatest
        else:
            first = number(ends[0], True)
            last = number(ends[1], True) if len(ends) == 2 else first
        step = number(steps[1], False) if len(steps) == 2 else 1
    except ValueError:
        return None
    if len(steps) > 2 or (len(ends) > 2 and not starred):
        return None
    if len(steps) == 2 and len(ends) == 1:
        last = bounds.greatest
    if first < bounds.least or last > bounds.greatest or first > last or step == 0:
        return None
    return set(range(first, last + 1, step)), starred and step == 1


ITEMS = st.lists(
    st.sampled_from(["*", "?", "-", "/", "0", "1", "5", "12", "31", "59", "60", "+", "mon", "Jan", "7", "x", "."]),
    min_size=1,
    max_size=6,
).map("".join)


@given(ITEMS, st.sampled_from(FIELDS))
def test_items_mean_what_the_source_makes_of_them(item: str, bounds: Bounds) -> None:
    expected = getrange(item, bounds)
    try:
        found = field_of(item, bounds)
    except ScheduleError:
        assert expected is None
    else:
        assert (set(found.numbers), found.starred) == expected


@given(st.lists(ITEMS | st.just(""), min_size=1, max_size=4))
def test_a_field_is_the_union_of_its_items(items: list[str]) -> None:
    """Empty items are left out; a field of commas alone fires never, and is accepted."""
    text = ",".join(items)
    if not text:
        return
    expected = [getrange(item, HOUR) for item in items if item]
    error = refusal(lambda word: field_of(word, HOUR), text)
    assert (error is not None) == (None in expected)
    if error is None:
        found = field_of(text, HOUR)
        assert found.numbers == set().union(*(each[0] for each in expected if each))
        assert found.starred == any(each[1] for each in expected if each)


@pytest.mark.parametrize(
    ("item", "bounds", "numbers"),
    [
        ("*/20", MINUTE, {0, 20, 40}),
        ("50/4", MINUTE, {50, 54, 58}),
        ("1-5,10", HOUR, {1, 2, 3, 4, 5, 10}),
        ("mon-fri", WEEKDAY, {1, 2, 3, 4, 5}),
        ("SUN,6", WEEKDAY, {0, 6}),
        ("oct-12", MONTH, {10, 11, 12}),
        ("?", DAY, set(range(1, 32))),
        ("*/90", MINUTE, {0}),
        (",", HOUR, set()),
    ],
)
def test_fields(item: str, bounds: Bounds, numbers: set[int]) -> None:
    assert field_of(item, bounds).numbers == numbers


@pytest.mark.parametrize(
    ("word", "fields"),
    [
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * ?"),
        ("@hourly", "0 * * * *"),
    ],
)
def test_words_are_abbreviations(word: str, fields: str) -> None:
    assert parse_schedule(word) == parse_schedule(fields)


@pytest.mark.parametrize(("text", "seconds"), [("@every 1h", 3600), ("@every 90m30.9s", 5430), ("@every -5s", 1)])
def test_intervals_are_whole_seconds_from_one(text: str, seconds: int) -> None:
    assert parse_schedule(text).timing == seconds


@pytest.mark.parametrize("blank", ["\t", "\n", "\xa0", "\u3000", "  "])
def test_fields_are_separated_by_what_go_calls_space(blank: str) -> None:
    assert parse_schedule(blank.join("*" * 5)) == parse_schedule("* * * * *")


def test_a_file_separator_is_no_space() -> None:
    assert refusal(parse_schedule, "\x1c".join("*" * 5)) is not None


def test_the_zone_of_a_prefix() -> None:
    assert parse_schedule("CRON_TZ=Europe/Berlin  @daily ").zone == "Europe/Berlin"
    assert parse_schedule("TZ= * * * * *").zone == ""
    check_schedule("TZ=UTC * * * * *", zone_inside=True)


@pytest.mark.parametrize(
    ("text", "fault", "message", "mend"),
    [
        ("", "", "an empty text is no schedule", "write five fields: minute, hour, day of month, month, day of week"),
        (
            "*/5 * * *",
            "",
            "a schedule has five fields, and here are 4",
            "write five fields: minute, hour, day of month, month, day of week",
        ),
        ("0 0 5 * * *", "*", "a schedule has five fields, and here are 6", "remove the seconds: Kubernetes has none"),
        ("daily", "daily", "a schedule has five fields, and here is one", "write @daily"),
        ("@Daily", "@Daily", "there is no schedule '@Daily'", "write @daily"),
        ("@daily ", "@daily ", "there is no schedule '@daily '", "write @daily"),
        (" @daily", " ", "a blank stands before the schedule", "write @daily"),
        ("@reboot", "@reboot", "there is no schedule '@reboot'", "there are no reboots in a cluster; run a Job once"),
        ("@every 1d", "d", "'d' is not a unit", "write 24h: there is no unit above the hour"),
        ("61 * * * *", "61", "61 is not a minute: it is a number from 0 to 59", ""),
        ("* * * * 7", "7", "7 is not a day of the week: it is a number from 0 to 6", "write 0 or sun for Sunday"),
        ("* * * * MONDAY", "MONDAY", "'MONDAY' is not a day of the week", "write mon"),
        ("0 22-6 * * *", "22-6", "the range '22-6' begins behind its end", "write 22-23,0-6"),
        ("* * * nov-feb *", "nov-feb", "the range 'nov-feb' begins behind its end", "write 11-12,1-2"),
        ("* * * dec-jan *", "dec-jan", "the range 'dec-jan' begins behind its end", "write 12,1"),
        (
            "0 0 L * *",
            "L",
            "'L' is not a day of the month",
            "Kubernetes has no last days or nearest weekdays; choose days of the month",
        ),
        (
            "0 0 * * 5#3",
            "5#3",
            "Kubernetes has no n-th weekdays (#)",
            "choose days of the month, or let the job look",
        ),
        ("H * * * *", "H", "'H' is not a minute", "only Jenkins spreads by H; write a number"),
        ("*/0 * * * *", "0", "a step is a number from 1", "write it as in */15"),
        ("*/ * * * *", "", "the step is missing", "write a number behind /"),
        ("1.5 * * * *", "1.5", "'1.5' is not a number", "write a whole number"),
        ("1-5-7 * * * *", "-", "a range has one hyphen", "write two ranges with a comma between them"),
        (
            "TZ=Europe/Berlin 0 5 * * *",
            "TZ=Europe/Berlin",
            "a schedule cannot name a time zone",
            "write it into timeZone",
        ),
        ("TZ=Berlin 0 5 * * *", "Berlin", "there is no time zone 'Berlin'", "did you mean Europe/Berlin?"),
    ],
)
def test_refusals_point_at_the_fault_and_say_what_was_meant(text: str, fault: str, message: str, mend: str) -> None:
    error = refusal(check_schedule, text)
    assert error is not None
    assert (text[error.start : error.end], str(error), error.mend) == (fault, message, mend)


@given(st.text(max_size=30) | st.lists(ITEMS, min_size=4, max_size=6).map(" ".join))
def test_any_text_is_read_or_explained(text: str) -> None:
    error = refusal(check_schedule, text)
    assert error is None or (str(error) and 0 <= error.start <= error.end <= len(text))
