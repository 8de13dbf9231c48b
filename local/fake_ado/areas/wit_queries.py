"""Finding work items: WIQL with simple conditions, artifact links, the recycle bin."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final

from local.fake_ado import fields, refusals
from local.fake_ado.answers import Answer, plain, value
from local.fake_ado.areas.wit_items import readable
from local.fake_ado.context import Call
from local.fake_ado.identityref import identity_ref
from local.fake_ado.model import WorkItem
from local.fake_ado.refusals import Refusal
from local.fake_ado.routing import CORE_HOST, route
from local.fake_ado.times import iso
from local.fake_ado.wit_feed import scope, split
from local.fake_ado.wit_rows import Shower, as_text, full_row, item_url

_WIT: Final = "/{organization}/_apis/wit/"
_PROJECT_WIT: Final = "/{organization}/{project}/_apis/wit/"
_SCOPES: Final = ("vso.work",)
MOST_ROWS: Final = 20_000
MOST_URIS: Final = 200
_WHERE: Final = re.compile(
    r"^\s*SELECT\s+.+?\s+FROM\s+WorkItems(?:\s+WHERE\s+(?P<where>.+?))?"
    r"(?:\s+ORDER\s+BY\s+\[?System\.Id\]?(?:\s+(?P<direction>ASC|DESC))?)?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION: Final = re.compile(
    r"^\[?(?P<field>[\w.]+)\]?\s*(?P<operator><>|<=|>=|=|<|>)\s*(?:'(?P<text>(?:[^']|'')*)'|(?P<word>@project|\d+))$",
    re.IGNORECASE,
)
_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge,
}  # fmt: skip


@route("POST", CORE_HOST, _WIT + "wiql", version="7.1", scopes=_SCOPES, cost=0.1)
@route("POST", CORE_HOST, _PROJECT_WIT + "wiql", version="7.1", scopes=_SCOPES, cost=0.1)
def query_by_wiql(call: Call) -> Answer:
    """Ids by conditions joined with AND, ordered by id. More than 20,000 without ``$top`` are refused."""
    text = call.json_object().get("query")
    found = _WHERE.match(text) if isinstance(text, str) else None
    if found is None:
        raise _syntax("TF51006: The query statement is missing or cannot be understood.")
    tests = [_test(call, part) for part in re.split(r"\s+AND\s+", found["where"] or "", flags=re.IGNORECASE) if part]
    everywhere = sorted(call.organization.work_items, reverse=(found["direction"] or "").upper() == "DESC")
    readable_ = {one.id for one in call.visible_projects()}
    numbers = []
    for number in everywhere:
        item = call.organization.work_items[number]
        if not item.is_deleted and item.project_id in readable_ and all(test(item) for test in tests):
            numbers.append(number)
    top = call.query.number("$top", 0, maximum=MOST_ROWS)
    if not top and len(numbers) > MOST_ROWS:
        raise _too_many()
    rows = [{"id": number, "url": item_url(call.organization, number)} for number in numbers[: top or None]]
    columns = [{"referenceName": fields.ID, "name": "ID", "url": f"{call.base_url}/_apis/wit/fields/{fields.ID}"}]
    return plain(
        {
            "queryType": "flat",
            "queryResultType": "workItem",
            "asOf": iso(call.now),
            "columns": columns,
            "workItems": rows,
        }
    )


def _test(call: Call, part: str) -> Callable[[WorkItem], bool]:
    found = _CONDITION.match(part.strip().strip("()"))
    name = fields.known(found["field"]) if found else None
    if found is None or name is None:
        raise _syntax(f"TF51005: The query references a field that does not exist, or has an unknown form: {part}")
    compare = _OPERATORS[found["operator"]]
    wanted: Any = (found["text"] or "").replace("''", "'")
    if found["word"]:
        wanted = call.project.name if found["word"].lower() == "@project" else int(found["word"])
    shower = Shower(call.organization, as_text, (name, fields.PROJECT))

    def test(item: WorkItem) -> bool:
        revision = item.revisions[-1]
        held = revision.fields.get(name) if name in revision.fields else shower.fields(item, revision).get(name)
        if name == fields.PROJECT:
            held = call.organization.projects[item.project_id].name
        return held is not None and compare(*_comparable(held, wanted))

    return test


def _comparable(held: Any, wanted: Any) -> tuple[Any, Any]:
    if isinstance(held, datetime):
        return iso(held), wanted
    if isinstance(held, (int, float)) and not isinstance(held, bool):
        return held, float(wanted)
    return str(held).lower(), str(wanted).lower()


def _syntax(message: str) -> Refusal:
    return refusals.invalid_argument(message, type_key="WorkItemTrackingQueryException", event_id=3200)


def _too_many() -> Refusal:
    return refusals.invalid_argument(
        f"VS402337: The number of work items returned exceeds the size limit of {MOST_ROWS}. Change the query to "
        "return fewer items.",
        type_key="WorkItemTrackingQueryResultSizeLimitExceededException",
        event_id=3200,
    )


@route("POST", CORE_HOST, _WIT + "artifacturiquery", version="7.1", scopes=_SCOPES)
@route("POST", CORE_HOST, _PROJECT_WIT + "artifacturiquery", version="7.1", scopes=_SCOPES)
def query_artifacts(call: Call) -> Answer:
    """Artifact URI -> the items that link to it."""
    uris = call.json_object().get("artifactUris")
    if not isinstance(uris, list) or not uris or not all(isinstance(one, str) for one in uris):
        raise refusals.invalid_argument("Value cannot be null. Parameter name: artifactUris", event_id=3200)
    if len(uris) > MOST_URIS:
        raise refusals.invalid_argument(f"The number of artifact URIs exceeds the limit of {MOST_URIS}.", event_id=3200)
    wanted = {_normal(uri): uri for uri in uris}
    result: dict[str, list[dict[str, Any]]] = {uri: [] for uri in uris}
    for item in call.organization.work_items.values():
        for uri in item.artifact_uris:
            asked = wanted.get(_normal(uri))
            if asked is not None and readable(call, item.id):
                result[asked].append({"id": item.id, "url": item_url(call.organization, item.id)})
    return plain({"artifactUrisQueryResult": result})


def _normal(uri: str) -> str:
    return uri.lower()


@route("GET", CORE_HOST, _WIT + "recyclebin", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT_WIT + "recyclebin", version="7.1", scopes=_SCOPES)
def list_deleted(call: Call) -> Answer:
    """What is in the recycle bin: ids only, or with more for given ids."""
    rows = _deleted(call)
    if call.query.one("ids"):
        wanted = split(call.query.one("ids"))
        return value([_deleted_row(call, item) for item in rows if str(item.id) in wanted])
    if len(rows) > MOST_ROWS:
        raise _too_many()
    return value([{"id": item.id, "url": _bin_url(call, item)} for item in rows])


@route("GET", CORE_HOST, _WIT + "recyclebin/{id}", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT_WIT + "recyclebin/{id}", version="7.1", scopes=_SCOPES)
def get_deleted(call: Call) -> Answer:
    """One deleted item, with what it held."""
    for item in _deleted(call):
        if str(item.id) == call.parameters["id"]:
            return plain({**_deleted_row(call, item), "resource": full_row(call.organization, item)})
    raise refusals.work_item_not_found(0)


def _deleted(call: Call) -> list[WorkItem]:
    project = scope(call)
    seen = {project.id} if project else {one.id for one in call.visible_projects()}
    return [one for one in call.organization.work_items.values() if one.is_deleted and one.project_id in seen]


def _deleted_row(call: Call, item: WorkItem) -> dict[str, Any]:
    held = item.revisions[-1].fields
    by = item.deleted_by
    return {
        "id": item.id,
        "code": 200,
        "type": held[fields.TYPE],
        "name": held[fields.TITLE],
        "project": call.organization.projects[item.project_id].name,
        "deletedDate": iso(item.deleted_at),
        "deletedBy": identity_ref(call.organization, by)["displayName"] if by else "",
        "url": _bin_url(call, item),
    }


def _bin_url(call: Call, item: WorkItem) -> str:
    return f"{call.base_url}/_apis/wit/recycleBin/{item.id}"
