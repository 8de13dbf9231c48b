"""Links between made-up work items other than parents."""

from __future__ import annotations

from datetime import datetime, timedelta

from local.fake_ado.making import Making, to_milliseconds
from local.fake_ado.work_item_links import DEPENDENCY, RELATED, add_link


def make_links(making: Making, after: datetime) -> None:
    """Some related and dependent items, after everything else; some of the links are taken away again."""
    organization, rng = making.organization, making.rng
    items = [one for one in organization.work_items.values() if not one.is_deleted]
    end = making.now - timedelta(minutes=15)
    start = max(after, making.now - timedelta(days=1))
    for step in range(len(items) // 12):
        at = to_milliseconds(start + (end - start) * step / len(items))
        source, target = rng.sample(items, 2)
        rel = rng.choice((RELATED, RELATED, DEPENDENCY))
        by = rng.choice(making.members[source.project_id]).id
        add_link(organization, rel, source.id, target.id, at, by)
        if step % 7 == 3:
            add_link(organization, rel, source.id, target.id, at, by, is_active=False)
