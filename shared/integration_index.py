"""Where an integration's id belongs, and how far its deletion is; remembered for 90 days after the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from shared.storage import INTEGRATION_INDEX
from shared.tables import Condition, Row, Tables

TOMBSTONE: Final = timedelta(days=90)
"""How long a deleted integration's id is remembered."""

LocationState = Literal["live", "deleting", "deleted"]

_ROW: Final = "integration"
_TIMES: Final = ("started_at", "finished_at", "sweep_after")


@dataclass(frozen=True, slots=True)
class Location:
    """Where an id belongs. ``deleted`` is the tombstone."""

    workspace: str
    state: LocationState


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """How far the removal of an integration is."""

    integration_id: str
    workspace: str
    started_at: datetime
    finished_at: datetime | None = None
    rows_removed: int = 0
    sweep_after: datetime | None = None
    """A worker may still be writing until then: rows are looked for once more afterwards."""


class IntegrationIndex:
    """Table ``integrationindex``: one row for each id that exists or did."""

    def __init__(self, tables: Tables, clock: Callable[[], datetime]) -> None:
        self._tables = tables
        self._clock = clock

    def put_live(self, integration_id: str, workspace: str) -> None:
        self._tables.upsert(INTEGRATION_INDEX, [_row(integration_id, workspace, "live")])

    def drop(self, integration_id: str) -> None:
        """As if the id had never been."""
        self._tables.delete(INTEGRATION_INDEX, [(integration_id, _ROW)])

    def put_deletion(self, deletion: Deletion) -> None:
        """Store how far a deletion is; with ``finished_at`` the row is the tombstone."""
        state: LocationState = "deleted" if deletion.finished_at else "deleting"
        row = _row(deletion.integration_id, deletion.workspace, state)
        row |= {name: moment for name in _TIMES if (moment := getattr(deletion, name)) is not None}
        self._tables.upsert(INTEGRATION_INDEX, [row | {"rows_removed": deletion.rows_removed}])

    def find(self, integration_id: str) -> Location | None:
        """Where the id belongs or belonged until at most 90 days ago; None for one that never existed."""
        row = self._get(integration_id)
        return Location(str(row["workspace"]), _state(row)) if row else None

    def deletion(self, integration_id: str) -> Deletion | None:
        """The deletion of that integration, finished ones for 90 days; None when there is none."""
        row = self._get(integration_id)
        if row is None or _state(row) == "live":
            return None
        return Deletion(
            integration_id=integration_id,
            workspace=str(row["workspace"]),
            started_at=_time(row, "started_at") or self._clock(),
            finished_at=_time(row, "finished_at"),
            rows_removed=int(str(row.get("rows_removed", 0))),
            sweep_after=_time(row, "sweep_after"),
        )

    def forget_old(self) -> None:
        """Remove the tombstones that have had their 90 days."""
        old = {"finished_at": Condition("lt", self._clock() - TOMBSTONE)}
        found = self._tables.query(INTEGRATION_INDEX, where=old, select=())
        self._tables.delete(INTEGRATION_INDEX, [(str(s.row["PartitionKey"]), str(s.row["RowKey"])) for s in found])

    def _get(self, integration_id: str) -> Row | None:
        found = self._tables.get(INTEGRATION_INDEX, integration_id, _ROW)
        if found is None:
            return None
        finished_at = _time(found.row, "finished_at")
        return None if finished_at and finished_at < self._clock() - TOMBSTONE else found.row


def _row(integration_id: str, workspace: str, state: LocationState) -> Row:
    return {"PartitionKey": integration_id, "RowKey": _ROW, "workspace": workspace, "state": state}


def _state(row: Row) -> LocationState:
    state = str(row["state"])
    return "deleting" if state == "deleting" else "deleted" if state == "deleted" else "live"


def _time(row: Row, name: str) -> datetime | None:
    value = row.get(name)
    return value if isinstance(value, datetime) else None
