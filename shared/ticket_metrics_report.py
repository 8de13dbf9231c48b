"""Ticket metrics of a period, by group: computed on reading, so that another mapping gives other numbers at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from statistics import mean, median
from typing import TYPE_CHECKING, Final

from shared.flow.tickets import Ticket
from shared.http import ApiProblem
from shared.table_filter import Condition
from shared.ticket_answers import Spread, TicketMetrics, TicketMetricsAnswer
from shared.ticket_histories import Meanings, histories
from shared.ticket_metrics import DEFINITION_VERSION, Life, life_of

if TYPE_CHECKING:
    from shared.tables import Tables

DEFAULT_PERIOD: Final = timedelta(days=28)
WEEK: Final = timedelta(days=7)

GROUPS: Final[dict[str, Callable[[Ticket, datetime], str | None]]] = {
    "project_id": lambda ticket, _: ticket.project_id,
    "type": lambda ticket, _: ticket.type,
    "assignee": lambda ticket, _: ticket.assignee,
    "sprint_id": lambda ticket, _: ticket.sprint_id,
    "week": lambda _, done_at: f"{done_at:%G-W%V}",
    "month": lambda _, done_at: f"{done_at:%Y-%m}",
}
"""What results can be grouped by; weeks are those of ISO 8601, in UTC."""


@dataclass(slots=True)
class _Group:
    lives: list[Life] = field(default_factory=list)
    points: list[float] = field(default_factory=list)


def ticket_metrics(
    tables: Tables,
    integration_id: str,
    *,
    start: datetime | None,
    end: datetime | None,
    project_id: str | None,
    group_by: str | None,
    now: datetime,
) -> TicketMetricsAnswer:
    """Metrics of the tickets that were done in ``start`` <= done < ``end`` and are so now.

    Without an end: until now; without a start: the 28 days before the end. Raises ApiProblem 400 for a period that ends
    before it starts.
    """
    until = end or now
    since = start or until - DEFAULT_PERIOD
    if since >= until:
        raise ApiProblem(400, "query_invalid", "to: is not after from.", field="to")
    # A ticket that was done in the period was changed then or later.
    where = {"is_deleted": Condition("eq", False), "updated_at": Condition("ge", since)}
    if project_id is not None:
        where["project_id"] = Condition("eq", project_id)
    groups: defaultdict[str | None, _Group] = defaultdict(_Group)
    for ticket, steps in histories(tables, integration_id, Meanings(tables, integration_id), where):
        life = life_of(steps, now)
        if life.done_at is None or not since <= life.done_at < until:
            continue
        group = groups[GROUPS[group_by](ticket, life.done_at) if group_by else None]
        group.lives.append(life)
        if ticket.story_points is not None:
            group.points.append(ticket.story_points)
    if group_by is None:
        groups[None]  # an empty period has a result too
    return TicketMetricsAnswer(
        definition_version=DEFINITION_VERSION,
        start=since,
        end=until,
        group_by=group_by,
        results=[
            _result(name, groups[name], (until - since) / WEEK)
            for name in sorted(groups, key=lambda name: (name is None, name or ""))
        ],
    )


def _result(name: str | None, group: _Group, weeks: float) -> TicketMetrics:
    lives = group.lives
    transitions = sum(life.transitions for life in lives)
    backflow = sum(life.backflow_transitions for life in lives)
    return TicketMetrics(
        group=name,
        tickets_completed=len(lives),
        tickets_completed_per_week=round(len(lives) / weeks, 4),
        story_points_completed=sum(group.points),
        cycle_seconds=spread([life.cycle.total_seconds() for life in lives if life.cycle is not None]),
        queue_seconds=spread([life.queue.total_seconds() for life in lives]),
        transitions=transitions,
        lane_transitions=sum(life.lane_transitions for life in lives),
        backflow_transitions=backflow,
        backflow_rate=round(backflow / transitions, 4) if transitions else None,
    )


def spread(values: Sequence[float]) -> Spread | None:
    """Count, mean, median and the value that 85 % do not exceed; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return Spread(len(ordered), mean(ordered), median(ordered), ordered[ceil(0.85 * len(ordered)) - 1])
