"""``Idempotency-Key``: a request that is sent again within 24 hours is answered again, and done once.

A row keeps the key from the moment the work begins, with the id that the work will use: if the worker dies in
between, the next try finds what was made. A refused request lets go of its key, as nothing was stored.
Source: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from shared.errors import ConnectorError
from shared.http import Answer, ApiProblem
from shared.storage import API_REQUESTS
from shared.table_errors import RowChangedError, RowExistsError
from shared.table_filter import Condition, after_prefix

if TYPE_CHECKING:
    from shared.tables import Row, Stored, Tables

KEPT: Final = timedelta(hours=24)
IN_FLIGHT: Final = timedelta(minutes=4)
"""Longer than any HTTP answer may take (230 s): after that nobody works on it any more.

Source: https://learn.microsoft.com/azure/azure-functions/functions-scale#timeout
"""

_PREFIX: Final = "idempotency|"
_KEY: Final = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True, slots=True)
class Once:
    """Does what a key stands for at most once in a workspace."""

    tables: Tables
    workspace: str
    now: datetime

    def do(self, key: str | None, request: Any, new_id: str, work: Callable[[str], Answer]) -> Answer:
        """``work(id)`` once, or the answer it gave. ``id`` is ``new_id``, or the one of a try that broke off.

        Raises ApiProblem 400 (no key), 409 (another request with it is being worked on), 422 (another body).
        """
        if key is None:
            return work(new_id)
        if not _KEY.fullmatch(key):
            raise ApiProblem(400, "idempotency_key_invalid", "A key is 1 to 255 visible ASCII characters.",
                             field="Idempotency-Key")  # fmt: skip
        row_key = _PREFIX + hashlib.sha256(key.encode()).hexdigest()
        stored = self.tables.get(API_REQUESTS, self.workspace, row_key)
        if stored and not self._is_over(stored.row):
            if not _same(stored.row, request):
                raise ApiProblem(422, "idempotency_key_reused", "The key was used for another request.",
                                 field="Idempotency-Key", remedy="Use a new key for a new request.")  # fmt: skip
            if "answer" in stored.row:
                return _again(stored.row)
            if "broken_off" not in stored.row and self._started_at(stored.row) > self.now - IN_FLIGHT:
                raise _in_flight()
            new_id = str(stored.row["id"])
        begun, etag = self._begin(row_key, stored, request, new_id)
        try:
            answer = work(new_id)
        except ApiProblem:
            self.tables.delete(API_REQUESTS, [(self.workspace, row_key)])
            raise
        except ConnectorError:
            self._end(begun, etag, {"broken_off": True})
            raise
        headers = msgspec.json.encode(dict(answer.headers)).decode()
        self._end(begun, etag, {"status": answer.status, "answer": answer.to_bytes().decode(), "headers": headers})
        self._sweep()
        return answer

    def _begin(self, row_key: str, stored: Stored | None, request: Any, new_id: str) -> tuple[Row, str]:
        salt = secrets.token_hex(16)
        row: Row = {
            "PartitionKey": self.workspace, "RowKey": row_key, "id": new_id, "started_at": self.now,
            "salt": salt, "request": _digest(salt, request),
        }  # fmt: skip
        try:
            if stored:
                return row, self.tables.replace(API_REQUESTS, row, stored.etag)
            return row, self.tables.create(API_REQUESTS, row)
        except (RowExistsError, RowChangedError) as e:
            raise _in_flight() from e

    def _end(self, begun: Row, etag: str, how: Row) -> None:
        # Changed or gone: it took so long that another try took over, which finds what was made here.
        with suppress(RowChangedError):
            self.tables.replace(API_REQUESTS, {**begun, **how}, etag)

    def _sweep(self) -> None:
        over = {"started_at": Condition("le", self.now - KEPT)}
        found = self.tables.query(
            API_REQUESTS,
            partition=self.workspace,
            row_from=_PREFIX,
            row_to=after_prefix(_PREFIX),
            where=over,
            select=(),
        )
        self.tables.delete(API_REQUESTS, [(str(row.row["PartitionKey"]), str(row.row["RowKey"])) for row in found])

    def _is_over(self, row: Row) -> bool:
        return self._started_at(row) <= self.now - KEPT

    def _started_at(self, row: Row) -> datetime:
        started_at = row["started_at"]
        assert isinstance(started_at, datetime)
        return started_at


def _in_flight() -> ApiProblem:
    return ApiProblem(409, "idempotency_in_flight", "The first request with this key is still being worked on.",
                      field="Idempotency-Key", remedy="Wait a few seconds, then send it again.")  # fmt: skip


def _again(row: Row) -> Answer:
    headers = msgspec.json.decode(str(row["headers"]), type=dict[str, str])
    return Answer(int(str(row["status"])), msgspec.Raw(str(row["answer"]).encode()), headers)


def _same(row: Row, request: Any) -> bool:
    return hmac.compare_digest(str(row["request"]), _digest(str(row["salt"]), request))


def _digest(salt: str, request: Any) -> str:
    """A request holds a token, so that even its hash is salted."""
    return hashlib.sha256(salt.encode() + msgspec.json.encode(request)).hexdigest()
