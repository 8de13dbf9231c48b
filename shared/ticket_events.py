"""The list of ticket events: worked out page by page from the stored revisions, in the order of their keys.

The order is (partition, ticket, revision, tracked field). A cursor names the last event that was given out, so that
the next page begins behind it whatever was stored in between.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from shared.flow.rows import from_row
from shared.flow.tickets import PARTITIONS, TRACKED, TicketEvent, TicketRevision, ticket_events, ticket_partition
from shared.lists import TICKET_EVENTS, bad_cursor, conditions

if TYPE_CHECKING:
    from shared.tables import Tables

REVISIONS_PER_PAGE: Final = 5000
"""A page ends after so many revisions even where they gave too few events to fill it."""


class _Position(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """Behind which event to go on: ``field`` is its place in ``TRACKED``."""

    partition: int
    number: int
    rev: int
    field: int

    def write(self) -> str:
        return urlsafe_b64encode(msgspec.json.encode(self)).rstrip(b"=").decode("ascii")

    @classmethod
    def read(cls, cursor: str) -> _Position:
        """Raises ApiProblem 400 for a text that is no position."""
        try:
            found = msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=cls)
        except (ValueError, RecursionError) as e:
            raise bad_cursor() from e
        if not (0 <= found.partition < PARTITIONS and 0 <= found.number < 10**10 and 0 <= found.rev <= 10**6):
            raise bad_cursor()
        return found


@dataclass(frozen=True, slots=True)
class _Revisions:
    """The revisions of one integration in key order, each with the one before it."""

    tables: Tables
    integration_id: str
    query: Any

    def behind(self, start: _Position) -> Iterator[tuple[int, TicketRevision | None, TicketRevision]]:
        """(partition, the revision before, the revision) from the one at ``start`` on, that one included."""
        row_from: str | None = f"{start.number:010d}|{start.rev:06d}"
        for partition in range(start.partition, PARTITIONS):
            previous: TicketRevision | None = None
            for revision in self._rows(partition, row_from):
                yield partition, self._before(previous, revision), revision
                previous = revision
            row_from = None

    def _rows(self, partition: int, row_from: str | None) -> Iterator[TicketRevision]:
        # A revision may itself be a deletion: that is an event like any other.
        where = {name: fits for name, fits in conditions(TICKET_EVENTS, self.query).items() if name != "is_deleted"}
        key = ticket_partition(self.integration_id, partition)
        for found in self.tables.query(TicketRevision.TABLE, partition=key, row_from=row_from, where=where):
            yield from_row(TicketRevision, found.row)

    def _before(self, previous: TicketRevision | None, revision: TicketRevision) -> TicketRevision | None:
        """The stored revision before this one; ``previous`` came before it in a list that may be filtered."""
        if revision.rev == 1:
            return None
        if previous and (previous.number, previous.rev) == (revision.number, revision.rev - 1):
            return previous
        partition = revision.partition_key()
        found = self.tables.get(TicketRevision.TABLE, partition, f"{revision.number:010d}|{revision.rev - 1:06d}")
        if found is None:
            # While a ticket's history is still coming in, the one before may not be the neighbour.
            stored = self.tables.query(
                TicketRevision.TABLE,
                partition=partition,
                row_from=f"{revision.number:010d}|",
                row_to=revision.row_key(),
            )
            found = next(iter(deque(stored, maxlen=1)), None)
        return from_row(TicketRevision, found.row) if found else None


def read_ticket_events(tables: Tables, integration_id: str, query: Any) -> dict[str, Any]:
    """One page of events: ``{"results", "next_cursor"}``. Raises ApiProblem 400 for a cursor that is not ours."""
    start = _Position.read(query.cursor) if query.cursor else _Position(0, 0, 0, -1)
    last = start
    results: list[TicketEvent] = []
    revisions = _Revisions(tables, integration_id, query).behind(start)
    for count, (partition, before, revision) in enumerate(revisions, 1):
        for event in ticket_events(before, revision):
            place = _Position(partition, revision.number, revision.rev, TRACKED.index(event.field))
            if (place.number, place.rev) == (start.number, start.rev) and place.field <= start.field:
                continue
            if len(results) == query.limit:
                return {"results": results, "next_cursor": last.write()}
            results.append(event)
            last = place
        if count == REVISIONS_PER_PAGE:
            behind = _Position(partition, revision.number, revision.rev + 1, -1)
            return {"results": results, "next_cursor": behind.write()}
    return {"results": results, "next_cursor": None}
