"""A timer trigger's listener: one run at a time, on schedule, in UTC.

A time that passes while a run goes on makes one run right after it; one that passed while the host was down makes one
run at its start, marked past due. A failing run changes nothing.
Source: https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from local.host.errors import HostError, WorkerUnavailableError
from local.host.functions import Function, TimerTrigger
from local.host.ncrontab import is_frequent, parse_schedule
from local.host.queues import report_failure
from local.host.timer_status import NEVER, StatusFile, TimerStatus, after_run, at_start
from local.host.worker_client import WorkerClient

log = logging.getLogger(__name__)

# A sleeping machine's clock moves on while ours waits: look at it again now and then.
_LONGEST_SLEEP_SECONDS: Final = 30.0


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


class TimerListener:
    """Runs one function on its schedule."""

    def __init__(
        self,
        function: Function,
        schedule: str,
        worker: WorkerClient,
        state_dir: Path | None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """``schedule``: settings already filled in. ``state_dir`` None: nothing is remembered. Raises HostError."""
        assert isinstance(function.trigger, TimerTrigger)
        self._function = function
        self._trigger = function.trigger
        try:
            self._schedule = parse_schedule(schedule)
        except ValueError as error:
            raise HostError(f"function {function.name}: schedule {error}") from None
        self._worker = worker
        self._now = now
        self._monitored = self._trigger.use_monitor and not is_frequent(self._schedule, now())
        self._file = StatusFile(state_dir / f"{function.name}.json" if state_dir and self._monitored else None)
        self._stopping = asyncio.Event()
        self._loop_task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; a past-due run begins at once."""
        self._loop_task = asyncio.create_task(self._run_for_ever())
        self._loop_task.add_done_callback(report_failure)

    async def stop_taking(self) -> None:
        """Start no more runs."""
        self._stopping.set()

    async def close(self) -> None:
        """Wait for the run in progress."""
        if self._loop_task:
            await asyncio.wait((self._loop_task,))

    async def run_now(self, _: str) -> None:
        """Run the function beside its schedule, as the admin endpoint does."""
        await self._call(None, past_due=False)

    async def _run_for_ever(self) -> None:
        known = self._file.read() if self._monitored else None
        status, past_due = at_start(known, self._schedule, self._now())
        self._save(status)
        if past_due or self._trigger.run_on_startup:
            status = await self._run(status, on_schedule=False, past_due=past_due)
        while status.next != NEVER and await self._due(status.next):
            status = await self._run(status, on_schedule=True, past_due=False)

    async def _due(self, moment: datetime) -> bool:
        """Wait until ``moment``; False when the host stops instead."""
        while not self._stopping.is_set():
            seconds = (moment - self._now()).total_seconds()
            if seconds <= 0:
                return True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), min(seconds, _LONGEST_SLEEP_SECONDS))
        return False

    async def _run(self, status: TimerStatus, *, on_schedule: bool, past_due: bool) -> TimerStatus:
        began = self._now()
        if not await self._call(status if self._monitored else None, past_due=past_due):
            return status  # it stays due: the next start finds it past due
        status = after_run(status, self._schedule, began, on_schedule=on_schedule)
        self._save(status)
        return status

    def _save(self, status: TimerStatus) -> None:
        try:
            self._file.write(status)
        except OSError as error:
            log.warning("%s: its status cannot be kept: %s", self._function.name, error)

    async def _call(self, status: TimerStatus | None, *, past_due: bool) -> bool:
        """Whether it ran to its end, well or not; False where no worker did it, or the host stopped meanwhile."""
        name = self._function.name
        payload = {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": status and status.to_json(),
            "IsPastDue": past_due,
        }
        header: dict[str, Any] = {
            "function": name,
            "argument": self._trigger.argument,
            "kind": "timer",
            "timer": payload,
        }
        try:
            await self._worker.call(header)
        except WorkerUnavailableError:
            return False
        return True
