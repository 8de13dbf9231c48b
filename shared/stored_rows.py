"""What a stream may look up among the rows of its own integration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from shared.flow.base import Entity
from shared.flow.rows import from_row
from shared.tables import Tables

E = TypeVar("E", bound=Entity)


class IntegrationRows:
    """Reads entities of one integration; ``shared/streams/base.py`` says what streams expect of it."""

    def __init__(self, tables: Tables, integration_id: str) -> None:
        self._tables = tables
        self._integration_id = integration_id

    def all(self, entity: type[E], prefix: str = "") -> Iterator[E]:
        """Stored entities in key order, deleted ones included. ``prefix`` follows ``{integration}|`` in the key."""
        for stored in self._tables.query(entity.TABLE, prefix=self._partition(prefix)):
            yield from_row(entity, stored.row)

    def get(self, entity: type[E], partition_suffix: str, row_key: str) -> E | None:
        """One stored entity, or None."""
        found = self._tables.get(entity.TABLE, self._partition(partition_suffix), row_key)
        return from_row(entity, found.row) if found else None

    def _partition(self, suffix: str) -> str:
        suffix = suffix.removeprefix("|")
        return f"{self._integration_id}|{suffix}" if suffix else self._integration_id
