"""Which streams are due: the timer's tick, a run's beginning, and its way from stream to stream to its end.

``advance`` may be called any number of times, by any worker, and stopped anywhere: it does what is still to be done.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from shared.failures import Failed, fail_run
from shared.flow.base import ORGANIZATION_UNIT
from shared.flow.projects import TicketProject
from shared.flow.repos import Repo
from shared.messages import Ingest, Plan
from shared.oauth.claims import expire_unused
from shared.removal import remove
from shared.run_retention import forget_old_runs
from shared.runs import RunStream
from shared.stored_rows import IntegrationRows
from shared.webhooks.runs import is_over

if TYPE_CHECKING:
    from shared.flow.integration import Integration
    from shared.runs import Run
    from shared.services import Services
    from shared.streams.base import Stream

STALE: Final = timedelta(minutes=5)
"""A run in which nothing has happened for so long gets the messages of what has not ended again."""

log = logging.getLogger(__name__)


def tick(services: Services, *, past_due: bool) -> None:
    """One ``Plan`` message for each integration that is to be synced or removed."""
    sent = 0
    for integration in services.integrations.all():
        if integration.state == "stopped" and not services.runs.state(integration.id).active_run_id:
            continue
        action: Literal["plan", "remove"] = "remove" if integration.state == "deleting" else "plan"
        services.queues.send(Plan(integration.workspace, integration.id, action=action))
        sent += 1
        if integration.state == "active" and _has_webhooks(services, integration):
            services.queues.send(Plan(integration.workspace, integration.id, action="webhooks"))
    services.integrations.forget_old()
    services.secrets.sweep()
    expire_unused(services, services.clock())
    log.info("sync.tick", extra={"planned": sent, "past_due": past_due})


def _has_webhooks(services: Services, integration: Integration) -> bool:
    """Whether they are on, or were and something of them may be left."""
    if integration.service_on("webhooks"):
        return True
    state = services.hooks.state(integration.id)
    return state is not None and bool(state.url)


def start(services: Services, integration: Integration, *, full: bool = False) -> Run:
    """Begin a run and queue its planning; an active one is given instead, and a full one follows it."""
    run, started = services.runs.start(integration, "full" if full else "incremental")
    if started:
        services.queues.send(Plan(integration.workspace, integration.id, run.id))
    return run


def handle_plan(services: Services, message: Plan) -> None:
    """Plan an integration's run (without a run id: the active one, or a new one), or go on with its removal."""
    if message.action == "remove":
        remove(services, message)
        return
    if message.action == "webhooks":
        from shared.webhooks.subscriptions import handle

        handle(services, message)
        return
    integration = services.integrations.get(message.workspace, message.integration_id)
    if integration is None:
        return
    if integration.state == "stopped":
        _end_run(services, integration)
        return
    run_id = message.run_id or services.runs.start(integration, "incremental")[0].id
    advance(services, integration, run_id)
    heal(services, integration, run_id)


def _end_run(services: Services, integration: Integration) -> None:
    """End a run that was begun while the integration was being stopped: nothing of it would be done."""
    run = services.runs.active(services.runs.state(integration.id))
    if run:
        why = integration.stopped_message or "the integration is stopped"
        fail_run(services, run, Failed(why, integration.stopped_code or "stopped", integration.stopped_remedy))


def advance(services: Services, integration: Integration, run_id: str) -> None:
    """Plan the streams of a run that are ready, and end the run when there is nothing left."""
    run = services.runs.get(integration.id, run_id)
    if run is None or run.final or _is_of_events(services, run):
        return
    if run.kind == "full" and not run.restarted:
        run = _restart(services, run)
    wanted = [stream for stream in services.streams.values() if integration.service_on(stream.service)]
    while True:
        rows = services.runs.streams(run)
        ready = [stream for stream in wanted if _is_ready(stream, wanted, run, rows)]
        if not ready:
            break
        for stream in ready:
            _plan(services, integration, run, stream)
        run = services.runs.change_run(run, partial(_with_planned, ready=ready, wanted=wanted))
        if run.final or not {stream.name for stream in ready} <= run.planned_streams:
            return  # ended by another worker, or removed with its integration
    if all(row.final for row in rows) and {stream.name for stream in wanted} <= run.planned_streams:
        following = services.runs.finish(run, rows)
        log.info("run.finished", extra={"integration_id": integration.id, "run_id": run.id})
        if following:
            services.queues.send(Plan(integration.workspace, integration.id, following.id))
        forget_old_runs(services.tables, integration.id, services.clock())


def _is_of_events(services: Services, run: Run) -> bool:
    """Nothing is planned in a run of events: it ends with its streams, after its minute."""
    if run.kind != "webhook":
        return False
    rows = services.runs.streams(run)
    if is_over(run.id, services.clock()) and all(row.final for row in rows):
        services.runs.finish(run, rows)
    return True


def _restart(services: Services, run: Run) -> Run:
    """Make every stream begin anew, backfills first: a feed must not begin later than what is to be read besides."""
    once = {stream.name for stream in services.streams.values() if stream.once}
    states = sorted(services.watermarks.all(run.integration_id), key=lambda state: state.stream not in once)
    for state in states:
        services.watermarks.restart(state, run.id)
    return services.runs.change_run(run, lambda now: replace(now, restarted=True))


def _is_ready(stream: Stream, wanted: Sequence[Stream], run: Run, rows: Iterable[RunStream]) -> bool:
    """Not planned yet, and what it comes after has ended, well or not, or is not read at all."""
    if stream.name in run.planned_streams:
        return False
    before = {other.name for other in wanted if other.name in stream.after}
    return before <= run.planned_streams and all(row.final for row in rows if row.stream in before)


def _plan(services: Services, integration: Integration, run: Run, stream: Stream) -> None:
    """A row and a message for each unit. Row first: a message without one would be dropped."""
    services.runs.add_streams(_units(services, integration, run, stream))
    _send_queued(services, integration, [row for row in services.runs.streams(run) if row.stream == stream.name])


def _units(services: Services, integration: Integration, run: Run, stream: Stream) -> list[RunStream]:
    now = services.clock()
    blank = RunStream(
        integration_id=integration.id,
        run_id=run.id,
        stream=stream.name,
        unit_id=ORGANIZATION_UNIT,
        created_at=now,
        updated_at=now,
    )
    if stream.unit == "organization":
        return [blank]
    complete = set()
    if stream.once:
        states = list(services.watermarks.all(integration.id))
        complete = {state.unit_id for state in states if state.stream == stream.name and state.complete}
        begun = {state.stream for state in states if state.watermark is not None}
        if not _feeds(services, integration, stream) <= begun:
            return []  # what changed between this backfill and a feed that begins later would be in neither
    stored = IntegrationRows(services.tables, integration.id)
    units = [
        replace(blank, unit_id=project.id, project_id=project.id, project_name=project.name)
        for project in stored.all(TicketProject)
        if is_read(project)
    ]
    if stream.unit == "repo":
        units = list(_repos_of(units, stored))
    return [unit for unit in units if unit.unit_id not in complete]


def _feeds(services: Services, integration: Integration, backfill: Stream) -> set[str]:
    """The streams of the organisation that go on where a backfill ends; they have to have begun before it."""
    before = [services.streams[name] for name in backfill.after if name in services.streams]
    return {feed.name for feed in before if feed.unit == "organization" and integration.service_on(feed.service)}


def _repos_of(projects: Iterable[RunStream], stored: IntegrationRows) -> Iterator[RunStream]:
    """A unit for each repo that is chosen for import, of the projects that are read."""
    by_id = {project.unit_id: project for project in projects}
    for repo in stored.all(Repo):
        if repo.is_imported and not repo.is_deleted and repo.project_id in by_id:
            yield replace(by_id[repo.project_id], unit_id=repo.id, repo_id=repo.id)


def is_read(project: TicketProject) -> bool:
    """Chosen for import, and there to be read."""
    return project.is_imported and not project.is_deleted and project.unavailable_since is None


def _send_queued(services: Services, integration: Integration, rows: Iterable[RunStream]) -> None:
    for row in rows:
        if row.status == "queued":
            services.queues.send(message_of(integration, row))


def message_of(integration: Integration, row: RunStream) -> Ingest:
    return Ingest(integration.workspace, integration.id, row.run_id, row.stream, row.unit_id)


def _with_planned(run: Run, *, ready: Iterable[Stream], wanted: Sequence[Stream]) -> Run:
    names = run.planned_streams | {stream.name for stream in ready}
    return replace(run, planned=" ".join(sorted(names)), expected=max(run.expected, len(wanted)))


def heal(services: Services, integration: Integration, run_id: str) -> None:
    """Send the messages of a run again in which nothing has happened for a while: one may have been lost.

    One too many does no harm: it finds its stream ended, or its lease taken.
    """
    run = services.runs.get(integration.id, run_id)
    if run is None or run.final:
        return
    rows = services.runs.streams(run)
    last = max([run.updated_at, *(max(row.updated_at, row.resume_at or row.updated_at) for row in rows)])
    if services.clock() - last < STALE:
        return
    for row in rows:
        if not row.final:
            log.warning("stream.sent_again", extra={"integration_id": integration.id, "stream": row.stream})
            # Told first, so that the next tick leaves it alone.
            services.runs.change_stream(row, lambda now: now)
            services.queues.send(message_of(integration, row))
