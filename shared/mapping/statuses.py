"""State categories and board columns to the meaning of statuses.

Source: https://learn.microsoft.com/azure/devops/boards/work-items/workflow-and-state-categories
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from shared.flow.status_mapping import MappedStatus, Stage, status_key
from shared.flow.ticket_types import Board, TicketState, TicketType

STAGES: Final[dict[str, Stage]] = {
    "Proposed": "not_started",
    "InProgress": "active",
    "Resolved": "active",
    "Completed": "done",
    "Removed": "done",
}
REMOVED: Final = "Removed"
LANES: Final[dict[str, tuple[str, int]]] = {
    "Proposed": ("Not started", 0),
    "InProgress": ("Active", 1),
    "Resolved": ("Resolved", 2),
    "Completed": ("Done", 3),
    REMOVED: ("Done", 3),
}
"""Lane and its order where no board says better. What was removed lies with what is done."""

Lanes = Mapping[str, tuple[str, int]]
"""Case-folded state -> name and place of its column."""


def derive(types: Iterable[TicketType], boards: Iterable[Board], seen: Iterable[TicketState]) -> Iterator[MappedStatus]:
    """Every status of every type of one project, then those that tickets were in and no type has: unmapped.

    Lanes are the columns of the boards if all that show a type agree on it, and the categories' otherwise.
    A state of an undocumented category is unmapped.
    """
    shown = [board for board in boards if not board.is_deleted]
    known = set()
    # A type that the process has dropped still says what its states meant, unless another has taken its name.
    for kind in sorted(types, key=lambda one: one.is_deleted):
        lanes = _lanes(kind, shown)
        for state in kind.states:
            key = status_key(kind.name, state["name"])
            if key not in known:
                known.add(key)
                yield _derived(kind.name, state["name"], state["category"], lanes)
    for one in sorted(seen, key=lambda one: (one.type, one.state)):
        if (key := status_key(one.type, one.state)) not in known:
            known.add(key)
            yield MappedStatus(type=one.type, status=one.state, source="unmapped")


def _derived(kind: str, state: str, category: str, lanes: Lanes | None) -> MappedStatus:
    stage = STAGES.get(category)
    if stage is None:
        return MappedStatus(type=kind, status=state, category=category, source="unmapped")
    lane, order = lanes[state.casefold()] if lanes else LANES[category]
    return MappedStatus(
        type=kind,
        status=state,
        category=category,
        lane=lane,
        lane_order=order,
        stage=stage,
        is_canceled=category == REMOVED,
    )


def _lanes(kind: TicketType, boards: Iterable[Board]) -> Lanes | None:
    """Where each state of the type stands, None where boards do not tell."""
    told = [lanes for board in boards if (lanes := _columns_of(kind.name, board))]
    if not told or any(lanes != told[0] for lanes in told[1:]):
        return None
    lanes = dict(told[0])
    last = max(lanes.values(), key=lambda lane: lane[1])
    for state in kind.states:
        # What is removed stands in no column.
        if state["category"] == REMOVED:
            lanes.setdefault(state["name"].casefold(), last)
    return lanes if all(state["name"].casefold() in lanes for state in kind.states) else None


def _columns_of(kind: str, board: Board) -> dict[str, tuple[str, int]]:
    """A state that stands in several columns counts as in the first: a revision's state alone tells no more."""
    lanes: dict[str, tuple[str, int]] = {}
    for order, column in enumerate(board.columns):
        for type_, state in column["states"].items():
            if type_.casefold() == kind.casefold():
                lanes.setdefault(state.casefold(), (column["name"], order))
    return lanes
