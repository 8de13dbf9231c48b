"""One worker process, from its start to its end, as the host sees it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from local.host.errors import HostError, WorkerLostError
from local.host.protocol import Frame, encode, read_frame

_REPO: Final = Path(__file__).resolve().parents[2]
# What a program needs of the machine; everything else an app reads must be an app setting, as in Azure.
_INHERITED: Final = (
    "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip
_START_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a worker. ``output`` is a file descriptor for all it prints and logs."""

    app_dir: Path
    settings: Mapping[str, str]
    log_levels: Mapping[str, str] = field(default_factory=dict)
    output: int = 2


class WorkerProcess:
    """A running worker. Made by ``start``; ``functions`` is what it indexed."""

    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.functions: list[dict[str, Any]] = []
        self._process = process
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count(1)
        self._pending: dict[int, asyncio.Future[Frame]] = {}
        self._listening: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, launch: Launch) -> WorkerProcess:
        """Start one and wait until the app is indexed. Raises HostError with the loader's message for a refused app."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "local.host.worker", str(theirs.fileno()), str(os.getpid())),
                *(str(launch.app_dir), json.dumps(dict(launch.log_levels))),
                cwd=_REPO,
                env=_environment(launch.settings),
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                stdout=launch.output,
                stderr=launch.output,
            )
        reader, writer = await asyncio.open_connection(sock=ours)
        worker = cls(process, reader, writer)
        try:
            await worker._be_ready()
        except BaseException:
            await worker.kill()
            raise
        return worker

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_gone(self) -> bool:
        """Whether it can be called no more; its end is noticed a little later."""
        return self._listening is None or self._listening.done()

    async def call(self, header: Mapping[str, Any], body: bytes) -> Frame:
        """Send one call and wait for its result frame. Raises WorkerLostError when the process ends before."""
        number = next(self._numbers)
        invocation = str(uuid.uuid4())
        frame = Frame({**header, "type": "call", "id": number, "invocation": invocation}, body)
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._pending[number] = answer
        try:
            if self.is_gone:
                raise WorkerLostError("the worker process has ended")
            self._writer.write(encode(frame))
            await self._writer.drain()
            return await answer
        except ConnectionError:
            raise WorkerLostError("the worker process has ended") from None
        finally:
            del self._pending[number]

    async def ended(self) -> int:
        """Wait until the process has ended; its exit code, negative for a signal."""
        code = await self._process.wait()
        if self._listening:
            await asyncio.wait([self._listening])
        return code

    async def stop(self, seconds: float) -> None:
        """Ask it to end, and kill it when it has not within ``seconds``. Calls in it are lost."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            self._writer.write(encode(Frame({"type": "stop"})))
            await asyncio.wait_for(self._process.wait(), seconds)
        await self.kill()

    async def kill(self) -> None:
        """End it now."""
        self._kill()
        await self.ended()
        self._writer.close()

    def _kill(self) -> None:
        # Not by asyncio's kill(): it would collect a process that has just ended, whose end asyncio itself waits for.
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    async def _be_ready(self) -> None:
        try:
            frame = await asyncio.wait_for(read_frame(self._reader), _START_SECONDS)
        except TimeoutError:
            raise HostError(
                f"the app was not indexed within {_START_SECONDS:.0f} s: it waits for something while imported"
            ) from None
        if frame is None:
            raise HostError(f"the worker process ended with code {await self._process.wait()} while it loaded the app")
        if frame.header["type"] == "failed":
            raise HostError(f"the app was refused: {frame.header['error']}")
        self.functions = frame.header["functions"]
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        try:
            while frame := await read_frame(self._reader):
                answer = self._pending.get(frame.header["id"])
                if answer and not answer.done():
                    answer.set_result(frame)
        finally:
            self._kill()  # without its connection it is of no use
            for answer in self._pending.values():
                if not answer.done():
                    answer.set_exception(WorkerLostError("the worker process ended during the call"))


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    # Azure's worker runs in UTC and names its runtime; a setting of the app may say otherwise.
    return {**inherited, "TZ": "UTC", "FUNCTIONS_WORKER_RUNTIME": "python", **settings}
