"""Single entities: a pull request with its events, what is chosen for import; ids from URLs."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from shared.flow.base import Entity
from shared.flow.projects import TicketProject
from shared.flow.pull_requests import PullRequest, PullRequestEvent
from shared.flow.repos import Repo
from shared.flow.rows import from_row, to_json, to_row
from shared.flow.ticket_links import PullRequestTickets
from shared.http import not_found
from shared.table_errors import RowChangedError

if TYPE_CHECKING:
    from shared.tables import Tables

E = TypeVar("E", bound=Entity)
Chosen = TypeVar("Chosen", TicketProject, Repo)

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


def pull_request_with_events(
    tables: Tables, integration_id: str, repo_id: str, number: int, *, include_deleted: bool
) -> dict[str, Any]:
    """A pull request as its list shows it, with its tickets, and its events in order of time. Raises ApiProblem 404."""
    partition = f"{integration_id}|{repo_id}"
    stored = tables.get(PullRequest.TABLE, partition, f"{number:010d}")
    found = visible(from_row(PullRequest, stored.row) if stored else None, include_deleted=include_deleted)
    rows = tables.query(
        PullRequestEvent.TABLE, partition=partition, row_from=f"{number:010d}|", row_to=f"{number:010d}}}"
    )
    events = [from_row(PullRequestEvent, row.row) for row in rows]
    shown = [event for event in events if include_deleted or not event.is_deleted]
    shown.sort(key=lambda event: (event.occurred_at, event.source_ref))
    linked = tables.get(PullRequestTickets.TABLE, partition, f"{number:010d}")
    numbers = from_row(PullRequestTickets, linked.row).ticket_numbers if linked else []
    return {**to_json(found), "work_item_ids": numbers, "events": [to_json(event) for event in shown]}


def choose(tables: Tables, kind: type[Chosen], integration_id: str, id_: str, *, is_imported: bool) -> Chosen:
    """Set whether a project or repo is ingested; the sync keeps the choice. Raises ApiProblem 404."""
    while True:
        stored = tables.get(kind.TABLE, integration_id, id_)
        found = visible(from_row(kind, stored.row) if stored else None, include_deleted=False)
        if stored is None or found.is_imported == is_imported:
            return found
        changed = replace(found, is_imported=is_imported)
        try:
            tables.replace(kind.TABLE, to_row(changed), stored.etag)
        except RowChangedError:
            continue  # the sync has just stored it anew
        return changed


def visible(entity: E | None, *, include_deleted: bool) -> E:
    """The entity, unless there is none or it is deleted and was not asked for. Raises ApiProblem 404."""
    if entity is None or (entity.is_deleted and not include_deleted):
        raise not_found()
    return entity
