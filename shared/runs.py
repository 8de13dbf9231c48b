"""Runs of one integration and the streams of a run, as rows; and the sync's own state, which points at the active run.

Table ``runs``, PartitionKey integration: a run's id is its RowKey and counts down in time, so that the newest comes
first; ``_sync`` is the state. A run begins and ends in one transaction with it: there is never a second active run.
Table ``runstreams``, PartitionKey ``{integration}|{run}``, RowKey ``{stream}|{unit}``.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from shared.flow.integration import Integration
from shared.run_rows import (
    STATE_ROW,
    Kind,
    Run,
    RunStream,
    StreamStatus,
    SyncState,
    run_from_row,
    run_row,
    state_from_row,
    state_row,
    stream_from_row,
    stream_key,
    stream_row,
)
from shared.run_summary import end_status, live
from shared.storage import RUN_STREAMS, RUNS
from shared.tables import Row, RowChangedError, RowExistsError, Tables

__all__ = ["Kind", "Run", "RunStore", "RunStream", "SyncState"]

_LAST_MILLISECOND: Final = 10**13 - 1
_TRANSACTION: Final = 100


class RunStore:
    """Start, find, list and end runs; keep the rows of their streams."""

    def __init__(self, tables: Tables, clock: Callable[[], datetime]) -> None:
        self._tables = tables
        self._clock = clock

    def state(self, integration_id: str) -> SyncState:
        """The sync's state; a blank one before the first run."""
        found = self._tables.get(RUNS, integration_id, STATE_ROW)
        return state_from_row(found.row, found.etag) if found else SyncState(integration_id=integration_id)

    def start(self, integration: Integration, kind: Kind) -> tuple[Run, bool]:
        """Begin a run, unless one is active: then that one, and False; a ``full`` one is noted and follows it.

        ``kind`` becomes ``initial`` until a run has ended well.
        """
        while True:
            state = self.state(integration.id)
            active = self.active(state)
            if active:
                if kind != "full" or active.kind in ("full", "initial") or state.full_queued:
                    return active, False
                changed = replace(state, full_queued=True)
                run, started = active, False
            else:
                run, changed = self._next(state, kind)
                started = True
            try:
                self._write(state, changed, new=run if started else None)
            except (RowChangedError, RowExistsError):
                continue
            return (self.get(integration.id, run.id) or run), started

    def active(self, state: SyncState) -> Run | None:
        """The run that the state points at, unless it has ended."""
        run = self.get(state.integration_id, state.active_run_id) if state.active_run_id else None
        return run if run and not run.final else None

    def get(self, integration_id: str, run_id: str) -> Run | None:
        """One run, or None."""
        if run_id.startswith("_"):
            return None
        found = self._tables.get(RUNS, integration_id, run_id)
        return run_from_row(found.row, found.etag) if found else None

    def streams(self, run: Run) -> list[RunStream]:
        """All streams of a run, in order of stream and unit."""
        partition = f"{run.integration_id}|{run.id}"
        return [stream_from_row(s.row, s.etag) for s in self._tables.query(RUN_STREAMS, partition=partition)]

    def stream(self, integration_id: str, run_id: str, stream: str, unit_id: str) -> RunStream | None:
        """One stream of a run, or None."""
        found = self._tables.get(RUN_STREAMS, f"{integration_id}|{run_id}", stream_key(stream, unit_id))
        return stream_from_row(found.row, found.etag) if found else None

    def add_streams(self, streams: Iterable[RunStream]) -> None:
        """Create the rows of planned streams; those that exist stay as they are."""
        rows = [stream_row(stream) for stream in streams]
        for start in range(0, len(rows), _TRANSACTION):
            chunk = rows[start : start + _TRANSACTION]
            try:
                self._tables.transact(RUN_STREAMS, creates=chunk)
            except RowExistsError:
                for row in chunk:
                    self._create_absent(row)

    def _create_absent(self, row: Row) -> None:
        try:
            self._tables.create(RUN_STREAMS, row)
        except RowExistsError:
            return

    def change_stream(self, stream: RunStream, change: Callable[[RunStream], RunStream]) -> RunStream:
        """Apply ``change`` to what is stored until it sticks. A stream that has ended is left alone."""
        while not stream.final:
            changed = replace(change(stream), updated_at=self._clock())
            try:
                return replace(changed, etag=self._tables.replace(RUN_STREAMS, stream_row(changed), stream.etag))
            except RowChangedError:
                found = self.stream(stream.integration_id, stream.run_id, stream.stream, stream.unit_id)
                if found is None:
                    return stream  # removed with its integration
                stream = found
        return stream

    def end_stream(self, stream: RunStream, status: StreamStatus) -> RunStream:
        """End a stream."""
        now = self._clock()
        return self.change_stream(stream, lambda row: replace(row, status=status, finished_at=now, resume_at=None))

    def change_run(self, run: Run, change: Callable[[Run], Run]) -> Run:
        """Apply ``change`` to what is stored until it sticks. A run that has ended is left alone."""
        while not run.final:
            changed = replace(change(run), updated_at=self._clock())
            try:
                return replace(changed, etag=self._tables.replace(RUNS, run_row(changed), run.etag))
            except RowChangedError:
                found = self.get(run.integration_id, run.id)
                if found is None:
                    return run  # removed with its integration
                run = found
        return run

    def finish(self, run: Run, streams: Iterable[RunStream], error: str | None = None) -> Run | None:
        """End a run by what its streams came to; the full one that waited for it begins, and is given back.

        ``error``: why the run cannot go on; it has failed then, and a full one waits for the next.
        """
        ended = tuple(streams)
        if run.kind == "webhook":
            self._finish_beside(run, ended, error)
            return None
        while not run.final:
            state = self.state(run.integration_id)
            status = "failed" if error else end_status(ended)
            now = self._clock()
            done = replace(run, status=status, finished_at=now, updated_at=now, progress=1.0, error=error)
            after = replace(state, active_run_id="")
            if status != "failed":
                after = replace(after, last_synced_at=now, initial_done=True)
            following: Run | None = None
            if state.full_queued and not error:
                following, after = self._next(after, run.kind)
            try:
                self._write(state, after, new=following, ended=done)
            except (RowChangedError, RowExistsError):
                run = self.get(run.integration_id, run.id) or done
                continue
            return following
        return None

    def _finish_beside(self, run: Run, ended: Sequence[RunStream], error: str | None) -> None:
        """End a run that the state does not point at."""
        status, now = "failed" if error else end_status(ended), self._clock()
        self.change_run(run, lambda found: replace(found, status=status, finished_at=now, progress=1.0, error=error))

    def list(self, integration_id: str, limit: int, cursor: str | None = None) -> tuple[list[Run], str | None]:
        """Runs, newest first, the active one with what its streams show now. Raises CursorError."""
        page = self._tables.page(RUNS, partition=integration_id, row_to=STATE_ROW, limit=limit, cursor=cursor)
        runs = [run_from_row(stored.row, stored.etag) for stored in page.stored]
        return [run if run.final else live(run, self.streams(run)) for run in runs], page.cursor

    def _next(self, state: SyncState, kind: Kind) -> tuple[Run, SyncState]:
        """A new run and the state that points at it."""
        now = self._clock()
        kind = "full" if state.full_queued else kind
        run = Run(
            integration_id=state.integration_id,
            id=f"{_LAST_MILLISECOND - int(now.timestamp() * 1000):013d}{secrets.token_hex(4)}",
            kind=kind if state.initial_done else "initial",
            started_at=now,
            updated_at=now,
        )
        first = state.initial_processed_at or now
        return run, replace(state, active_run_id=run.id, initial_processed_at=first, full_queued=False)

    def _write(self, before: SyncState, after: SyncState, *, new: Run | None = None, ended: Run | None = None) -> None:
        creates = [run_row(new)] if new else []
        replaces = [(run_row(ended), ended.etag)] if ended else []
        if before.etag:
            replaces.append((state_row(after), before.etag))
        else:
            creates.append(state_row(after))
        self._tables.transact(RUNS, creates=creates, replaces=replaces)
