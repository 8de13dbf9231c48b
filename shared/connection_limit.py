"""How many connection tests a workspace may make: 30 in any minute, counted in storage so that instances share it."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import orjson

from shared.errors import TransientError
from shared.http import ApiProblem
from shared.storage import API_REQUESTS
from shared.table_errors import RowChangedError, RowExistsError

if TYPE_CHECKING:
    from shared.tables import Row, Tables

TESTS: Final = 30
WINDOW: Final = timedelta(minutes=1)

_ROW_KEY: Final = "connection-tests"
_TRIES: Final = 50


def count_test(tables: Tables, workspace: str, now: datetime) -> None:
    """Count one test at ``now``. Raises ApiProblem 429 (with the seconds to wait) for the 31st within a minute."""
    for _ in range(_TRIES):
        stored = tables.get(API_REQUESTS, workspace, _ROW_KEY)
        times: list[float] = orjson.loads(str(stored.row["times"])) if stored else []
        recent = [time for time in times if time > (now - WINDOW).timestamp()]
        if len(recent) >= TESTS:
            wait = math.ceil(recent[0] + WINDOW.total_seconds() - now.timestamp())
            raise ApiProblem(
                429,
                "too_many_tests",
                f"A workspace may test connections {TESTS} times a minute.",
                remedy=f"Try again in {max(1, wait)} seconds.",
                retry_after=max(1, wait),
            )
        times = sorted([*recent, now.timestamp()])
        row: Row = {"PartitionKey": workspace, "RowKey": _ROW_KEY, "times": orjson.dumps(times).decode()}
        try:
            if stored:
                tables.replace(API_REQUESTS, row, stored.etag)
            else:
                tables.create(API_REQUESTS, row)
        except (RowChangedError, RowExistsError):
            continue  # another test was counted in between
        return
    raise TransientError("too many connection tests begin at once", code="tests.contended", retry_after=1)
