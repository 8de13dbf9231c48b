"""The status mapping of one ticket project: shown, and overridden."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from shared.flow.projects import TicketProject
from shared.flow.rows import from_row, to_row
from shared.flow.status_mapping import StatusOverrides, status_key
from shared.flow.ticket_types import Board
from shared.http import ApiProblem, not_found, precondition_failed
from shared.status_maps import ProjectStatuses, StatusMaps
from shared.table_errors import RowChangedError, RowExistsError
from shared.ticket_answers import StatusMappingAnswer, TicketTypeAnswer

if TYPE_CHECKING:
    from datetime import datetime

    from shared.tables import Tables
    from shared.ticket_requests import StatusMappingChange


def etag_of(answer: StatusMappingAnswer) -> str:
    """The ETag of a mapping as it is shown; it changes with the process, too."""
    return f'"{hashlib.sha256(msgspec.json.encode(answer)).hexdigest()[:32]}"'


def read_mapping(tables: Tables, integration_id: str, project_id: str) -> StatusMappingAnswer:
    """The mapping of a project or board. Raises ApiProblem 404."""
    found, board = _find(tables, integration_id, project_id)
    return StatusMappingAnswer(
        project_id=project_id,
        kind="board" if board else "project",
        types=[TicketTypeAnswer(one.name, one.category, one.is_counted) for one in found.types if not one.is_deleted],
        statuses=found.statuses,
        unmapped=len(found.unmapped),
        updated_at=found.overrides.updated_at if found.overrides and found.overrides.id == project_id else None,
    )


def replace_overrides(
    tables: Tables,
    integration_id: str,
    project_id: str,
    change: StatusMappingChange,
    *,
    now: datetime,
    if_match: str | None = None,
) -> StatusMappingAnswer:
    """Put ``change`` in the place of the project's overrides.

    Raises ApiProblem 404, 412 (it is no longer as ``if_match`` says) and 422 (no such type or status).
    """
    stored = tables.get(StatusOverrides.TABLE, integration_id, project_id)
    if if_match is not None and if_match.strip() != "*":
        shown = etag_of(read_mapping(tables, integration_id, project_id))
        if shown not in (tag.strip() for tag in if_match.split(",")):
            raise precondition_failed()
    found, _ = _find(tables, integration_id, project_id)
    for index, one in enumerate(change.statuses):
        if status_key(one.type, one.status) not in found.by_key:
            raise _unknown(index, one.type, one.status)
    overrides = StatusOverrides(
        integration_id=integration_id,
        id=project_id,
        statuses=[msgspec.to_builtins(one) for one in change.statuses],
        known=sorted(list(one.key) for one in found.derived if one.stage),
        updated_at=now,
    )
    try:
        if stored:
            tables.replace(StatusOverrides.TABLE, to_row(overrides), stored.etag)
        else:
            tables.create(StatusOverrides.TABLE, to_row(overrides))
    except (RowChangedError, RowExistsError) as e:
        raise precondition_failed() from e
    return read_mapping(tables, integration_id, project_id)


def _unknown(index: int, type_: str, status: str) -> ApiProblem:
    return ApiProblem(
        422,
        "status_unknown",
        f"The project has no status {status} of a type {type_}, and no ticket was ever in it.",
        field=f"statuses[{index}].status",
        remedy="Use the names that this mapping lists.",
    )


def _find(tables: Tables, integration_id: str, project_id: str) -> tuple[ProjectStatuses, Board | None]:
    stored = tables.get(TicketProject.TABLE, integration_id, project_id)
    if stored:
        if from_row(TicketProject, stored.row).is_deleted:
            raise not_found()
        return StatusMaps(tables, integration_id, project_id).project(project_id), None
    board = find_board(tables, integration_id, project_id)
    if board is None or board.is_deleted:
        raise not_found()
    maps = StatusMaps(tables, integration_id, board.project_id)
    return maps.project(board.project_id).of_board(board, maps.overrides.get(board.id)), board


def find_board(tables: Tables, integration_id: str, board_id: str) -> Board | None:
    """A board by its id alone, which does not tell its partition."""
    rows = tables.query(Board.TABLE, prefix=f"{integration_id}|", row_from=board_id, row_to=board_id + "!")
    return next((from_row(Board, one.row) for one in rows), None)
