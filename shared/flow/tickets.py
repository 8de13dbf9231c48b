"""Tickets and their history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from shared.flow.base import Entity

PARTITIONS = 16
"""A page of a thousand revisions in change order then fills 16 transactions."""


def ticket_partition(integration_id: str, number: int) -> str:
    """PartitionKey of a ticket and of its revisions."""
    return f"{integration_id}|{number % PARTITIONS:02d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket(Entity):
    """A ticket as its newest revision shows it. ``id`` is the work item id as text, ``number`` the same as a number.

    People are user alias ids; where the source's name cannot be resolved the id is None and ``*_name`` keeps the text.
    """

    TABLE: ClassVar[str] = "tickets"
    LISTED: ClassVar[str | None] = "tickets"
    VERSION: ClassVar[str | None] = "rev"

    number: int
    rev: int
    vendor: str = "azure_devops"
    project_id: str | None
    project_name: str
    title: str
    type: str
    state: str
    reason: str | None = None
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    created_by: str | None = None
    created_by_name: str | None = None
    assignee: str | None = None
    assignee_name: str | None = None
    priority: int | None = None
    severity: str | None = None
    story_points: float | None = None
    tags: list[str] = field(default_factory=list)
    sprint_id: str | None = None
    """GUID of the sprint; None for the root iteration."""
    sprint: str | None = None
    """The sprint's path at this revision; None for the root iteration."""
    area_path: str | None = None
    board_column: str | None = None
    board_column_done: bool | None = None
    parent_number: int | None = None
    comment_count: int = 0

    def partition_key(self) -> str:
        return ticket_partition(self.integration_id, self.number)

    def row_key(self) -> str:
        return f"{self.number:010d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRevision(Entity):
    """One revision of a ticket with the tracked fields; never changes. ``id`` is ``{number}/{rev}``.

    ``project_id``, ``sprint_node`` and ``area_node`` say which project, iteration (the root too) and area the names
    meant when they were read: names change without a revision.
    """

    TABLE: ClassVar[str] = "ticketrevisions"
    IMMUTABLE: ClassVar[bool] = True

    number: int
    rev: int
    changed_at: datetime
    changed_by: str | None = None
    changed_by_name: str | None = None
    project_id: str | None = None
    project_name: str
    type: str
    state: str
    assignee: str | None = None
    assignee_name: str | None = None
    story_points: float | None = None
    sprint_id: str | None = None
    sprint_node: int | None = None
    sprint: str | None = None
    area_node: int | None = None
    area_path: str | None = None
    board_column: str | None = None
    board_column_done: bool | None = None
    parent_number: int | None = None

    def partition_key(self) -> str:
        return ticket_partition(self.integration_id, self.number)

    def row_key(self) -> str:
        return f"{self.number:010d}|{self.rev:06d}"


TRACKED = (
    "state", "type", "project_name", "assignee", "story_points", "sprint", "area_path",
    "board_column", "board_column_done", "parent_number", "is_deleted",
)  # fmt: skip
"""The fields whose changes are ticket events, in the order they are listed."""
MEANT_BY = {"project_name": "project_id", "sprint": "sprint_node", "area_path": "area_node"}
"""Fields that are names, with the field that says what they mean: a rename is no change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent:
    """One field's change in one revision: worked out on reading from two neighbouring revisions, never stored.

    ``id`` is ``{number}/{rev}/{field}``. Revision 1 gives an event for each field that is set, with no old value.
    """

    integration_id: str
    id: str
    ticket_id: str
    number: int
    rev: int
    field: str
    old_value: str | int | float | bool | None
    new_value: str | int | float | bool | None
    occurred_at: datetime
    actor: str | None
    actor_name: str | None


def ticket_events(before: TicketRevision | None, after: TicketRevision) -> Iterator[TicketEvent]:
    """What ``after`` changed, compared with the revision before it (None: ``after`` is the ticket's first)."""
    for name in TRACKED:
        old = getattr(before, name) if before else None
        new = getattr(after, name)
        if old == new or (before is None and new in (None, False)) or (before and _only_renamed(name, before, after)):
            continue
        yield TicketEvent(
            integration_id=after.integration_id,
            id=f"{after.number}/{after.rev}/{name}",
            ticket_id=str(after.number),
            number=after.number,
            rev=after.rev,
            field=name,
            old_value=old,
            new_value=new,
            occurred_at=after.changed_at,
            actor=after.changed_by,
            actor_name=after.changed_by_name,
        )


def _only_renamed(name: str, before: TicketRevision, after: TicketRevision) -> bool:
    meant = MEANT_BY.get(name)
    if meant is None or getattr(before, meant) is None:
        return False
    return bool(getattr(before, meant) == getattr(after, meant))
