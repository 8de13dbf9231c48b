"""Tickets with every revision, from the reporting feed of the organisation and, once, of each project.

Source: https://learn.microsoft.com/rest/api/azure/devops/wit/reporting-work-item-revisions
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cached_property
from typing import Any, Final

from shared.ado.endpoints import wit
from shared.flow.base import ORGANIZATION_UNIT, Entity
from shared.flow.projects import TicketProject
from shared.flow.sprints import Sprint
from shared.flow.tickets import Ticket
from shared.flow.users import UserAlias
from shared.mapping.people import People
from shared.mapping.tickets import FIELDS, TicketContext, to_ticket, to_ticket_revision
from shared.mapping.times import need_time, to_text
from shared.streams.base import Batch, Slice

TOKEN_OVERLAP: Final = timedelta(minutes=5)
"""How far before now the organisation's feed is taken up, so that two clocks may differ."""
FIELDS_GOOD_FOR: Final = timedelta(days=1)
"""How long the list of fields that exist is trusted; a field that a process gains meanwhile is read from then on."""


def read_tickets(slice_: Slice) -> Iterator[Batch]:
    """The organisation's feed since the watermark: one request when nothing changed in any project.

    Without a watermark the feed is taken up five minutes ago, which costs one request; what is older is left to each
    project's backfill, which therefore has to begin after this stream's first slice.
    """
    watermark = slice_.watermark or {}
    fields = _fields(slice_)
    if "token" in watermark:
        query = {"continuationToken": str(watermark["token"])}
    else:
        query = {"startDateTime": to_text(slice_.now - TOKEN_OVERLAP)}
    reader = _Reader(slice_)
    pages = slice_.client.pages(wit.WORK_ITEM_REVISIONS, query=_query(fields) | query)
    for page in pages:
        token = page.token or watermark.get("token")
        watermark = {"token": token, **fields} if token else dict(fields)
        yield Batch(watermark, tuple(reader.entities(page.items)), read=len(page.items), progress=_end(page.last))


def read_tickets_backfill(slice_: Slice) -> Iterator[Batch]:
    """A project's own feed from its beginning to its end; then the watermark says ``{"complete": true}``."""
    watermark = slice_.watermark or {}
    if watermark.get("complete"):
        yield Batch(watermark)
        return
    fields = _fields(slice_)
    query = _query(fields)
    if "token" in watermark:
        query["continuationToken"] = str(watermark["token"])
    reader = _Reader(slice_)
    pages = slice_.client.pages(wit.PROJECT_WORK_ITEM_REVISIONS, path={"project": slice_.unit_id}, query=query)
    for page in pages:
        entities = tuple(reader.entities(page.items))
        if page.last:
            yield Batch({"complete": True, "at": to_text(slice_.now)}, entities, read=len(page.items), progress=1.0)
        else:
            yield Batch({"token": page.token, **fields}, entities, read=len(page.items))


def _end(last: bool) -> float | None:
    return 1.0 if last else None


def _query(fields: dict[str, Any]) -> dict[str, str]:
    # Without includeIdentityRef people are text, which makes pages a quarter of the size.
    return {"fields": ",".join(fields["fields"]), "includeDeleted": "true"}


def _fields(slice_: Slice) -> dict[str, Any]:
    """``{"fields", "fields_at"}`` for the watermark: our fields that exist here, as an unknown one is refused."""
    kept = slice_.watermark or {}
    if "fields" in kept and slice_.now - need_time(kept.get("fields_at"), "fields_at") < FIELDS_GOOD_FOR:
        return {"fields": kept["fields"], "fields_at": kept["fields_at"]}
    pages = slice_.client.pages(wit.FIELDS)
    existing = {str(item.get("referenceName")).lower() for page in pages for item in page.items}
    fields = [name for name in FIELDS if name.lower() in existing]
    return {"fields": fields, "fields_at": to_text(slice_.now)}


class _Reader:
    """Revisions to entities; what they refer to is looked up once, when the first revision comes."""

    def __init__(self, slice_: Slice) -> None:
        self._slice = slice_

    def entities(self, items: Iterable[dict[str, Any]]) -> Iterator[Entity]:
        """Every revision, and each ticket as the newest revision of the page shows it."""
        newest: dict[int, dict[str, Any]] = {}
        for item in items:
            revision = to_ticket_revision(item, self._context)
            yield revision
            if revision.number not in newest or newest[revision.number]["rev"] < revision.rev:
                newest[revision.number] = item
        yield from (self._ticket(item) for item in newest.values())

    def _ticket(self, item: dict[str, Any]) -> Ticket:
        return to_ticket(item, self._context)

    @cached_property
    def _context(self) -> TicketContext:
        stored = self._slice.stored
        # A deleted project's name may be another project's by now, so the living come last.
        projects = sorted(stored.all(TicketProject), key=lambda project: (not project.is_deleted, project.id))
        names = {project.name.lower(): project.id for project in projects}
        if self._slice.unit_id != ORGANIZATION_UNIT and self._slice.unit_name:
            names[self._slice.unit_name.lower()] = self._slice.unit_id
        return TicketContext(
            integration_id=self._slice.integration_id,
            organization=self._slice.organization,
            people=People(stored.all(UserAlias)),
            projects=names,
            sprints={sprint.node_id: sprint.id for sprint in stored.all(Sprint)},
        )
