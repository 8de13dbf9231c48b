"""The truth about processes: types with their states, and the boards of teams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from local.fake_ado import processes
from local.fake_ado.backlogs import levels_of
from local.fake_ado.model import Organization, Project

_CATEGORIES = {
    processes.EPIC: "epic", processes.FEATURE: "feature", processes.REQUIREMENT: "requirement",
    processes.TASK: "task", processes.BUG: "bug", processes.TEST: "hidden", processes.HIDDEN: "hidden",
    processes.OTHER: "other",
}  # fmt: skip


def ticket_types(project: Project) -> Iterator[dict[str, Any]]:
    """Every type, hidden ones too, with its states in the order of the process."""
    for kind in processes.types_of(project):
        yield {
            "id": f"{project.id}/{kind.reference_name}",
            "project_id": project.id,
            "name": kind.name,
            "category": _CATEGORIES[kind.category],
            "states": [{"name": state.name, "category": state.category} for state in kind.states],
            "is_deleted": False,
        }


def boards(organization: Organization, project: Project) -> Iterator[dict[str, Any]]:
    """One board for each team and backlog level above tasks."""
    for team in organization.teams.values():
        if team.project_id != project.id:
            continue
        for level in levels_of(project):
            if level.type != "task":
                yield {
                    "id": str(uuid5(NAMESPACE_URL, f"{team.id}/board/{level.id}")),
                    "name": f"{team.name}: {level.name}",
                    "kind": "board",
                    "project_id": project.id,
                    "is_deleted": False,
                }
