"""One HTTP exchange: send a request, read the reply up to a bound. No cookies, no redirects, no environment.

The transport adapter of ``requests`` is used without its sessions: those keep cookies, follow redirects, read
``.netrc`` (which would replace our credential) and cost twice the processor time. The adapter's pool of connections
is safe to share between threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Final

import requests
import urllib3
from requests.adapters import HTTPAdapter

from shared.ado.wire import Reply, Request
from shared.errors import ContractError, TransientError

MAX_REPLY_BYTES: Final = 64 << 20
CHUNK_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, between two pieces of a reply, and for a whole exchange.

    Under throttling a reply takes up to 30 s longer, and large feeds take seconds by themselves.
    """

    connect: float = 10.0
    read: float = 100.0
    total: float = 180.0


class BrokenConnectionError(TransientError):
    """The connection could not be made, or broke: worth a quick second try where that is safe."""


class ReplyTooLargeError(ContractError):
    """A reply is larger than allowed."""

    def __init__(self, route: str, max_bytes: int) -> None:
        super().__init__(f"{route}: the reply is larger than {max_bytes} bytes", code="reply.too_large")


class OpenReply:
    """A reply whose body is read piece by piece. ``headers`` has lower-case keys."""

    def __init__(self, route: str, response: requests.Response, deadline: float, max_bytes: int) -> None:
        self._route, self._response, self._deadline, self._max_bytes = route, response, deadline, max_bytes
        self._raw: urllib3.HTTPResponse = response.raw
        self._given = 0
        self.status: int = self._raw.status
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in self._raw.headers.items()}

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes, fewer only at the end. Raises as ``Transport.send``, and ReplyTooLargeError."""
        with _named_troubles(self._route):
            piece = self._raw.read(size, decode_content=True)
        self._given += len(piece)
        if self._given > self._max_bytes:
            raise ReplyTooLargeError(self._route, self._max_bytes)
        if monotonic() > self._deadline:
            raise TransientError(f"{self._route}: the reply took too long", code="timeout")
        return piece

    @property
    def received(self) -> int:
        """Bytes that have come over the line so far."""
        return self._raw.tell()

    def close(self) -> None:
        """Let go; what is left unread goes with its connection."""
        self._response.close()


@contextmanager
def _named_troubles(route: str) -> Iterator[None]:
    """The library's errors as ours."""
    try:
        yield
    except (requests.Timeout, urllib3.exceptions.TimeoutError) as e:
        raise TransientError(f"Azure DevOps did not answer {route} in time", code="timeout") from e
    except urllib3.exceptions.DecodeError as e:
        raise ContractError(f"{route}: the reply cannot be decompressed", code="reply.encoding") from e
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as e:
        raise BrokenConnectionError(
            f"the connection for {route} broke: {type(e).__name__}", code="connection.broken"
        ) from e


class Transport:
    """Sends requests over pooled connections. Safe to share between threads."""

    def __init__(self, timeouts: Timeouts, *, pool_size: int = 32, max_reply_bytes: int = MAX_REPLY_BYTES) -> None:
        self._timeout = (timeouts.connect, timeouts.read)
        self._total = timeouts.total
        self._max_reply_bytes = max_reply_bytes
        self._adapter = HTTPAdapter(pool_connections=8, pool_maxsize=pool_size)

    def send(self, request: Request, authorization: str | None, user_agent: str) -> tuple[Reply, int]:
        """The reply, and how many bytes came over the line.

        Raises TransientError for time-outs, BrokenConnectionError for broken or cut connections, ContractError for a
        body that is larger than allowed (after decompression) or cannot be decompressed.
        """
        deadline = monotonic() + self._total
        with _named_troubles(request.route):
            return self._read(request, self._send(request, authorization, user_agent), deadline)

    def open(self, request: Request, authorization: str | None, user_agent: str, *, max_bytes: int) -> OpenReply:
        """The reply with its body still to be read, up to ``max_bytes``; close it. Raises as ``send``."""
        deadline = monotonic() + self._total
        with _named_troubles(request.route):
            return OpenReply(request.route, self._send(request, authorization, user_agent), deadline, max_bytes)

    def _send(self, request: Request, authorization: str | None, user_agent: str) -> requests.Response:
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url, prepared.body = request.method, request.url, request.body
        headers = requests.structures.CaseInsensitiveDict(request.headers)
        headers["User-Agent"] = user_agent
        if authorization is not None:
            headers["Authorization"] = authorization
        if request.body is not None:
            headers["Content-Length"] = str(len(request.body))
        prepared.headers = headers
        return self._adapter.send(prepared, stream=True, timeout=self._timeout, verify=True)

    def close(self) -> None:
        """Let go of all connections."""
        self._adapter.close()

    def _read(self, request: Request, response: requests.Response, deadline: float) -> tuple[Reply, int]:
        raw: urllib3.HTTPResponse = response.raw
        try:
            body = self._read_body(request, raw, deadline)
            received = raw.tell()
        except BaseException:
            # What is left in the pipe would be read as the next reply.
            response.close()
            raise
        raw.release_conn()
        headers = {name.lower(): value for name, value in raw.headers.items()}
        return Reply(raw.status, headers, body), received

    def _read_body(self, request: Request, raw: urllib3.HTTPResponse, deadline: float) -> bytes:
        body = bytearray()
        while chunk := raw.read1(CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > self._max_reply_bytes:
                raise ReplyTooLargeError(request.route, self._max_reply_bytes)
            if monotonic() > deadline:
                raise TransientError(f"{request.route}: the reply took too long", code="timeout")
        return bytes(body)
