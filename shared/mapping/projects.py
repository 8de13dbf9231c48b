"""Project to ticket project."""

from __future__ import annotations

from typing import Final

from shared.flow.projects import TicketProject
from shared.mapping.links import project_page
from shared.mapping.times import to_time
from shared.mapping.values import AdoItem, guid, known, need, text

STATES: Final = frozenset({"deleting", "new", "wellFormed", "createPending", "unchanged", "deleted"})
"""A project's states. Source: https://learn.microsoft.com/rest/api/azure/devops/core/projects/list"""


def to_ticket_project(item: AdoItem, *, integration_id: str, organization: str, is_imported: bool) -> TicketProject:
    """A listed project. ``is_imported`` is the customer's choice, which the source knows nothing about.

    Raises ContractError for an undocumented state, naming the project.
    """
    project_id = guid(item.get("id"), "a project's id")
    what = f"project {project_id}"
    name = need(item, "name", str, what)
    return TicketProject(
        integration_id=integration_id,
        id=project_id,
        url=project_page(organization, name),
        name=name,
        description=text(item, "description"),
        visibility=text(item, "visibility"),
        ado_state=known(need(item, "state", str, what), STATES, f"{what}: state", "project.unknown_state"),
        is_imported=is_imported,
        source_updated_at=to_time(item.get("lastUpdateTime"), f"{what}: lastUpdateTime"),
    )
