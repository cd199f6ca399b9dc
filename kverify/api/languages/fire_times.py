"""When a schedule fires: the instants that ``Schedule.Next`` of robfig/cron v3 gives, daylight saving included.

Source: spec.go and constantdelay.go of github.com/robfig/cron/v3, and ``time.Date`` of Go for local times that a change
of the clock skips or repeats. A run in a skipped hour does not happen that day, one in a repeated hour happens twice.
A schedule looks five years ahead: one that finds nothing there (``0 0 30 2 *``) never fires.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from attrs import define, frozen

from kverify.api.languages.schedules import Calendar, Schedule, ScheduleError, long_step, parse_schedule
from kverify.api.languages.zones import time_zone

YEARS_AHEAD = 5
_EPOCH = datetime(1970, 1, 1)
_SOME_TIME = datetime(2024, 1, 1, tzinfo=UTC)
"""Whether a schedule fires within five years does not depend on it: a leap day lies in them."""
_MINUTE, _HOUR = 60, 3600


def next_fire(schedule: Schedule, after: datetime, zone: str = "UTC") -> datetime | None:
    """The first time later than ``after``, in its time zone; None when there is none within five years.

    ``zone`` is the CronJob's ``timeZone``, or that of the controller; a zone inside the schedule comes before it.
    Raises ``ValueError`` for a time without a zone, :class:`~kverify.api.languages.zones.ZoneError` for a zone that
    does not exist.
    """
    if after.tzinfo is None:
        raise ValueError("give the time with its time zone")
    # Fractions of seconds are dropped before the next second is looked for, as in the source.
    seconds = int((after.astimezone(UTC) - _EPOCH.replace(tzinfo=UTC)) // timedelta(seconds=1))
    if isinstance(schedule.timing, int):
        return datetime.fromtimestamp(seconds + schedule.timing, after.tzinfo)
    clock = _Clock(time_zone(_zone_of(schedule, zone)))
    found = _search(schedule.timing, clock, seconds + 1)
    return None if found is None else datetime.fromtimestamp(found, after.tzinfo)


def fire_times(schedule: Schedule, after: datetime, zone: str = "UTC") -> Iterator[datetime]:
    """All times later than ``after``, in order; they end only when the schedule fires no more."""
    current = next_fire(schedule, after, zone)
    while current is not None:
        yield current
        current = next_fire(schedule, current, zone)


def remark_on_schedule(text: str) -> ScheduleError | None:
    """What is accepted and fires otherwise than it reads: never, or once in a field although a step is given.

    Raises :class:`~kverify.api.languages.schedules.ScheduleError` for a schedule that is not accepted.
    """
    if next_fire(parse_schedule(text), _SOME_TIME) is None:
        return ScheduleError("the schedule never fires", "choose days that there are", 0, len(text))
    step = long_step(text)
    if step is not None:
        message = f"a step of {text[slice(*step)]} leaves its field at once, so only the first number counts"
        return ScheduleError(message, "list the times, or write @every and a duration", *step)
    return None


def _zone_of(schedule: Schedule, zone: str) -> str:
    if schedule.zone is None or schedule.zone == "Local":
        return zone
    return schedule.zone or "UTC"


@frozen
class _Clock:
    """Local time of one zone. Instants are whole seconds since 1970 in UTC."""

    zone: tzinfo

    def local(self, instant: int) -> datetime:
        return datetime.fromtimestamp(instant, self.zone)

    def offset(self, instant: int) -> int:
        offset = self.local(instant).utcoffset()
        assert offset is not None
        return int(offset.total_seconds())

    def instant(self, local: datetime) -> int:
        """``time.Date``: of two instants with this local time one of them, of none one beside the gap.

        The offset is looked up as if the local time were UTC, and once more with the first answer.
        """
        wall = int((local - _EPOCH).total_seconds())
        offset = self.offset(wall)
        return wall - self.offset(wall - offset) if offset else wall


def _search(calendar: Calendar, clock: _Clock, instant: int) -> int | None:
    walk = _Walk(calendar, clock, instant)
    last_year = walk.local.year + YEARS_AHEAD
    while walk.local.year <= last_year:
        if walk.to_month() and walk.to_day() and walk.to_hour() and walk.to_minute() and walk.to_second():
            return walk.instant
    return None


@define
class _Walk:
    """The walk of ``SpecSchedule.Next``: field by field from the months down, from the start again on every wrap.

    A step returns False when its field went around, so that a larger one has to be looked at again. ``started`` says
    whether the smaller fields have been set to their first value already. Hours and minutes are stepped in time, not
    on the clock: that is what repeats a run in a repeated hour.
    """

    calendar: Calendar
    clock: _Clock
    instant: int
    started: bool = False

    @property
    def local(self) -> datetime:
        return self.clock.local(self.instant)

    def start(self, instant: int) -> None:
        if not self.started:
            self.started, self.instant = True, instant

    def to_month(self) -> bool:
        while (now := self.local).month not in self.calendar.month.numbers:
            self.start(self.clock.instant(datetime(now.year, now.month, 1)))
            now = self.local.replace(tzinfo=None)
            first = datetime(now.year + now.month // 12, now.month % 12 + 1, 1)
            self.instant = self.clock.instant(first + (now - now.replace(day=1, hour=0, minute=0, second=0)))
            if self.local.month == 1:
                return False
        return True

    def to_day(self) -> bool:
        while not self.is_day():
            now = self.local
            self.start(self.clock.instant(datetime(now.year, now.month, now.day)))
            self.instant = self.clock.instant(self.local.replace(tzinfo=None) + timedelta(days=1))
            # Where the clock skips midnight, the day begins at another hour.
            hour = self.local.hour
            self.instant += (24 - hour if hour > 12 else -hour) * _HOUR
            if self.local.day == 1:
                return False
        return True

    def is_day(self) -> bool:
        day, weekday = self.calendar.day, self.calendar.weekday
        now = self.local
        in_month, in_week = now.day in day.numbers, now.isoweekday() % 7 in weekday.numbers
        return in_month and in_week if day.starred or weekday.starred else in_month or in_week

    def to_hour(self) -> bool:
        while (now := self.local).hour not in self.calendar.hour.numbers:
            self.start(self.clock.instant(datetime(now.year, now.month, now.day, now.hour)))
            self.instant += _HOUR
            if self.local.hour == 0:
                return False
        return True

    def to_minute(self) -> bool:
        while self.local.minute not in self.calendar.minute.numbers:
            self.start(self.instant - self.instant % _MINUTE)
            self.instant += _MINUTE
            if self.local.minute == 0:
                return False
        return True

    def to_second(self) -> bool:
        """Schedules fire at second 0."""
        second = self.local.second
        if second:
            self.started, self.instant = True, self.instant + _MINUTE - second
        return second == 0
