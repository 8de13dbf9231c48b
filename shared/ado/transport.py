"""One HTTP exchange: send a request, read the reply up to a bound. No cookies, no redirects, no environment.

The transport adapter of ``requests`` is used without its sessions: those keep cookies, follow redirects, read
``.netrc`` (which would replace our credential) and cost twice the processor time. The adapter's pool of connections
is safe to share between threads.
"""

from __future__ import annotations

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
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url, prepared.body = request.method, request.url, request.body
        headers = requests.structures.CaseInsensitiveDict(request.headers)
        headers["User-Agent"] = user_agent
        if authorization is not None:
            headers["Authorization"] = authorization
        if request.body is not None:
            headers["Content-Length"] = str(len(request.body))
        prepared.headers = headers
        deadline = monotonic() + self._total
        try:
            response = self._adapter.send(prepared, stream=True, timeout=self._timeout, verify=True)
            return self._read(request, response, deadline)
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as e:
            raise TransientError(f"Azure DevOps did not answer {request.route} in time", code="timeout") from e
        except urllib3.exceptions.DecodeError as e:
            raise ContractError(f"{request.route}: the reply cannot be decompressed", code="reply.encoding") from e
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as e:
            raise BrokenConnectionError(
                f"the connection for {request.route} broke: {type(e).__name__}", code="connection.broken"
            ) from e

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
                raise ContractError(
                    f"{request.route}: the reply is larger than {self._max_reply_bytes} bytes", code="reply.too_large"
                )
            if monotonic() > deadline:
                raise TransientError(f"{request.route}: the reply took too long", code="timeout")
        return bytes(body)
