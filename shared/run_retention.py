"""How long runs are kept: the newest 200 of an integration, and none longer than 90 days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from shared.run_rows import FINAL_RUN, STATE_ROW
from shared.storage import RUN_STREAMS, RUNS
from shared.tables import Row, Tables

RUNS_KEPT: Final = 200
KEPT: Final = timedelta(days=90)
LOT: Final = 20
"""So many are forgotten at a time: each may have thousands of streams, and the next end of a run goes on."""


def forget_old_runs(tables: Tables, integration_id: str, now: datetime) -> int:
    """Delete the oldest runs with their streams; their number. Stopped anywhere, the next time goes on."""
    runs = tables.query(RUNS, partition=integration_id, row_to=STATE_ROW, select=("status", "started_at"))
    # Ids count down in time: the newest run comes first.
    old = (stored.row for place, stored in enumerate(runs) if place >= RUNS_KEPT or _is_old(stored.row, now))
    forgotten = 0
    for run in islice((row for row in old if row.get("status") in FINAL_RUN), LOT):
        run_id = str(run["RowKey"])
        # The run goes last: without it nobody would find its streams.
        tables.delete(RUN_STREAMS, _streams(tables, f"{integration_id}|{run_id}"))
        tables.delete(RUNS, [(integration_id, run_id)])
        forgotten += 1
    return forgotten


def _streams(tables: Tables, partition: str) -> Iterator[tuple[str, str]]:
    for stored in tables.query(RUN_STREAMS, partition=partition, select=()):
        yield partition, str(stored.row["RowKey"])


def _is_old(run: Row, now: datetime) -> bool:
    started_at = run.get("started_at")
    return isinstance(started_at, datetime) and started_at < now - KEPT
