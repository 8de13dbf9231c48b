"""What is remembered of an integration's webhooks: table ``webhooks``, PartitionKey integration id.

RowKey ``_state``: its secrets' names, the address in use, and what is wrong. ``seen|{hash}``: an event that was taken.
``hint|{stream}|{unit}|{token}``: what is to be read again. ``plan|{minute}``: a sync that was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final

from shared.storage import WEBHOOKS
from shared.tables import Condition, Row, RowExistsError, Tables

KEPT: Final = timedelta(hours=24)
"""How long events and hints are remembered: Azure DevOps repeats most within minutes."""

_STATE: Final = "_state"


@dataclass(frozen=True, slots=True, kw_only=True)
class HookState:
    """Written only under the lease of its integration's subscriptions."""

    integration_id: str
    url: str = ""
    """What the subscriptions call; "" while there are none."""
    secret_name: str = ""
    secret_at: datetime | None = None
    next_name: str = ""
    """Accepted already, and used once every worker knows it."""
    next_at: datetime | None = None
    former_name: str = ""
    """Accepted still, for events that are on their way."""
    former_at: datetime | None = None
    problem_code: str = ""
    problem_message: str = ""
    problem_remedy: str = ""
    trouble_at: datetime | None = None
    """When a subscription was last found on probation or disabled."""
    trouble_status: str = ""

    @property
    def secret_names(self) -> tuple[str, ...]:
        """Of all secrets that events may bring."""
        return tuple(filter(None, (self.secret_name, self.next_name, self.former_name)))


class HookStore:
    """Read and write the rows."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def state(self, integration_id: str) -> HookState | None:
        found = self._tables.get(WEBHOOKS, integration_id, _STATE)
        if found is None:
            return None
        names = {field.name for field in fields(HookState)}
        known: dict[str, Any] = {name: value for name, value in found.row.items() if name in names}
        return HookState(**{**known, "integration_id": integration_id})

    def put(self, state: HookState) -> None:
        values = {field.name: getattr(state, field.name) for field in fields(state)}
        row: Row = {name: value for name, value in values.items() if value is not None}
        self._tables.upsert(WEBHOOKS, [row | {"PartitionKey": state.integration_id, "RowKey": _STATE}])

    def drop(self, integration_id: str) -> None:
        self._tables.delete(WEBHOOKS, [(integration_id, _STATE)])

    def has_seen(self, integration_id: str, key: str) -> bool:
        return self._tables.get(WEBHOOKS, integration_id, f"seen|{key}") is not None

    def first(self, integration_id: str, key: str, now: datetime) -> bool:
        """Write a row that says no more than that something was done; False if it is there."""
        try:
            self._tables.create(WEBHOOKS, {"PartitionKey": integration_id, "RowKey": key, "at": now})
        except RowExistsError:
            return False
        return True

    def see(self, integration_id: str, key: str, now: datetime) -> None:
        """The event has had its effect."""
        self.first(integration_id, f"seen|{key}", now)

    def sweep(self, integration_id: str, now: datetime) -> None:
        """Forget what is older than ``KEPT``."""
        old = {"at": Condition("lt", now - KEPT)}
        found = self._tables.query(WEBHOOKS, partition=integration_id, where=old, select=())
        self._tables.delete(WEBHOOKS, [(str(one.row["PartitionKey"]), str(one.row["RowKey"])) for one in found])
