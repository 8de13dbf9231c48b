"""The work of a slice: read a page, store its rows, move the watermark; again until done, or time is up."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, cast

from shared.coverage import Coverage
from shared.errors import TransientError
from shared.flow.base import Entity
from shared.flow.rows import to_row
from shared.parallel import bounded_map
from shared.stored_rows import IntegrationRows
from shared.streams.base import Batch, Slice
from shared.tables import Row, Tables
from shared.versions import CurrentRows, always, newer_or_equal
from shared.webhooks.hints import Taken, take
from shared.webhooks.runs import is_webhook_run

if TYPE_CHECKING:
    from shared.ado.client import AdoClient
    from shared.flow.integration import Integration
    from shared.leases import Lease
    from shared.messages import Ingest
    from shared.runs import RunStream
    from shared.services import Services
    from shared.streams.base import Stream

SLICE: Final = timedelta(minutes=4)
"""Well before the functions host ends a call (10 minutes) a slice stops by itself, at the end of a page."""
IN_FLIGHT: Final = 8
"""Requests of one slice side by side."""
LOOK_AROUND: Final = timedelta(seconds=5)
"""How often a slice looks whether it is still wanted and nobody has been asked to slow down."""
REPORT: Final = timedelta(seconds=1)
"""How often the run's row shows what has been done."""

Outcome = Literal["done", "time_up", "unwanted"]


@dataclass(slots=True)
class Job:
    """One message being done. ``integration`` and ``row`` are as last read."""

    services: Services
    message: Ingest
    stream: Stream
    integration: Integration
    row: RunStream
    lease: Lease

    def wanted(self) -> bool:
        """Whether the integration, read again, still has its stream read."""
        found = self.services.integrations.get(self.message.workspace, self.message.integration_id)
        if found is None:
            return False
        self.integration = found
        return is_wanted(found, self.stream)

    def update(self, **changes: object) -> None:
        """Change fields of the run's row; nothing happens to one that has ended."""
        self.row = self.services.runs.change_stream(self.row, lambda row: replace(row, **changes))  # type: ignore[arg-type]


def is_wanted(integration: Integration, stream: Stream) -> bool:
    return integration.state == "active" and integration.service_on(stream.service)


@dataclass(slots=True)
class Counts:
    """What has been done since the run's row last told."""

    read: int = 0
    written: int = 0
    skipped: int = 0

    def added_to(self, row: RunStream, *, requests: int, seconds: float) -> RunStream:
        return replace(
            row,
            read=row.read + self.read,
            written=row.written + self.written,
            skipped=row.skipped + self.skipped,
            requests=row.requests + requests,
            seconds=row.seconds + seconds,
        )


class SliceWork:
    """Reads one slice of a job. Raises the errors of the stream, and LeaseLostError."""

    def __init__(self, job: Job) -> None:
        services = job.services
        self._job = job
        message = job.message
        self.hints: Taken | None = None
        """What events asked for, in a run of theirs."""
        if is_webhook_run(message.run_id):
            self.hints = take(services, job.integration.id, message.stream, message.unit_id)
        self._clock = services.clock
        self._entities = EntityWriter(services.tables)
        self._coverage = Coverage(services.tables, job.integration.id, services.clock)
        self._counts = Counts()
        self._requests_told = 0
        self._began = self._looked = self._told = services.clock()

    def run(self) -> Outcome:
        """Read until the stream is complete, time is up, or nobody wants it any more."""
        if not self._job.wanted():
            return "unwanted"
        client = self._job.services.ado_client(self._job.integration)
        with closing(client), self._job.services.keeping(self._job.lease):
            try:
                return self._read(client)
            finally:
                self._tell(client)

    def _read(self, client: AdoClient) -> Outcome:
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            # Streams are generators: closed, they let go of what they hold.
            pages = cast("Generator[Batch, None, None]", self._job.stream.read(self._slice(client, pool)))
            with closing(pages):
                for batch in pages:
                    self._store(batch)
                    now = self._clock()
                    if now - self._told >= REPORT:
                        self._tell(client)
                    if now - self._began >= SLICE:
                        return "time_up"
                    if now - self._looked >= LOOK_AROUND:
                        self._looked = now
                        if not self._job.wanted():
                            return "unwanted"
                        self._honour_pause(now)
        return "done"

    def _slice(self, client: AdoClient, pool: ThreadPoolExecutor) -> Slice:
        job = self._job
        state = job.services.runs.state(job.integration.id)
        return Slice(
            integration_id=job.integration.id,
            organization=job.integration.organization,
            unit_id=job.message.unit_id,
            unit_name=job.row.project_name,
            client=client,
            stored=IntegrationRows(job.services.tables, job.integration.id),
            watermark=job.lease.state.watermark,
            initial_processed_at=state.initial_processed_at or job.row.created_at,
            now=self._began,
            hints=self.hints.details if self.hints else None,
            rework_days=job.services.settings.rework_days,
            map=partial(bounded_map, pool, IN_FLIGHT),
        )

    def _store(self, batch: Batch) -> None:
        lease = self._job.lease
        if batch.entities or batch.skips or batch.unskipped:
            lease.ensure()
            self._counts.written += self._entities.store(batch.entities)
            self._coverage.add(batch.skips)
            self._coverage.remove(batch.unskipped)
        if batch.watermark != lease.state.watermark:
            lease.move(batch.watermark)
        else:
            lease.ensure()
        self._counts.read += batch.read
        self._counts.skipped += len(batch.skips)
        if batch.progress is not None:
            self._job.row = replace(self._job.row, progress=batch.progress)

    def _tell(self, client: AdoClient) -> None:
        """Bring the run's row up to date."""
        now, requests = self._clock(), client.requests
        counts, progress = self._counts, self._job.row.progress
        added = partial(
            counts.added_to, requests=requests - self._requests_told, seconds=(now - self._told).total_seconds()
        )
        self._job.row = self._job.services.runs.change_stream(
            self._job.row, lambda row: replace(added(row), status="running", progress=progress, resume_at=None)
        )
        self._counts, self._requests_told, self._told = Counts(), requests, now

    def _honour_pause(self, now: datetime) -> None:
        integration = self._job.integration
        until = self._job.services.pauses.until(integration.organization, integration.token_owner)
        if until:
            raise TransientError(
                "another worker was asked to slow down",
                code="throttled",
                retry_after=(until - now).total_seconds(),
                throttled=True,
            )


class EntityWriter:
    """Stores entities, each kind by its rule; remembers versions for the length of a slice."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._current: dict[str, CurrentRows] = {}

    def store(self, entities: Iterable[Entity]) -> int:
        """Write rows, kinds in order of their first entity; how many were written."""
        kinds: dict[type[Entity], list[Row]] = {}
        for entity in entities:
            kinds.setdefault(type(entity), []).append(to_row(entity))
        return sum(self._store(kind, rows) for kind, rows in kinds.items())

    def _store(self, kind: type[Entity], rows: list[Row]) -> int:
        if kind.VERSION is None and kind.CHOSEN is None:
            self._tables.upsert(kind.TABLE, rows)
            return len(rows)
        writer = self._current.get(kind.TABLE)
        if writer is None:
            writer = self._current[kind.TABLE] = self._writer(kind)
        return writer.write(rows)

    def _writer(self, kind: type[Entity]) -> CurrentRows:
        better = newer_or_equal(kind.VERSION) if kind.VERSION else always
        compared, kept = (tuple(filter(None, names)) for names in ((kind.VERSION,), (kind.CHOSEN,)))
        return CurrentRows(self._tables, kind.TABLE, compared, better, kept)
