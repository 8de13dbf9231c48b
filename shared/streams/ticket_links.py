"""Links between tickets, from the other reporting feed: revisions do not show them all.

Source: https://learn.microsoft.com/rest/api/azure/devops/wit/reporting-work-item-links/get
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from shared.ado.endpoints import wit
from shared.flow.base import Entity
from shared.flow.projects import TicketProject
from shared.mapping.ticket_links import to_ticket_link
from shared.streams.base import Batch, Slice
from shared.streams.feeds import Feed, backfill, follow


def read_ticket_links(slice_: Slice) -> Iterator[Batch]:
    """Links made and removed anywhere in the organisation since the watermark: one request when there were none."""
    return follow(slice_, _feed)


def read_ticket_links_backfill(slice_: Slice) -> Iterator[Batch]:
    """The links of one project's tickets, once; those that lead to another project come with both."""
    if slice_.watermark and slice_.watermark.get("complete"):
        yield Batch(slice_.watermark)
        return
    yield from backfill(slice_, _feed(slice_))


def _feed(slice_: Slice) -> Feed:
    not_imported = {project.id for project in slice_.stored.all(TicketProject) if not project.is_imported}

    def entities(items: Iterable[dict[str, Any]]) -> Iterator[Entity]:
        for item in items:
            link = to_ticket_link(item, integration_id=slice_.integration_id)
            # One that leads from here to there is wanted: it tells which project holds the epic.
            if not {link.source_project_id, link.target_project_id} <= not_imported:
                yield link

    return Feed(wit.WORK_ITEM_LINKS, wit.PROJECT_WORK_ITEM_LINKS, entities, entities)
