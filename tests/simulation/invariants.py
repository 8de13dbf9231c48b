"""What must hold at every moment, looked at whenever a row changes, a batch is read, or Azure DevOps is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, cast
from weakref import WeakKeyDictionary

import orjson

from shared.flow.catalog import ENTITIES
from shared.pauses import HEARD_WITHIN
from shared.storage import PAUSES, WATERMARKS
from shared.streams.base import Batch, Slice, Stream
from shared.streams.catalog import STREAMS
from shared.table_rules import Row

if TYPE_CHECKING:
    from collections.abc import Generator

    from shared.ado.wire import Request
    from tests.simulation.memory_ado import Answer
    from tests.simulation.scheduler import Task
    from tests.simulation.world import Worker, World

VERSIONS: Final = {entity.TABLE: entity.VERSION for entity in ENTITIES if entity.VERSION}
READ_WITHIN: Final = timedelta(seconds=1)
"""How long it takes to read what another worker has stored."""


@dataclass(slots=True)
class Pause:
    """What Azure DevOps asked for: from when until when, who was told, and when that was stored for the others."""

    told_at: datetime
    until: datetime
    worker: Worker
    stored_at: datetime | None = None

    def heard_at(self, worker: Worker) -> datetime:
        """From when on the worker can be held to it."""
        if worker is self.worker:
            return self.told_at
        return self.stored_at + HEARD_WITHIN + READ_WITHIN if self.stored_at else self.until


class Invariants:
    """Watches a world. ``violations`` says in words what did not hold."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.violations: list[str] = []
        self.batches: Counter[tuple[str, str]] = Counter()
        """Batches read, by stream and unit."""
        self.batches_at_death: Counter[tuple[str, str]] = Counter()
        self.inside_retry_after = 0
        self._pending: MutableMapping[Task[Worker], tuple[str, Batch]] = WeakKeyDictionary()
        self._owners: dict[tuple[object, object], tuple[object, Task[Worker]]] = {}
        """Who last moved a watermark: the owner's name and its task."""
        self._pauses: dict[str, Pause] = {}
        """By organisation."""
        world.tables.watch = self._changed
        world.on_request = self._requested
        world.on_answer = self._answered
        world.streams_of = self._streams
        world.on_death = self._died

    def _streams(self, _worker: Worker) -> Mapping[str, Stream]:
        return {name: replace(stream, read=partial(self._read, stream)) for name, stream in STREAMS.items()}

    def _read(self, stream: Stream, slice_: Slice) -> Iterator[Batch]:
        task = self._world.scheduler.current
        with closing(cast("Generator[Batch, None, None]", stream.read(slice_))) as batches:
            for batch in batches:
                self.batches[stream.name, slice_.unit_id] += 1
                if task:
                    self._pending[task] = (stream.name, batch)
                yield batch

    def _died(self) -> None:
        self.batches_at_death = Counter(self.batches)

    def _changed(self, table: str, before: Row | None, after: Row | None) -> None:
        if after is None:
            return
        if table == PAUSES:
            self._stored_pause()
        version = VERSIONS.get(table)
        if version and before and before.get(version, after[version]) > after[version]:  # type: ignore[operator]
            self.violations.append(f"{table} {after['RowKey']}: {version} went back")
        if table == WATERMARKS and before and before.get("watermark") != after.get("watermark"):
            self._moved(before, after)

    def _moved(self, before: Row, after: Row) -> None:
        task = self._world.scheduler.current
        if task is None or "watermark" not in after:
            return  # a full run has made it begin anew
        where = f"watermark {after['RowKey']}"
        if (before.get("owner"), before["fence"]) != (after.get("owner"), after["fence"]):
            self.violations.append(f"{where}: moved by another than its owner")
        row, owner = (after["PartitionKey"], after["RowKey"]), after.get("owner")
        before_it = self._owners.get(row)
        if before_it and before_it[0] == owner and before_it[1] is not task:
            self.violations.append(f"{where}: two writers share an owner's name")
        self._owners[row] = owner, task
        stream, batch = self._pending[task]
        if orjson.loads(str(after["watermark"])) != orjson.loads(orjson.dumps(batch.watermark)):
            self.violations.append(f"{where}: not the last batch's")
        for entity in batch.entities:
            stored = self._world.tables.get(entity.TABLE, entity.partition_key(), entity.row_key())
            if stored is None:
                self.violations.append(f"{where}: passed {stream} {entity.id}, which is not stored")
            elif entity.VERSION and stored.row[entity.VERSION] < getattr(entity, entity.VERSION):
                self.violations.append(f"{where}: passed {stream} {entity.id}, which is stored older")

    def _stored_pause(self) -> None:
        task = self._world.scheduler.current
        for pause in self._pauses.values():
            if task and pause.worker is task.worker and pause.stored_at is None:
                pause.stored_at = self._world.now

    def _requested(self, worker: Worker, request: Request, begun_at: datetime) -> None:
        pause = self._pauses.get(_organization(request))
        if pause and pause.heard_at(worker) < begun_at < pause.until:
            self.inside_retry_after += 1
            self.violations.append(
                f"{begun_at} {request.route}: asked {pause.until - begun_at} before a pause was over"
            )

    def _answered(self, worker: Worker, request: Request, answer: Answer) -> None:
        seconds = {name.lower(): value for name, value in answer[1].items()}.get("retry-after")
        if seconds is None:
            return
        until = self._world.now + timedelta(seconds=float(seconds))
        known = self._pauses.get(_organization(request))
        if known is None or until > known.until:
            self._pauses[_organization(request)] = Pause(self._world.now, until, worker)


def _organization(request: Request) -> str:
    return request.url.split("/")[3]
