"""A stream: one kind of entity, read for one unit (organisation, project or repo), a page at a time.

A stream is a generator. It gets a ``Slice`` and yields a ``Batch`` for each page; the engine (``shared/ingest.py``)
stores the rows of a batch, then moves the watermark to the batch's, renews the lease, and may stop after any batch.
A stream therefore keeps no state but its watermark: started again with the last stored one it goes on where it
stopped. It does no table writes and takes no decisions about errors: it lets them rise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

if TYPE_CHECKING:
    from shared.ado.client import AdoClient
    from shared.flow.base import Entity

E = TypeVar("E", bound="Entity")
T = TypeVar("T")
R = TypeVar("R")

Watermark = dict[str, Any]
"""How far a stream is complete: JSON, a few hundred bytes, readable by the neighbouring release."""


@dataclass(frozen=True, slots=True)
class Skip:
    """Something seen and not stored: a row of the coverage ledger. ``kind`` is a list's name (``pull_requests``)."""

    kind: str
    source_id: str
    reason: Literal["six_month_rule", "tfvc", "repo_disabled", "forbidden", "service_off", "deleted", "not_found"]
    detail: str
    project_id: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """One page, mapped: what to store and how far the stream is complete once it is stored."""

    watermark: Watermark
    entities: tuple[Entity, ...] = ()
    """Stored kind by kind, in the order of each kind's first entity."""
    skips: tuple[Skip, ...] = ()
    unskipped: tuple[tuple[str, str], ...] = ()
    """(kind, source_id) of earlier skips that no longer hold."""
    read: int = 0
    progress: float | None = None
    """0..1 where the stream can tell how much is left, else None."""


class StoredRows(Protocol):
    """What a stream may look up among the rows of its own integration."""

    def all(
        self,
        entity: type[E],
        prefix: str = "",
        *,
        row_from: str | None = None,
        since: tuple[str, datetime] | None = None,
    ) -> Iterator[E]:
        """Stored entities in key order, deleted ones too. ``prefix`` follows the integration id in the PartitionKey.

        ``row_from`` <= RowKey; ``since`` names a property and the earliest time it may have.
        """
        ...

    def get(self, entity: type[E], partition_suffix: str, row_key: str) -> E | None:
        """One stored entity, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Slice:
    """All that a stream may use while it reads."""

    integration_id: str
    organization: str
    unit_id: str
    unit_name: str | None
    client: AdoClient
    stored: StoredRows
    watermark: Watermark | None
    """None: never read before."""
    initial_processed_at: datetime
    """The moment of the integration's first processing; fixes the six-month window."""
    now: datetime
    """When this slice began, aware UTC."""
    hints: tuple[str, ...] | None = None
    """What events ask for, and nothing else is to be read: details of hints as the stream understands them, ``""`` for
    all of it. None: there are no hints, read as always."""
    rework_days: int = 30
    """The age up to which replaced lines of code count as recent (the setting ``REWORK_DAYS``)."""
    map: Callable[[Callable[[T], R], Iterable[T]], Iterator[R]] = field(default=map)
    """Like the built-in ``map``, with a bounded number of calls in flight; results in order, the first error rises."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One line of the catalog."""

    name: str
    service: Literal["repos", "pull_requests", "tickets"] | None
    """The service switch that it belongs to; None: always on (projects, users)."""
    unit: Literal["organization", "project", "repo"]
    read: Callable[[Slice], Iterator[Batch]]
    after: tuple[str, ...] = ()
    """Streams of the same run that must have ended, well or not, before this one starts."""
    once: bool = False
    """A backfill: a unit whose watermark says ``{"complete": true}`` is not planned again, unless the run is full."""
