"""Rows of the links feed to ticket links."""

from __future__ import annotations

from typing import Final

from shared.flow.ticket_links import LinkType, TicketLink
from shared.mapping.times import need_time
from shared.mapping.values import AdoItem, guid, need

LINK_TYPES: Final[dict[str, LinkType]] = {
    "System.LinkTypes.Hierarchy": "parent_child",
    "System.LinkTypes.Related": "related",
    "System.LinkTypes.Dependency": "dependency",
    "System.LinkTypes.Duplicate": "duplicate",
    "Microsoft.VSTS.Common.Affects": "affects",
    "Microsoft.VSTS.Common.TestedBy": "tested_by",
}
"""By reference name without its direction; there are more (remote links, those of a customer's own): ``other``.

Source: https://learn.microsoft.com/azure/devops/boards/queries/link-type-reference
"""


def to_ticket_link(item: AdoItem, *, integration_id: str) -> TicketLink:
    """A link as this row of the feed shows it; deleted where it was removed.

    Rows name the forward end first. Source:
    https://learn.microsoft.com/rest/api/azure/devops/wit/reporting-work-item-links/get
    """
    rel = need(item, "rel", str, "a work item link")
    ends = (need(item, "sourceId", int, f"a link {rel}"), need(item, "targetId", int, f"a link {rel}"))
    projects = (_project(item, "sourceProjectId"), _project(item, "targetProjectId"))
    if rel.endswith("-Reverse"):
        ends, projects = (ends[1], ends[0]), (projects[1], projects[0])
    plain = rel.removesuffix("-Reverse").removesuffix("-Forward")
    what = f"link {plain} from {ends[0]} to {ends[1]}"
    changed_at = need_time(item.get("changedDate"), f"{what}: changedDate")
    is_removed = not need(item, "isActive", bool, what)
    actor = (item.get("changedBy") or {}).get("id")
    return TicketLink(
        integration_id=integration_id,
        id=f"{ends[0]}/{ends[1]}/{plain}",
        is_deleted=is_removed,
        deleted_at=changed_at if is_removed else None,
        link_type=LINK_TYPES.get(plain, "other"),
        ado_rel=plain,
        source_number=ends[0],
        target_number=ends[1],
        source_project_id=projects[0],
        target_project_id=projects[1],
        changed_at=changed_at,
        changed_by=guid(actor, f"{what}: changedBy") if actor else None,
    )


def _project(item: AdoItem, key: str) -> str | None:
    value = item.get(key)
    return guid(value, f"a link's {key}") if value else None
