"""Sprints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from shared.flow.base import Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class Sprint(Entity):
    """A node of a project's iteration tree below its root. ``id`` is the node's GUID.

    Dates are calendar dates (``2026-03-02``); the finish day counts in full.
    """

    TABLE: ClassVar[str] = "sprints"
    LISTED: ClassVar[str | None] = "sprints"

    project_id: str
    project_name: str
    node_id: int
    """The node's number: what a ticket's iteration id refers to."""
    name: str
    path: str
    """As tickets spell it: ``Project\\Release 1\\Sprint 1``."""
    parent_id: str | None = None
    """GUID of the sprint above; None directly below the root."""
    start_date: str | None = None
    finish_date: str | None = None
    teams: list[str] = field(default_factory=list)
    """Ids of the teams that have selected it, sorted."""

    def partition_key(self) -> str:
        return f"{self.integration_id}|{self.project_id}"

    def row_key(self) -> str:
        return self.id
