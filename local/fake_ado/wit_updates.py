"""The updates of a work item: what each revision changed, and changes of links alone.

https://learn.microsoft.com/rest/api/azure/devops/wit/updates
"""

from __future__ import annotations

from typing import Any

from local.fake_ado import fields
from local.fake_ado.identityref import identity_ref
from local.fake_ado.model import Link, Organization, WorkItem
from local.fake_ado.times import iso
from local.fake_ado.wit_rows import Shower, ShowPerson, item_url
from local.fake_ado.work_item_links import RELATED


def updates(organization: Organization, item: WorkItem, person: ShowPerson) -> list[dict[str, Any]]:
    """All updates, oldest first. ``person`` shows people inside of fields."""
    shower = Shower(organization, person, with_long=True, with_ids=True)
    before: dict[str, Any] = {}
    rows: list[tuple[str, dict[str, Any]]] = []
    for revision in item.revisions:
        after = shower.fields(item, revision)
        changed = {name: _delta(before.get(name), after.get(name)) for name in {**before, **after}}
        row = {
            "rev": revision.rev,
            "revisedBy": identity_ref(organization, revision.fields[fields.CHANGED_BY]),
            "revisedDate": after["System.RevisedDate"],
            "fields": {name: delta for name, delta in changed.items() if delta},
        }
        rows.append((after["System.ChangedDate"], row))
        before = after
    for link in organization.links_at.get(item.id, ()):
        rows.append((iso(link.changed), _link_update(organization, item, link)))
    rows.sort(key=lambda pair: pair[0])
    return _numbered(organization, item, [row for _, row in rows])


def _delta(old: Any, new: Any) -> dict[str, Any]:
    if old == new:
        return {}
    return {name: one for name, one in (("oldValue", old), ("newValue", new)) if one is not None}


def _link_update(organization: Organization, item: WorkItem, link: Link) -> dict[str, Any]:
    is_source = link.source == item.id
    suffix = "" if link.rel == RELATED else "-Forward" if is_source else "-Reverse"
    relation = {
        "rel": link.rel + suffix,
        "url": item_url(organization, link.target if is_source else link.source),
        "attributes": {"isLocked": False},
    }
    return {
        "rev": 0,
        "revisedBy": identity_ref(organization, link.changed_by),
        "revisedDate": iso(link.changed),
        "relations": {"added" if link.is_active else "removed": [relation]},
    }


def _numbered(organization: Organization, item: WorkItem, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rev = 1
    out = []
    for number, row in enumerate(rows, start=1):
        rev = row["rev"] or rev
        url = f"{item_url(organization, item.id)}/updates/{number}"
        out.append({"id": number, "workItemId": item.id, **row, "rev": rev, "url": url})
    return out
