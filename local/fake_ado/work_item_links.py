"""Links between work items: rows of the links feed, newest last; the newest row of a pair says whether it holds.

Only ``reparent`` makes a revision, because the parent is a field of the child; other links leave both items alone.
Reference names: https://learn.microsoft.com/azure/devops/boards/queries/link-type-reference
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from local.fake_ado import fields
from local.fake_ado.making import next_number
from local.fake_ado.model import Link, Organization, WorkItem
from local.fake_ado.work_item_actions import revise

HIERARCHY: Final = "System.LinkTypes.Hierarchy"
RELATED: Final = "System.LinkTypes.Related"
DEPENDENCY: Final = "System.LinkTypes.Dependency"


def add_link(
    organization: Organization, rel: str, source: int, target: int, at: datetime, by: str, *, is_active: bool = True
) -> Link:
    """One more row of the feed; ``source`` is the forward end (the parent, the predecessor)."""
    link = Link(next_number(organization, "link"), rel, source, target, at, by, is_active)
    organization.links.append(link)
    for end in {source, target}:
        organization.links_at.setdefault(end, []).append(link)
    return link


def current_links(organization: Organization) -> list[Link]:
    """The links that hold: the newest row of each (type, source, target), where it is active."""
    newest = {(link.rel, link.source, link.target): link for link in organization.links}
    return [link for link in newest.values() if link.is_active]


def links_of(organization: Organization, item: WorkItem) -> list[Link]:
    """The links that hold at one item."""
    return [link for link in _newest(organization, item) if link.is_active]


def parent_of(organization: Organization, item: WorkItem) -> int | None:
    """The parent by the links that hold."""
    upward = (one for one in links_of(organization, item) if one.rel == HIERARCHY and one.target == item.id)
    return next((link.source for link in upward), None)


def link_parent(organization: Organization, item: WorkItem, parent: int | None, at: datetime, by: str) -> None:
    """Take away the parent link that holds, and add the one to ``parent``. No revision."""
    old = parent_of(organization, item)
    if old is not None:
        add_link(organization, HIERARCHY, old, item.id, at, by, is_active=False)
    if parent is not None:
        add_link(organization, HIERARCHY, parent, item.id, at, by)


def reparent(organization: Organization, item: WorkItem, parent: int | None, at: datetime, by: str) -> None:
    """Change the parent on the child's form: the link, and a revision of the child with its new ``System.Parent``."""
    link_parent(organization, item, parent, at, by)
    revise(organization, item, at, by, {fields.PARENT: parent})


def deactivate_all(organization: Organization, item: WorkItem, at: datetime, by: str) -> None:
    """What deleting an item does to its links."""
    for link in links_of(organization, item):
        add_link(organization, link.rel, link.source, link.target, at, by, is_active=False)


def reactivate_all(organization: Organization, item: WorkItem, at: datetime, by: str) -> None:
    """What restoring an item does: the links that its deletion took away come back, if the other end is there and, of a
    child, has no other parent by now.
    """
    for link in _newest(organization, item):
        other = organization.work_items.get(link.target if link.source == item.id else link.source)
        if link.rel == HIERARCHY and _has_parent(organization, link.target):
            continue
        if not link.is_active and other is not None and not other.is_deleted and link.changed >= _deleted_at(item):
            add_link(organization, link.rel, link.source, link.target, at, by)


def _has_parent(organization: Organization, number: int) -> bool:
    child = organization.work_items.get(number)
    return child is not None and parent_of(organization, child) is not None


def _newest(organization: Organization, item: WorkItem) -> list[Link]:
    rows = organization.links_at.get(item.id, ())
    return list({(link.rel, link.source, link.target): link for link in rows}.values())


def _deleted_at(item: WorkItem) -> datetime:
    deletions = [revision for revision in item.revisions if revision.fields.get(fields.IS_DELETED)]
    moment: datetime = deletions[-1].fields[fields.CHANGED_DATE]
    return moment
