"""What the history of one ticket says about it: first active, done, cycle and queue time, transitions, backflow.

Definitions, version ``DEFINITION_VERSION`` (a change of any of them gives a new one):

- first active: first entry to an active status; a ticket that is created in one is active from its creation.
- done: last entry to the done statuses, if it is in one now; canceled is not done, and reopening takes it back.
- cycle time: from first active to done; none without either, or when it was done before it was ever active.
- queue time: all time in waiting statuses, up to now for the present one; 0 if it never waited.
- transition: any change of status. Lane transition: one to another lane. Backflow: one to an earlier lane, however many
  lanes it jumps. Statuses without a meaning belong to no lane.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from shared.flow.status_mapping import MappedStatus

DEFINITION_VERSION: Final = "tickets/1"

TicketStage = Literal["not_started", "active", "done", "canceled"]


@dataclass(frozen=True, slots=True)
class Step:
    """A revision as metrics see it: when, in which state, and what that state means (None: nobody knows)."""

    at: datetime
    state: str
    status: MappedStatus | None


@dataclass(frozen=True, slots=True)
class Life:
    """What a ticket's history says."""

    stage: TicketStage | None
    is_waiting: bool
    first_active_at: datetime | None
    done_at: datetime | None
    queue: timedelta
    transitions: int
    lane_transitions: int
    backflow_transitions: int

    @property
    def cycle(self) -> timedelta | None:
        if self.done_at is None or self.first_active_at is None or self.first_active_at > self.done_at:
            return None
        return self.done_at - self.first_active_at


def life_of(steps: Iterable[Step], now: datetime) -> Life:
    """One pass over the revisions of a ticket, oldest first."""
    last: Step | None = None
    entered = now
    first_active_at = done_at = None
    queue = timedelta()
    transitions = lane_transitions = backflow = 0
    for step in steps:
        before = last.status if last else None
        if last is not None:
            if step.state.casefold() == last.state.casefold():
                continue
            transitions += 1
            moved = _moved(before, step.status)
            lane_transitions += moved != 0
            backflow += moved < 0
            queue += _waited(before, entered, step.at)
        if step.status and step.status.is_active and first_active_at is None:
            first_active_at = step.at
        if not (step.status and step.status.is_completed):
            done_at = None
        elif not (before and before.is_completed):
            done_at = step.at
        last, entered = step, step.at
    status = last.status if last else None
    return Life(
        stage=stage_of(status),
        is_waiting=bool(status and status.is_waiting),
        first_active_at=first_active_at,
        done_at=done_at,
        queue=queue + _waited(status, entered, now),
        transitions=transitions,
        lane_transitions=lane_transitions,
        backflow_transitions=backflow,
    )


def stage_of(status: MappedStatus | None) -> TicketStage | None:
    """The stage as a ticket shows it: canceled stands beside done."""
    if status is None or status.stage is None:
        return None
    return "canceled" if status.is_canceled else status.stage


def _moved(before: MappedStatus | None, after: MappedStatus | None) -> int:
    """Lanes to the right, negative to the left, 0 within a lane or where one is not known."""
    if before is None or after is None or before.lane_order is None or after.lane_order is None:
        return 0
    return after.lane_order - before.lane_order


def _waited(status: MappedStatus | None, since: datetime, until: datetime) -> timedelta:
    return max(until - since, timedelta()) if status and status.is_waiting else timedelta()
