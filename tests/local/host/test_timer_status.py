"""What a timer remembers, and when that makes it past due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from local.host.ncrontab import parse_schedule
from local.host.timer_status import NEVER, StatusFile, TimerStatus, after_run, at_start

EVERY_HOUR = parse_schedule("0 0 * * * *")
NOW = datetime(2026, 1, 28, 10, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hour: int, minute: int = 0) -> datetime:
    return NOW.replace(hour=hour, minute=minute)


def test_a_timer_that_never_was_waits_for_its_first_time():
    assert at_start(None, EVERY_HOUR, NOW) == (TimerStatus(NEVER, at(11), NOW), False)


@pytest.mark.parametrize(
    ("status", "past_due"),
    [
        (TimerStatus(at(10), at(11), at(10)), False),
        (TimerStatus(at(9), at(10), at(9)), True),
        (TimerStatus(at(3), at(4), at(3)), True),
        # it never ran, but was due while the host was down
        (TimerStatus(NEVER, at(9), at(8, 20)), True),
        (TimerStatus(NEVER, at(11), at(10, 10)), False),
    ],
)
def test_one_missed_time_or_many_make_it_past_due_once(status, past_due):
    assert at_start(status, EVERY_HOUR, NOW) == (status, past_due)
    after = after_run(status, EVERY_HOUR, NOW, on_schedule=False)
    assert after == TimerStatus(NOW, at(11), NOW)
    assert at_start(after, EVERY_HOUR, NOW) == (after, False)


def test_a_changed_schedule_is_not_past_due():
    daily = TimerStatus(at(0), at(0) + 24 * HOUR, at(0))
    assert at_start(daily, EVERY_HOUR, NOW) == (TimerStatus(NEVER, at(11), NOW), False)
    hourly = TimerStatus(at(10), at(11), at(10))
    assert at_start(hourly, parse_schedule("0 45 * * * *"), NOW) == (TimerStatus(NEVER, at(10, 45), at(10)), False)


def test_a_run_that_begins_a_little_early_counts_as_on_time():
    status = TimerStatus(at(10), at(11), at(10))
    early = at(11) - timedelta(milliseconds=3)
    assert after_run(status, EVERY_HOUR, early, on_schedule=True) == TimerStatus(at(11), at(12), at(11))


def test_a_schedule_without_a_next_time_is_never_past_due():
    status, past_due = at_start(None, parse_schedule("0 0 0 30 2 *"), NOW)
    assert (status.next, past_due) == (NEVER, False)
    assert at_start(status, parse_schedule("0 0 0 30 2 *"), NOW + HOUR) == (status, False)


def test_a_status_survives_on_disk(tmp_path):
    file = StatusFile(tmp_path / "timers" / "tick.json")
    status = TimerStatus(at(9), at(10), at(9))
    assert file.read() is None
    file.write(status)
    assert StatusFile(tmp_path / "timers" / "tick.json").read() == status


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"Last": 1, "Next": 2, "LastUpdated": 3}'])
def test_a_broken_file_is_no_status(tmp_path, text):
    path = tmp_path / "tick.json"
    path.write_text(text, encoding="utf-8")
    assert StatusFile(path).read() is None
