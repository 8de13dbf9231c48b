"""What can be done to work items; each change is a revision, in the order of the organisation's watermarks.

Sources: https://learn.microsoft.com/azure/devops/boards/work-items/guidance/work-item-field for the dates that rules
keep, https://learn.microsoft.com/azure/devops/boards/backlogs/remove-delete-work-items for deleting and restoring.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from local.fake_ado import fields
from local.fake_ado.making import next_number
from local.fake_ado.model import Fields, Node, Organization, Project, Revision, WorkItem, WorkItemComment
from local.fake_ado.processes import WorkItemType, board_column, type_named


def add_revision(organization: Organization, item: WorkItem, at: datetime, values: Mapping[str, Any]) -> Revision:
    """Append a revision that holds ``values``."""
    organization.feed.append((item.id, len(item.revisions) + 1))
    organization.feed_times.append(at)
    revision = Revision(len(item.revisions) + 1, len(organization.feed), Fields(values))
    item.revisions.append(revision)
    return revision


def create(
    organization: Organization, project: Project, kind: WorkItemType, at: datetime, by: str, values: Mapping[str, Any]
) -> WorkItem:
    """A new item in its type's first state; ``values`` holds title, area, iteration and what else there is."""
    item = WorkItem(next_number(organization, "work_item"), project.id)
    organization.work_items[item.id] = item
    first: dict[str, Any] = {
        fields.PROJECT: project.id,
        fields.TYPE: kind.name,
        fields.STATE: kind.first.name,
        fields.REASON: "New",
        fields.CREATED_DATE: at,
        fields.CREATED_BY: by,
        fields.CHANGED_DATE: at,
        fields.CHANGED_BY: by,
        fields.COMMENT_COUNT: 0,
        fields.STATE_CHANGED: at,
        **_on_board(kind, kind.first.name),
        **values,
    }
    add_revision(organization, item, at, {name: value for name, value in first.items() if value is not None})
    return item


def revise(organization: Organization, item: WorkItem, at: datetime, by: str, changes: Mapping[str, Any]) -> Revision:
    """Change fields (None empties one). The text of a comment belongs to its own revision only."""
    values = item.revisions[-1].fields.unpacked()
    values.pop(fields.HISTORY, None)
    values[fields.CHANGED_DATE] = at
    values[fields.CHANGED_BY] = by
    for name, value in changes.items():
        if value is None:
            values.pop(name, None)
        else:
            values[name] = value
    return add_revision(organization, item, at, values)


def change_state(
    organization: Organization, item: WorkItem, kind: WorkItemType, at: datetime, by: str, state: str
) -> Revision:
    """Move to a state, with the dates and people that the rules of the process keep."""
    return revise(organization, item, at, by, state_changes(kind, item.revisions[-1].fields, state, at, by))


def state_changes(kind: WorkItemType, before: Fields, state: str, at: datetime, by: str) -> dict[str, Any]:
    """The fields that change with the state."""
    changes: dict[str, Any] = {fields.STATE: state, fields.REASON: f"Moved to state {state}"}
    changes.update(_on_board(kind, state))
    known = kind.state(state)
    if not kind.keeps_dates or known is None:
        return changes
    changes[fields.STATE_CHANGED] = at
    for date, person in _CLEARED[known.category]:
        changes[date] = changes[person] = None
    date, person = _KEPT.get(known.category, ("", ""))
    if date and (known.category != "InProgress" or before.get(date) is None):
        changes[date], changes[person] = at, by
    return changes


_ACTIVATED = (fields.ACTIVATED_DATE, fields.ACTIVATED_BY)
_RESOLVED = (fields.RESOLVED_DATE, fields.RESOLVED_BY)
_CLOSED = (fields.CLOSED_DATE, fields.CLOSED_BY)
_KEPT = {"InProgress": _ACTIVATED, "Resolved": _RESOLVED, "Completed": _CLOSED}
_CLEARED: dict[str, tuple[tuple[str, str], ...]] = {
    "Proposed": (_ACTIVATED, _RESOLVED, _CLOSED),
    "InProgress": (_RESOLVED, _CLOSED),
    "Resolved": (_CLOSED,),
    "Completed": (),
    "Removed": (_CLOSED,),
}


def _on_board(kind: WorkItemType, state: str) -> dict[str, Any]:
    column = board_column(kind, state)
    return {fields.BOARD_COLUMN: column, fields.BOARD_COLUMN_DONE: None if column is None else False}


def comment(organization: Organization, item: WorkItem, at: datetime, by: str, text: str) -> Revision:
    """Add a comment; its revision carries the text and the new count."""
    number = next_number(organization, "work_item_comment")
    item.comments.append(WorkItemComment(number, by, text, at, at))
    count = sum(not one.is_deleted for one in item.comments)
    return revise(organization, item, at, by, {fields.HISTORY: text, fields.COMMENT_COUNT: count})


def move(
    organization: Organization,
    item: WorkItem,
    at: datetime,
    by: str,
    project: Project,
    place: tuple[Node, Node],
    kind: WorkItemType,
) -> Revision:
    """Into another project: same id, new area and iteration (``place``), the first state of a type it has there."""
    area, iteration = place
    item.project_id = project.id
    changes = state_changes(kind, item.revisions[-1].fields, kind.first.name, at, by)
    changes |= {
        fields.PROJECT: project.id,
        fields.AREA_ID: area.id,
        fields.ITERATION_ID: iteration.id,
        fields.TYPE: kind.name,
        fields.REASON: "Moved out of another project",
        **_other_points(kind),
    }
    return revise(organization, item, at, by, changes)


def retype(organization: Organization, item: WorkItem, at: datetime, by: str, kind: WorkItemType) -> Revision:
    """Make it an item of another type of its project, in that type's first state."""
    changes = state_changes(kind, item.revisions[-1].fields, kind.first.name, at, by)
    return revise(organization, item, at, by, {**changes, fields.TYPE: kind.name, **_other_points(kind)})


def _other_points(kind: WorkItemType) -> dict[str, Any]:
    """An item has its size in the field of its type only."""
    return {name: None for name in (fields.STORY_POINTS, fields.EFFORT, fields.SIZE) if name != kind.points}


def delete(organization: Organization, item: WorkItem, at: datetime, by: str) -> Revision:
    """Into the recycle bin: one more revision that says so."""
    item.is_deleted, item.deleted_at, item.deleted_by = True, at, by
    return revise(organization, item, at, by, {fields.IS_DELETED: True})


def restore(organization: Organization, item: WorkItem, at: datetime, by: str) -> Revision:
    """Back from the recycle bin."""
    item.is_deleted, item.deleted_at, item.deleted_by = False, None, None
    return revise(organization, item, at, by, {fields.IS_DELETED: False})


def destroy(organization: Organization, item: WorkItem) -> None:
    """For good: it leaves no trace in any feed."""
    for revision in item.revisions:
        organization.feed[revision.watermark - 1] = (0, 0)
    del organization.work_items[item.id]
    for link in organization.links_at.pop(item.id, ()):
        organization.links_at.get(link.target if link.source == item.id else link.source, [link]).remove(link)
        organization.links.remove(link)
    organization.destroyed.append(item.id)


def type_of(organization: Organization, item: WorkItem) -> WorkItemType:
    """The type that the item is of now."""
    found = type_named(organization.projects[item.project_id], item.revisions[-1].fields[fields.TYPE])
    if found is None:
        raise LookupError(f"work item {item.id} is of a type that its project does not have")
    return found
