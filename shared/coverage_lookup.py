"""Why one thing is or is not stored: its row, the coverage ledger, or what keeps it from being read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from shared.answers import CoverageAnswer
from shared.flow.base import Entity
from shared.flow.builds import Build, Deployment, deployment_key
from shared.flow.commits import Commit
from shared.flow.rows import from_row
from shared.flow.sprints import Sprint
from shared.flow.tickets import TicketRevision, ticket_events, ticket_partition
from shared.http import ApiProblem
from shared.lists import LISTED, TICKET_EVENTS
from shared.storage import COVERAGE
from shared.table_rules import UNITS_PER_KEY, escape_key

if TYPE_CHECKING:
    from shared.flow.integration import Integration
    from shared.tables import Row, Tables

_SERVICE: Final = {
    "repos": "repos",
    "commits": "repos",
    "builds": "repos",
    "deployments": "repos",
    "pull_requests": "pull_requests",
    "pull_request_comments": "pull_requests",
    "pull_request_commits": "pull_requests",
    "pull_request_events": "pull_requests",
    "tickets": "tickets",
    "ticket_events": "tickets",
    "ticket_links": "tickets",
    "sprints": "tickets",
}
"""The switch that a kind hangs on; the others are always read."""

_PART: Final = re.compile(r"[A-Za-z0-9._-]{1,200}")
_DIGITS: Final = re.compile(r"[0-9]{1,10}")

Key = tuple[str, str]


def look_up(
    tables: Tables, integration: Integration, kind: str, source_id: str, *, initial_done: bool
) -> CoverageAnswer:
    """The answer for one source id. Raises ApiProblem 400 for a kind that is no list's name.

    ``initial_done``: the first sync has ended, so that what is not there was really not found.
    """
    if kind not in LISTED:
        raise ApiProblem(400, "kind_unknown", "This is not the name of a list.", field="kind",
                         remedy=f"Use one of {', '.join(LISTED)}.")  # fmt: skip
    found = _stored(tables, integration.id, kind, source_id)
    if found and not found.is_deleted:
        return CoverageAnswer(kind, source_id, "stored", None, None, None)
    if found:
        detail = "It was deleted in Azure DevOps; its row is kept."
        return CoverageAnswer(kind, source_id, "skipped", "deleted", detail, found.deleted_at)
    key = escape_key(source_id)
    skip = tables.get(COVERAGE, f"{integration.id}|{kind}", key) if len(key) <= UNITS_PER_KEY else None
    if skip:
        return _of_skip(kind, source_id, skip.row)
    service = _SERVICE.get(kind)
    if not integration.service_on(service):
        detail = f"The service {service} is switched off."
        return CoverageAnswer(kind, source_id, "skipped", "service_off", detail, None)
    if not initial_done:
        return CoverageAnswer(kind, source_id, "unknown", "not_yet_synced", "The first sync has not ended yet.", None)
    detail = "Azure DevOps has not shown it, or does not have it."
    return CoverageAnswer(kind, source_id, "unknown", "not_found", detail, None)


def _of_skip(kind: str, source_id: str, row: Row) -> CoverageAnswer:
    since = row.get("since")
    at = since if isinstance(since, datetime) else None
    return CoverageAnswer(kind, source_id, "skipped", str(row["reason"]), str(row["detail"]), at)


def _stored(tables: Tables, integration_id: str, kind: str, source_id: str) -> Entity | None:
    if kind == "deployments":
        return _deployment(tables, integration_id, source_id)
    parts = source_id.split("/")
    if not all(_PART.fullmatch(part) for part in parts):
        return None
    if kind == "sprints":
        return _sprint(tables, integration_id, source_id) if len(parts) == 1 else None
    if kind == "builds":
        return _build(tables, integration_id, source_id)
    if kind == "commits" and len(parts) == 1:
        return _commit_anywhere(tables, integration_id, source_id)
    if kind == TICKET_EVENTS:
        return _event_revision(tables, integration_id, parts)
    key = _KEYS[kind](integration_id, parts)
    entity: type[Entity] = LISTED[kind]
    found = tables.get(entity.TABLE, *key) if key else None
    return from_row(entity, found.row) if found else None


def _sprint(tables: Tables, integration_id: str, sprint_id: str) -> Entity | None:
    """A sprint's partition is its project's, which its id does not tell; a space sorts before all that ids have."""
    behind = sprint_id + "!"
    for found in tables.query(Sprint.TABLE, prefix=f"{integration_id}|", row_from=sprint_id, row_to=behind):
        return from_row(Sprint, found.row)
    return None


def _commit_anywhere(tables: Tables, integration_id: str, sha: str) -> Entity | None:
    """A commit by its sha alone: the first repo that has it; forks share theirs."""
    for found in tables.query(Commit.TABLE, prefix=f"{integration_id}|", row_from=sha, row_to=sha + "!"):
        return from_row(Commit, found.row)
    return None


def _build(tables: Tables, integration_id: str, number: str) -> Entity | None:
    """A build's partition is its project's, which its number does not tell."""
    if not _DIGITS.fullmatch(number):
        return None
    key = f"{int(number):010d}"
    for found in tables.query(Build.TABLE, prefix=f"{integration_id}|", row_from=key, row_to=key + "!"):
        return from_row(Build, found.row)
    return None


def _deployment(tables: Tables, integration_id: str, source_id: str) -> Entity | None:
    """``{repo}/{object}/{tag}``; a tag's name may hold more slashes, and whatever else Git allows."""
    parts = source_id.split("/", 2)
    if len(parts) != 3 or not all(_PART.fullmatch(part) for part in parts[:2]):
        return None
    found = tables.get(Deployment.TABLE, f"{integration_id}|{parts[0]}", deployment_key(parts[2], parts[1]))
    return from_row(Deployment, found.row) if found else None


def _event_revision(tables: Tables, integration_id: str, parts: list[str]) -> Entity | None:
    """The revision in which the event is: ``{number}/{rev}/{field}``."""
    if len(parts) != 3 or not (_DIGITS.fullmatch(parts[0]) and _DIGITS.fullmatch(parts[1])):
        return None
    number, rev = int(parts[0]), int(parts[1])
    partition = ticket_partition(integration_id, number)
    row_from, row_to = f"{number:010d}|{max(rev - 1, 0):06d}", f"{number:010d}|{rev + 1:06d}"
    stored = [
        from_row(TicketRevision, found.row)
        for found in tables.query(TicketRevision.TABLE, partition=partition, row_from=row_from, row_to=row_to)
    ]
    if not stored or stored[-1].rev != rev:
        return None
    before = stored[-2] if len(stored) > 1 else None
    happened = any(event.field == parts[2] for event in ticket_events(before, stored[-1]))
    return replace(stored[-1], is_deleted=False) if happened else None


def _plain(integration_id: str, parts: list[str]) -> Key | None:
    return (integration_id, parts[0]) if len(parts) == 1 else None


def _ticket(integration_id: str, parts: list[str]) -> Key | None:
    if len(parts) != 1 or not _DIGITS.fullmatch(parts[0]):
        return None
    return ticket_partition(integration_id, int(parts[0])), f"{int(parts[0]):010d}"


def _pull_request(integration_id: str, parts: list[str]) -> Key | None:
    if len(parts) != 2 or not _DIGITS.fullmatch(parts[1]):
        return None
    return f"{integration_id}|{parts[0]}", f"{int(parts[1]):010d}"


def _link(integration_id: str, parts: list[str]) -> Key | None:
    """``{source}/{target}/{rel}``, ``{ticket}/pull_request/{repo}/{number}`` or ``{ticket}/commit/{repo}/{sha}``."""
    if len(parts) == 3 and _DIGITS.fullmatch(parts[0]) and _DIGITS.fullmatch(parts[1]):
        source, target = int(parts[0]), int(parts[1])
        return ticket_partition(integration_id, target), f"{target:010d}|{parts[2]}|{source:010d}"
    if len(parts) == 4 and _DIGITS.fullmatch(parts[0]):
        return ticket_partition(integration_id, int(parts[0])), f"{int(parts[0]):010d}|{'|'.join(parts[1:])}"
    return None


def _comment(integration_id: str, parts: list[str]) -> Key | None:
    if len(parts) != 4 or not all(_DIGITS.fullmatch(part) for part in parts[1:]):
        return None
    number, thread, comment = map(int, parts[1:])
    return f"{integration_id}|{parts[0]}", f"{number:010d}|{thread:08d}|{comment:06d}"


def _commit(integration_id: str, parts: list[str]) -> Key | None:
    return (f"{integration_id}|{parts[0]}", parts[1]) if len(parts) == 2 else None


def _event(integration_id: str, parts: list[str]) -> Key | None:
    if len(parts) != 3 or not _DIGITS.fullmatch(parts[1]):
        return None
    return f"{integration_id}|{parts[0]}", f"{int(parts[1]):010d}|{parts[2]}"


_KEYS: Final[dict[str, Callable[[str, list[str]], Key | None]]] = {
    "ticket_projects": _plain,
    "users": _plain,
    "repos": _plain,
    "commits": _commit,
    "tickets": _ticket,
    "ticket_links": _link,
    "pull_requests": _pull_request,
    "pull_request_comments": _comment,
    "pull_request_commits": _event,
    "pull_request_events": _event,
}
"""Where the row of an id lies, None for a text that is no id of the kind."""
