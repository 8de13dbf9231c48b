"""Lists and single reads of pull requests.

https://learn.microsoft.com/rest/api/azure/devops/git/pull-requests/get-pull-requests
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from local.fake_ado import paging, refusals, repositories
from local.fake_ado.answers import Answer, plain, value
from local.fake_ado.context import Call, Query
from local.fake_ado.git_rows import commit_row
from local.fake_ado.model import PullRequest
from local.fake_ado.pull_request_rows import (
    item_references,
    iteration_row,
    label_row,
    listed_row,
    reviewer_row,
    single_row,
)
from local.fake_ado.refusals import Refusal
from local.fake_ado.routing import CORE_HOST, route

_ORGANIZATION: Final = "/{organization}/_apis/git/"
_PROJECT: Final = "/{organization}/{project}/_apis/git/"
_REPOSITORY: Final = "repositories/{repository}/pullrequests"
_SCOPES: Final = ("vso.code",)
DEFAULT_PAGE: Final = 101
LARGEST_PAGE: Final = 1000
_STATUSES: Final = ("active", "abandoned", "completed", "all", "notset")


@route("GET", CORE_HOST, _ORGANIZATION + "pullrequests", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + "pullrequests", version="7.1", scopes=_SCOPES)
def list_in_project(call: Call) -> Answer:
    """Pull requests of the repositories that answer, newest first."""
    return _list(call, {one.id for one in repositories.readable(call)})


@route("GET", CORE_HOST, _ORGANIZATION + _REPOSITORY, version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + _REPOSITORY, version="7.1", scopes=_SCOPES)
def list_in_repository(call: Call) -> Answer:
    """Pull requests into one repository."""
    return _list(call, {repositories.named(call, call.parameters["repository"]).id})


def _list(call: Call, repository_ids: set[str]) -> Answer:
    query = Query({name.removeprefix("searchcriteria."): values for name, values in call.query.items()})
    tests = list(_tests(query))
    organization = call.organization
    found = [
        one
        for one in reversed(organization.pull_requests.values())
        if one.repository_id in repository_ids and all(test(one) for test in tests)
    ]
    page = paging.by_skip(call, found, default=DEFAULT_PAGE, maximum=LARGEST_PAGE)
    return value([listed_row(organization, one) for one in page])


def _tests(query: Query) -> Iterable[Callable[[PullRequest], bool]]:
    status = query.one("status", "active").lower()
    if status not in _STATUSES:
        raise refusals.invalid_argument(f"The value '{status}' of searchCriteria.status is invalid.")
    if status in ("notset", "active"):
        yield lambda one: one.status == "active"
    elif status != "all":
        yield lambda one: one.status == status
    yield from _people_tests(query)
    yield from _place_tests(query)
    yield from _time_tests(query)


def _place_tests(query: Query) -> Iterable[Callable[[PullRequest], bool]]:
    repository, source = query.one("repositoryId").lower(), query.one("sourceRepositoryId").lower()
    source_ref, target_ref = query.one("sourceRefName"), query.one("targetRefName")
    if repository:
        yield lambda one: one.repository_id == repository
    if source:
        yield lambda one: (one.source_repository_id or one.repository_id) == source
    if source_ref:
        yield lambda one: one.source_ref == source_ref
    if target_ref:
        yield lambda one: one.target_ref == target_ref


def _people_tests(query: Query) -> Iterable[Callable[[PullRequest], bool]]:
    creator, reviewer = query.one("creatorId").lower(), query.one("reviewerId").lower()
    if creator:
        yield lambda one: one.creator_id == creator
    if reviewer:
        yield lambda one: any(row.identity_id == reviewer for row in one.reviewers)


def _time_tests(query: Query) -> Iterable[Callable[[PullRequest], bool]]:
    kind = query.one("queryTimeRangeType", "created").lower()
    if kind not in ("created", "closed"):
        raise refusals.invalid_argument(f"The value '{kind}' of searchCriteria.queryTimeRangeType is invalid.")
    since, until = query.time("minTime"), query.time("maxTime")

    def moment(one: PullRequest) -> datetime | None:
        return one.created if kind == "created" else one.closed

    if since is not None:
        yield lambda one: (at := moment(one)) is not None and at >= since
    if until is not None:
        yield lambda one: (at := moment(one)) is not None and at <= until


def find(call: Call) -> PullRequest:
    """The pull request in the path. Refused with TF401180 unless its repository answers, and is the one in the path."""
    text = call.parameters["id"]
    found = call.organization.pull_requests.get(int(text)) if text.isascii() and text.isdigit() else None
    if "repository" in call.parameters:
        ids = {repositories.named(call, call.parameters["repository"]).id}
    else:
        ids = {one.id for one in repositories.readable(call)}
    if found is None or found.repository_id not in ids:
        raise Refusal(
            404,
            "GitPullRequestNotFoundException",
            f"TF401180: The requested pull request was not found: {text}.",
            namespace="Microsoft.TeamFoundation.Git.Server",
        )
    return found


@route("GET", CORE_HOST, _ORGANIZATION + "pullrequests/{id}", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + "pullrequests/{id}", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _ORGANIZATION + _REPOSITORY + "/{id}", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + _REPOSITORY + "/{id}", version="7.1", scopes=_SCOPES)
def get_one(call: Call) -> Answer:
    """Everything about one pull request."""
    found = find(call)
    row = single_row(call.organization, found, with_items=call.query.flag("includeWorkItemRefs"))
    if call.query.flag("includeCommits"):
        row["commits"] = _commit_rows(call, found)
    return plain(row)


def _commit_rows(call: Call, found: PullRequest) -> list[dict[str, object]]:
    repository = call.organization.repositories[found.repository_id]
    history = call.organization.histories[repository.id]
    last = found.iterations[-1]
    shas = history.between(last.common_commit, last.source_commit)
    return [commit_row(call.organization, repository, history, history.commits[sha]) for sha in shas]


@route("GET", CORE_HOST, _ORGANIZATION + _REPOSITORY + "/{id}/commits", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + _REPOSITORY + "/{id}/commits", version="7.1", scopes=_SCOPES)
def list_commits(call: Call) -> Answer:
    """The commits of the source that the target did not have, newest first; also after a squash."""
    return paging.token_answer(call, _commit_rows(call, find(call)), default=100, maximum=1000)


@route("GET", CORE_HOST, _ORGANIZATION + _REPOSITORY + "/{id}/iterations", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + _REPOSITORY + "/{id}/iterations", version="7.1", scopes=_SCOPES)
def list_iterations(call: Call) -> Answer:
    """Every push, the creation first."""
    found = find(call)
    with_commits = call.query.flag("includeCommits")
    return value([iteration_row(call.organization, found, one, with_commits=with_commits) for one in found.iterations])


@route("GET", CORE_HOST, _ORGANIZATION + _REPOSITORY + "/{id}/workitems", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + _REPOSITORY + "/{id}/workitems", version="7.1", scopes=_SCOPES)
def list_work_items(call: Call) -> Answer:
    """Linked work items."""
    return value(item_references(call.organization, find(call)))


@route("GET", CORE_HOST, _ORGANIZATION + _REPOSITORY + "/{id}/reviewers", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + _REPOSITORY + "/{id}/reviewers", version="7.1", scopes=_SCOPES)
def list_reviewers(call: Call) -> Answer:
    """Reviewers with their votes of now."""
    found = find(call)
    return value([reviewer_row(call.organization, found, one) for one in found.reviewers])


@route("GET", CORE_HOST, _ORGANIZATION + _REPOSITORY + "/{id}/labels", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + _REPOSITORY + "/{id}/labels", version="7.1", scopes=_SCOPES)
def list_labels(call: Call) -> Answer:
    """Labels."""
    found = find(call)
    return value([label_row(call.organization, found, name) for name in found.labels])
