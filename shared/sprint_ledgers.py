"""The ledger of a stored sprint: its tickets found among the revisions, and their histories read."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from shared.flow.rows import from_row
from shared.flow.sprints import Sprint
from shared.flow.tickets import Ticket, TicketRevision, ticket_partition
from shared.http import not_found
from shared.sprint_ledger import Entry, ledger
from shared.table_filter import Condition
from shared.ticket_histories import Meanings

if TYPE_CHECKING:
    from datetime import datetime

    from shared.tables import Tables
    from shared.ticket_answers import LedgerAnswer

READERS: Final = 8


def sprint_ledger(tables: Tables, integration_id: str, sprint_id: str, at: datetime) -> LedgerAnswer:
    """The ledger as of ``at``. Raises ApiProblem 404 for an unknown sprint."""
    sprint = find_sprint(tables, integration_id, sprint_id)
    if sprint is None:
        raise not_found()
    return ledger(sprint, _histories(tables, sprint), at)


def find_sprint(tables: Tables, integration_id: str, sprint_id: str) -> Sprint | None:
    """A sprint by its id alone, which does not tell its partition."""
    rows = tables.query(Sprint.TABLE, prefix=f"{integration_id}|", row_from=sprint_id, row_to=sprint_id + "!")
    return next((from_row(Sprint, one.row) for one in rows), None)


def _histories(tables: Tables, sprint: Sprint) -> Iterator[tuple[int, list[Entry]]]:
    """Tickets that were ever in the sprint, with all their revisions; types that are not counted are left out."""
    found = tables.query(
        TicketRevision.TABLE,
        prefix=f"{sprint.integration_id}|",
        # By node: a sprint that was made since the last reading of sprints had no id when its revisions were read.
        where={"sprint_node": Condition("eq", sprint.node_id)},
        select=("number",),
    )
    numbers = sorted({int(one.row["number"]) for one in found})  # type: ignore[arg-type]  # as written
    meanings = Meanings(tables, sprint.integration_id)

    def read(number: int) -> tuple[Ticket | None, list[TicketRevision]]:
        partition, key = ticket_partition(sprint.integration_id, number), f"{number:010d}"
        ticket = tables.get(Ticket.TABLE, partition, key)
        rows = tables.query(TicketRevision.TABLE, partition=partition, row_from=f"{key}|", row_to=f"{key}}}")
        return from_row(Ticket, ticket.row) if ticket else None, [from_row(TicketRevision, one.row) for one in rows]

    with ThreadPoolExecutor(READERS) as readers:
        for ticket, revisions in readers.map(read, numbers):
            if ticket is not None and meanings.maps.is_counted(ticket.project_id, ticket.type):
                yield ticket.number, [_entry(ticket, one, sprint.node_id, meanings) for one in revisions]


def _entry(ticket: Ticket, revision: TicketRevision, sprint_node: int, meanings: Meanings) -> Entry:
    return Entry(
        rev=revision.rev,
        at=revision.changed_at,
        is_in=revision.sprint_node == sprint_node and not revision.is_deleted,
        points=revision.story_points,
        status=meanings.status(ticket, revision.state, revision.type, revision.project_name),
    )
