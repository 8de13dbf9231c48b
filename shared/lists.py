"""The entity lists of the API: which filters each has, and one page of one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, get_args, get_origin, get_type_hints

import msgspec

from shared.flow.catalog import LISTS
from shared.flow.rows import from_row, to_json
from shared.flow.tickets import TicketEvent
from shared.http import ApiProblem
from shared.requests import After, Cursor, FilterText, KeyText, Limit
from shared.table_errors import CursorError
from shared.table_filter import Condition

if TYPE_CHECKING:
    from shared.tables import Tables

TICKET_EVENTS: Final = "ticket_events"
"""Worked out on reading from the stored revisions: see ``shared.ticket_events``."""

TICKET_PROJECTS: Final = "ticket_projects"
"""Projects and boards, which lie in two tables: see ``shared.ticket_projects``."""

LISTED: Final[dict[str, type]] = {**LISTS, TICKET_EVENTS: TicketEvent}
"""Every list by its name in the API."""

FILTERS: Final[Mapping[str, Mapping[str, str]]] = {
    "repos": {"project_id": "project_id"},
    "sprints": {"project_id": "project_id"},
    "tickets": {"project_id": "project_id", "status": "state", "updated_after": "updated_at"},
    "ticket_links": {"updated_after": "changed_at"},
    "ticket_events": {"project_id": "project_id", "updated_after": "changed_at"},
    "pull_requests": {
        "project_id": "project_id",
        "repo_id": "repo_id",
        "status": "state",
        "updated_after": "last_activity_at",
    },
    "commits": {"project_id": "project_id", "repo_id": "repo_id", "updated_after": "updated_at"},
    "builds": {"project_id": "project_id", "repo_id": "repo_id", "status": "status", "updated_after": "updated_at"},
    "deployments": {"project_id": "project_id", "repo_id": "repo_id", "updated_after": "updated_at"},
    "pull_request_comments": {"project_id": "project_id", "repo_id": "repo_id", "updated_after": "updated_at"},
    "pull_request_commits": {"project_id": "project_id", "repo_id": "repo_id", "updated_after": "pushed_at"},
    "pull_request_events": {"project_id": "project_id", "repo_id": "repo_id", "updated_after": "occurred_at"},
}
"""List -> filter -> the property it looks at; a list that is not here has no filter."""

_PARTITION_FILTER: Final = {
    "sprints": "project_id",
    "commits": "repo_id",
    "builds": "project_id",
    "deployments": "repo_id",
    "pull_requests": "repo_id",
    "pull_request_comments": "repo_id",
    "pull_request_commits": "repo_id",
    "pull_request_events": "repo_id",
}
"""Lists whose PartitionKey goes on with this property after the integration id: filtering by it reads nothing else."""


def list_query(name: str, filters: Mapping[str, str]) -> type[msgspec.Struct]:
    """The query struct of a list: its filters, and what all lists have."""
    fields: list[tuple[str, Any, Any]] = [
        (filter_, _filter_type(name, filter_, column) | None, None) for filter_, column in filters.items()
    ]
    common = [("limit", Limit, 100), ("cursor", Cursor | None, None), ("include_deleted", bool, False)]
    title = "".join(part.capitalize() for part in name.split("_"))
    return msgspec.defstruct(f"{title}Query", [*fields, *common], forbid_unknown_fields=True, frozen=True)


def _filter_type(name: str, filter_: str, column: str) -> Any:
    if filter_ == "updated_after":
        return After
    if filter_ != "status":
        return KeyText
    words = get_type_hints(LISTED[name])[column]
    return Literal[get_args(words)] if get_origin(words) is Literal else FilterText


def conditions(name: str, query: Any) -> dict[str, Condition]:
    """A list's filters as conditions on its rows; deleted ones left out unless they were asked for."""
    found = {} if query.include_deleted else {"is_deleted": Condition("eq", False)}
    for filter_, column in FILTERS.get(name, {}).items():
        value: str | datetime | None = getattr(query, filter_)
        if value is not None:
            found[column] = Condition("gt" if filter_ == "updated_after" else "eq", value)
    return found


def read_page(tables: Tables, integration_id: str, name: str, query: Any) -> dict[str, Any]:
    """One page of an entity list: ``{"results", "next_cursor"}`` in the key's order.

    Raises ApiProblem 400 for a cursor that is not one of ours; one of another list stays within this list's rows.
    """
    entity = LISTS[name]
    where = conditions(name, query)
    prefix = integration_id
    column = _PARTITION_FILTER.get(name)
    if column and (value := getattr(query, column)) is not None:
        prefix = f"{integration_id}|{value}"
    try:
        page = tables.page(entity.TABLE, partition_prefix=prefix, where=where, limit=query.limit, cursor=query.cursor)
    except CursorError as e:
        raise bad_cursor() from e
    return {"results": [to_json(from_row(entity, row)) for row in page.rows], "next_cursor": page.cursor}


def bad_cursor() -> ApiProblem:
    """The 400 of a cursor that no list gave out."""
    return ApiProblem(
        400, "cursor_invalid", "The cursor is not one that this list gave out.", field="cursor",
        remedy="Begin again without a cursor.",
    )  # fmt: skip
