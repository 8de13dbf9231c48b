"""Azure DevOps' times and dates, and the calendar arithmetic of the six-month window."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime
from typing import Final

from shared.errors import ContractError

NOT_SET_YEAR: Final = 1
"""``0001-01-01T00:00:00``: no value."""
STILL_VALID_YEAR: Final = 9999
"""``9999-01-01T00:00:00Z``: has not ended."""


def to_time(value: object, what: str) -> datetime | None:
    """An aware UTC time, to the microsecond; None for an absent one and for the two that stand for "none".

    Fractions have 0 to 7 digits; the seventh is dropped, never rounded up. A time without a zone is UTC.
    Raises ContractError, naming ``what``, for anything else.
    """
    if value in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(value)  # type: ignore[arg-type]  # what is no text is refused below
    except (TypeError, ValueError):
        raise ContractError(f"{what} is no time: {value!r:.80}", code="value.unexpected") from None
    if moment.year in (NOT_SET_YEAR, STILL_VALID_YEAR):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def need_time(value: object, what: str) -> datetime:
    """As ``to_time``, for a time that must be there. Raises ContractError where it is not."""
    moment = to_time(value, what)
    if moment is None:
        raise ContractError(f"{what} is not set", code="value.unexpected")
    return moment


def to_date(value: object, what: str) -> str | None:
    """A calendar date, which Azure DevOps writes as midnight UTC: ``2026-03-02``. It is never shifted by a zone."""
    return str(value)[:10] if to_time(value, what) else None


def to_text(moment: datetime) -> str:
    """As Azure DevOps takes it in a query and as watermarks keep it: RFC 3339 in UTC, with ``Z``."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def months_before(moment: datetime, months: int) -> datetime:
    """The same day and time so many calendar months earlier; the month's last day where it has no such day."""
    index = moment.year * 12 + moment.month - 1 - months
    year, month = divmod(index, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))
