"""Ticket projects: what a customer sees as the place tickets and repos live in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from shared.flow.base import Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketProject(Entity):
    """A project, or a board of one of its teams. ``id`` is the GUID of either; boards are stored as ``Board``."""

    TABLE: ClassVar[str] = "ticketprojects"
    LISTED: ClassVar[str | None] = "ticket_projects"
    CHOSEN: ClassVar[str | None] = "is_imported"

    name: str
    kind: str = "project"
    project_id: str | None = None
    """The project that a board lies in; None for a project."""
    description: str | None = None
    visibility: str | None = None
    ado_state: str = "wellFormed"
    is_imported: bool = True
    source_updated_at: datetime | None = None
    unavailable_since: datetime | None = None
    """Since when the project is no longer listed without proof that it was deleted; its rows stay."""

    def partition_key(self) -> str:
        return self.integration_id

    def row_key(self) -> str:
        return self.id
