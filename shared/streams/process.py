"""Types of tickets, their states and the boards of one project: whole lists, compared, at a slow beat.

A process changes a few times a year, so nothing is asked for most of the time. What brings the next reading forward is
a ticket in a state that no stored type has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, TypeVar

from shared.ado.endpoints import core, wit, work
from shared.errors import UnavailableError
from shared.flow.base import Entity
from shared.flow.ticket_types import Board, TicketState, TicketType
from shared.mapping.ticket_types import categories_by_type, to_board, to_ticket_type
from shared.mapping.times import need_time
from shared.streams.base import Batch, Slice
from shared.streams.whole_lists import batches_of, changed

GOOD_FOR: Final = timedelta(days=1)

E = TypeVar("E", bound=Entity)


def read_process(slice_: Slice) -> Iterator[Batch]:
    """Two requests for types and categories; two for the teams, one for each team, one for each board.

    All come unpaged and whole, so what is stored and not listed is gone. Where the caller does not see the teams, the
    stored boards stay.
    """
    watermark = slice_.watermark
    types = list(slice_.stored.all(TicketType, f"|{slice_.unit_id}"))
    if watermark and _is_fresh(slice_, watermark, types):
        yield Batch(watermark)
        return
    read: list[Entity] = [*_types(slice_)]
    rows = _compared(slice_, read, types)
    boards = _boards(slice_)
    if boards is not None:
        rows += _compared(slice_, boards, list(slice_.stored.all(Board, f"|{slice_.unit_id}")))
    yield from batches_of(slice_, rows, read=len(read) + len(boards or ()))


def _is_fresh(slice_: Slice, watermark: dict[str, Any], types: Iterable[TicketType]) -> bool:
    read_at = need_time(watermark.get("read_at"), "read_at")
    if slice_.now - read_at >= GOOD_FOR:
        return False
    known = {(one.name.casefold(), state["name"].casefold()) for one in types for state in one.states}
    seen = slice_.stored.all(TicketState, f"|{slice_.unit_id}")
    return not any(one.seen_at >= read_at and (one.type.casefold(), one.state.casefold()) not in known for one in seen)


def _compared(slice_: Slice, read: Iterable[E], stored: Iterable[E]) -> list[Entity]:
    """What is new or differs, and tombstones of what is listed no more."""
    before = {one.id: one for one in stored}
    listed = {one.id: one for one in read}
    gone = [one for one in before.values() if one.id not in listed and not one.is_deleted]
    return [
        *changed(listed.values(), before),
        *(replace(one, is_deleted=True, deleted_at=slice_.now) for one in gone),
    ]


def _types(slice_: Slice) -> list[TicketType]:
    path = {"project": slice_.unit_id}
    items = [item for page in slice_.client.pages(wit.WORK_ITEM_TYPES, path=path) for item in page.items]
    listed = slice_.client.pages(wit.WORK_ITEM_TYPE_CATEGORIES, path=path)
    categories = categories_by_type(item for page in listed for item in page.items)

    def states(item: dict[str, Any]) -> list[dict[str, Any]]:
        given: list[dict[str, Any]] | None = item.get("states")
        # Replies that are not of today's form leave them out.
        return given if given is not None else _states(slice_, str(item.get("name")))

    return [
        to_ticket_type(
            item, found, categories, integration_id=slice_.integration_id, project_id=slice_.unit_id
        )
        for item, found in zip(items, slice_.map(states, items), strict=True)
    ]  # fmt: skip


def _states(slice_: Slice, name: str) -> list[dict[str, Any]]:
    path = {"project": slice_.unit_id, "type": name}
    return [item for page in slice_.client.pages(wit.WORK_ITEM_TYPE_STATES, path=path) for item in page.items]


def _boards(slice_: Slice) -> list[Board] | None:
    """Every board of every team; None where the teams cannot be read."""

    def listed(team: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        path = {"project": slice_.unit_id, "team": str(team.get("id"))}
        return [(team, item) for page in slice_.client.pages(work.BOARDS, path=path) for item in page.items]

    def with_columns(found: tuple[dict[str, Any], dict[str, Any]]) -> Board:
        team, item = found
        path = {"project": slice_.unit_id, "team": str(team.get("id")), "board": str(item.get("id"))}
        pages = slice_.client.pages(work.BOARD_COLUMNS, path=path)
        columns = [column for page in pages for column in page.items]
        ids = {"integration_id": slice_.integration_id, "project_id": slice_.unit_id}
        return to_board(item, columns, team, **ids)

    try:
        pages = slice_.client.pages(core.PROJECT_TEAMS, path={"projectId": slice_.unit_id})
        teams = {str(team.get("id")): team for page in pages for team in page.items}
        boards = [board for found in slice_.map(listed, teams.values()) for board in found]
        return list(slice_.map(with_columns, boards))
    except UnavailableError:
        return None
