"""What a timer remembers between two starts of the host, and what follows from it.

In Azure it is a blob; here a JSON file in the state folder. The rules are those of the real host's ScheduleMonitor:
https://github.com/Azure/azure-webjobs-sdk-extensions (src/WebJobs.Extensions/Extensions/Timers)
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from local.host.ncrontab import Schedule

NEVER: Final = datetime.min.replace(tzinfo=UTC)
"""How .NET says that a time is not set; also "no next time"."""


@dataclass(frozen=True, slots=True)
class TimerStatus:
    """``last``: when it last ran, NEVER if it did not. ``updated``: the moment that ``next`` was counted from."""

    last: datetime
    next: datetime
    updated: datetime

    def to_json(self) -> dict[str, str]:
        """As in the trigger's payload and in the file."""
        return {"Last": self.last.isoformat(), "Next": self.next.isoformat(), "LastUpdated": self.updated.isoformat()}


def first_status(schedule: Schedule, now: datetime) -> TimerStatus:
    """Of a timer that never was: due next by its schedule, so never past due."""
    return TimerStatus(NEVER, _next(schedule, now), now)


def at_start(status: TimerStatus | None, schedule: Schedule, now: datetime) -> tuple[TimerStatus, bool]:
    """The status to go on with, and whether the timer is past due: however many times were missed, it runs once.

    A schedule that was changed since is no reason to be past due.
    """
    if status is None:
        return first_status(schedule, now), False
    counted_from = status.last if status.last != NEVER else status.updated
    expected = _next(schedule, counted_from)
    if status.next != expected:
        if now > expected:
            return first_status(schedule, now), False
        status = TimerStatus(NEVER, expected, counted_from)
    return status, NEVER != status.next < now


def after_run(status: TimerStatus, schedule: Schedule, began: datetime, *, on_schedule: bool) -> TimerStatus:
    """The status after a run that began at ``began``; a little early counts as the time it was due."""
    if on_schedule:
        began = max(began, status.next)
    return TimerStatus(began, _next(schedule, began), began)


def _next(schedule: Schedule, moment: datetime) -> datetime:
    return schedule.next_after(moment) or NEVER


class StatusFile:
    """One timer's status on disk."""

    def __init__(self, path: Path | None) -> None:
        """``path`` None: nothing is kept."""
        self._path = path

    def read(self) -> TimerStatus | None:
        """The status; None where none was written, or what is there is no status."""
        if self._path is None:
            return None
        try:
            values = json.loads(self._path.read_text(encoding="utf-8"))
            last, following, updated = (
                datetime.fromisoformat(values[name]) for name in ("Last", "Next", "LastUpdated")
            )
            return TimerStatus(last, following, updated)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, status: TimerStatus) -> None:
        """Replace it as a whole, so that a kill in between leaves the old or the new one."""
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(status.to_json()), encoding="utf-8")
        fresh.replace(self._path)
