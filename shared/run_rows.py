"""What a run, a stream of a run and the state of an integration's sync are, and how each becomes a row."""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from datetime import datetime
from typing import Any, Final, Literal, TypeVar

from shared.table_rules import Row, escape_key

Kind = Literal["initial", "incremental", "full", "webhook"]
RunStatus = Literal["running", "rate_limited", "succeeded", "partially_failed", "failed"]
StreamStatus = Literal["queued", "running", "rate_limited", "succeeded", "failed", "failed_project", "stopped"]
"""``failed_project``: the unit cannot be read. ``stopped``: its service was turned off, its project left out."""

STATE_ROW: Final = "_sync"
"""RowKey of an integration's sync state among its runs; ids of runs come before it."""

FINAL_RUN: Final = frozenset({"succeeded", "partially_failed", "failed"})
FINAL_STREAM: Final = frozenset({"succeeded", "failed", "failed_project", "stopped"})

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncState:
    """The state of one integration's sync, beyond any run."""

    integration_id: str
    active_run_id: str = ""
    full_queued: bool = False
    """A full run is wanted as soon as the active one has ended."""
    initial_processed_at: datetime | None = None
    """When the first run began; the six-month window hangs on it, so it never moves."""
    initial_done: bool = False
    """A run has ended with all or part of it stored."""
    last_synced_at: datetime | None = None
    etag: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One pass over all streams that are on."""

    integration_id: str
    id: str
    kind: Kind
    status: RunStatus = "running"
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None = None
    progress: float = 0.0
    planned: str = ""
    """Names of the streams whose units have their messages, separated by spaces."""
    expected: int = 0
    """How many streams will be planned in all."""
    restarted: bool = False
    """A full run has made every stream begin anew."""
    error: str | None = None
    etag: str = field(default="", compare=False)

    @property
    def final(self) -> bool:
        return self.status in FINAL_RUN

    @property
    def planned_streams(self) -> frozenset[str]:
        return frozenset(self.planned.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStream:
    """One stream of one unit in one run. Counters add up over its slices."""

    integration_id: str
    run_id: str
    stream: str
    unit_id: str
    project_id: str | None = None
    project_name: str | None = None
    repo_id: str | None = None
    status: StreamStatus = "queued"
    read: int = 0
    written: int = 0
    skipped: int = 0
    requests: int = 0
    seconds: float = 0.0
    errors: int = 0
    """Failed tries, waiting for a throttle not counted."""
    progress: float = 0.0
    error: str | None = None
    error_code: str | None = None
    remedy: str | None = None
    created_at: datetime
    updated_at: datetime
    resume_at: datetime | None = None
    """Its message is hidden until then."""
    finished_at: datetime | None = None
    etag: str = field(default="", compare=False)

    @property
    def final(self) -> bool:
        return self.status in FINAL_STREAM


def stream_key(stream: str, unit_id: str) -> str:
    """RowKey of a stream's row, in a run and among the watermarks."""
    return f"{stream}|{escape_key(unit_id)}"


def state_row(state: SyncState) -> Row:
    return {"PartitionKey": state.integration_id, "RowKey": STATE_ROW} | _properties(state)


def state_from_row(row: Row, etag: str) -> SyncState:
    return _read(SyncState, row, etag)


def run_row(run: Run) -> Row:
    return {"PartitionKey": run.integration_id, "RowKey": run.id} | _properties(run)


def run_from_row(row: Row, etag: str) -> Run:
    return _read(Run, row, etag)


def stream_row(stream: RunStream) -> Row:
    keys: Row = {
        "PartitionKey": f"{stream.integration_id}|{stream.run_id}",
        "RowKey": stream_key(stream.stream, stream.unit_id),
    }
    return keys | _properties(stream)


def stream_from_row(row: Row, etag: str) -> RunStream:
    return _read(RunStream, row, etag)


_FIELDS: Final[dict[type[Any], tuple[Field[Any], ...]]] = {
    cls: tuple(f for f in fields(cls) if f.name != "etag") for cls in (SyncState, Run, RunStream)
}
"""What is stored of each."""


def _properties(record: Any) -> Row:
    values = {f.name: getattr(record, f.name) for f in _FIELDS[type(record)]}
    return {name: value for name, value in values.items() if value is not None}


def _read(cls: type[T], row: Row, etag: str) -> T:
    """The record of a row written by this or a neighbouring release: unknown properties are ignored."""
    values: dict[str, Any] = {"etag": etag}
    for f in _FIELDS[cls]:
        value = row.get(f.name)
        if value is not None:
            values[f.name] = float(value) if isinstance(value, int) and type(f.default) is float else value
    return cls(**values)
