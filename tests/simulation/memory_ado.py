"""Azure DevOps in process: the fake's own operations behind the client's own reading of replies, without a socket."""

from __future__ import annotations

import io
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3
from aiohttp import web

from local.fake_ado import areas
from local.fake_ado.server import Server
from local.fake_ado.state import Fake
from shared.ado.transport import Timeouts, Transport
from shared.ado.wire import Request

T = TypeVar("T")
Answer = tuple[int, dict[str, str], bytes]
"""Status, headers, body as on the wire."""


class _Asked:
    """What the fake's server looks at in a request."""

    transport = None

    def __init__(self, method: str, raw_path: str, headers: dict[str, str], content: bytes) -> None:
        self.method = method
        self.raw_path = raw_path
        self.headers = headers
        self._content = content

    async def read(self) -> bytes:
        return self._content


class MemoryAdo:
    """Answers as the fake's server does."""

    def __init__(self, fake: Fake) -> None:
        areas.load()
        self.fake = fake
        self._server = Server(fake)

    def ask(self, method: str, url: str, headers: dict[str, str], content: bytes) -> Answer:
        """One request; ``url`` is the real one."""
        parts = urlsplit(url)
        path = f"/{parts.netloc}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        plain = {name: value for name, value in headers.items() if name != "Accept-Encoding"}
        asked: Any = _Asked(method, path, plain, content)
        response = _result(self._server.handle(asked))
        assert isinstance(response, web.Response)
        assert not self.fake.requests.defects, self.fake.requests.defects
        body = response.body
        return response.status, dict(response.headers), body if isinstance(body, bytes) else b""


def _result(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    raise AssertionError("the fake waits for something")


class Cut(io.RawIOBase):
    """A body whose connection breaks after ``content``."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        got = self._content.readinto(buffer)
        if not got:
            raise ConnectionResetError("broken off")
        return got


Send = Callable[[Request, dict[str, str]], tuple[Answer, bool]]
"""Gives an answer, and whether its connection breaks in the middle of the body. Raises OSError for one never made."""


class MemoryTransport(Transport):
    """The real reading of replies over answers that never were on a line."""

    def __init__(self, send: Send) -> None:
        super().__init__(Timeouts())
        self._ask = send

    def _send(self, request: Request, authorization: str | None, user_agent: str) -> requests.Response:
        headers = {**request.headers, "User-Agent": user_agent}
        if authorization is not None:
            headers["Authorization"] = authorization
        (status, answered, content), is_cut = self._ask(request, headers)
        body: Any = io.BufferedReader(Cut(content[: len(content) // 2])) if is_cut else io.BytesIO(content)
        response = requests.Response()
        response.status_code = status
        response.raw = urllib3.HTTPResponse(
            body=body, headers=answered, status=status, preload_content=False, decode_content=False
        )
        return response
