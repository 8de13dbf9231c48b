"""Hints that wait to be read, and the runs that read them: one run of kind ``webhook`` for each minute.

A hint is a row first; then a message makes a slice of its stream. A slice takes the hints that it finds when it
begins, and looks again after its end: so either the slice or the message of the hint's own finds it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from shared.flow.projects import TicketProject
from shared.flow.repos import Repo
from shared.messages import Ingest, Plan
from shared.run_rows import Run, RunStream, run_row, stream_row
from shared.storage import RUN_STREAMS, RUNS, WEBHOOKS
from shared.stored_rows import IntegrationRows
from shared.sync import is_read
from shared.tables import Row, RowChangedError, RowExistsError
from shared.webhooks.events import Hint
from shared.webhooks.runs import LAST_MILLISECOND, SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.flow.integration import Integration
    from shared.services import Services

DELAY_SECONDS: Final = 1
"""Before a hint is acted upon: events come in swarms, and a feed is asked at most once a second."""
SILENT: Final = timedelta(seconds=20)
"""A stream of a run that has shown nothing for so long gets its message again: it may never have been sent."""
AFTER_THE_MINUTE: Final = timedelta(seconds=5)
"""A minute's run ends so much after it: an event that came in its last moment is still on its way to the tables."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Hints that a slice has found. ``details`` as in ``Hint``, "" first if there."""

    keys: tuple[tuple[str, str], ...]
    details: tuple[str, ...]


def note(services: Services, integration_id: str, hint: Hint) -> None:
    """Write a hint down, under a key of its own: one that is taken at this moment is not this one."""
    key = f"{_prefix(hint.stream, hint.unit_id)}{secrets.token_hex(8)}"
    row: Row = {"PartitionKey": integration_id, "RowKey": key, "at": services.clock(), "detail": hint.detail}
    services.tables.create(WEBHOOKS, row)


def take(services: Services, integration_id: str, stream: str, unit_id: str) -> Taken:
    """The hints for one stream of one unit; they stay until ``forget``."""
    prefix = _prefix(stream, unit_id)
    # "~" comes after every hexadecimal digit.
    found = list(services.tables.query(WEBHOOKS, partition=integration_id, row_from=prefix, row_to=f"{prefix}~"))
    keys = tuple((str(one.row["PartitionKey"]), str(one.row["RowKey"])) for one in found)
    return Taken(keys, tuple(sorted({str(one.row.get("detail", "")) for one in found})))


def forget(services: Services, taken: Taken) -> None:
    """What they asked for is stored."""
    services.tables.delete(WEBHOOKS, taken.keys)


def _prefix(stream: str, unit_id: str) -> str:
    return f"hint|{stream}|{unit_id}|"


def is_wanted(services: Services, integration: Integration, hint: Hint) -> bool:
    """Whether the hint's stream is read, and its unit is one that is."""
    stream = services.streams.get(hint.stream)
    if stream is None or integration.state != "active" or not integration.service_on(stream.service):
        return False
    return hint.unit == "organization" or _project_of(services, integration, hint) is not None


def _project_of(services: Services, integration: Integration, hint: Hint) -> TicketProject | None:
    """The project that is read and that the hint is about or lies in."""
    stored = IntegrationRows(services.tables, integration.id)
    project_id = hint.unit_id
    if hint.unit == "repo":
        repo = stored.get(Repo, "", hint.unit_id)
        if repo is None or repo.is_deleted or not repo.is_imported:
            return None
        project_id = repo.project_id
    project = stored.get(TicketProject, "", project_id)
    return project if project and is_read(project) else None


def act(services: Services, integration: Integration, hint: Hint) -> datetime | None:
    """See to it that a slice of the hint's stream begins after now. When at the earliest, if it is one of ours."""
    run = _run_of_this_minute(services, integration)
    row = services.runs.stream(integration.id, run.id, hint.stream, hint.unit_id)
    now = services.clock()
    starts_at = now + timedelta(seconds=DELAY_SECONDS)
    if row is None:
        row = _new_row(services, integration, run, hint, now)
        services.runs.add_streams([row])
    elif row.final:
        if not _reopen(services, row):
            return None  # somebody else just did
    elif now - max(row.updated_at, row.resume_at or row.updated_at) < SILENT:
        return None  # whoever reads it looks again at its end
    services.queues.send(
        Ingest(integration.workspace, integration.id, run.id, hint.stream, hint.unit_id), DELAY_SECONDS
    )
    return starts_at


def follow_up(services: Services, integration: Integration, message: Ingest) -> None:
    """After a slice: read again what hints have asked for meanwhile."""
    left = take(services, integration.id, message.stream, message.unit_id)
    if left.keys:
        act(services, integration, Hint(message.stream, services.streams[message.stream].unit, message.unit_id))


def _run_of_this_minute(services: Services, integration: Integration) -> Run:
    now = services.clock()
    minute = now.replace(second=0, microsecond=0)
    run_id = f"{LAST_MILLISECOND - int(minute.timestamp() * 1000):013d}{SUFFIX}"
    found = services.runs.get(integration.id, run_id)
    if found:
        return found
    # First the message that ends it: a run that nobody ends would stay for ever.
    end = minute + timedelta(minutes=1) + AFTER_THE_MINUTE
    services.queues.send(Plan(integration.workspace, integration.id, run_id), (end - now).total_seconds() + 1)
    run = Run(integration_id=integration.id, id=run_id, kind="webhook", started_at=now, updated_at=now)
    try:
        services.tables.create(RUNS, run_row(run))
    except RowExistsError:
        return services.runs.get(integration.id, run_id) or run
    return run


def _new_row(services: Services, integration: Integration, run: Run, hint: Hint, now: datetime) -> RunStream:
    project = None if hint.unit == "organization" else _project_of(services, integration, hint)
    return RunStream(
        integration_id=integration.id,
        run_id=run.id,
        stream=hint.stream,
        unit_id=hint.unit_id,
        project_id=project.id if project else None,
        project_name=project.name if project else None,
        repo_id=hint.unit_id if hint.unit == "repo" else None,
        created_at=now,
        updated_at=now,
    )


def _reopen(services: Services, row: RunStream) -> bool:
    """A stream that has ended in this minute's run is to be read once more; False when it has changed."""
    again = replace(row, status="queued", finished_at=None, progress=0.0, updated_at=services.clock())
    try:
        services.tables.replace(RUN_STREAMS, stream_row(again), row.etag)
    except RowChangedError:
        return False
    return True


def end_old_runs(services: Services, integration: Integration, runs: Iterable[Run]) -> None:
    """Do what is left of runs of minutes that are over: their messages may have been lost."""
    now = services.clock()
    for run in runs:
        if run.kind == "webhook" and not run.final and now - run.started_at > timedelta(minutes=2):
            services.queues.send(Plan(integration.workspace, integration.id, run.id))
