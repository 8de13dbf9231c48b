"""Single entities: a ticket with its epic and states, a pull request with its events, what is chosen for import."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from shared.answers import StatePeriod
from shared.flow.base import Entity
from shared.flow.projects import TicketProject
from shared.flow.pull_requests import PullRequest, PullRequestEvent
from shared.flow.repos import Repo
from shared.flow.rows import from_row, to_json, to_row
from shared.flow.tickets import Ticket, TicketRevision, ticket_partition
from shared.http import not_found
from shared.table_errors import RowChangedError

if TYPE_CHECKING:
    from shared.tables import Tables

E = TypeVar("E", bound=Entity)
Chosen = TypeVar("Chosen", TicketProject, Repo)

MAX_ANCESTORS: Final = 50
EPIC: Final = "epic"
"""The type of the work items that group others at the top, whatever the process; its default name everywhere."""

_ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,9}")


def known_id(text: str) -> str:
    """An id from a URL. Raises ApiProblem 404 for what cannot be one."""
    if not _ID.fullmatch(text):
        raise not_found()
    return text


def known_number(text: str) -> int:
    """A ticket's or pull request's number from a URL. Raises ApiProblem 404 for what cannot be one."""
    if not _NUMBER.fullmatch(text):
        raise not_found()
    return int(text)


def ticket_with_history(tables: Tables, integration_id: str, number: int, *, include_deleted: bool) -> dict[str, Any]:
    """A ticket as its list shows it, with ``epic_number`` and ``status_history``. Raises ApiProblem 404."""
    ticket = _visible(_ticket(tables, integration_id, number), include_deleted=include_deleted)
    stored = tables.query(
        TicketRevision.TABLE,
        partition=ticket.partition_key(),
        row_from=f"{number:010d}|",
        row_to=f"{number:010d}}}",
    )
    history = state_periods(from_row(TicketRevision, found.row) for found in stored)
    return {**to_json(ticket), "epic_number": _epic(tables, ticket), "status_history": history}


def state_periods(revisions: Iterable[TicketRevision]) -> list[StatePeriod]:
    """The states of a ticket, oldest first, each from the revision that set it to the one that set the next."""
    periods: list[StatePeriod] = []
    for revision in revisions:
        if periods and periods[-1].state == revision.state:
            continue
        if periods:
            periods[-1] = msgspec.structs.replace(periods[-1], ended_at=revision.changed_at)
        periods.append(
            StatePeriod(
                state=revision.state,
                started_at=revision.changed_at,
                ended_at=None,
                rev=revision.rev,
                actor=revision.changed_by,
                actor_name=revision.changed_by_name,
            )
        )
    return periods


def _epic(tables: Tables, ticket: Ticket) -> int | None:
    """The nearest stored ancestor that is an epic; links may form a circle, so each is visited once."""
    seen = {ticket.number}
    parent = ticket.parent_number
    while parent is not None and parent not in seen and len(seen) <= MAX_ANCESTORS:
        seen.add(parent)
        above = _ticket(tables, ticket.integration_id, parent)
        if above is None or above.is_deleted:
            return None
        if above.type.casefold() == EPIC:
            return above.number
        parent = above.parent_number
    return None


def _ticket(tables: Tables, integration_id: str, number: int) -> Ticket | None:
    found = tables.get(Ticket.TABLE, ticket_partition(integration_id, number), f"{number:010d}")
    return from_row(Ticket, found.row) if found else None


def pull_request_with_events(
    tables: Tables, integration_id: str, repo_id: str, number: int, *, include_deleted: bool
) -> dict[str, Any]:
    """A pull request as its list shows it, with its ``events`` in order of time. Raises ApiProblem 404."""
    partition = f"{integration_id}|{repo_id}"
    stored = tables.get(PullRequest.TABLE, partition, f"{number:010d}")
    found = _visible(from_row(PullRequest, stored.row) if stored else None, include_deleted=include_deleted)
    rows = tables.query(
        PullRequestEvent.TABLE, partition=partition, row_from=f"{number:010d}|", row_to=f"{number:010d}}}"
    )
    events = [from_row(PullRequestEvent, row.row) for row in rows]
    shown = [event for event in events if include_deleted or not event.is_deleted]
    shown.sort(key=lambda event: (event.occurred_at, event.source_ref))
    return {**to_json(found), "events": [to_json(event) for event in shown]}


def choose(tables: Tables, kind: type[Chosen], integration_id: str, id_: str, *, is_imported: bool) -> Chosen:
    """Set whether a project or repo is ingested; the sync keeps the choice. Raises ApiProblem 404."""
    while True:
        stored = tables.get(kind.TABLE, integration_id, id_)
        found = _visible(from_row(kind, stored.row) if stored else None, include_deleted=False)
        if stored is None or found.is_imported == is_imported:
            return found
        changed = replace(found, is_imported=is_imported)
        try:
            tables.replace(kind.TABLE, to_row(changed), stored.etag)
        except RowChangedError:
            continue  # the sync has just stored it anew
        return changed


def _visible(entity: E | None, *, include_deleted: bool) -> E:
    if entity is None or (entity.is_deleted and not include_deleted):
        raise not_found()
    return entity
