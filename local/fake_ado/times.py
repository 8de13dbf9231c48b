"""Times as the service writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(moment: datetime | None) -> str:
    """RFC 3339 in UTC with ``Z``; the fraction has as many digits as it needs (none for whole seconds).

    None is the year 1, which the service writes for "not set".
    """
    if moment is None:
        return "0001-01-01T00:00:00"
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"
