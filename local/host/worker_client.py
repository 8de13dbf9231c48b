"""Keeps one worker process alive and calls functions in it.

A process that dies, or in which a call exceeds ``functionTimeout``, is replaced; every call in it is lost with it, as
in the real host. Replacements come soon at first, then after growing pauses.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from local.host.errors import HostError, WorkerLostError, WorkerUnavailableError
from local.host.worker_process import Launch, WorkerProcess

log = logging.getLogger(__name__)

_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 10.0
# A process that lived this long was well: the next pause is the first again.
_STEADY_SECONDS: Final = 30.0
_WAIT_FOR_WORKER_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Result:
    """How a call ended. ``error`` is None where it succeeded; ``http`` is an HTTP answer's ``status``, ``headers``."""

    error: str | None
    http: Mapping[str, Any] = field(default_factory=dict)
    body: bytes = b""


class WorkerClient:
    """Start it once, call, and stop it."""

    def __init__(self, launch: Launch, timeout: float | None) -> None:
        """``timeout``: seconds that a call may take, from when it is sent; None for unbounded."""
        self._launch = launch
        self._timeout = timeout
        self._process: WorkerProcess | None = None
        self._ready = asyncio.Event()
        self._stopping = False
        self._impatient = False
        self._supervisor: asyncio.Task[None] | None = None
        self.running = 0
        """calls in progress"""
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """Process id of the worker; None between two of them."""
        return self._process.pid if self._process else None

    async def start(self) -> list[dict[str, Any]]:
        """Start the first process and give what it indexed. Raises HostError."""
        process = await WorkerProcess.start(self._launch)
        self._use(process)
        self._supervisor = asyncio.create_task(self._supervise(process))
        return process.functions

    async def ready(self) -> None:
        """Wait until there is a process to call."""
        await self._ready.wait()

    async def call(self, header: Mapping[str, Any], body: bytes = b"") -> Result:
        """Call a function: ``header`` has ``function``, ``argument``, ``kind`` and what its trigger brings.

        Whatever went wrong is in the result, and logged. Raises only WorkerUnavailableError: there is no worker, or the
        host stopped it meanwhile.
        """
        process = await self._current()
        self.running += 1
        try:
            result = await self._call(process, header, body)
        finally:
            self.running -= 1
        if result.error:
            log.error("%s failed: %s", header["function"], result.error)
        return result

    async def _call(self, process: WorkerProcess, header: Mapping[str, Any], body: bytes) -> Result:
        try:
            frame = await asyncio.wait_for(process.call(header, body), self._timeout)
        except TimeoutError:
            await process.kill()
            return Result(f"it took longer than functionTimeout, {self._timeout} s; its worker was ended")
        except WorkerLostError as error:
            if self._stopping:
                raise WorkerUnavailableError("the host stopped during the call") from None
            return Result(str(error))
        except ValueError as error:
            return Result(str(error))
        if frame.header["ok"]:
            return Result(None, frame.header.get("http", {}), frame.body)
        where = frame.header["where"]
        return Result(frame.header["error"] + (f" ({where})" if where else ""))

    async def idle(self, seconds: float) -> bool:
        """Wait until no call is in progress, at most ``seconds`` or until ``stop_waiting``; whether that is so."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.running and not self._impatient:
                    await asyncio.sleep(0.02)
        return not self.running

    def stop_waiting(self) -> None:
        """End the wait for calls in progress."""
        self._impatient = True

    async def stop(self, seconds: float = 2.0) -> None:
        """End the process and replace it no more."""
        self._stopping = True
        self._ready.clear()
        if self._process:
            await self._process.stop(seconds)
        if self._supervisor:
            self._supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._supervisor

    async def _current(self) -> WorkerProcess:
        try:
            await asyncio.wait_for(self._ready.wait(), 0 if self._stopping else _WAIT_FOR_WORKER_SECONDS)
        except TimeoutError:
            raise WorkerUnavailableError("no worker process is running") from None
        assert self._process  # ready means that
        if self._process.is_gone:
            self._ready.clear()  # until its replacement is there
            return await self._current()
        return self._process

    def _use(self, process: WorkerProcess) -> None:
        self._process = process
        self._ready.set()

    async def _supervise(self, process: WorkerProcess) -> None:
        loop = asyncio.get_running_loop()
        pause, began = _FIRST_PAUSE_SECONDS, loop.time()
        while True:
            code = await process.ended()
            self._ready.clear()
            self._process = None
            if self._stopping:
                return
            if loop.time() - began > _STEADY_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            log.warning("worker process %s ended with code %s; starting another in %.1f s", process.pid, code, pause)
            process, pause = await self._replace(pause)
            began = loop.time()
            self.restarts += 1
            self._use(process)

    async def _replace(self, pause: float) -> tuple[WorkerProcess, float]:
        while True:
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            try:
                return await WorkerProcess.start(self._launch), pause
            except HostError as error:
                log.warning("no new worker process: %s; trying again in %.1f s", error, pause)
