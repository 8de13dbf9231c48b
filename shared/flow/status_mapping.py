"""What the statuses of tickets mean: lane, stage, waiting, canceled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final, Literal

from shared.flow.base import Entity

Stage = Literal["not_started", "active", "done"]
Source = Literal["derived", "override", "unmapped"]
Key = tuple[str, str]
"""(type, status), case-folded: statuses are matched without case."""


def status_key(type_: str, status: str) -> Key:
    return type_.casefold(), status.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedStatus:
    """One status of one type. Without a stage it is unmapped: nothing is guessed about it.

    ``lane_order`` grows from left to right; only statuses of one type can be compared by it.
    """

    type: str
    status: str
    category: str | None = None
    """Azure DevOps' state category; None for a status that no process lists any more."""
    lane: str | None = None
    lane_order: int | None = None
    stage: Stage | None = None
    is_waiting: bool = False
    """Only with the stage active."""
    is_canceled: bool = False
    """Only with the stage done: ended, but not completed."""
    source: Source = "derived"

    @property
    def key(self) -> Key:
        return status_key(self.type, self.status)

    @property
    def is_active(self) -> bool:
        return self.stage == "active"

    @property
    def is_completed(self) -> bool:
        return self.stage == "done" and not self.is_canceled


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusOverrides(Entity):
    """What a customer has said about statuses of one ticket project; ``id`` is the project's or board's.

    ``statuses`` are the changed fields of ``MappedStatus``. ``known`` are the (type, status) that were mapped when it
    was said: what has come since nobody has looked at.
    """

    TABLE: ClassVar[str] = "statusmappings"

    statuses: list[dict[str, Any]] = field(default_factory=list)
    known: list[list[str]] = field(default_factory=list)
    updated_at: datetime

    def partition_key(self) -> str:
        return self.integration_id

    def row_key(self) -> str:
        return self.id


_DEFAULT_LANES: Final[dict[Stage, tuple[str, int]]] = {
    "not_started": ("Not started", 0),
    "active": ("Active", 1),
    "done": ("Done", 3),
}


def overridden(derived: Iterable[MappedStatus], overrides: Iterable[Mapping[str, Any]]) -> dict[Key, MappedStatus]:
    """The derived mapping with what the customer says instead, by key and in the derived order.

    An override without a lane keeps the derived one if the stage is the same; otherwise it takes the lane of the
    type's first status of that stage.
    """
    found = {one.key: one for one in derived}
    firsts = {(one.type.casefold(), one.stage): one for one in reversed(found.values())}
    for given in overrides:
        key = status_key(given["type"], given["status"])
        before = found.get(key) or MappedStatus(type=given["type"], status=given["status"])
        stage: Stage = given["stage"]
        like = before if before.stage == stage else firsts.get((before.type.casefold(), stage))
        lane, order = (like.lane, like.lane_order) if like else _DEFAULT_LANES[stage]
        found[key] = MappedStatus(
            type=before.type,
            status=before.status,
            category=before.category,
            lane=given.get("lane") or lane,
            lane_order=order if given.get("lane_order") is None else given["lane_order"],
            stage=stage,
            is_waiting=given.get("is_waiting", False),
            is_canceled=given.get("is_canceled", False),
            source="override",
        )
    return found
