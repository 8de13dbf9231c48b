"""The list of ticket projects: the projects, then the boards of their teams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from shared.flow.projects import TicketProject
from shared.flow.rows import from_row, to_json
from shared.flow.ticket_types import Board
from shared.lists import TICKET_PROJECTS, bad_cursor, conditions
from shared.table_errors import CursorError

if TYPE_CHECKING:
    from shared.tables import Tables

_BOARDS: Final = "boards."
"""How a cursor begins that is among the boards; those of tables have no dot."""


def read_ticket_projects(tables: Tables, integration_id: str, query: Any) -> dict[str, Any]:
    """One page, in the order of keys: ``{"results", "next_cursor"}``. Raises ApiProblem 400 for a foreign cursor."""
    where = conditions(TICKET_PROJECTS, query)
    cursor: str | None = query.cursor
    found: list[dict[str, Any]] = []
    try:
        if cursor is None or not cursor.startswith(_BOARDS):
            page = tables.page(
                TicketProject.TABLE, partition=integration_id, where=where, limit=query.limit, cursor=cursor
            )
            found = [to_json(from_row(TicketProject, row)) for row in page.rows]
            if page.cursor:
                return {"results": found, "next_cursor": page.cursor}
            cursor = _BOARDS
            if len(found) == query.limit:
                return {"results": found, "next_cursor": cursor}
        boards = tables.page(
            Board.TABLE,
            partition_prefix=f"{integration_id}|",
            where=where,
            limit=query.limit - len(found),
            cursor=cursor.removeprefix(_BOARDS) or None,
        )
    except CursorError as e:
        raise bad_cursor() from e
    found += [_board(from_row(Board, row)) for row in boards.rows]
    return {"results": found, "next_cursor": _BOARDS + boards.cursor if boards.cursor else None}


def _board(board: Board) -> dict[str, Any]:
    """A board as a ticket project."""
    return to_json(
        TicketProject(
            integration_id=board.integration_id,
            id=board.id,
            name=f"{board.team_name}: {board.name}",
            kind="board",
            project_id=board.project_id,
            is_deleted=board.is_deleted,
            deleted_at=board.deleted_at,
        )
    )
