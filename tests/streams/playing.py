"""A loopback Azure DevOps that answers what a test says, the real client, and rows kept as the engine would."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from shared.ado.auth import PatAuth
from shared.ado.client import AdoClient
from shared.ado.hosts import Hosts
from shared.flow.base import ORGANIZATION_UNIT, Entity
from shared.flow.rows import from_row, to_row
from shared.streams.base import Batch, Slice, Stream

E = TypeVar("E", bound=Entity)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Query = dict[str, str]
Answer = Callable[..., Any]


class Refused(Exception):  # noqa: N818 - an answer, not a failure
    """Answers ``status`` with an Azure DevOps error body."""

    def __init__(self, status: int, message: str = "TF401019: The Git repository does not exist.") -> None:
        super().__init__(message)
        self.status = status


class Ado:
    """Routes by regular expression of the path after the organisation; a route is called with its groups and query, of
    which a POST's ``body`` is part."""

    def __init__(self) -> None:
        self.routes: list[tuple[re.Pattern[str], Answer]] = []
        self.asked: list[tuple[str, Query]] = []
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # headers and body in one packet

            sent: Any = None

            def do_GET(self) -> None:
                self.sent = None
                outer.answer(self)

            def do_POST(self) -> None:
                self.sent = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.client = AdoClient("fabrikam", PatAuth("t"), hosts=Hosts.at(self.url), retry_waits=())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def on(self, path: str, answer: Answer | list[Any] | dict[str, Any]) -> None:
        """Answer ``path`` from now on: with a list as ``value``, an object, or what a function gives."""
        self.routes = [route for route in self.routes if route[0].pattern != path]
        self.routes.append((re.compile(path), answer if callable(answer) else lambda *_, **__: answer))

    def count(self, path: str = "") -> int:
        """How many requests whose path matches came."""
        return sum(bool(re.search(path, asked)) for asked, _ in self.asked)

    def by_path(self) -> Counter[str]:
        return Counter(path for path, _ in self.asked)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        path = unquote(parts.path.split("/fabrikam/", 1)[1])
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        with self.lock:
            self.asked.append((path, query))
        sent = getattr(handler, "sent", None)
        status, body, headers = self._find(path, query if sent is None else {**query, "body": sent})
        content = orjson.dumps(body)
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json; charset=utf-8")
        handler.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    def _find(self, path: str, query: Query) -> tuple[int, Any, dict[str, str]]:
        for pattern, answer in self.routes:
            if match := pattern.fullmatch(path):
                try:
                    body = answer(*match.groups(), query=query)
                except Refused as refused:
                    error = {"$id": "1", "message": str(refused), "typeKey": "GitRepositoryNotFoundException"}
                    return refused.status, error, {}
                headers = body.pop("headers", {}) if isinstance(body, dict) else {}
                return 200, {"count": len(body), "value": body} if isinstance(body, list) else body, headers
        return 500, {"message": f"the test answers nothing for {path}"}, {}


class Rows:
    """Entities as they come back from rows, by table and keys; a current row is replaced by one that is not older."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, str], Entity] = {}

    def all(
        self,
        entity: type[E],
        prefix: str = "",
        *,
        row_from: str | None = None,
        since: tuple[str, datetime] | None = None,
    ) -> Iterator[E]:
        keys = sorted(key for key in self.rows if key[0] == entity.TABLE and key[1].startswith("i" + prefix))
        for row in [self.rows[key] for key in keys if row_from is None or key[2] >= row_from]:
            is_late = since is None or ((at := getattr(row, since[0])) is not None and at >= since[1])
            if isinstance(row, entity) and is_late:
                yield row

    def get(self, entity: type[E], partition_suffix: str, row_key: str) -> E | None:
        row = self.rows.get((entity.TABLE, "i" + partition_suffix, row_key))
        return row if isinstance(row, entity) else None

    def put(self, *entities: Entity) -> None:
        for entity in entities:
            key = (entity.TABLE, entity.partition_key(), entity.row_key())
            version = entity.VERSION
            if version and key in self.rows and getattr(self.rows[key], version) > getattr(entity, version):
                continue
            self.rows[key] = from_row(type(entity), to_row(entity))

    def by_id(self, entity: type[E]) -> dict[str, E]:
        return {row.id: row for row in self.all(entity)}


class Runner:
    """Runs a stream as the engine does: rows first, then the watermark; ``stop_after`` ends a slice early."""

    def __init__(self, client: AdoClient) -> None:
        self.client = client
        self.stored = Rows()
        self.watermarks: dict[str, dict[str, Any] | None] = {}
        self.skips: dict[tuple[str, str], str] = {}
        self.batches: list[Batch] = []
        self.initial_processed_at = NOW

    def slice(self, watermark: dict[str, Any] | None, *, now: datetime, unit: str, name: str | None) -> Slice:
        return Slice(
            integration_id="i",
            organization=self.client.organization,
            unit_id=unit,
            unit_name=name,
            client=self.client,
            stored=self.stored,
            watermark=watermark,
            initial_processed_at=self.initial_processed_at,
            now=now,
            map=_bounded_map,
        )

    def run(
        self,
        stream: Stream,
        *,
        now: datetime = NOW,
        unit: str = ORGANIZATION_UNIT,
        name: str | None = None,
        stop_after: int | None = None,
    ) -> list[Batch]:
        """One slice; its batches, stored."""
        key = f"{stream.name}/{unit}"
        self.batches = []
        for batch in stream.read(self.slice(self.watermarks.get(key), now=now, unit=unit, name=name)):
            self.stored.put(*batch.entities)
            self.skips |= {(skip.kind, skip.source_id): skip.reason for skip in batch.skips}
            for skip in batch.unskipped:
                self.skips.pop(skip, None)
            # As it is kept: JSON.
            self.watermarks[key] = orjson.loads(orjson.dumps(batch.watermark))
            self.batches.append(batch)
            if len(self.batches) == stop_after:
                break
        assert self.batches, "a stream ends with a batch"
        return self.batches

    def written(self) -> list[Entity]:
        """What the last run wrote."""
        return [entity for batch in self.batches for entity in batch.entities]


def _bounded_map(function: Any, items: Any) -> Iterator[Any]:
    with ThreadPoolExecutor(4) as pool:
        yield from pool.map(function, items)
