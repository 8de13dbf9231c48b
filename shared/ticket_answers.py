"""What callers get about tickets beyond the stored entities."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from shared.flow.status_mapping import MappedStatus
from shared.flow.ticket_types import TypeCategory


class TicketTypeAnswer(Struct, frozen=True):
    """A type of tickets. `is_counted` is false for test artefacts, reviews and feedback: stored, but no tickets."""

    name: str
    category: TypeCategory
    is_counted: bool


class StatusMappingAnswer(Struct, frozen=True):
    """What the statuses of a ticket project mean: derived from its process and boards, or as overridden."""

    project_id: str
    kind: Literal["project", "board"]
    types: list[TicketTypeAnswer]
    statuses: list[MappedStatus]
    unmapped: int
    updated_at: datetime | None
    """When overrides were last given."""
