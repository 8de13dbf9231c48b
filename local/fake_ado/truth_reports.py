"""The truth about what is worked out from tickets: their epics, and what a sprint took on and what became of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from local.fake_ado import fields, processes
from local.fake_ado.model import Fields, Node, Project, Revision, WorkItem
from local.fake_ado.truth_tickets import TicketTruth
from local.fake_ado.truth_view import View
from local.fake_ado.work_item_links import HIERARCHY, current_links


class SprintTicket(NamedTuple):
    """How a ticket came into a sprint, what became of it, and its points at both times."""

    entry: str
    outcome: str
    points_at_entry: float | None
    points: float | None


def epics(view: View) -> dict[int, int | None]:
    """Ticket -> its nearest ancestor of the epic category among readable tickets."""
    items = view.organization.work_items
    parents = {link.target: link.source for link in current_links(view.organization) if link.rel == HIERARCHY}
    return {item.id: _above(view, items, parents, item.id) for item in TicketTruth(view).items()}


def _above(view: View, items: dict[int, WorkItem], parents: dict[int, int], number: int) -> int | None:
    seen = {number}
    while (above := parents.get(number)) is not None and above not in seen:
        if items[above].is_deleted or not view.is_readable(items[above].project_id):
            return None
        if _category(view, items[above]) == processes.EPIC:
            return above
        seen.add(above)
        number = above
    return None


def sprint_tickets(view: View, sprint: Node, at: datetime) -> dict[int, SprintTicket]:
    """Every ticket that was in the sprint while it ran, as of ``at``."""
    end = _midnight(sprint.finish_date) + timedelta(days=1) if sprint.finish_date else None
    is_over = end is not None and at >= end
    until = end if is_over and end else at
    start = min(_midnight(sprint.start_date), until) if sprint.start_date else None
    found = {}
    for item in TicketTruth(view).items():
        if _category(view, item) in (processes.TEST, processes.HIDDEN):
            continue
        moments = [one for one in item.revisions if _at(one) < until or (_at(one) == until and not is_over)]
        line = _line(view, item, sprint, moments, start)
        if line:
            found[item.id] = line._replace(outcome="carried_over") if is_over and line.outcome == "remaining" else line
    return found


def _line(
    view: View, item: WorkItem, sprint: Node, moments: list[Revision], start: datetime | None
) -> SprintTicket | None:
    """Walk through the revisions once; before the start only the last one counts."""
    at_start = None
    first = last = None
    for one in moments:
        if start is not None and _at(one) <= start:
            at_start = one
        elif _is_in(one.fields, sprint):
            first, last = first or one, one
    entry = "added"
    if at_start is not None and _is_in(at_start.fields, sprint):
        entry, first, last = "committed", at_start, last or at_start
    if first is None or last is None:
        return None
    outcome = _outcome(view, item, moments[-1].fields) if _is_in(moments[-1].fields, sprint) else "removed"
    return SprintTicket(entry, outcome, _points(first.fields), _points(last.fields))


def _outcome(view: View, item: WorkItem, values: Fields) -> str:
    """By the category of the state: that of the present type, or of the type that the ticket had then."""
    organization, state = view.organization, str(values[fields.STATE])
    now, then = organization.projects[item.project_id], organization.projects[values[fields.PROJECT]]
    category = _state(now, item.revisions[-1].fields[fields.TYPE], state) or _state(then, values[fields.TYPE], state)
    return {"Completed": "completed", "Removed": "canceled"}.get(category or "", "remaining")


def _state(project: Project, type_name: str, state: str) -> str | None:
    kind = next((one for one in processes.types_of(project) if one.name == type_name), None)
    found = kind.state(state) if kind else None
    return found.category if found else None


def _category(view: View, item: WorkItem) -> str | None:
    project = view.organization.projects[item.project_id]
    type_name = item.revisions[-1].fields[fields.TYPE]
    return next((one.category for one in processes.types_of(project) if one.name == type_name), None)


def _is_in(values: Fields, sprint: Node) -> bool:
    return bool(values[fields.ITERATION_ID] == sprint.id and not values.get(fields.IS_DELETED))


def _points(values: Fields) -> float | None:
    held = (values.get(name) for name in (fields.STORY_POINTS, fields.EFFORT, fields.SIZE))
    return next((float(value) for value in held if value is not None), None)


def _at(revision: Revision) -> datetime:
    moment: datetime = revision.fields[fields.CHANGED_DATE]
    return moment


def _midnight(day: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
