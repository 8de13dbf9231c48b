"""Tickets with every revision, from the reporting feed of the organisation and, once, of each project.

Source: https://learn.microsoft.com/rest/api/azure/devops/wit/reporting-work-item-revisions
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from shared.ado.endpoints import wit
from shared.mapping.times import need_time, to_text
from shared.streams.base import Batch, Slice
from shared.streams.ticket_reader import TicketReader, away_since, existing_fields

OVERLAP: Final = timedelta(minutes=5)
"""How far before a time a feed is taken up, so that two clocks may differ."""


def read_tickets(slice_: Slice) -> Iterator[Batch]:
    """The organisation's feed since the watermark: one request when nothing changed in any project.

    Without a watermark the feed is taken up five minutes ago, which costs one request; what is older is left to each
    project's backfill, which therefore has to begin after this stream's first slice. A project that was away for a
    while (hidden, deleted, not imported) is read from its own feed since then.
    """
    watermark = slice_.watermark or {}
    fields = existing_fields(slice_)
    away, back = away_since(slice_)
    kept: dict[str, Any] = {**fields, "away": away, "read_at": watermark.get("read_at")}
    start = {"startDateTime": to_text(slice_.now - OVERLAP)}
    if watermark.get("token"):
        start = {"continuationToken": str(watermark["token"])}
    kept["token"] = watermark.get("token")
    reader = TicketReader(slice_, fills_gaps=True)
    for page in slice_.client.pages(wit.WORK_ITEM_REVISIONS, query=_query(fields) | start):
        kept["token"] = page.token or kept["token"]
        if page.last and not back:
            kept["read_at"] = to_text(slice_.now)
        yield Batch(dict(kept), tuple(reader.entities(page.items)), read=len(page.items))
    for project_id in back:
        since = need_time(away[project_id], "away") - OVERLAP
        yield from _missed(slice_, project_id, _query(fields) | {"startDateTime": to_text(since)}, kept)
        kept["away"] = {id_: when for id_, when in kept["away"].items() if id_ != project_id}
        yield Batch(dict(kept))
    if back:
        yield Batch({**kept, "read_at": to_text(slice_.now)})


def read_tickets_backfill(slice_: Slice) -> Iterator[Batch]:
    """A project's own feed from its beginning to its end; then the watermark says ``{"complete": true}``."""
    watermark = slice_.watermark or {}
    if watermark.get("complete"):
        yield Batch(watermark)
        return
    fields = existing_fields(slice_)
    query = _query(fields)
    if "token" in watermark:
        query["continuationToken"] = str(watermark["token"])
    reader = TicketReader(slice_)
    pages = slice_.client.pages(wit.PROJECT_WORK_ITEM_REVISIONS, path={"project": slice_.unit_id}, query=query)
    for page in pages:
        entities = tuple(reader.entities(page.items))
        if page.last:
            yield Batch({"complete": True, "at": to_text(slice_.now)}, entities, read=len(page.items), progress=1.0)
        else:
            yield Batch({"token": page.token, **fields}, entities, read=len(page.items))


def _missed(slice_: Slice, project_id: str, query: dict[str, str], watermark: dict[str, Any]) -> Iterator[Batch]:
    """What changed in one project while it was away; begun anew if it is stopped, as it is short."""
    reader = TicketReader(slice_)
    for page in slice_.client.pages(wit.PROJECT_WORK_ITEM_REVISIONS, path={"project": project_id}, query=query):
        yield Batch(dict(watermark), tuple(reader.entities(page.items)), read=len(page.items))


def _query(fields: dict[str, Any]) -> dict[str, str]:
    # Without includeIdentityRef people are text, which makes pages a quarter of the size.
    return {"fields": ",".join(fields["fields"]), "includeDeleted": "true"}
