"""The vault stand-in's HTTPS server.

It runs in a thread of ``serve``, not in a process of its own: its few requests a minute cost nothing there, it cannot
be left behind or die alone, and each write is on disk before its answer, so that a kill of ``serve`` loses nothing.
"""

from __future__ import annotations

import asyncio
import hmac
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from aiohttp import web

from local.processes import LOOPBACK
from local.vault.certificate import ensure_certificate
from local.vault.files import EncryptedFolder, NoFiles
from local.vault.routes import Routes
from local.vault.store import Store, VaultError
from local.vault.wire import ThrottleBody, error, read_body

TOKEN = "development"  # noqa: S105 - a fixed word on loopback, no secret
MAX_BODY_BYTES = 128 * 1024
_CHALLENGE = (
    'Bearer authorization="https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000", '
    'resource="https://vault.azure.net"'
)


class VaultServer:
    """A running vault: ``url`` for ``SecretClient``, ``ca_file`` for its ``connection_verify``.

    ``POST /throttle`` ``{"times", "retry_after"}`` makes it refuse that many requests with 429, as ``throttle`` does.
    """

    def __init__(self, folder: Path, *, in_memory: bool = False, now: Callable[[], float] = time.time) -> None:
        """Open the vault in this folder, which gets the certificate in any case, and secrets unless ``in_memory``.

        ``now`` gives Unix seconds. Raises StackError for secrets that cannot be read, OSError for an unwritable folder.
        """
        self.ca_file, self._key_file = ensure_certificate(folder, datetime.fromtimestamp(now(), UTC))
        self._routes = Routes(Store(NoFiles() if in_memory else EncryptedFolder(folder), lambda: int(now())))
        self._throttled = ThrottleBody(times=0)
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="vault", daemon=True)
        self._runner: web.AppRunner | None = None
        self.url = ""

    def start(self) -> Self:
        """Listen on a free loopback port."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def stop(self) -> None:
        """Answer what is under way, then close."""
        if self._runner is not None:
            asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def throttle(self, times: int, retry_after: int = 1) -> None:
        """Refuse the next ``times`` requests; ``retry_after`` is in seconds."""
        with self._lock:
            self._throttled = ThrottleBody(times=times, retry_after=retry_after)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _listen(self) -> None:
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await self._runner.setup()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.ca_file, self._key_file)
        await web.TCPSite(self._runner, LOOPBACK, 0, ssl_context=context).start()
        self.url = f"https://{LOOPBACK}:{self._runner.addresses[0][1]}"

    async def _answer(self, request: web.Request) -> web.Response:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {TOKEN}".encode()):
            refusal = VaultError(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.")
            return _refuse(refusal, {"WWW-Authenticate": _CHALLENGE})
        body = await request.read()
        try:
            if request.path == "/throttle" and request.method == "POST":
                asked = read_body(body, ThrottleBody)
                self.throttle(asked.times, asked.retry_after)
                return web.Response(status=204)
            if (seconds := self._take_throttle()) is not None:
                return _refuse(_throttled(), {"Retry-After": str(seconds)})
            status, answer = self._routes.answer(self.url, request.method, request.path, dict(request.query), body)
        except VaultError as e:
            return _refuse(e)
        return web.Response(status=204) if answer is None else web.json_response(answer, status=status)

    def _take_throttle(self) -> int | None:
        with self._lock:
            if self._throttled.times <= 0:
                return None
            self._throttled.times -= 1
            return self._throttled.retry_after


def _throttled() -> VaultError:
    return VaultError(429, "Throttled", "Request was not processed because too many requests were received.")


def _refuse(problem: VaultError, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response(error(problem), status=problem.status, headers=headers)
