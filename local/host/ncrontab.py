"""Schedules of timer triggers: NCRONTAB expressions and time spans, in UTC.

An expression has six fields, ``{second} {minute} {hour} {day} {month} {day-of-week}``, or five without the seconds.
Unlike in classic cron, day **and** day of week must both match, and Sunday is 0 only.
Sources: https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions,
https://github.com/atifaziz/NCrontab/wiki/Crontab-Expression
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol

from local.host.settings import parse_timespan

_FIELDS: Final = (
    ("second", 0, 59, ()),
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day", 1, 31, ()),
    ("month", 1, 12, tuple(calendar.month_name)[1:]),
    ("day of week", 0, 6, ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")),
)
# 29 February on a given weekday recurs within 40 years, across a century without a leap year too.
_SEARCH_DAYS: Final = 366 * 41


class Schedule(Protocol):
    """When a timer is due."""

    def next_after(self, moment: datetime) -> datetime | None:
        """The first due time after an aware moment; None when there is none."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A time span: due that long after the last time."""

    every: timedelta

    def next_after(self, moment: datetime) -> datetime | None:
        return moment + self.every


@dataclass(frozen=True, slots=True)
class Crontab:
    """The values that each field allows, ascending."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def next_after(self, moment: datetime) -> datetime | None:
        start = (moment.astimezone(UTC) + timedelta(seconds=1)).replace(microsecond=0)
        day = start.date()
        for _ in range(_SEARCH_DAYS):
            if self._has(day):
                earliest = (start.hour, start.minute, start.second) if day == start.date() else (0, 0, 0)
                if found := self._time_from(*earliest):
                    return datetime(day.year, day.month, day.day, *found, tzinfo=UTC)
            day += timedelta(days=1)
        return None

    def _has(self, day: date) -> bool:
        return day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.weekdays

    def _time_from(self, hour: int, minute: int, second: int) -> tuple[int, int, int] | None:
        for h in (h for h in self.hours if h >= hour):
            first_minute = minute if h == hour else 0
            for m in (m for m in self.minutes if m >= first_minute):
                first_second = second if (h, m) == (hour, minute) else 0
                for s in (s for s in self.seconds if s >= first_second):
                    return h, m, s
        return None


def parse_schedule(text: str) -> Schedule:
    """An NCRONTAB expression of six or five fields, or a time span. Raises ValueError saying which part is wrong."""
    fields = text.split()
    if len(fields) == 1 and ":" in text:
        every = parse_timespan(text)
        if not every:
            raise ValueError(f"{text!r}: a schedule's time span must be longer than nothing")
        return Interval(every)
    if len(fields) == 5:
        fields.insert(0, "0")
    if len(fields) != 6:
        raise ValueError(f"{text!r} has {len(fields)} fields instead of six")
    second, minute, hour, day, month, weekday = (_field(i, field) for i, field in enumerate(fields))
    return Crontab(
        tuple(sorted(second)),
        tuple(sorted(minute)),
        tuple(sorted(hour)),
        frozenset(day),
        frozenset(month),
        frozenset(weekday),
    )


def is_frequent(schedule: Schedule, now: datetime) -> bool:
    """Whether it is due more than once in the coming minute: the host keeps no status for such timers."""
    first = schedule.next_after(now)
    second = schedule.next_after(first) if first else None
    return second is not None and second - now <= timedelta(minutes=1)


def _field(index: int, text: str) -> set[int]:
    return set().union(*(_values(index, item) for item in text.split(",")))


def _values(index: int, text: str) -> range:
    name, low, high, _ = _FIELDS[index]
    base, slash, step_text = text.partition("/")
    if slash and not (step_text.isdecimal() and int(step_text)):
        raise ValueError(f"{text!r} is not a {name}: after / comes a number from 1")
    step = int(step_text) if slash else 1
    if base == "*":
        return range(low, high + 1, step)
    first_text, dash, last_text = base.partition("-")
    first = _value(index, first_text)
    if dash:
        # NCrontab swaps a range that is written backwards.
        first, last = sorted((first, _value(index, last_text)))
    else:
        last = high if slash else first
    return range(first, last + 1, step)


def _value(index: int, text: str) -> int:
    name, low, high, names = _FIELDS[index]
    if text.isdecimal() and low <= int(text) <= high:
        return int(text)
    for value, known in enumerate(names, start=low):
        if text and known.lower().startswith(text.lower()):
            return value
    raise ValueError(f"{text!r} is not a {name} from {low} to {high}")
