"""When Azure DevOps may be asked again: kept in storage for each organisation and token owner, for all workers.

Azure DevOps counts requests by identity, so a pause of one worker is everybody's:
https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from shared.errors import TransientError
from shared.storage import PAUSES
from shared.tables import Row, RowChangedError, RowExistsError, Tables

LONGEST: Final = timedelta(days=1)
"""A longer pause is asked for anew when it ends."""

HEARD_WITHIN: Final = timedelta(seconds=2)
"""So soon a worker in the middle of a page hears of a pause that another was told of; its own it knows at once."""

_ROW: Final = "pause"
_REMEMBERED: Final = 10_000

log = logging.getLogger(__name__)


class Pauses:
    """Set and read pauses. ``clock`` gives aware UTC."""

    def __init__(self, tables: Tables, clock: Callable[[], datetime]) -> None:
        self._tables = tables
        self._clock = clock
        self._lock = threading.Lock()
        self._heard: dict[str, tuple[datetime, datetime | None]] = {}
        """When storage was looked at for a key, and the end of the pause."""

    def pause(self, organization: str, owner: str, seconds: float) -> datetime:
        """Pause for that long from now; gives the end. A longer pause that is set already stays."""
        key = _key(organization, owner)
        until = self._clock() + timedelta(seconds=min(max(0.0, seconds), LONGEST.total_seconds()))
        row: Row = {"PartitionKey": key, "RowKey": _ROW, "until": until}
        # Before it is stored: what this worker asks from now on waits, whatever becomes of the row.
        self._hear(key, until)
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
        return self._read(_key(organization, owner))

    def seconds(self, organization: str, owner: str) -> float:
        """How long a request has to wait, 0 for not at all. Cheap: asked before every request.

        Storage is looked at once in ``HEARD_WITHIN``; while it does not answer, what is known counts.
        """
        key, now = _key(organization, owner), self._clock()
        with self._lock:
            looked_at, until = self._heard.get(key, (None, None))
            is_due = looked_at is None or now - looked_at >= HEARD_WITHIN
            if is_due:
                # Noted first: of the threads of a slice one looks, and the others do not wait for it.
                self._note(key, now, until)
        if is_due:
            try:
                until = self._read(key)
            except TransientError as e:
                log.warning("pause.unread", extra={"code": e.code})
        return max(0.0, (until - now).total_seconds()) if until else 0.0

    def _read(self, key: str) -> datetime | None:
        found = self._tables.get(PAUSES, key, _ROW)
        until = found.row.get("until") if found else None
        if isinstance(until, datetime):
            self._hear(key, until)
        return until if isinstance(until, datetime) and until > self._clock() else None

    def _hear(self, key: str, until: datetime) -> None:
        """Remember the later end."""
        with self._lock:
            _, known = self._heard.get(key, (None, None))
            self._note(key, self._clock(), max(until, known) if known else until)

    def _note(self, key: str, looked_at: datetime, until: datetime | None) -> None:
        if len(self._heard) >= _REMEMBERED:
            self._heard.clear()
        self._heard[key] = (looked_at, until)


def _key(organization: str, owner: str) -> str:
    # A hash: the owner may be an address, and keys turn up in logs.
    return hashlib.sha256(f"{organization.lower()}\n{owner}".encode()).hexdigest()[:32]
