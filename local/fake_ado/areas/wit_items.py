"""Reads of single work items and of batches.

https://learn.microsoft.com/rest/api/azure/devops/wit/work-items
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from local.fake_ado import fields, refusals
from local.fake_ado.answers import Answer, plain, value
from local.fake_ado.context import Call, Query
from local.fake_ado.identityref import identity_ref
from local.fake_ado.model import Revision, WorkItem
from local.fake_ado.routing import CORE_HOST, route
from local.fake_ado.wit_feed import split
from local.fake_ado.wit_rows import Shower, item_row
from local.fake_ado.work_item_links import parent_of

_WIT: Final = "/{organization}/_apis/wit/"
_PROJECT_WIT: Final = "/{organization}/{project}/_apis/wit/"
_SCOPES: Final = ("vso.work",)
MOST_IDS: Final = 200


@dataclass(frozen=True)
class _Reading:
    """How items are to be shown."""

    names: tuple[str, ...]
    expand: str
    as_of: datetime | None

    @property
    def relations(self) -> bool:
        return self.expand in ("relations", "all")


def _reading(names: Iterable[str], expand: str, as_of: datetime | None) -> _Reading:
    known = []
    for name in names:
        found = fields.known(name)
        if found is None:
            raise refusals.invalid_argument(
                f"TF51535: Cannot find field {name}.", type_key="WorkItemTrackingFieldDefinitionNotFoundException",
                event_id=3200,
            )  # fmt: skip
        known.append(found)
    if known and expand.lower() not in ("", "none", "links"):
        raise refusals.invalid_argument("The expand parameter can not be used with the fields parameter.")
    return _Reading(tuple(known), expand.lower(), as_of)


def readable(call: Call, number: int) -> WorkItem | None:
    """The item if it is there, not in the recycle bin, and in a project that the caller reads (and the path names)."""
    item = call.organization.work_items.get(number)
    if item is None or item.is_deleted:
        return None
    project = call.organization.projects[item.project_id]
    if project.state != "wellFormed" or not call.sees(project):
        return None
    return item if "project" not in call.parameters or call.project is project else None


def _shown(call: Call, item: WorkItem, reading: _Reading) -> dict[str, Any] | None:
    revision = _revision(item, reading.as_of)
    if revision is None:
        return None
    is_all = reading.expand in ("all", "fields")
    shower = Shower(
        call.organization, identity_ref, reading.names or None, with_long=not reading.names, with_ids=is_all
    )
    row = item_row(
        call.organization,
        item,
        revision,
        shower,
        with_relations=reading.relations,
        with_links=reading.expand in ("all", "links"),
    )
    _put_parent(call, item, revision, reading, row["fields"])
    return row


def _put_parent(call: Call, item: WorkItem, revision: Revision, reading: _Reading, shown: dict[str, Any]) -> None:
    """The newest revision shows the parent by the link that holds."""
    if revision.rev != len(item.revisions) or (reading.names and fields.PARENT not in reading.names):
        return
    parent = parent_of(call.organization, item)
    shown.pop(fields.PARENT, None)
    if parent is not None:
        shown[fields.PARENT] = parent


def _revision(item: WorkItem, as_of: datetime | None) -> Revision | None:
    if as_of is None:
        return item.revisions[-1]
    before = [one for one in item.revisions if one.fields[fields.CHANGED_DATE] <= as_of]
    return before[-1] if before else None


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 2**31 - 1:
        raise refusals.invalid_argument(f"The work item id '{text}' is no number.", event_id=3200)
    return int(text)


def _read_many(call: Call, numbers: list[int], reading: _Reading, policy: str) -> Answer:
    if len(numbers) > MOST_IDS:
        raise refusals.invalid_argument(
            f"VS403474: You have requested {len(numbers)} work items which exceeds the limit of {MOST_IDS}.",
            event_id=3200,
        )
    rows: list[dict[str, Any] | None] = []
    for number in numbers:
        item = readable(call, number)
        row = _shown(call, item, reading) if item is not None else None
        if row is None and policy.lower() != "omit":
            raise refusals.work_item_not_found(number)
        rows.append(row)
    return value(rows)


@route("GET", CORE_HOST, _WIT + "workitems/{id}", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT_WIT + "workitems/{id}", version="7.1", scopes=_SCOPES)
def get_item(call: Call) -> Answer:
    """One item, now or at a time."""
    number = _number(call.parameters["id"])
    query = call.query
    reading = _reading(split(query.one("fields")), query.one("$expand"), query.time("asOf"))
    item = readable(call, number)
    row = _shown(call, item, reading) if item is not None else None
    if row is None:
        raise refusals.work_item_not_found(number)
    return plain(row)


@route("GET", CORE_HOST, _WIT + "workitems", version="7.1", scopes=_SCOPES, cost=0.02)
@route("GET", CORE_HOST, _PROJECT_WIT + "workitems", version="7.1", scopes=_SCOPES, cost=0.02)
def list_items(call: Call) -> Answer:
    """At most 200 items by id."""
    query = call.query
    reading = _reading(split(query.one("fields")), query.one("$expand"), query.time("asOf"))
    return _read_many(call, [_number(one) for one in split(query.one("ids"))], reading, query.one("errorPolicy"))


@route("POST", CORE_HOST, _WIT + "workitemsbatch", version="7.1", scopes=_SCOPES, cost=0.02)
@route("POST", CORE_HOST, _PROJECT_WIT + "workitemsbatch", version="7.1", scopes=_SCOPES, cost=0.02)
def batch_items(call: Call) -> Answer:
    """The same with the ids in the body."""
    body = call.json_object()
    numbers = body.get("ids")
    if not isinstance(numbers, list) or not all(isinstance(one, int) for one in numbers):
        raise refusals.invalid_argument("The parameter 'ids' must be a list of numbers.", event_id=3200)
    as_of = Query({"asof": [str(body["asOf"])]}).time("asOf") if body.get("asOf") else None
    reading = _reading(body.get("fields") or (), str(body.get("$expand") or ""), as_of)
    return _read_many(call, numbers, reading, str(body.get("errorPolicy") or ""))
