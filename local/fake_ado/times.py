"""Times as the service writes them."""

from __future__ import annotations

from datetime import UTC, datetime

from local.fake_ado.model import Organization


def current(organization: Organization) -> datetime:
    """The organisation's time: the machine's, or that of its last change."""
    return datetime.now(UTC) if organization.follows_wall_clock else organization.now


def iso(moment: datetime | None) -> str:
    """RFC 3339 in UTC with ``Z``; the fraction has as many digits as it needs (none for whole seconds).

    None is the year 1, which the service writes for "not set".
    """
    if moment is None:
        return "0001-01-01T00:00:00"
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"
