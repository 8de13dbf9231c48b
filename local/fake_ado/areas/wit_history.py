"""The history of one work item: revisions, updates, comments.

https://learn.microsoft.com/rest/api/azure/devops/wit/updates
"""

from __future__ import annotations

from typing import Any, Final

from local.fake_ado import paging, refusals
from local.fake_ado.answers import Answer, plain, value
from local.fake_ado.areas.wit_items import readable
from local.fake_ado.context import Call
from local.fake_ado.identityref import identity_ref
from local.fake_ado.model import Organization, WorkItem, WorkItemComment
from local.fake_ado.routing import CORE_HOST, route
from local.fake_ado.times import iso
from local.fake_ado.wit_rows import Shower, item_row
from local.fake_ado.wit_updates import updates

_WIT: Final = "/{organization}/_apis/wit/"
_PROJECT_WIT: Final = "/{organization}/{project}/_apis/wit/"
_SCOPES: Final = ("vso.work",)
_PAGE: Final = 200


def _item(call: Call) -> WorkItem:
    text = call.parameters["id"]
    item = readable(call, int(text)) if text.isascii() and text.isdigit() else None
    if item is None:
        raise refusals.work_item_not_found(int(text) if text.isascii() and text.isdigit() else 0)
    return item


@route("GET", CORE_HOST, _WIT + "workitems/{id}/revisions", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT_WIT + "workitems/{id}/revisions", version="7.1", scopes=_SCOPES)
def list_revisions(call: Call) -> Answer:
    """All fields of every revision."""
    item = _item(call)
    shower = Shower(call.organization, identity_ref, with_long=True)
    page = paging.by_skip(call, item.revisions, default=_PAGE, maximum=_PAGE)
    return value([item_row(call.organization, item, revision, shower) for revision in page])


@route("GET", CORE_HOST, _WIT + "workitems/{id}/updates", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT_WIT + "workitems/{id}/updates", version="7.1", scopes=_SCOPES)
def list_updates(call: Call) -> Answer:
    """What each revision changed; changes of links alone stand between them and keep the number of the revision."""
    rows = updates(call.organization, _item(call), identity_ref)
    return value(paging.by_skip(call, rows, default=_PAGE, maximum=_PAGE))


@route("GET", CORE_HOST, _PROJECT_WIT + "workitems/{id}/comments", version="7.1-preview.4", scopes=_SCOPES)
def list_comments(call: Call) -> Answer:
    """Comments, newest first unless asked otherwise, with a token in the body while there are more."""
    item = _item(call)
    organization = call.organization
    rows = [one for one in item.comments if not one.is_deleted or call.query.flag("includeDeleted")]
    if call.query.one("order", "desc").lower() != "asc":
        rows = rows[::-1]
    page, token = paging.by_token(call, rows, default=_PAGE, maximum=_PAGE)
    own = f"{call.base_url}/{item.project_id}/_apis/wit/workItems/{item.id}/comments"
    body: dict[str, Any] = {
        "totalCount": sum(not one.is_deleted for one in item.comments),
        "count": len(page),
        "comments": [_comment_row(organization, item, one, own) for one in page],
        "url": own,
    }
    if token is not None:
        body |= {"continuationToken": token, "nextPage": f"{own}?continuationToken={token}"}
    return plain(body)


def _comment_row(organization: Organization, item: WorkItem, comment: WorkItemComment, own: str) -> dict[str, Any]:
    author = identity_ref(organization, comment.author_id)
    row: dict[str, Any] = {
        "id": comment.id,
        "workItemId": item.id,
        "version": comment.version,
        "text": comment.text,
        "format": "html",
        "createdBy": author,
        "createdDate": iso(comment.created),
        "modifiedBy": author,
        "modifiedDate": iso(comment.modified),
        "mentions": [],
        "url": f"{own}/{comment.id}",
    }
    if comment.is_deleted:
        row["isDeleted"] = True
    return row
