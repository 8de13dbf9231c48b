"""What a stream may look up among the rows of its own integration."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

from shared.flow.base import Entity
from shared.flow.rows import from_row
from shared.table_filter import Condition
from shared.tables import Tables

E = TypeVar("E", bound=Entity)


class IntegrationRows:
    """Reads entities of one integration; ``shared/streams/base.py`` says what streams expect of it."""

    def __init__(self, tables: Tables, integration_id: str) -> None:
        self._tables = tables
        self._integration_id = integration_id

    def all(
        self,
        entity: type[E],
        prefix: str = "",
        *,
        row_from: str | None = None,
        since: tuple[str, datetime] | None = None,
    ) -> Iterator[E]:
        """Stored entities in key order, deleted ones included. ``prefix`` follows ``{integration}|`` in the key."""
        where = {since[0]: Condition("ge", since[1])} if since else None
        rows = self._tables.query(entity.TABLE, prefix=self._partition(prefix), row_from=row_from, where=where)
        for stored in rows:
            yield from_row(entity, stored.row)

    def get(self, entity: type[E], partition_suffix: str, row_key: str) -> E | None:
        """One stored entity, or None."""
        found = self._tables.get(entity.TABLE, self._partition(partition_suffix), row_key)
        return from_row(entity, found.row) if found else None

    def _partition(self, suffix: str) -> str:
        suffix = suffix.removeprefix("|")
        return f"{self._integration_id}|{suffix}" if suffix else self._integration_id
