"""What a sprint took on and what became of it, from the revisions of its tickets, as of any moment.

Definitions, version ``DEFINITION_VERSION``. A sprint runs from its start date to the end of its finish date, in UTC; it
is looked at as of ``at``, or as of its end if that is earlier.

- committed: in the sprint when it started. added: came in later. Each ticket counts once, however often it comes and
  goes.
- removed: not in the sprint any more, or deleted. completed, canceled: in the sprint and so by its status.
- remaining: in the sprint and not ended. Once the sprint is over it is carried over.

So committed + added = removed + completed + canceled + remaining + carried over, in tickets. In points the change of
estimates since a ticket came in is the difference; points of a removed ticket are those it left with.
Before a sprint starts, what is in it is committed so far. Without a start date everything was added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal

from shared.flow.sprints import Sprint
from shared.flow.status_mapping import MappedStatus
from shared.ticket_answers import LedgerAnswer, LedgerTicket, Tally

DEFINITION_VERSION: Final = "sprint_ledger/1"

Outcome = Literal["removed", "completed", "canceled", "remaining", "carried_over"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A revision as the ledger sees it."""

    rev: int
    at: datetime
    is_in: bool
    points: float | None
    status: MappedStatus | None


@dataclass(frozen=True, slots=True)
class Window:
    """The time that is looked at. ``start`` None: the sprint has no start date."""

    start: datetime | None
    until: datetime
    is_over: bool

    @classmethod
    def of(cls, sprint: Sprint, at: datetime) -> Window:
        start = _midnight(sprint.start_date)
        finish = _midnight(sprint.finish_date)
        end = finish + timedelta(days=1) if finish else None
        is_over = end is not None and at >= end
        until = end if end is not None and is_over else at
        return cls(min(start, until) if start else None, until, is_over)

    def has(self, moment: datetime) -> bool:
        """Whether something that happened then is seen; what happens at the very end comes after the sprint."""
        return moment < self.until if self.is_over else moment <= self.until


def _midnight(day: str | None) -> datetime | None:
    return datetime.combine(date.fromisoformat(day), time(), UTC) if day else None


def ledger(sprint: Sprint, histories: Iterable[tuple[int, list[Entry]]], at: datetime) -> LedgerAnswer:
    """The ledger of a sprint; ``histories`` are (ticket number, its revisions, oldest first)."""
    window = Window.of(sprint, at)
    lines = [line for number, entries in histories if (line := _line(number, entries, window))]
    return LedgerAnswer(
        definition_version=DEFINITION_VERSION,
        sprint_id=sprint.id,
        start_date=sprint.start_date,
        finish_date=sprint.finish_date,
        at=window.until,
        is_over=window.is_over,
        committed=_tally(one.points_at_entry for one in lines if one.entry == "committed"),
        added=_tally(one.points_at_entry for one in lines if one.entry == "added"),
        removed=_outcome(lines, "removed"),
        completed=_outcome(lines, "completed"),
        canceled=_outcome(lines, "canceled"),
        remaining=_outcome(lines, "remaining"),
        carried_over=_outcome(lines, "carried_over"),
        estimates_changed=sum((one.points or 0) - (one.points_at_entry or 0) for one in lines),
        tickets=sorted(lines, key=lambda one: one.number),
    )


def _line(number: int, entries: list[Entry], window: Window) -> LedgerTicket | None:
    """What became of one ticket; None for one that was not in the sprint while it ran."""
    until = [entry for entry in entries if window.has(entry.at)]
    before = [entry for entry in until if window.start is not None and entry.at <= window.start]
    committed = bool(before) and before[-1].is_in
    inside = [*before[-1:], *until[len(before) :]]
    came = next((entry for entry in inside if entry.is_in), None)
    if came is None:
        return None
    last = inside[-1]
    left = None if last.is_in else _departure(inside)
    held = last if left is None else [entry for entry in inside if entry.is_in][-1]
    return LedgerTicket(
        number=number,
        entry="committed" if committed else "added",
        entered_at=came.at,
        entered_rev=came.rev,
        outcome=_outcome_of(last, window),
        left_at=left.at if left else None,
        left_rev=left.rev if left else None,
        points_at_entry=came.points,
        points=held.points,
    )


def _departure(inside: list[Entry]) -> Entry:
    """The revision that took a ticket out for the last time."""
    place = max(index for index, entry in enumerate(inside) if entry.is_in)
    return inside[place + 1]


def _outcome_of(last: Entry, window: Window) -> Outcome:
    if not last.is_in:
        return "removed"
    if last.status and last.status.is_completed:
        return "completed"
    if last.status and last.status.is_canceled:
        return "canceled"
    return "carried_over" if window.is_over else "remaining"


def _outcome(lines: Iterable[LedgerTicket], outcome: Outcome) -> Tally:
    return _tally(one.points for one in lines if one.outcome == outcome)


def _tally(points: Iterator[float | None] | Iterable[float | None]) -> Tally:
    found = list(points)
    return Tally(len(found), sum(one or 0 for one in found))
