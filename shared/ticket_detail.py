"""A single ticket: its parent and epic, what it is linked to, the history of its states and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec

from shared.answers import StatePeriod
from shared.entities import visible
from shared.epics import EpicFinder, Family
from shared.flow.rows import from_row, rfc3339, to_json
from shared.flow.tickets import TicketRevision
from shared.ticket_histories import Meanings
from shared.ticket_metrics import life_of

if TYPE_CHECKING:
    from datetime import datetime

    from shared.flow.integration import Integration
    from shared.flow.tickets import Ticket
    from shared.services import Services
    from shared.tables import Tables

MOST_INTEGRATIONS: Final = 1000
"""So many of a workspace are looked at for an epic that lies in another one."""


def ticket_detail(parts: Services, integration: Integration, number: int, *, include_deleted: bool) -> dict[str, Any]:
    """A ticket as its list shows it, and ``TicketAnswer``'s further fields. Raises ApiProblem 404."""
    family = Family(parts.tables, integration.id)
    ticket = visible(family.ticket(number), include_deleted=include_deleted)
    revisions = _revisions(parts.tables, ticket)
    links = [link for link in family.links(number) if not link.is_deleted]
    parent = family.parent(ticket)
    epic = EpicFinder(family, lambda: _same_organization(parts, integration)).epic_of(ticket)
    return {
        **to_json(ticket),
        "parent_number": parent.number if parent else None,
        "epic_number": epic.number,
        "epic_integration_id": epic.integration_id,
        "epic_outside": epic.outside,
        "pull_request_ids": [link.pull_request_id for link in links if link.pull_request_id],
        "commit_ids": [link.commit_id for link in links if link.commit_id],
        **_measured(parts.tables, ticket, revisions, parts.clock()),
        "status_history": state_periods(revisions),
    }


def _measured(tables: Tables, ticket: Ticket, revisions: list[TicketRevision], now: datetime) -> dict[str, Any]:
    life = life_of(Meanings(tables, ticket.integration_id).steps(ticket, revisions), now)
    return {
        "stage": life.stage,
        "is_waiting": life.is_waiting,
        "first_active_at": rfc3339(life.first_active_at) if life.first_active_at else None,
        "done_at": rfc3339(life.done_at) if life.done_at else None,
        "cycle_seconds": life.cycle.total_seconds() if life.cycle is not None else None,
        "queue_seconds": life.queue.total_seconds(),
        "transitions": life.transitions,
        "backflow_transitions": life.backflow_transitions,
    }


def _revisions(tables: Tables, ticket: Ticket) -> list[TicketRevision]:
    rows = tables.query(
        TicketRevision.TABLE,
        partition=ticket.partition_key(),
        row_from=f"{ticket.number:010d}|",
        row_to=f"{ticket.number:010d}}}",
    )
    return [from_row(TicketRevision, one.row) for one in rows]


def _same_organization(parts: Services, integration: Integration) -> Iterator[Family]:
    """The workspace's other integrations of the same organisation."""
    found, _ = parts.integrations.list(integration.workspace, MOST_INTEGRATIONS)
    for other in found:
        if other.id != integration.id and _key(other) == _key(integration):
            yield Family(parts.tables, other.id)


def _key(integration: Integration) -> str:
    """What tells organisations apart; names may change hands, so the id where it is known."""
    return integration.organization_id or integration.organization.casefold()


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
