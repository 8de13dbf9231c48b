"""The epic of a ticket: its nearest ancestor of the epic category, over the borders of projects and integrations.

The links feed knows better than a ticket's own parent field, which a change made on the parent's form leaves alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from shared.flow.projects import TicketProject
from shared.flow.rows import from_row
from shared.flow.ticket_links import PARENT_CHILD, TicketLink
from shared.flow.tickets import Ticket, ticket_partition
from shared.lazily import cached_property
from shared.status_maps import StatusMaps
from shared.sync import is_read
from shared.ticket_answers import EpicOutside

if TYPE_CHECKING:
    from shared.tables import Tables

MAX_ANCESTORS: Final = 50
"""Longer than any sensible chain; links that form a circle end before."""


@dataclass(frozen=True, slots=True)
class Parent:
    """What lies above a ticket; the project is known where a link tells it."""

    number: int
    project_id: str | None


@dataclass(frozen=True, slots=True)
class Epic:
    """What was found above a ticket: its epic, or where the way leaves what is stored, or neither."""

    number: int | None = None
    integration_id: str | None = None
    outside: EpicOutside | None = None


class Family:
    """The tickets and parents of one integration; both are looked up once."""

    def __init__(self, tables: Tables, integration_id: str) -> None:
        self._tables = tables
        self.integration_id = integration_id
        self._tickets: dict[int, Ticket | None] = {}
        self._parents: dict[int, Parent | None] = {}

    @cached_property
    def _maps(self) -> StatusMaps:
        return StatusMaps(self._tables, self.integration_id)

    def ticket(self, number: int) -> Ticket | None:
        if number not in self._tickets:
            found = self._tables.get(Ticket.TABLE, ticket_partition(self.integration_id, number), f"{number:010d}")
            self._tickets[number] = from_row(Ticket, found.row) if found else None
        return self._tickets[number]

    def parent(self, ticket: Ticket) -> Parent | None:
        """By the links; by the ticket's own field only where no link of the kind was ever seen."""
        if ticket.number not in self._parents:
            self._parents[ticket.number] = self._read_parent(ticket)
        return self._parents[ticket.number]

    def _read_parent(self, ticket: Ticket) -> Parent | None:
        links = [link for link in self.links(ticket.number) if link.link_type == PARENT_CHILD]
        held = [link for link in links if not link.is_deleted and link.source_number is not None]
        if held:
            newest = max(held, key=lambda link: link.changed_at)
            return Parent(newest.source_number or 0, newest.source_project_id)
        return None if links or ticket.parent_number is None else Parent(ticket.parent_number, None)

    def links(self, number: int) -> Iterator[TicketLink]:
        """The links at whose lower end a ticket is, those to pull requests and commits too, removed ones included."""
        rows = self._tables.query(
            TicketLink.TABLE,
            partition=ticket_partition(self.integration_id, number),
            row_from=f"{number:010d}|",
            row_to=f"{number:010d}}}",
        )
        return (from_row(TicketLink, one.row) for one in rows)

    def is_epic(self, ticket: Ticket) -> bool:
        return self._maps.category(ticket.project_id, ticket.type) == "epic"

    def outside(self, parent: Parent) -> EpicOutside | None:
        """Where a ticket that is not stored lies, None in a project that is read: then it has only not come yet."""
        found = (
            self._tables.get(TicketProject.TABLE, self.integration_id, parent.project_id) if parent.project_id else None
        )
        project = from_row(TicketProject, found.row) if found else None
        if project and is_read(project):
            return None
        return EpicOutside(parent.number, parent.project_id, project.name if project else None)


class EpicFinder:
    """Walks up from tickets of one integration; ``others`` gives the ids of further ones of the same organisation that
    the same workspace holds, and is called only when the way leaves this one.
    """

    def __init__(self, family: Family, others: Callable[[], Iterable[Family]] = tuple) -> None:
        self._home = family
        self._give_others = others

    @cached_property
    def _others(self) -> list[Family]:
        return list(self._give_others())

    def epic_of(self, ticket: Ticket) -> Epic:
        """Each ancestor is visited once, so that a circle has an end."""
        seen = {ticket.number}
        family = self._home
        while (parent := family.parent(ticket)) and parent.number not in seen and len(seen) <= MAX_ANCESTORS:
            seen.add(parent.number)
            found = self._find(parent.number)
            if found is None:
                return Epic(outside=self._home.outside(parent))
            family, ticket = found
            if ticket.is_deleted:
                break
            if family.is_epic(ticket):
                return Epic(ticket.number, family.integration_id)
        return Epic()

    def _find(self, number: int) -> tuple[Family, Ticket] | None:
        if ticket := self._home.ticket(number):
            return self._home, ticket
        for family in self._others:
            if ticket := family.ticket(number):
                return family, ticket
        return None
