"""What every Flow entity has in common: where its row lies and how it becomes one.

A Flow entity is a frozen dataclass. Its fields are exactly what callers see (names of the data dictionary) and, for
those that are not stored, what is worked out on reading. Rows are Table Storage entities: str, int, float, bool,
aware UTC datetime; a list or a dict is kept as JSON text; None is an absent property.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

ORGANIZATION_UNIT = "organization"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One Flow entity of one integration.

    ``TABLE``: the table its rows lie in. ``LISTED``: the API's list name (``pull_requests``), None where it has none.
    ``VERSION``: the field that says which of two rows is newer, None where the last one written is right.
    ``IMMUTABLE``: a row that never changes once written (a revision, an event).
    ``CHOSEN``: a field that the customer sets, and a sync only when it first stores the row.
    """

    TABLE: ClassVar[str] = ""
    LISTED: ClassVar[str | None] = None
    VERSION: ClassVar[str | None] = None
    IMMUTABLE: ClassVar[bool] = False
    CHOSEN: ClassVar[str | None] = None

    integration_id: str
    id: str
    url: str | None = None
    is_deleted: bool = False
    deleted_at: datetime | None = None

    def partition_key(self) -> str:
        """PartitionKey; begins with the integration id."""
        raise TypeError(f"{type(self).__name__} does not say where its row lies")

    def row_key(self) -> str:
        """RowKey, made of Azure DevOps ids."""
        raise TypeError(f"{type(self).__name__} does not say where its row lies")
