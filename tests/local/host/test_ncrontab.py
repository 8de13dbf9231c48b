"""Schedules: the documented examples, and a search by brute force to hold the fast one against."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.host.ncrontab import Crontab, is_frequent, parse_schedule

NOW = datetime(2026, 1, 28, 10, 7, 30, 500_000, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "due"),
    [
        # learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-examples
        ("0 */5 * * * *", "2026-01-28 10:10:00"),
        ("0 0 * * * *", "2026-01-28 11:00:00"),
        ("0 0 */2 * * *", "2026-01-28 12:00:00"),
        ("0 0 9-17 * * *", "2026-01-28 11:00:00"),
        ("0 30 9 * * *", "2026-01-29 09:30:00"),
        ("0 30 9 * * 1-5", "2026-01-29 09:30:00"),
        ("0 30 9 * Jan Mon", "2027-01-04 09:30:00"),
        # five fields begin with the minute
        ("*/15 * * * *", "2026-01-28 10:15:00"),
        ("* * * * * *", "2026-01-28 10:07:31"),
        ("5/20 * * * * *", "2026-01-28 10:07:45"),
        ("0 0 12 31 * *", "2026-01-31 12:00:00"),
        ("0 0 0 29 2 *", "2028-02-29 00:00:00"),
        ("0 0 0 29 2 1", "2044-02-29 00:00:00"),
        ("0 0 0 1 * 0", "2026-02-01 00:00:00"),
        ("0 0 0 * * SUNDAY", "2026-02-01 00:00:00"),
        ("0 0 0 * dec,Feb Fri-Sat", "2026-02-06 00:00:00"),
        ("0 0 17-9 * * *", "2026-01-28 11:00:00"),
        ("0 59 23 31 12 *", "2026-12-31 23:59:00"),
        ("00:10:00", "2026-01-28 10:17:30.5"),
        ("1.00:00:00", "2026-01-29 10:07:30.5"),
    ],
)
def test_the_next_time(text, due):
    assert parse_schedule(text).next_after(NOW) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_a_date_that_never_comes_has_no_next_time():
    assert parse_schedule("0 0 0 30 2 *").next_after(NOW) is None


UNREADABLE = """
* * * *|* * * * * * *|60 * * * * *|* * 24 * * *|* * * 0 * *|* * * * 13 *|* * * * * 7|-5 * * * * *|*/0 * * * * *
*/x * * * * *|a * * * * *|1, * * * * *|* * * * Foo *|*-5 * * * * *|00:00:00|25:00:00|
"""


@pytest.mark.parametrize("text", UNREADABLE.strip().replace("\n", "|").split("|"))
def test_a_schedule_that_cannot_be_read_is_refused(text):
    with pytest.raises(ValueError, match=r"is not|fields|longer"):
        parse_schedule(text)


@pytest.mark.parametrize(
    ("text", "frequent"),
    [
        ("*/20 * * * * *", True),
        ("0,30 * * * * *", True),
        ("0 * * * * *", False),
        ("00:00:10", True),
        ("00:05:00", False),
    ],
)
def test_more_than_once_a_minute_is_frequent(text, frequent):
    assert is_frequent(parse_schedule(text), NOW) is frequent


def _fields(low: int, high: int) -> st.SearchStrategy[str]:
    numbers = st.integers(low, high)
    plain = numbers.map(str)
    between = st.tuples(numbers, numbers).map(lambda pair: f"{min(pair)}-{max(pair)}")
    stepped = st.tuples(st.one_of(st.just("*"), plain, between), st.integers(1, high)).map(
        lambda pair: f"{pair[0]}/{pair[1]}"
    )
    return st.lists(st.one_of(st.just("*"), plain, between, stepped), min_size=1, max_size=3).map(",".join)


def _allows(field: str, value: int, low: int, high: int) -> bool:
    """One field read the slow way, one value at a time."""
    for item in field.split(","):
        base, _, step = item.partition("/")
        first, _, last = base.partition("-")
        start = low if base == "*" else int(first)
        end = int(last) if last else (high if base == "*" or step else start)
        if start <= value <= end and (value - start) % int(step or 1) == 0:
            return True
    return False


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@settings(max_examples=150, deadline=None)
@given(second=_fields(0, 59), minute=_fields(0, 59), hour=_fields(0, 23), moment=MOMENTS)
def test_times_of_day_agree_with_trying_every_second(second, minute, hour, moment):
    due = parse_schedule(f"{second} {minute} {hour} * * *").next_after(moment)
    assert due
    at = moment.replace(microsecond=0) + timedelta(seconds=1)
    # Whole hours and minutes that cannot match are stepped over, to be done today.
    while not (
        _allows(hour, at.hour, 0, 23) and _allows(minute, at.minute, 0, 59) and _allows(second, at.second, 0, 59)
    ):
        if not _allows(hour, at.hour, 0, 23):
            at = at.replace(minute=0, second=0) + timedelta(hours=1)
        elif not _allows(minute, at.minute, 0, 59):
            at = at.replace(second=0) + timedelta(minutes=1)
        else:
            at += timedelta(seconds=1)
    assert due == at


@settings(max_examples=150, deadline=None)
@given(day=_fields(1, 31), month=_fields(1, 12), weekday=_fields(0, 6), moment=MOMENTS)
def test_days_agree_with_trying_every_day(day, month, weekday, moment):
    due = parse_schedule(f"0 0 0 {day} {month} {weekday}").next_after(moment)
    at = (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    if moment == moment.replace(hour=0, minute=0, second=0, microsecond=0):
        at = moment + timedelta(days=1)
    for _ in range(366 * 8):
        if (
            _allows(day, at.day, 1, 31)
            and _allows(month, at.month, 1, 12)
            and _allows(weekday, at.isoweekday() % 7, 0, 6)
        ):
            assert due == at
            return
        at += timedelta(days=1)
    assert due is None or due >= at


@settings(max_examples=50, deadline=None)
@given(moment=MOMENTS, minutes=st.integers(1, 59))
def test_due_times_ascend(moment, minutes):
    schedule = parse_schedule(f"0 */{minutes} * * * *")
    assert isinstance(schedule, Crontab)
    for _ in range(5):
        due = schedule.next_after(moment)
        assert due
        assert due > moment
        assert due.minute % minutes == 0
        moment = due
