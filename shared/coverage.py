"""The coverage ledger: why something that was seen is not stored.

Table ``coverage``, PartitionKey ``{integration}|{kind}``, RowKey the escaped source id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from shared.storage import COVERAGE
from shared.streams.base import Skip
from shared.table_rules import escape_key
from shared.tables import Row, Tables
from shared.versions import CurrentRows

_COMPARED: Final = ("reason", "detail")


class Coverage:
    """Writes the ledger of one integration for one slice."""

    def __init__(self, tables: Tables, integration_id: str, clock: Callable[[], datetime]) -> None:
        self._tables = tables
        self._integration_id = integration_id
        self._clock = clock
        self._rows = CurrentRows(tables, COVERAGE, _COMPARED, _tells_more)

    def add(self, skips: Iterable[Skip]) -> None:
        """Note what is skipped. One noted before with the same reason keeps its ``since``."""
        self._rows.write([self._row(skip) for skip in skips])

    def remove(self, unskipped: Iterable[tuple[str, str]]) -> None:
        """Forget skips, by (kind, source id), that no longer hold; none there is fine."""
        self._tables.delete(COVERAGE, [_keys(self._integration_id, kind, source) for kind, source in unskipped])

    def _row(self, skip: Skip) -> Row:
        partition, key = _keys(self._integration_id, skip.kind, skip.source_id)
        row: Row = {
            "PartitionKey": partition,
            "RowKey": key,
            "kind": skip.kind,
            "source_id": skip.source_id,
            "reason": skip.reason,
            "detail": skip.detail,
            "since": self._clock(),
        }
        return row | ({"project_id": skip.project_id} if skip.project_id else {})


def _tells_more(stored: Row, new: Row) -> bool:
    return any(stored.get(name) != new[name] for name in _COMPARED)


def _keys(integration_id: str, kind: str, source_id: str) -> tuple[str, str]:
    return f"{integration_id}|{kind}", escape_key(source_id)
