"""The HTTP side of the host: routes, keys, bodies, and answers, over aiohttp.

Sources: https://learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger and
https://github.com/Azure/azure-functions-host (src/WebJobs.Script.Grpc, src/WebJobs.Script.WebHost)
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict

from local.host.errors import HostError, WorkerUnavailableError
from local.host.functions import AuthLevel, Function, HttpTrigger
from local.host.keys import Keys
from local.host.routes import Router
from local.host.settings import HttpOptions
from local.host.worker_client import Result, WorkerClient

log = logging.getLogger(__name__)

DEFAULT_BODY_LIMIT: Final = 104_857_600
# Azure's load balancer answers for a function that has not after this long; the function goes on.
FRONT_END_SECONDS: Final = 230.0

_CLOSE_SECONDS: Final = 2.0

_server_log = logging.getLogger(f"{__name__}.server")
# A request that is no HTTP is the caller's affair: answered 400, and no traceback of ours.
_server_log.addFilter(lambda record: not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError)))

AdminHandler = Callable[[str, str, bytes], Awaitable[web.Response]]


class BodyTooLargeError(Exception):
    """The request has more bytes than FUNCTIONS_REQUEST_BODY_SIZE_LIMIT."""


class FrontEnd:
    """Serves the HTTP functions on one socket."""

    def __init__(
        self,
        functions: list[Function],
        worker: WorkerClient,
        keys: Keys,
        admin: AdminHandler,
        *,
        options: HttpOptions,
        body_limit: int = DEFAULT_BODY_LIMIT,
        front_end_seconds: float = FRONT_END_SECONDS,
    ) -> None:
        """Of ``functions``, those with an HTTP trigger are served. Raises HostError for a route that cannot be."""
        self._worker = worker
        self._keys = keys
        self._admin = admin
        self._body_limit = body_limit
        self._front_end_seconds = front_end_seconds
        self._router = _router(functions, options.route_prefix)
        self._runner: web.ServerRunner | None = None
        self._site: web.SockSite | None = None
        self._stopping = False
        self._outstanding = 0
        self._max_outstanding = options.max_outstanding
        self._turn = asyncio.Semaphore(options.max_concurrent if options.max_concurrent > 0 else sys.maxsize)
        self._calls: set[asyncio.Task[Result]] = set()

    async def start(self, bound: socket.socket) -> None:
        """Listen on a socket that is bound already."""
        # Kestrel hands a compressed body on as it came.
        server = web.Server(self._handle, access_log=None, logger=_server_log, auto_decompress=False)
        self._runner = web.ServerRunner(server, shutdown_timeout=_CLOSE_SECONDS)
        await self._runner.setup()
        self._site = web.SockSite(self._runner, bound)
        await self._site.start()

    async def stop_taking(self) -> None:
        """Accept no more connections, and answer 503 on open ones. Calls in progress go on."""
        self._stopping = True
        if self._site:
            await self._site.stop()
            self._site = None

    async def close(self) -> None:
        """Close all connections."""
        if self._runner:
            await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if self._stopping:
            return _empty(503)
        if not _is_text(request):
            return _empty(400)
        raw_path, _, raw_query = request.raw_path.partition("?")
        query = _query(raw_query)
        try:
            if raw_path.lower().startswith("/admin/"):
                if not self._allows("admin", request, query):
                    return _empty(401)
                return await self._admin(request.method, raw_path, await self._body(request))
            return await self._function(request, raw_path, query)
        except BodyTooLargeError:
            return _empty(413)
        except ConnectionError:
            return _empty(400)  # for nobody: the caller went away while it sent its body

    async def _function(self, request: web.BaseRequest, raw_path: str, query: Mapping[str, str]) -> web.Response:
        found = self._router.find(request.method, raw_path)
        if found is None:
            return _empty(404)
        function, params = found
        trigger = function.trigger
        assert isinstance(trigger, HttpTrigger)
        if not self._allows(trigger.auth_level, request, query):
            return _empty(401)
        if self._outstanding == self._max_outstanding:
            return _empty(429)
        http = _describe(request, query, params)
        header = {"function": function.name, "argument": trigger.argument, "kind": "http", "http": http}
        self._outstanding += 1
        try:
            body = await self._body(request)
            async with self._turn:
                return await self._call(header, body)
        finally:
            self._outstanding -= 1

    def _allows(self, level: AuthLevel, request: web.BaseRequest, query: Mapping[str, str]) -> bool:
        code = next((value for name, value in query.items() if name.lower() == "code"), None)
        return self._keys.allow(level, request.headers.get("x-functions-key"), code)

    async def _body(self, request: web.BaseRequest) -> bytes:
        if (request.content_length or 0) > self._body_limit:
            raise BodyTooLargeError
        if request.transport and request.headers.get("Expect", "").lower() == "100-continue":
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        chunks, size = [], 0
        async for chunk in request.content.iter_any():
            size += len(chunk)
            if size > self._body_limit:
                raise BodyTooLargeError
            chunks.append(chunk)
        return b"".join(chunks)

    async def _call(self, header: Mapping[str, Any], body: bytes) -> web.Response:
        # A task of its own: the function goes on when the caller goes away or the front end gives up.
        call = asyncio.create_task(self._worker.call(header, body))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        try:
            result = await asyncio.wait_for(asyncio.shield(call), self._front_end_seconds)
        except TimeoutError:
            call.add_done_callback(lambda done: done.exception())  # nobody is left to hear how it ended
            log.warning("%s has not answered within %s s: 504", header["function"], self._front_end_seconds)
            return _empty(504)
        except WorkerUnavailableError:
            return _empty(503)
        if result.error:
            return _empty(500)
        headers = CIMultiDict[str](result.http["headers"])
        # The length is counted here; an answer is never sent in chunks.
        headers.popall("content-length", None)
        headers.popall("transfer-encoding", None)
        return _response(int(result.http["status"]), headers, result.body)


def _is_text(request: web.BaseRequest) -> bool:
    """Whether path and headers are UTF-8; Kestrel refuses others."""
    try:
        "".join((request.raw_path, *request.headers.keys(), *request.headers.values())).encode()
    except UnicodeEncodeError:
        return False
    return True


def _router(functions: list[Function], prefix: str) -> Router[Function]:
    entries = []
    for function in functions:
        trigger = function.trigger
        if isinstance(trigger, HttpTrigger):
            entries.append((f"{prefix}/{trigger.route.strip('/')}", trigger.methods, function))
    try:
        return Router(entries)
    except ValueError as error:
        raise HostError(str(error)) from None


def _query(raw: str) -> dict[str, str]:
    """Query parameters as Python functions get them: repeated ones joined by commas, those without a value left out."""
    values: dict[str, str] = {}
    spelt: dict[str, str] = {}
    for name, value in parse_qsl(raw):
        key = spelt.setdefault(name.lower(), name)
        values[key] = f"{values[key]},{value}" if key in values else value
    return values


def _describe(request: web.BaseRequest, query: Mapping[str, str], params: Mapping[str, str]) -> dict[str, Any]:
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    return {
        "method": request.method,
        "url": f"{request.scheme}://{request.host}{request.raw_path}",
        "headers": headers,
        "query": query,
        "params": params,
    }


def _response(status: int, headers: CIMultiDict[str], body: bytes) -> web.Response:
    headers.setdefault("Server", "Kestrel")
    return web.Response(status=status, headers=headers, body=body)


def _empty(status: int) -> web.Response:
    return _response(status, CIMultiDict(), b"")
