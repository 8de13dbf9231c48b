"""Work item revision to ticket and ticket revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.flow.tickets import Ticket, TicketRevision
from shared.mapping.links import ticket_page
from shared.mapping.people import People, Person
from shared.mapping.text import split_tags
from shared.mapping.times import need_time, to_time
from shared.mapping.values import AdoItem, decimal, integer, need, text

POINTS: Final = (
    "Microsoft.VSTS.Scheduling.StoryPoints", "Microsoft.VSTS.Scheduling.Effort", "Microsoft.VSTS.Scheduling.Size",
)  # fmt: skip
"""Estimates of the Agile, Scrum and Basic, and CMMI processes; an item has one of them.

Source: https://learn.microsoft.com/azure/devops/boards/queries/query-numeric
"""

FIELDS: Final = (
    "System.TeamProject", "System.WorkItemType", "System.State", "System.Reason", "System.Title",
    "System.CreatedDate", "System.CreatedBy", "System.ChangedDate", "System.ChangedBy", "System.AssignedTo",
    "System.IterationId", "System.IterationPath", "System.AreaId", "System.AreaPath", "System.Tags", "System.Parent",
    "System.BoardColumn", "System.BoardColumnDone", "System.CommentCount", "System.IsDeleted",
    "Microsoft.VSTS.Common.ClosedDate", "Microsoft.VSTS.Common.Priority", "Microsoft.VSTS.Common.Severity", *POINTS,
)  # fmt: skip
"""All that is read of a revision, by reference name.

Source: https://learn.microsoft.com/azure/devops/boards/work-items/guidance/work-item-field
"""

PEOPLE_FIELDS: Final = ("System.CreatedBy", "System.ChangedBy", "System.AssignedTo")
"""Those that name people."""


@dataclass(frozen=True, slots=True)
class TicketContext:
    """What a revision refers to and does not hold itself."""

    integration_id: str
    organization: str
    people: People
    projects: Mapping[str, str]
    """Project ids by lower-case name."""
    sprints: Mapping[int, str]
    """Sprint ids by the number of their node; root nodes are not among them."""


def to_ticket(item: AdoItem, context: TicketContext) -> Ticket:
    """A work item as this revision shows it; deleted when it was in the recycle bin then, since that revision.

    Raises ContractError, naming the work item, where a field that every work item has is missing.
    """
    fields = _fields(item)
    what = _what(item)
    tracked = _tracked(fields, context, what)
    number = need(item, "id", int, "a work item revision")
    changed_at = need_time(fields.get("System.ChangedDate"), f"{what}: System.ChangedDate")
    creator = _person(fields, "System.CreatedBy", context.people)
    return Ticket(
        integration_id=context.integration_id,
        id=str(number),
        url=ticket_page(context.organization, tracked["project_name"], number),
        deleted_at=changed_at if tracked["is_deleted"] else None,
        number=number,
        rev=need(item, "rev", int, what),
        title=text(fields, "System.Title") or "",
        reason=text(fields, "System.Reason"),
        created_at=need_time(fields.get("System.CreatedDate"), f"{what}: System.CreatedDate"),
        updated_at=changed_at,
        closed_at=to_time(fields.get("Microsoft.VSTS.Common.ClosedDate"), f"{what}: ClosedDate"),
        created_by=creator.id if creator else None,
        created_by_name=creator.name if creator else None,
        priority=integer(fields.get("Microsoft.VSTS.Common.Priority"), f"{what}: Priority"),
        severity=text(fields, "Microsoft.VSTS.Common.Severity"),
        tags=split_tags(text(fields, "System.Tags")),
        comment_count=integer(fields.get("System.CommentCount"), f"{what}: System.CommentCount") or 0,
        **tracked,
    )


def to_ticket_revision(item: AdoItem, context: TicketContext) -> TicketRevision:
    """One revision with the fields whose history is kept. Raises ContractError as ``to_ticket`` does."""
    fields = _fields(item)
    what = _what(item)
    number = need(item, "id", int, "a work item revision")
    rev = need(item, "rev", int, what)
    changed_at = need_time(fields.get("System.ChangedDate"), f"{what}: System.ChangedDate")
    actor = _person(fields, "System.ChangedBy", context.people)
    tracked = _tracked(fields, context, what)
    return TicketRevision(
        integration_id=context.integration_id,
        id=f"{number}/{rev}",
        deleted_at=changed_at if tracked["is_deleted"] else None,
        number=number,
        rev=rev,
        changed_at=changed_at,
        changed_by=actor.id if actor else None,
        changed_by_name=actor.name if actor else None,
        sprint_node=integer(fields.get("System.IterationId"), f"{what}: System.IterationId"),
        area_node=integer(fields.get("System.AreaId"), f"{what}: System.AreaId"),
        **tracked,
    )


def _person(fields: AdoItem, name: str, people: People) -> Person | None:
    """An identity field: text in the reporting feeds, an object where a work item's own history is read."""
    value = fields.get(name)
    if isinstance(value, Mapping):
        return people.named(f"{value.get('displayName')} <{value.get('uniqueName')}>")
    return people.named(text(fields, name))


def _fields(item: AdoItem) -> AdoItem:
    return need(item, "fields", dict, _what(item))


def _what(item: AdoItem) -> str:
    return f"work item {item.get('id')} rev {item.get('rev')}"


def _tracked(fields: AdoItem, context: TicketContext, what: str) -> dict[str, Any]:
    """The fields that a ticket and its revisions have in common; absent in the source means empty."""
    assignee = _person(fields, "System.AssignedTo", context.people)
    path = text(fields, "System.IterationPath")
    # The root iteration is named after the project and means: in no sprint.
    in_sprint = path is not None and "\\" in path
    node = integer(fields.get("System.IterationId"), f"{what}: System.IterationId")
    project_name = need(fields, "System.TeamProject", str, what)
    return {
        "project_id": context.projects.get(project_name.lower()),
        "project_name": project_name,
        "type": need(fields, "System.WorkItemType", str, what),
        "state": need(fields, "System.State", str, what),
        "is_deleted": fields.get("System.IsDeleted") is True,
        "assignee": assignee.id if assignee else None,
        "assignee_name": assignee.name if assignee else None,
        "story_points": _points(fields, what),
        "sprint": path if in_sprint else None,
        "sprint_id": context.sprints.get(node) if in_sprint and node is not None else None,
        "area_path": text(fields, "System.AreaPath"),
        "board_column": text(fields, "System.BoardColumn"),
        "board_column_done": fields.get("System.BoardColumnDone"),
        "parent_number": integer(fields.get("System.Parent"), f"{what}: System.Parent"),
    }


def _points(fields: AdoItem, what: str) -> float | None:
    for name in POINTS:
        points = decimal(fields.get(name), f"{what}: {name}")
        if points is not None:
            return points
    return None
