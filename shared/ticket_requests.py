"""What callers may send about tickets: bodies and queries that validate and describe themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, defstruct

from shared.flow.status_mapping import Stage, status_key
from shared.requests import KeyText

_Name = Annotated[str, Meta(min_length=1, max_length=256)]
MOST_STATUSES: Final = 1000


class StatusOverride(Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """What one status of one type means. Without a lane it keeps the derived one."""

    type: _Name
    status: _Name
    stage: Stage
    is_waiting: Annotated[bool, Meta(description="Only with the stage `active`.")] = False
    is_canceled: Annotated[bool, Meta(description="Only with the stage `done`.")] = False
    lane: _Name | None = None
    lane_order: Annotated[int, Meta(ge=0, le=1000, description="From left to right.")] | None = None

    def __post_init__(self) -> None:
        if self.is_waiting and self.stage != "active":
            raise ValueError("is_waiting: is only possible with the stage active")
        if self.is_canceled and self.stage != "done":
            raise ValueError("is_canceled: is only possible with the stage done")
        if (self.lane is None) != (self.lane_order is None):
            raise ValueError("lane: and lane_order belong together")


class StatusMappingChange(Struct, forbid_unknown_fields=True, frozen=True):
    """All overrides of a ticket project; they replace those before, and an empty list leaves what is derived."""

    statuses: Annotated[list[StatusOverride], Meta(max_length=MOST_STATUSES)]

    def __post_init__(self) -> None:
        keys = [status_key(one.type, one.status) for one in self.statuses]
        if len(set(keys)) < len(keys):
            raise ValueError("statuses: name a status of a type twice")


_Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339 with a zone.")]


class LedgerQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """The moment to look at; now where it is absent."""

    at: _Moment | None = None


TicketMetricsQuery = defstruct(
    "TicketMetricsQuery",
    [
        ("from", _Moment | None, None),
        ("to", _Moment | None, None),
        ("project_id", KeyText | None, None),
        ("group_by", Literal["project_id", "type", "assignee", "sprint_id", "week", "month"] | None, None),
    ],
    forbid_unknown_fields=True,
    frozen=True,
)
"""A period (the last 28 days where it is absent), a project, what to group by. ``from`` is a word of Python's."""
