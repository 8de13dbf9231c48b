"""Runs of kind ``webhook``: they stand beside the active run, and each belongs to a minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

LAST_MILLISECOND: Final = 10**13 - 1
SUFFIX: Final = "webhooks"
"""The end of such a run's id, where others have something random."""

_DIGITS: Final = 13


def is_webhook_run(run_id: str) -> bool:
    return run_id.endswith(SUFFIX)


def is_over(run_id: str, now: datetime) -> bool:
    """Whether the minute of a run has passed."""
    begun = datetime.fromtimestamp((LAST_MILLISECOND - int(run_id[:_DIGITS])) / 1000, UTC)
    return now >= begun + timedelta(minutes=1)
