"""Many threads at once: each keeps its connection to storage."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shared.queues import Queues
from shared.tables import Tables

AT_ONCE = 32
ANSWER = b'{"value": [], "PartitionKey": "p", "RowKey": "r", "odata.etag": "e"}'


class Storage(BaseHTTPRequestHandler):
    """Answers nobody before all have asked."""

    protocol_version = "HTTP/1.1"
    asked: threading.Barrier

    def do_GET(self) -> None:
        self.asked.wait(60)
        self._answer(200, ANSWER)

    def do_PUT(self) -> None:
        self.asked.wait(60)
        self._answer(201, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json;odata=minimalmetadata")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing to show."""


class Server(ThreadingHTTPServer):
    request_queue_size = AT_ONCE
    daemon_threads = True


@pytest.fixture
def connection() -> Iterator[str]:
    Storage.asked = threading.Barrier(AT_ONCE)
    with Server(("127.0.0.1", 0), Storage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_address[1]}/a"
        yield f"AccountName=a;AccountKey=a2V5;TableEndpoint={endpoint};QueueEndpoint={endpoint};"
        server.shutdown()


def _row(connection: str) -> Callable[[], object]:
    tables = Tables.connect(connection=connection)
    return lambda: tables.get("t", "p", "r")


def _rows(connection: str) -> Callable[[], object]:
    tables = Tables.connect(connection=connection)
    return lambda: list(tables.query("t"))


def _queue(connection: str) -> Callable[[], object]:
    queues = Queues.connect(connection=connection)
    return lambda: queues.create_queue("q")


@pytest.mark.parametrize("connected", [_row, _rows, _queue])
def test_no_connection_is_thrown_away_after_its_use(connection, caplog, connected):
    call = connected(connection)
    with caplog.at_level(logging.WARNING, "urllib3"), ThreadPoolExecutor(AT_ONCE) as threads:
        for done in [threads.submit(call) for _ in range(AT_ONCE)]:
            done.result()
    assert [record.getMessage() for record in caplog.records if record.name.startswith("urllib3")] == []
