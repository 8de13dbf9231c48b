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


class EpicOutside(Struct, frozen=True):
    """Where the way up from a ticket leaves what is stored: a ticket above it, in a project that is not imported or
    cannot be read. Import that project to see the epic. The project is null where Azure DevOps does not tell it.
    """

    number: int
    project_id: str | None
    project_name: str | None


class Spread(Struct, frozen=True):
    """How values are distributed; seconds. `p85`: what 85 % of them do not exceed."""

    count: int
    mean: float
    median: float
    p85: float


class TicketMetrics(Struct, frozen=True):
    """Metrics of one group of tickets; a null group is that of tickets without the property, or of all."""

    group: str | None
    tickets_completed: int
    tickets_completed_per_week: float
    story_points_completed: float
    cycle_seconds: Spread | None
    queue_seconds: Spread | None
    """Its median is the queue time."""
    transitions: int
    lane_transitions: int
    backflow_transitions: int
    backflow_rate: float | None
    """Backflow transitions of all transitions."""


class TicketMetricsAnswer(Struct, frozen=True, rename={"start": "from", "end": "to"}):
    """Metrics of the tickets that were done in a period and still are."""

    definition_version: str
    start: datetime
    end: datetime
    group_by: str | None
    results: list[TicketMetrics]


class Tally(Struct, frozen=True):
    """So many tickets with so many points; a ticket without an estimate has none."""

    tickets: int
    points: float


class LedgerTicket(Struct, frozen=True):
    """One ticket of a sprint, with the revisions that prove it."""

    number: int
    entry: Literal["committed", "added"]
    entered_at: datetime
    """When the revision was made that was in force when it counted first."""
    entered_rev: int
    outcome: Literal["removed", "completed", "canceled", "remaining", "carried_over"]
    left_at: datetime | None
    left_rev: int | None
    points_at_entry: float | None
    points: float | None


class LedgerAnswer(Struct, frozen=True):
    """What a sprint took on and what became of it, as of `at`."""

    definition_version: str
    sprint_id: str
    start_date: str | None
    finish_date: str | None
    at: datetime
    """The moment asked for, or the sprint's end if that is earlier."""
    is_over: bool
    committed: Tally
    added: Tally
    removed: Tally
    completed: Tally
    canceled: Tally
    remaining: Tally
    carried_over: Tally
    estimates_changed: float
    """Points that estimates have gained since the tickets came in."""
    tickets: list[LedgerTicket]
