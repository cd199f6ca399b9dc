"""When schedules fire: against a search of every minute, and where the clock is changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.languages.fire_times import fire_times, next_fire, remark_on_schedule
from kverify.api.languages.schedules import Calendar, Schedule, parse_schedule
from kverify.api.languages.zones import time_zone, zone_names

MINUTES = st.sampled_from(["*", "0", "*/15", "30", "7,59", "5-10"])
HOURS = st.sampled_from(["*", "0", "1", "2", "*/6", "2-3", "23"])
DAYS = st.sampled_from(["*", "?", "1", "28-31", "*/10", "10,25"])
MONTHS = st.sampled_from(["*", "3", "10-11", "feb", "*/4"])
WEEKDAYS = st.sampled_from(["*", "?", "sun", "mon-fri", "6"])
SCHEDULES = st.tuples(MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS).map(" ".join).map(parse_schedule)
TIMES = st.datetimes(datetime(2019, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))
MOVING = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
"""Zones that change their clocks by night, by an hour or by half of one, but not at midnight."""


def fires(schedule: Schedule, local: datetime) -> bool:
    """Whether this minute of the clock on the wall is one of the schedule's."""
    timing = schedule.timing
    assert isinstance(timing, Calendar)
    in_month, in_week = local.day in timing.day.numbers, local.isoweekday() % 7 in timing.weekday.numbers
    both = timing.day.starred or timing.weekday.starred
    return (
        local.minute in timing.minute.numbers
        and local.hour in timing.hour.numbers
        and local.month in timing.month.numbers
        and (in_month and in_week if both else in_month or in_week)
    )


def by_every_minute(schedule: Schedule, after: datetime, zone: str, limit: int) -> datetime | None:
    clock = time_zone(zone)
    instant = after.replace(second=0, microsecond=0)
    for _ in range(limit):
        instant += timedelta(minutes=1)
        if fires(schedule, instant.astimezone(clock)):
            return instant
    return None


@given(SCHEDULES, TIMES, MOVING)
def test_the_first_minute_on_the_wall_that_fits(schedule: Schedule, after: datetime, zone: str) -> None:
    """Skipped hours have no such minute, repeated hours have it twice."""
    found = next_fire(schedule, after, zone)
    expected = by_every_minute(schedule, after, zone, 60 * 24 * 3)
    if expected is not None:
        assert found == expected
    else:
        assert found is None or found > after + timedelta(days=2)


@given(SCHEDULES, TIMES, st.sampled_from(sorted(zone_names())))
def test_it_ends_in_every_zone_at_a_minute_of_the_schedule(schedule: Schedule, after: datetime, zone: str) -> None:
    found = next_fire(schedule, after, zone)
    if found is not None:
        assert found > after
        assert found.second == found.microsecond == 0
        assert fires(schedule, found.astimezone(time_zone(zone)))


@given(SCHEDULES, TIMES, MOVING)
def test_the_next_time_depends_only_on_the_one_before(schedule: Schedule, after: datetime, zone: str) -> None:
    """Starting anywhere between two times gives the same second one."""
    times = list(islice(fire_times(schedule, after, zone), 2))
    if len(times) == 2:
        first, second = times
        assert next_fire(schedule, first + (second - first) / 2, zone) == second


@pytest.mark.parametrize(
    ("after", "schedule", "zone", "expected"),
    [
        # New York skips 2:00 to 3:00 on 11 March 2012 and repeats 1:00 to 2:00 on 4 November 2012.
        ("2012-03-11T00:00-05:00", "30 2 11 3 ?", "America/New_York", "2013-03-11T02:30-04:00"),
        ("2012-03-11T00:00-05:00", "0 2 * * ?", "America/New_York", "2012-03-12T02:00-04:00"),
        ("2012-03-11T01:00-05:00", "0 * * * ?", "America/New_York", "2012-03-11T03:00-04:00"),
        ("2012-11-04T00:00-04:00", "30 2 4 11 ?", "America/New_York", "2012-11-04T02:30-05:00"),
        ("2012-11-04T01:45-04:00", "30 1 4 11 ?", "America/New_York", "2012-11-04T01:30-05:00"),
        ("2012-11-04T01:00-04:00", "0 1 * * ?", "America/New_York", "2012-11-04T01:00-05:00"),
        ("2012-11-04T01:00-05:00", "0 1 * * ?", "America/New_York", "2012-11-05T01:00-05:00"),
        # Sao Paulo skipped midnight itself on 4 November 2018.
        ("2018-10-17T05:00-04:00", "0 9 10 * ?", "America/Sao_Paulo", "2018-11-10T06:00-05:00"),
        ("2018-02-14T05:00-05:00", "0 9 22 * ?", "America/Sao_Paulo", "2018-02-22T07:00-05:00"),
        ("2012-07-09T23:35+00:00", "0 0 29 2 *", "UTC", "2016-02-29T00:00+00:00"),
        ("2012-07-09T23:35+00:00", "0 0 */5 10 mon", "UTC", "2012-10-01T00:00+00:00"),
        ("2012-07-09T23:35+00:00", "0 0 * 2 mon/2", "UTC", "2013-02-01T00:00+00:00"),
        ("2012-12-31T23:59:45+00:00", "* * * * *", "UTC", "2013-01-01T00:00+00:00"),
        ("2012-07-09T23:35:00.5+00:00", "@every 90s", "UTC", "2012-07-09T23:36:30+00:00"),
        ("2012-07-09T23:35+00:00", "TZ=Asia/Tokyo 0 9 * * *", "UTC", "2012-07-10T00:00+00:00"),
    ],
)
def test_known_times(after: str, schedule: str, zone: str, expected: str) -> None:
    found = next_fire(parse_schedule(schedule), datetime.fromisoformat(after), zone)
    assert found == datetime.fromisoformat(expected)


@pytest.mark.parametrize("schedule", ["0 0 30 2 *", "0 0 31 4,6,9,11 ?", ", * * * *"])
def test_a_schedule_that_never_fires(schedule: str) -> None:
    assert next_fire(parse_schedule(schedule), datetime(2024, 1, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("text", "fault", "message"),
    [
        ("0 0 30 2 *", "0 0 30 2 *", "the schedule never fires"),
        ("*/90 * * * *", "90", "a step of 90 leaves its field at once, so only the first number counts"),
        ("0 9,5/36 * * *", "36", "a step of 36 leaves its field at once, so only the first number counts"),
    ],
)
def test_remarks_on_schedules_that_are_accepted(text: str, fault: str, message: str) -> None:
    remark = remark_on_schedule(text)
    assert remark is not None
    assert (text[remark.start : remark.end], str(remark)) == (fault, message)


@pytest.mark.parametrize("text", ["0 */24 * * *", "*/60 * * * *", "0 0 29 2 *", "@daily", "@every 90m", "*/45 * * * *"])
def test_schedules_that_fire_as_they_read(text: str) -> None:
    assert remark_on_schedule(text) is None


def test_a_time_needs_its_zone() -> None:
    with pytest.raises(ValueError, match="with its time zone"):
        next_fire(parse_schedule("@daily"), datetime(2024, 1, 1))
