"""The host: one app on one port, from start to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path

from azure.core.exceptions import AzureError

from local.host.admin import Admin
from local.host.errors import HostError
from local.host.functions import Function, QueueTrigger, TimerTrigger, read_functions
from local.host.keys import Keys
from local.host.queue_storage import TriggerQueue
from local.host.queues import QueueListener
from local.host.settings import connection_string, is_disabled, read_host_options, resolve
from local.host.timers import TimerListener
from local.host.web import DEFAULT_BODY_LIMIT, FRONT_END_SECONDS, FrontEnd
from local.host.worker_client import WorkerClient
from local.host.worker_process import Launch, WorkerProcess

log = logging.getLogger(__name__)

_SHORTEST_LEASE_SECONDS = 2


class Host:
    """Serves one function app until it is stopped. Use it within one event loop, once."""

    def __init__(
        self,
        app_dir: Path,
        settings: Mapping[str, str],
        port: int,
        host: str = "127.0.0.1",
        *,
        message_lease_seconds: float = 600,
        function_key: str = "local",
        master_key: str | None = None,
        state_dir: Path | None = None,
        output: int = 2,
        front_end_seconds: float = FRONT_END_SECONDS,
    ) -> None:
        """Read host.json; nothing is started yet. Raises HostError.

        ``settings`` are the app settings, the only environment the app sees. ``port`` 0 takes a free one.
        ``master_key`` None makes one. ``state_dir`` is where timers keep their status; None keeps none.
        ``output`` is the file descriptor that the app's logs and prints go to.
        """
        if message_lease_seconds < _SHORTEST_LEASE_SECONDS:
            raise HostError(f"message lease: {_SHORTEST_LEASE_SECONDS} s at least")
        self.functions: list[Function] = []
        self.keys = Keys(function_key, master_key or secrets.token_urlsafe(24))
        self._app_dir = app_dir.resolve()
        self._settings = dict(settings)
        self._address = (host, port)
        self._lease = message_lease_seconds
        self._state_dir = state_dir
        self._front_end_seconds = front_end_seconds
        self._options = read_host_options(self._app_dir, self._settings)
        launch = Launch(self._app_dir, self._settings, self._options.log_levels, output)
        self.worker = WorkerClient(launch, self._options.function_timeout)
        self._socket: socket.socket | None = None
        self._front_end: FrontEnd | None = None
        self._listeners: list[QueueListener | TimerListener] = []

    @property
    def url(self) -> str:
        """``http://host:port``, once started."""
        return f"http://{self._address[0]}:{self._address[1]}"

    async def start(self) -> None:
        """Index the app, begin to listen. Raises HostError, and then nothing is left running."""
        try:
            self._bind()
            self.functions = read_functions(await self.worker.start())
            await self._listen()
        except BaseException:
            await self.stop(0)
            raise

    async def stop(self, grace_seconds: float = 10) -> None:
        """Take no new work, give running calls ``grace_seconds``, then end the worker. Cut off messages go back."""
        if self._front_end:
            await self._front_end.stop_taking()
        await asyncio.gather(*(listener.stop_taking() for listener in self._listeners))
        if not await self.worker.idle(grace_seconds):
            log.warning("%s calls cut off after %s s", self.worker.running, grace_seconds)
        await self.worker.stop()
        await asyncio.gather(*(listener.close() for listener in self._listeners))
        if self._front_end:
            await self._front_end.close()
        if self._socket:
            self._socket.close()

    def stop_waiting(self) -> None:
        """Cut short the grace of a ``stop`` in progress."""
        self.worker.stop_waiting()

    def _bind(self) -> None:
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket = bound
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind(self._address)
        except (OSError, OverflowError) as error:
            raise self._cannot_listen(error) from None
        self._address = (self._address[0], bound.getsockname()[1])

    def _cannot_listen(self, error: Exception) -> HostError:
        host, port = self._address
        return HostError(f"cannot listen on {host}:{port}: {error}. Is another host running? Choose another port")

    async def _listen(self) -> None:
        enabled = [function for function in self.functions if not is_disabled(function.name, self._settings)]
        # All are made before any is started: a missing setting must leave nothing half-started.
        listeners = {function.name: self._listener(function) for function in self.functions if _has_listener(function)}
        runners = {name: listener.run_now for name, listener in listeners.items()}
        limit = self._settings.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", str(DEFAULT_BODY_LIMIT))
        if not limit.isdecimal():
            raise HostError(f"setting FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: {limit!r} is not a number of bytes")
        self._front_end = FrontEnd(
            enabled,
            self.worker,
            self.keys,
            Admin(self.functions, runners).handle,
            options=self._options.http,
            body_limit=int(limit),
            front_end_seconds=self._front_end_seconds,
        )
        self._listeners = list(listeners.values())
        try:
            await asyncio.gather(
                *(listeners[function.name].start() for function in enabled if function.name in listeners)
            )
        except AzureError as error:
            raise HostError(
                f"the storage of the queues does not answer: {' '.join(str(error).split())[:300]}"
            ) from None
        assert self._socket
        try:
            await self._front_end.start(self._socket)
        except OSError as error:  # bound by two at once, and the other was quicker
            raise self._cannot_listen(error) from None
        log.info("%s functions of %s at %s", len(enabled), self._app_dir, self.url)

    def _listener(self, function: Function) -> QueueListener | TimerListener:
        trigger = function.trigger
        if isinstance(trigger, TimerTrigger):
            schedule = resolve(trigger.schedule, self._settings, function.name)
            state = self._state_dir / "timers" if self._state_dir else None
            return TimerListener(function, schedule, self.worker, state)
        assert isinstance(trigger, QueueTrigger)
        connection = connection_string(trigger.connection, self._settings, function.name)
        queue = TriggerQueue(connection, resolve(trigger.queue, self._settings, function.name), function.name)
        return QueueListener(function, queue, self.worker, self._options.queues, self._lease)


def _has_listener(function: Function) -> bool:
    return isinstance(function.trigger, (QueueTrigger, TimerTrigger))


async def index(app_dir: Path, settings: Mapping[str, str]) -> list[Function]:
    """The functions of an app as the real loader lists them, without starting anything. Raises HostError."""
    process = await WorkerProcess.start(Launch(app_dir.resolve(), settings))
    with contextlib.suppress(ProcessLookupError):
        await process.stop(2.0)
    return read_functions(process.functions)
