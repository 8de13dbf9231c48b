"""The reporting feed of revisions, in the order of change.

https://learn.microsoft.com/rest/api/azure/devops/wit/reporting-work-item-revisions
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from local.fake_ado import fields, refusals
from local.fake_ado.answers import Answer
from local.fake_ado.context import Call
from local.fake_ado.model import Revision, WorkItem
from local.fake_ado.routing import CORE_HOST, route
from local.fake_ado.wit_feed import batch, refuse_both, scope, split
from local.fake_ado.wit_rows import Shower, as_feed_reference, as_text

PAGE: Final = 1000
SCAN: Final = 20_000
"""Revisions that one request looks at: a filter that lets few through gives short pages that are not the last."""
_TOKEN: Final = re.compile(r"^(\d{1,18});(\d{1,10});(\d{1,10})$")
_FEED: Final = "_apis/wit/reporting/workitemrevisions"


@dataclass
class _Wanted:
    """What a request asks of the feed, from its query or its body."""

    names: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    with_deleted: bool = False
    with_identity: bool = False
    with_tags: bool = False
    latest_only: bool = False
    discussion_only: bool = False
    with_long: bool = False
    size: int = PAGE


@route("GET", CORE_HOST, "/{organization}/" + _FEED, version="7.1", scopes=("vso.work",))
@route("GET", CORE_HOST, "/{organization}/{project}/" + _FEED, version="7.1", scopes=("vso.work",))
def get_revisions(call: Call) -> Answer:
    """Revisions after a token or from a time on; filters in the query."""
    query = call.query
    wanted = _Wanted(
        split(query.one("fields")),
        split(query.one("types")),
        query.flag("includeDeleted"),
        query.flag("includeIdentityRef"),
        query.flag("includeTagRef"),
        query.flag("includeLatestOnly"),
        query.flag("includeDiscussionChangesOnly"),
        query.one("$expand").lower() == "fields",
        query.number("$maxPageSize", PAGE, minimum=1, maximum=PAGE),
    )
    return _revisions(call, wanted)


@route("POST", CORE_HOST, "/{organization}/" + _FEED, version="7.1", scopes=("vso.work",))
@route("POST", CORE_HOST, "/{organization}/{project}/" + _FEED, version="7.1", scopes=("vso.work",))
def post_revisions(call: Call) -> Answer:
    """The same with the filters in the body."""
    body = call.json_object() if call.content else {}
    wanted = _Wanted(
        _texts(body, "fields"),
        _texts(body, "types"),
        bool(body.get("includeDeleted")),
        bool(body.get("includeIdentityRef")),
        bool(body.get("includeTagRef")),
        bool(body.get("includeLatestOnly")),
        with_long=call.query.one("$expand").lower() == "fields",
    )
    return _revisions(call, wanted)


def _texts(body: dict[str, Any], name: str) -> list[str]:
    found = body.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise refusals.invalid_argument(f"The value of '{name}' must be a list of names.")
    return found


def _revisions(call: Call, wanted: _Wanted) -> Answer:
    organization = call.organization
    shower = _shower(call, wanted)
    start = _start(call)
    keep = _filter(call, wanted)
    rows: list[dict[str, Any]] = []
    at = start
    end = min(len(organization.feed), start + SCAN)
    while at < end and len(rows) < wanted.size:
        number, rev = organization.feed[at]
        at += 1
        item = organization.work_items.get(number)
        if item is not None and keep(item, item.revisions[rev - 1]):
            shown = shower.fields(item, item.revisions[rev - 1])
            rows.append({"id": number, "rev": rev, "fields": shown})
    number, rev = organization.feed[at - 1] if at else (0, 0)
    return batch(call, _FEED, rows, f"{at};{number};{rev}", is_last=at >= len(organization.feed))


def _shower(call: Call, wanted: _Wanted) -> Shower:
    if wanted.names and wanted.with_long:
        raise refusals.invalid_argument("The expand parameter can not be used with the fields parameter.")
    names = []
    for name in wanted.names:
        known = fields.known(name)
        if known is None:
            raise refusals.invalid_argument(
                f"TF51535: Cannot find field {name}.", type_key="WorkItemTrackingFieldDefinitionNotFoundException",
                event_id=3200,
            )  # fmt: skip
        names.append(known)
    person = as_feed_reference if wanted.with_identity else as_text
    tag = _tag_reference(call) if wanted.with_tags else None
    return Shower(call.organization, person, names or None, with_long=wanted.with_long, tag=tag)


def _tag_reference(call: Call) -> Callable[[str], dict[str, str]]:
    return lambda name: {"id": str(uuid5(NAMESPACE_URL, f"{call.organization.id}/{name}")), "name": name}


def _start(call: Call) -> int:
    """Where in the feed the answer begins."""
    token, moment = call.query.one("continuationToken"), call.query.time("startDateTime")
    refuse_both(token, moment)
    if moment is not None:
        return bisect.bisect_left(call.organization.feed_times, moment)
    if not token:
        return 0
    found = _TOKEN.match(token)
    if found is None:
        raise refusals.invalid_argument(f"The continuation token '{token}' is invalid.", event_id=3200)
    return min(int(found.group(1)), len(call.organization.feed))


def _filter(call: Call, wanted: _Wanted) -> Callable[[WorkItem, Revision], bool]:
    """Projects and types are those of the item now: one that moved away is missing from the start."""
    project = scope(call)
    projects = {project.id} if project else {one.id for one in call.visible_projects()}
    types = {name.lower() for name in wanted.types}

    def keep(item: WorkItem, revision: Revision) -> bool:
        if item.project_id not in projects:
            return False
        if types and item.revisions[-1].fields[fields.TYPE].lower() not in types:
            return False
        if not wanted.with_deleted and (item.is_deleted or revision.fields.get(fields.IS_DELETED)):
            return False
        if wanted.latest_only and revision.rev != len(item.revisions):
            return False
        return not wanted.discussion_only or fields.HISTORY in revision.fields

    return keep
