"""Tickets with every revision, from the reporting feed of the organisation and, once, of each project.

Source: https://learn.microsoft.com/rest/api/azure/devops/wit/reporting-work-item-revisions
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.ado.endpoints import wit
from shared.streams.base import Batch, Slice
from shared.streams.feeds import Feed, backfill, follow
from shared.streams.ticket_reader import TicketReader, existing_fields


def read_tickets(slice_: Slice) -> Iterator[Batch]:
    """Every revision of the organisation since the watermark."""
    return follow(slice_, _feed)


def read_tickets_backfill(slice_: Slice) -> Iterator[Batch]:
    """Every revision of one project, once."""
    if slice_.watermark and slice_.watermark.get("complete"):
        yield Batch(slice_.watermark)
        return
    yield from backfill(slice_, _feed(slice_))


def _feed(slice_: Slice) -> Feed:
    fields = existing_fields(slice_)
    return Feed(
        wit.WORK_ITEM_REVISIONS,
        wit.PROJECT_WORK_ITEM_REVISIONS,
        TicketReader(slice_, fills_gaps=True).entities,
        TicketReader(slice_).entities,
        # Without includeIdentityRef people are text, which makes pages a quarter of the size.
        query={"fields": ",".join(fields["fields"]), "includeDeleted": "true"},
        facts=fields,
    )
