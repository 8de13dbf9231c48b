"""The reporting feed of links between work items.

https://learn.microsoft.com/rest/api/azure/devops/wit/reporting-work-item-links
"""

from __future__ import annotations

import bisect
from collections.abc import Callable
from typing import Any, Final

from local.fake_ado import fields, refusals
from local.fake_ado.answers import Answer
from local.fake_ado.context import Call
from local.fake_ado.model import Link, Organization
from local.fake_ado.routing import CORE_HOST, route
from local.fake_ado.times import iso
from local.fake_ado.wit_feed import batch, refuse_both, scope, split
from local.fake_ado.wit_rows import as_feed_reference

PAGE: Final = 1000
_FEED: Final = "_apis/wit/reporting/workitemlinks"


@route("GET", CORE_HOST, "/{organization}/" + _FEED, version="7.1", scopes=("vso.work",))
@route("GET", CORE_HOST, "/{organization}/{project}/" + _FEED, version="7.1", scopes=("vso.work",))
def get_links(call: Call) -> Answer:
    """Changes of links after a token (a bare number) or from a time on."""
    links = call.organization.links
    at = _start(call)
    keep = _filter(call)
    rows: list[dict[str, Any]] = []
    while at < len(links) and len(rows) < PAGE:
        if keep(links[at]):
            rows.append(_row(call.organization, links[at]))
        at += 1
    token = str(links[at - 1].watermark) if at else "0"
    return batch(call, _FEED, rows, token, is_last=at >= len(links))


def _start(call: Call) -> int:
    links = call.organization.links
    token, moment = call.query.one("continuationToken"), call.query.time("startDateTime")
    refuse_both(token, moment)
    if moment is not None:
        return bisect.bisect_left(links, moment, key=lambda link: link.changed)
    if not token:
        return 0
    if not token.isascii() or not token.isdigit():
        raise refusals.invalid_argument(f"The continuation token '{token}' is invalid.", event_id=3200)
    return bisect.bisect_right(links, int(token), key=lambda link: link.watermark)


def _filter(call: Call) -> Callable[[Link], bool]:
    """A row is there if the caller reads one of its ends; in a project's feed, if one of them is in the project."""
    project = scope(call)
    readable = {project.id} if project else {one.id for one in call.visible_projects()}
    asked = split(call.query.one("linkTypes"))
    kinds = {one.removesuffix("-Forward").removesuffix("-Reverse").lower() for one in asked}
    types = {one.lower() for one in split(call.query.one("types"))}
    items = call.organization.work_items

    def keep(link: Link) -> bool:
        ends = items[link.source], items[link.target]
        if kinds and link.rel.lower() not in kinds:
            return False
        if types and not types.intersection(end.revisions[-1].fields[fields.TYPE].lower() for end in ends):
            return False
        return any(end.project_id in readable for end in ends)

    return keep


def _row(organization: Organization, link: Link) -> dict[str, Any]:
    items = organization.work_items
    return {
        "rel": link.rel,
        "sourceId": link.source,
        "targetId": link.target,
        "changedDate": iso(link.changed),
        "isActive": link.is_active,
        "changedBy": as_feed_reference(organization, link.changed_by),
        "changedOperation": "create" if link.is_active else "remove",
        "sourceProjectId": items[link.source].project_id,
        "targetProjectId": items[link.target].project_id,
    }
