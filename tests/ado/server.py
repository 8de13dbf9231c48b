"""A small HTTP server on loopback that answers as a test says, well-behaved or not."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; ``headers`` in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What to say. ``body`` that is not bytes goes out as JSON.

    ``cut``: send so many bytes of the body and close. ``reset``: reset the connection instead of answering.
    ``delay``: seconds between the bytes of the body.
    """

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = "application/json; charset=utf-8"
    gzip: bool = False
    chunked: bool = False
    no_length: bool = False
    cut: int | None = None
    reset: bool = False
    delay: float | None = None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: AdoServer

    def handle_any(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("content-length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        asked = Asked(self.command, parts.path, query, headers, self.rfile.read(length))
        with self.server.lock:
            self.server.asked.append(asked)
        answer = self.server.script(asked)
        if answer.reset:
            self._reset()
        else:
            self._send(answer)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - the library's names

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def _send(self, answer: Answer) -> None:
        body = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
        if answer.gzip:
            body = gzip.compress(body)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.content_type:
            self.send_header("Content-Type", answer.content_type)
        if answer.gzip:
            self.send_header("Content-Encoding", "gzip")
        if answer.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif not answer.no_length and answer.status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.close_connection = answer.cut is not None or answer.no_length
        self._send_body(answer, body)

    def _send_body(self, answer: Answer, body: bytes) -> None:
        sent = body if answer.cut is None else body[: answer.cut]
        if answer.delay is not None:
            for i in range(len(sent)):
                self.wfile.write(sent[i : i + 1])
                self.wfile.flush()
                sleep(answer.delay)
        elif answer.chunked:
            half = len(sent) // 2 or 1
            for part in (sent[:half], sent[half:]):
                if part:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"" if answer.cut is not None else b"0\r\n\r\n")
        else:
            self.wfile.write(sent)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class AdoServer(ThreadingHTTPServer):
    """Answers with ``script``; ``asked`` is what came."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock = threading.Lock()
        self.asked: list[Asked] = []
        self.script: Callable[[Asked], Answer] = lambda _asked: Answer()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answers(self, *answers: Answer) -> None:
        """Give these one after another, the last one for ever."""
        left = list(answers)

        def script(_asked: Asked) -> Answer:
            with self.lock:
                return left.pop(0) if len(left) > 1 else left[0]

        self.script = script

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away, or a reset of our own making, is nothing to print."""
