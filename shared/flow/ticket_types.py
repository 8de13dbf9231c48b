"""Types and states of tickets as facts: what a project's process says, what its boards show, what tickets were in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

from shared.flow.base import Entity

TypeCategory = Literal["epic", "feature", "requirement", "task", "bug", "hidden", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketType(Entity):
    """A type of tickets in one project. ``id`` is ``{project_id}/{reference name}``.

    ``states`` are in the order of the process, each ``{"name", "category"}`` in Azure DevOps' words.
    """

    TABLE: ClassVar[str] = "tickettypes"

    project_id: str
    name: str
    reference_name: str
    category: TypeCategory
    states: list[dict[str, str]] = field(default_factory=list)

    @property
    def is_counted(self) -> bool:
        """Whether its items are tickets to people: test artefacts, reviews and feedback are not."""
        return self.category != "hidden"

    def partition_key(self) -> str:
        return f"{self.integration_id}|{self.project_id}"

    def row_key(self) -> str:
        return self.reference_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Board(Entity):
    """A board of a team: a ticket project of its own, beside the project it lies in. ``id`` is the board's GUID.

    ``columns`` go from left to right, each ``{"name", "states": {type: state}}``.
    """

    TABLE: ClassVar[str] = "boards"

    name: str
    project_id: str
    team_id: str
    team_name: str
    columns: list[dict[str, Any]] = field(default_factory=list)

    def partition_key(self) -> str:
        return f"{self.integration_id}|{self.project_id}"

    def row_key(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketState(Entity):
    """A state in which some revision of a ticket of this type and project was. ``id`` is ``{type}/{state}``.

    Kept because processes forget: a state that was renamed or removed is in no list, and history still names it.
    """

    TABLE: ClassVar[str] = "ticketstates"

    project_id: str
    type: str
    state: str
    seen_at: datetime

    def partition_key(self) -> str:
        return f"{self.integration_id}|{self.project_id}"

    def row_key(self) -> str:
        # Names have characters that keys may not have; they mean the same in any case.
        return hashlib.sha256(f"{self.type}\n{self.state}".casefold().encode()).hexdigest()[:40]
