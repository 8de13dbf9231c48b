from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ContractError
from shared.mapping.times import months_before, need_time, to_date, to_text, to_time

MOMENTS = st.integers(100_000_000_000_000, 200_000_000_000_000_000).map(
    lambda microseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)


@pytest.mark.parametrize(
    ("ado", "expected"),
    [
        ("2016-11-01T16:30:35Z", datetime(2016, 11, 1, 16, 30, 35, tzinfo=UTC)),
        ("2016-11-01T16:30:40.84Z", datetime(2016, 11, 1, 16, 30, 40, 840000, tzinfo=UTC)),
        ("2016-11-01T16:30:31.6655471Z", datetime(2016, 11, 1, 16, 30, 31, 665547, tzinfo=UTC)),
        ("2016-11-01T16:30:31.9999999Z", datetime(2016, 11, 1, 16, 30, 31, 999999, tzinfo=UTC)),
        ("2026-01-01T02:00:00+02:00", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-01-01T00:00:00", datetime(2026, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00", None),
        ("0001-01-01T00:00:00Z", None),
        ("9999-01-01T00:00:00Z", None),
        (None, None),
        ("", None),
    ],
)
def test_a_time_is_read_in_every_form_it_comes_in(ado, expected):
    assert to_time(ado, "x") == expected


@pytest.mark.parametrize("ado", ["yesterday", "2026-13-01T00:00:00Z", 5, {}])
def test_what_is_no_time_is_refused_by_name(ado):
    with pytest.raises(ContractError, match="work item 7: ChangedDate"):
        to_time(ado, "work item 7: ChangedDate")


@pytest.mark.parametrize("ado", [None, "0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z"])
def test_a_time_that_must_be_there_is_refused_where_it_is_not(ado):
    with pytest.raises(ContractError, match="creationDate is not set"):
        need_time(ado, "creationDate")


@given(MOMENTS)
def test_a_time_written_is_read_back(moment):
    assert to_text(moment).endswith("Z")
    assert to_time(to_text(moment), "x") == moment


def test_a_time_of_another_zone_is_written_in_utc():
    assert to_text(datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))) == "2026-01-01T00:00:00Z"


def test_a_date_is_the_calendar_day_it_says():
    assert to_date("2026-03-02T00:00:00Z", "x") == "2026-03-02"
    assert to_date("0001-01-01T00:00:00Z", "x") is None
    assert to_date(None, "x") is None


@pytest.mark.parametrize(
    ("moment", "months", "expected"),
    [
        ((2026, 8, 31), 6, (2026, 2, 28)),
        ((2024, 8, 31), 6, (2024, 2, 29)),
        ((2026, 8, 28), 6, (2026, 2, 28)),
        ((2026, 12, 31), 6, (2026, 6, 30)),
        ((2026, 3, 15), 6, (2025, 9, 15)),
        ((2026, 6, 30), 6, (2025, 12, 30)),
        ((2026, 7, 1), 6, (2026, 1, 1)),
        ((2026, 1, 31), 12, (2025, 1, 31)),
    ],
)
def test_months_are_calendar_months(moment, months, expected):
    assert months_before(_at_nine(moment), months) == _at_nine(expected)


def _at_nine(day):
    year, month, number = day
    return datetime(year, month, number, 9, 0, 7, tzinfo=UTC)


@given(MOMENTS, st.integers(0, 24))
def test_the_day_is_kept_or_the_month_ends(moment, months):
    earlier = months_before(moment, months)
    assert (moment.year - earlier.year) * 12 + moment.month - earlier.month == months
    assert earlier.day == moment.day or (earlier + timedelta(days=1)).day == 1
