"""Commits and pushes, from the same objects that git itself serves.

https://learn.microsoft.com/rest/api/azure/devops/git/commits/get-commits
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from local.fake_ado import paging, refusals, repositories
from local.fake_ado.answers import Answer, plain, value
from local.fake_ado.areas.git import history_of
from local.fake_ado.context import Call, Query
from local.fake_ado.git_history import Commit, History, Push
from local.fake_ado.git_rows import change_counts, change_kinds, commit_row, push_of, push_row, short_push
from local.fake_ado.model import Repository
from local.fake_ado.refusals import Refusal
from local.fake_ado.routing import CORE_HOST, route

_ORGANIZATION: Final = "/{organization}/_apis/git/repositories/{repository}"
_PROJECT: Final = "/{organization}/{project}/_apis/git/repositories/{repository}"
_SCOPES: Final = ("vso.code",)
MOST_COMMITS: Final = 10_000
MOST_IN_BATCH: Final = 50_000


@dataclass(frozen=True)
class _Criteria:
    """Which commits, from a query or a body. ``version`` None: the default branch."""

    version: str | None = None
    version_type: str = "branch"
    compare: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    author: str = ""
    path: str = ""
    ids: tuple[str, ...] = ()
    oldest_first: bool = False
    with_push: bool = False


@route("GET", CORE_HOST, _ORGANIZATION + "/commits", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + "/commits", version="7.1", scopes=_SCOPES)
def list_commits(call: Call) -> Answer:
    """Commits of one branch, newest committer date first; the prefix ``searchCriteria.`` may be left out."""
    query = Query({name.removeprefix("searchcriteria."): values for name, values in call.query.items()})
    criteria = _Criteria(
        query.one("itemVersion.version") or None,
        query.one("itemVersion.versionType", "branch"),
        query.one("compareVersion.version") or None,
        query.time("fromDate"),
        query.time("toDate"),
        query.one("author") or query.one("user"),
        query.one("itemPath"),
        tuple(part for part in query.one("ids").split(",") if part),
        query.flag("showOldestCommitsFirst"),
        query.flag("includePushData"),
    )
    top = query.number("$top", 100, maximum=MOST_COMMITS)
    skip = query.number("$skip", 0)
    return _commits(call, criteria, top, skip)


@route("POST", CORE_HOST, _ORGANIZATION + "/commitsbatch", version="7.1", scopes=_SCOPES)
@route("POST", CORE_HOST, _PROJECT + "/commitsbatch", version="7.1", scopes=_SCOPES)
def batch_commits(call: Call) -> Answer:
    """The same criteria in the body, with larger pages."""
    body = call.json_object()
    version, compare = _object(body, "itemVersion"), _object(body, "compareVersion")
    times = Query(
        {name: [str(body[key])] for name, key in (("since", "fromDate"), ("until", "toDate")) if body.get(key)}
    )
    criteria = _Criteria(
        version.get("version"),
        str(version.get("versionType") or "branch"),
        compare.get("version"),
        times.time("since"),
        times.time("until"),
        str(body.get("author") or body.get("user") or ""),
        str(body.get("itemPath") or ""),
        tuple(body.get("ids") or ()),
        bool(body.get("showOldestCommitsFirst")),
        bool(body.get("includePushData")),
    )
    top = call.query.number("$top", int(body.get("$top") or 100), maximum=MOST_IN_BATCH)
    skip = call.query.number("$skip", int(body.get("$skip") or 0), maximum=3_000_000)
    return _commits(call, criteria, top, skip)


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name) or {}
    return found if isinstance(found, Mapping) else {}


def _commits(call: Call, criteria: _Criteria, top: int, skip: int) -> Answer:
    repository = repositories.named(call, call.parameters["repository"])
    history = history_of(call, repository)
    found = list(_found(repository, history, criteria))
    if criteria.oldest_first:
        found.reverse()
    page = found[skip : skip + top]
    rows = [commit_row(call.organization, repository, history, one) for one in page]
    if criteria.with_push:
        for row, one in zip(rows, page, strict=True):
            push = push_of(history, one.sha)
            if push is not None:
                row["push"] = short_push(call.organization, push)
    headers = {}
    if skip + top < len(found):
        headers["Link"] = f'<{call.base_url}/_apis/git/repositories/{repository.id}/commits>;rel="next"'
    return value(rows, headers=headers)


def _found(repository: Repository, history: History, criteria: _Criteria) -> Iterable[Commit]:
    if criteria.ids:
        return (history.commits[sha] for sha in criteria.ids if sha in history.commits)
    if criteria.version is None and repository.default_branch is None:
        return ()
    version = criteria.version or (repository.default_branch or "").removeprefix("refs/heads/")
    left_out: set[str] = set()
    if criteria.compare is not None:
        tip = _resolve(history, criteria.compare, "branch")
        left_out = {one.sha for one in history.reachable([tip])}
    commits = history.reachable([_resolve(history, version, criteria.version_type)])
    return (one for one in commits if one.sha not in left_out and _fits(one, criteria))


def _fits(commit: Commit, criteria: _Criteria) -> bool:
    """Dates are the committer's; the author is sought in the name, not in the address."""
    if criteria.since is not None and commit.committer.at < criteria.since:
        return False
    if criteria.until is not None and commit.committer.at > criteria.until:
        return False
    if criteria.author and criteria.author.lower() not in commit.author.name.lower():
        return False
    path = criteria.path.strip("/")
    return not path or any(changed == path or changed.startswith(path + "/") for changed, _ in commit.changes)


def _resolve(history: History, version: str, version_type: str) -> str:
    names = {"branch": f"refs/heads/{version}", "tag": f"refs/tags/{version}"}
    sha = version if version_type.lower() == "commit" else history.refs.get(names.get(version_type.lower(), ""), "")
    sha = history.peel(sha)
    if sha not in history.commits:
        raise Refusal(
            404,
            "GitUnresolvableToCommitException",
            f"TF401175: The version descriptor <{version_type}: {version} > could not be resolved to a version in the "
            "repository.",
            namespace="Microsoft.TeamFoundation.Git.Server",
        )
    return sha


def _commit(call: Call) -> tuple[Repository, History, Commit]:
    repository = repositories.named(call, call.parameters["repository"])
    history = history_of(call, repository)
    found = history.commits.get(call.parameters["commit"].lower())
    if found is None:
        raise Refusal(
            404,
            "GitCommitDoesNotExistException",
            f"TF401175: The commit {call.parameters['commit']} does not exist in the repository.",
            namespace="Microsoft.TeamFoundation.Git.Server",
        )
    return repository, history, found


@route("GET", CORE_HOST, _ORGANIZATION + "/commits/{commit}", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + "/commits/{commit}", version="7.1", scopes=_SCOPES)
def get_commit(call: Call) -> Answer:
    """One commit with its parents, its push and the first changes."""
    repository, history, commit = _commit(call)
    row = commit_row(call.organization, repository, history, commit, is_single=True)
    count = call.query.number("changeCount", 0)
    if count:
        row["changes"] = _changes(history, commit)[:count]
    return plain(row)


@route("GET", CORE_HOST, _ORGANIZATION + "/commits/{commit}/changes", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + "/commits/{commit}/changes", version="7.1", scopes=_SCOPES)
def list_changes(call: Call) -> Answer:
    """Changed files; ``top`` and ``skip`` have no dollar sign here."""
    _, history, commit = _commit(call)
    top, skip = call.query.number("top", 100), call.query.number("skip", 0)
    changes = _changes(history, commit)[skip : skip + top]
    return plain({"changeCounts": change_counts(history, commit), "changes": changes})


def _changes(history: History, commit: Commit) -> list[dict[str, Any]]:
    return [
        {"item": {"gitObjectType": "blob", "path": f"/{path}"}, "changeType": kind}
        for path, kind in change_kinds(history, commit)
    ]


@route("GET", CORE_HOST, _ORGANIZATION + "/pushes", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + "/pushes", version="7.1", scopes=_SCOPES)
def list_pushes(call: Call) -> Answer:
    """Pushes, newest first."""
    repository = repositories.named(call, call.parameters["repository"])
    query = Query({name.removeprefix("searchcriteria."): values for name, values in call.query.items()})
    since, until = query.time("fromDate"), query.time("toDate")
    ref, pusher = query.one("refName"), query.one("pusherId").lower()

    def fits(push: Push) -> bool:
        is_in_time = (since is None or push.at >= since) and (until is None or push.at <= until)
        is_on_ref = not ref or any(name == ref for name, _, _ in push.updates)
        return is_in_time and is_on_ref and (not pusher or push.pusher_id == pusher)

    rows = [one for one in reversed(history_of(call, repository).pushes) if fits(one)]
    page = paging.by_skip(call, rows, default=100, maximum=1000)
    with_updates = query.flag("includeRefUpdates")
    return value([push_row(call.organization, repository, one, with_updates=with_updates) for one in page])


@route("GET", CORE_HOST, _ORGANIZATION + "/pushes/{push}", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + "/pushes/{push}", version="7.1", scopes=_SCOPES)
def get_push(call: Call) -> Answer:
    """One push with its commits, at most 100 unless asked for more."""
    repository = repositories.named(call, call.parameters["repository"])
    history = history_of(call, repository)
    for push in history.pushes:
        if str(push.id) == call.parameters["push"]:
            row = push_row(call.organization, repository, push, with_updates=True)
            count = call.query.number("includeCommits", 100, maximum=1000)
            commits = pushed_commits(history, push)[:count]
            row["commits"] = [commit_row(call.organization, repository, history, one) for one in commits]
            return plain(row)
    raise refusals.not_found_page()


def pushed_commits(history: History, push: Push) -> list[Commit]:
    """The commits that the push's refs lead to and its old tips do not, newest first."""
    news = [new for _, _, new in push.updates if history.peel(new) in history.commits]
    olds = [old for _, old, _ in push.updates if history.peel(old) in history.commits]
    before = {one.sha for one in history.reachable(olds)}
    return [one for one in history.reachable(news) if one.sha not in before]
