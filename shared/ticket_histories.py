"""Tickets with their revisions, read side by side in key order, and what their states mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from shared.flow.projects import TicketProject
from shared.flow.rows import from_row
from shared.flow.status_mapping import MappedStatus
from shared.flow.tickets import PARTITIONS, Ticket, TicketRevision, ticket_partition
from shared.status_maps import StatusMaps
from shared.stored_rows import IntegrationRows
from shared.table_filter import Condition
from shared.ticket_metrics import Step

if TYPE_CHECKING:
    from shared.tables import Row, Tables

_STEP_COLUMNS: Final = ("number", "changed_at", "state", "type", "project_name")


@dataclass(frozen=True, slots=True)
class _Moment:
    """The part of a revision that metrics need."""

    number: int
    at: datetime
    state: str
    type: str
    project_name: str

    @classmethod
    def of(cls, row: Row) -> _Moment:
        at: Any = row["changed_at"]
        return cls(int(row["number"]), at, str(row["state"]), str(row["type"]), str(row["project_name"]))  # type: ignore[arg-type]  # as written


class Meanings:
    """What the states of tickets mean: in the ticket's present type and project, else as they were at that time."""

    def __init__(self, tables: Tables, integration_id: str) -> None:
        rows = IntegrationRows(tables, integration_id).all(TicketProject)
        # A deleted project's name may be another's by now, so the living come last.
        by_name = sorted(rows, key=lambda one: not one.is_deleted)
        self._project_ids = {project.name.casefold(): project.id for project in by_name}
        self.maps = StatusMaps(tables, integration_id)

    def status(self, ticket: Ticket, state: str, type_: str, project_name: str) -> MappedStatus | None:
        found = self.maps.status(ticket.project_id, ticket.type, state)
        if found is None:
            found = self.maps.status(self._project_ids.get(project_name.casefold()), type_, state)
            # Its lanes are another scale, on which a ticket that changes its type or project would seem to go back.
            return replace(found, lane=None, lane_order=None) if found else None
        return found

    def is_counted(self, ticket: Ticket) -> bool:
        return not ticket.is_deleted and self.maps.is_counted(ticket.project_id, ticket.type)

    def steps(self, ticket: Ticket, revisions: Iterable[TicketRevision]) -> list[Step]:
        return [
            Step(one.changed_at, one.state, self.status(ticket, one.state, one.type, one.project_name))
            for one in revisions
        ]


def histories(
    tables: Tables, integration_id: str, meanings: Meanings, where: dict[str, Condition]
) -> Iterator[tuple[Ticket, list[Step]]]:
    """Every counted ticket that ``where`` keeps, with its steps: one scan of tickets and one of revisions."""
    for remainder in range(PARTITIONS):
        partition = ticket_partition(integration_id, remainder)
        stored = tables.query(Ticket.TABLE, partition=partition, where=where)
        tickets = {ticket.number: ticket for ticket in (from_row(Ticket, one.row) for one in stored)}
        wanted = {number: ticket for number, ticket in tickets.items() if meanings.is_counted(ticket)}
        if not wanted:
            continue
        rows = tables.query(
            TicketRevision.TABLE,
            partition=partition,
            row_from=f"{min(wanted):010d}|",
            row_to=f"{max(wanted):010d}}}",
            select=_STEP_COLUMNS,
        )
        yield from _grouped(wanted, (_Moment.of(one.row) for one in rows), meanings)


def _grouped(
    wanted: dict[int, Ticket], moments: Iterator[_Moment], meanings: Meanings
) -> Iterator[tuple[Ticket, list[Step]]]:
    steps: list[Step] = []
    current: Ticket | None = None
    for moment in moments:
        if current is None or moment.number != current.number:
            if current is not None and steps:
                yield current, steps
            current, steps = wanted.get(moment.number), []
        if current is not None:
            status = meanings.status(current, moment.state, moment.type, moment.project_name)
            steps.append(Step(moment.at, moment.state, status))
    if current is not None and steps:
        yield current, steps
