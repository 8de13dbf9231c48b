"""Between our rows and the SDK's entities."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.table_rules import Row, Value


@dataclass(frozen=True, slots=True)
class Stored:
    """A row as read, and the ETag it had then."""

    row: Row
    etag: str


@dataclass(frozen=True, slots=True)
class RowPage:
    """Part of a list. ``cursor`` asks for the rest; the page may be short or empty while there is one."""

    stored: list[Stored]
    cursor: str | None

    @property
    def rows(self) -> list[Row]:
        return [stored.row for stored in self.stored]


def encoded(row: Row) -> dict[str, Any]:
    """The row as the SDK wants it: numbers beyond 32 bits say that they are."""
    from azure.data.tables import EdmType, EntityProperty

    return {
        name: EntityProperty(value, EdmType.INT64) if type(value) is int and not -(2**31) <= value < 2**31 else value
        for name, value in row.items()
    }


def stored(entity: Any) -> Stored:
    """The row and ETag of an entity that the SDK read."""
    return Stored({name: _decoded(value) for name, value in entity.items()}, entity.metadata["etag"])


def _decoded(value: Any) -> Value:
    if isinstance(value, tuple):  # EntityProperty of a number beyond 32 bits
        return int(value[0])
    if isinstance(value, datetime):
        # The SDK's own subclass remembers the service's text and would write that back, even after a change.
        return datetime.combine(value.date(), value.time(), tzinfo=UTC)
    return value  # type: ignore[no-any-return]
