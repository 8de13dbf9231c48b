"""How far each stream of each unit is complete, who writes it now, and what went wrong with it last.

Table ``watermarks``, PartitionKey integration, RowKey ``{stream}|{unit}``. Watermark and lease share a row, so that a
write of one checks the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal

import orjson

from shared.run_rows import stream_key
from shared.storage import WATERMARKS
from shared.streams.base import Watermark
from shared.table_rules import UNITS_PER_STRING
from shared.tables import Condition, Conditions, Row, RowChangedError, Tables

_TEXT: Final = ("owner", "owner_run", "restarted_by", "failure", "error", "error_code", "remedy")
_TIMES: Final = ("until", "failing_since", "synced_at")
_PART: Final = UNITS_PER_STRING // 2
"""Characters of a watermark in one property; each counts twice at most."""
Failure = Literal["failed", "failed_project"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """One stream of one unit, as stored."""

    integration_id: str
    stream: str
    unit_id: str
    watermark: Watermark | None = None
    """None: never read, or made to begin anew."""
    owner: str = ""
    """Who holds the lease: a name used once."""
    owner_run: str = ""
    """The run that the owner's message belongs to."""
    until: datetime | None = None
    """The lease's end."""
    fence: int = 0
    """Counts the owners; a writer whose number is not the row's has lost it."""
    again: tuple[str, ...] = ()
    """Runs whose message came while the lease was held."""
    restarted_by: str = ""
    """The full run that last made it begin anew."""
    failure: Failure | None = None
    error: str | None = None
    error_code: str | None = None
    remedy: str | None = None
    failing_since: datetime | None = None
    synced_at: datetime | None = None
    """When it was last read to its end."""
    etag: str = field(default="", compare=False)

    @property
    def complete(self) -> bool:
        """A backfill that needs no reading any more."""
        return bool(self.watermark and self.watermark.get("complete") is True)

    def held(self, now: datetime) -> bool:
        return bool(self.owner and self.until and self.until > now)


class Watermarks:
    """Read and write the rows; ``shared/leases.py`` says who may."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, integration_id: str, stream: str, unit_id: str) -> StreamState | None:
        found = self._tables.get(WATERMARKS, integration_id, stream_key(stream, unit_id))
        return _state(found.row, found.etag) if found else None

    def all(self, integration_id: str) -> Iterator[StreamState]:
        return self._query(integration_id, {})

    def failing(self, integration_id: str) -> Iterator[StreamState]:
        """Those whose last reading failed."""
        return self._query(integration_id, {"failure": Condition("gt", "")})

    def _query(self, integration_id: str, where: Conditions) -> Iterator[StreamState]:
        for stored in self._tables.query(WATERMARKS, partition=integration_id, where=where):
            yield _state(stored.row, stored.etag)

    def create(self, state: StreamState) -> StreamState:
        """Raises RowExistsError."""
        return replace(state, etag=self._tables.create(WATERMARKS, _row(state)))

    def replace(self, state: StreamState) -> StreamState:
        """If-Match the ETag it was read with. Raises RowChangedError."""
        return replace(state, etag=self._tables.replace(WATERMARKS, _row(state), state.etag))

    def restart(self, state: StreamState, run_id: str) -> None:
        """Make a stream begin anew, once for each full run. Whoever holds its lease has lost it."""
        found: StreamState | None = state
        while found and found.restarted_by != run_id:
            anew = replace(
                found, watermark=None, restarted_by=run_id, owner="", owner_run="", until=None, fence=found.fence + 1
            )
            try:
                self.replace(anew)
            except RowChangedError:
                found = self.get(state.integration_id, state.stream, state.unit_id)
            else:
                return


def _row(state: StreamState) -> Row:
    row: Row = {
        "PartitionKey": state.integration_id,
        "RowKey": stream_key(state.stream, state.unit_id),
        "stream": state.stream,
        "unit_id": state.unit_id,
        "fence": state.fence,
        "again": " ".join(state.again),
    }
    if state.watermark is not None:
        _put(row, orjson.dumps(state.watermark).decode())
    return row | {name: value for name in (*_TEXT, *_TIMES) if (value := getattr(state, name))}


def _put(row: Row, text: str) -> None:
    """In as many properties as it takes: ``watermark``, ``watermark__1``, ..."""
    for number, start in enumerate(range(0, len(text), _PART)):
        row[_part(number)] = text[start : start + _PART]


def _part(number: int) -> str:
    return f"watermark__{number}" if number else "watermark"


def _text(row: Row) -> str | None:
    parts: list[str] = []
    while (part := row.get(_part(len(parts)))) is not None:
        parts.append(str(part))
    return "".join(parts) if parts else None


def _state(row: Row, etag: str) -> StreamState:
    watermark = _text(row)
    return StreamState(
        integration_id=str(row["PartitionKey"]),
        stream=str(row["stream"]),
        unit_id=str(row["unit_id"]),
        watermark=orjson.loads(watermark) if watermark is not None else None,
        fence=int(str(row.get("fence", 0))),
        again=tuple(str(row.get("again", "")).split()),
        etag=etag,
        **{name: row[name] for name in (*_TEXT, *_TIMES) if name in row},  # type: ignore[arg-type]
    )
