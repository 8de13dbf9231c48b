"""When Azure DevOps may be asked again: kept in storage for each organisation and token owner, for all workers.

Azure DevOps counts requests by identity, so a pause of one worker is everybody's:
https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from shared.storage import PAUSES
from shared.tables import Row, RowChangedError, RowExistsError, Tables

LONGEST: Final = timedelta(days=1)
"""A longer pause is asked for anew when it ends."""

_ROW: Final = "pause"


class Pauses:
    """Set and read pauses. ``clock`` gives aware UTC."""

    def __init__(self, tables: Tables, clock: Callable[[], datetime]) -> None:
        self._tables = tables
        self._clock = clock

    def pause(self, organization: str, owner: str, seconds: float) -> datetime:
        """Pause for that long from now; gives the end. A longer pause that is set already stays."""
        key = _key(organization, owner)
        until = self._clock() + timedelta(seconds=min(max(0.0, seconds), LONGEST.total_seconds()))
        row: Row = {"PartitionKey": key, "RowKey": _ROW, "until": until}
        while True:
            found = self._tables.get(PAUSES, key, _ROW)
            if found and isinstance(set_until := found.row.get("until"), datetime) and set_until >= until:
                return set_until
            try:
                if found:
                    self._tables.replace(PAUSES, row, found.etag)
                else:
                    self._tables.create(PAUSES, row)
            except (RowChangedError, RowExistsError):
                continue
            return until

    def until(self, organization: str, owner: str) -> datetime | None:
        """The end of the pause, None when there is none now."""
        found = self._tables.get(PAUSES, _key(organization, owner), _ROW)
        until = found.row.get("until") if found else None
        return until if isinstance(until, datetime) and until > self._clock() else None


def _key(organization: str, owner: str) -> str:
    # A hash: the owner may be an address, and keys turn up in logs.
    return hashlib.sha256(f"{organization.lower()}\n{owner}".encode()).hexdigest()[:32]
