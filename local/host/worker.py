"""The worker process, started by the host: ``python -m local.host.worker FD HOST_PID APP_DIR LOG_LEVELS``.

``FD`` is its end of a socket pair to the host. It indexes the app, says so, then runs calls side by side until the host
sends ``stop`` or goes away. It never outlives the host.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from local.host import worker_logs
from local.host.protocol import Frame, encode, read_frame
from local.host.runtime import AppError, Runtime

_PR_SET_PDEATHSIG = 1


def _die_with(parent: int) -> None:
    """Be killed when the host is, however it ends; the closed socket says the same where there is no prctl."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _ignore(*_: Any) -> None:
    """Ctrl-C reaches the whole process group: the host alone decides when its worker ends. A handler, unlike SIG_IGN,
    is not inherited by programs that the app starts."""


class Worker:
    """Serves one connection to the host."""

    def __init__(self, runtime: Runtime, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._runtime = runtime
        self._reader = reader
        self._writer = writer
        self._tasks: set[asyncio.Task[None]] = set()
        self.running: dict[str, str] = {}
        """invocation id to function name, of the calls in progress"""

    async def serve(self) -> None:
        """Index, then do calls until told to stop."""
        try:
            functions = await self._runtime.index()
        except AppError as error:
            await self._send(Frame({"type": "failed", "error": str(error)}))
            return
        await self._send(Frame({"type": "ready", "functions": functions}))
        while (frame := await read_frame(self._reader)) and frame.header["type"] == "call":
            task = asyncio.create_task(self._call(frame))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _call(self, frame: Frame) -> None:
        invocation = frame.header["invocation"]
        self.running[invocation] = frame.header["function"]
        try:
            await self._send(await self._runtime.call(frame))
        except ValueError as error:  # an answer that is too large, or has a status that is no number
            result = {"type": "result", "id": frame.header["id"], "ok": False, "error": repr(error), "where": ""}
            await self._send(Frame(result))
        finally:
            del self.running[invocation]

    async def _send(self, frame: Frame) -> None:
        self._writer.write(encode(frame))
        with contextlib.suppress(ConnectionError):  # the host has gone, and this process goes with it
            await self._writer.drain()


async def _main(descriptor: int, app_dir: Path, levels: dict[str, str]) -> None:
    os.set_inheritable(descriptor, False)  # a program started by the app must not hold the connection open
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=descriptor))
    worker = Worker(Runtime(app_dir), reader, writer)
    from azure_functions_runtime.utils.executor import invocation_id_cv

    worker_logs.configure(levels, lambda: worker.running.get(invocation_id_cv.get() or "", "-"))
    await worker.serve()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


def main() -> None:
    """Run until the host ends the connection. Threads of the app that still run are not waited for."""
    descriptor, parent, app_dir, levels = sys.argv[1:]
    _die_with(int(parent))
    signal.signal(signal.SIGINT, _ignore)
    signal.signal(signal.SIGTERM, _ignore)
    # As in Azure: the app's folder is the current one and the first to import from, and this program's is neither.
    sys.path[0] = app_dir
    os.chdir(app_dir)
    asyncio.run(_main(int(descriptor), Path(app_dir), json.loads(levels)))
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
