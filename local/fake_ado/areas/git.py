"""Repositories, the recycle bin, refs and tags. Specification: ``git/7.1/git.json``."""

from __future__ import annotations

from typing import Any, Final

from local.fake_ado import paging, refusals, repositories
from local.fake_ado.answers import Answer, plain, value
from local.fake_ado.context import Call
from local.fake_ado.git_history import History
from local.fake_ado.git_rows import project_reference, ref_row, repository_row, signature_row
from local.fake_ado.identityref import identity_ref
from local.fake_ado.model import Repository
from local.fake_ado.refusals import Refusal
from local.fake_ado.routing import CORE_HOST, route
from local.fake_ado.times import iso

_ORGANIZATION: Final = "/{organization}/_apis/git/repositories"
_PROJECT: Final = "/{organization}/{project}/_apis/git/repositories"
_SCOPES: Final = ("vso.code",)


@route("GET", CORE_HOST, _ORGANIZATION, version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT, version="7.1", scopes=_SCOPES)
def list_repositories(call: Call) -> Answer:
    """All in one answer, by project and name."""
    rows = sorted(repositories.listed(call), key=lambda one: (one.project_id, one.name.lower()))
    return value([repository_row(call.organization, one) for one in rows])


@route("GET", CORE_HOST, _ORGANIZATION + "/{repository}", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + "/{repository}", version="7.1", scopes=_SCOPES)
def get_repository(call: Call) -> Answer:
    """One, with the repository it was forked from."""
    repository = repositories.named(call, call.parameters["repository"])
    return plain(repository_row(call.organization, repository, is_single=True))


@route("GET", CORE_HOST, "/{organization}/{project}/_apis/git/recycleBin/repositories", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, "/{organization}/{project}/_apis/git/deletedrepositories", version="7.1", scopes=_SCOPES)
def list_deleted(call: Call) -> Answer:
    """Deleted repositories that can be restored."""
    project = call.project
    rows = [one for one in call.organization.repositories.values() if one.project_id == project.id and one.deleted_at]
    return value([_deleted_row(call, one) for one in rows])


def _deleted_row(call: Call, repository: Repository) -> dict[str, Any]:
    project = call.organization.projects[repository.project_id]
    return {
        "id": repository.id,
        "name": repository.name,
        "project": project_reference(call.organization, project),
        "deletedBy": identity_ref(call.organization, repository.deleted_by or ""),
        "createdDate": iso(repository.created_at),
        "deletedDate": iso(repository.deleted_at),
    }


def history_of(call: Call, repository: Repository) -> History:
    """The commits, refs and pushes of a repository."""
    return call.organization.histories[repository.id]


@route("GET", CORE_HOST, _ORGANIZATION + "/{repository}/refs", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + "/{repository}/refs", version="7.1", scopes=_SCOPES)
def list_refs(call: Call) -> Answer:
    """Refs by name; all of them unless ``$top`` or a token asks for a page."""
    repository = repositories.named(call, call.parameters["repository"])
    history = history_of(call, repository)
    start = "refs/" + call.query.one("filter").removeprefix("refs/")
    part = call.query.one("filterContains")
    names = sorted(name for name in history.refs if name.startswith(start) and part in name)
    is_paged = call.query.one("$top") or call.query.one("continuationToken")
    token = None
    page: Any = names
    if is_paged:
        page, token = paging.by_token(call, names, default=100, maximum=1000)
    peels = call.query.flag("peelTags")
    rows = [ref_row(call.organization, repository, history, name, peels=peels) for name in page]
    return value(rows, continuation=token)


@route("GET", CORE_HOST, _PROJECT + "/{repository}/annotatedtags/{tag}", version="7.1", scopes=_SCOPES)
def get_annotated_tag(call: Call) -> Answer:
    """An annotated tag, by its own object id."""
    repository = repositories.named(call, call.parameters["repository"])
    tag = history_of(call, repository).tags.get(call.parameters["tag"].lower())
    if tag is None:
        raise refusals.not_found_page()
    return plain(
        {
            "name": tag.name,
            "objectId": tag.sha,
            "taggedBy": signature_row(tag.tagger),
            "message": tag.message,
            "taggedObject": {"objectId": tag.target, "objectType": "commit"},
        }
    )


@route("GET", CORE_HOST, _ORGANIZATION + "/{repository}/stats/branches", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + "/{repository}/stats/branches", version="7.1", scopes=_SCOPES)
def list_branch_stats(call: Call) -> Answer:
    """Branches against the default one. An empty repository has none, which is refused."""
    repository = repositories.named(call, call.parameters["repository"])
    history = history_of(call, repository)
    branches = [name for name in sorted(history.refs) if name.startswith("refs/heads/")]
    if not branches or repository.default_branch is None:
        raise Refusal(
            400,
            "GitUnableToFindBranchesException",
            f"VS403403: Cannot find any branches for the {repository.name} repository.",
            namespace="Microsoft.TeamFoundation.Git.Server",
        )
    base = {one.sha for one in history.reachable([history.refs[repository.default_branch]])}
    rows = []
    for name in branches:
        own = {one.sha for one in history.reachable([history.refs[name]])}
        row = {"name": name.removeprefix("refs/heads/"), "aheadCount": len(own - base), "behindCount": len(base - own)}
        rows.append(
            {"commit": {"commitId": history.refs[name]}, **row, "isBaseVersion": name == repository.default_branch}
        )
    return value(rows)
