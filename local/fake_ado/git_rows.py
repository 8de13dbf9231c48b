"""Repositories, refs, commits and pushes as the service shows them. Specification: ``git/7.1/git.json``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from local.fake_ado import urls
from local.fake_ado.git_history import Commit, History, Push
from local.fake_ado.git_objects import Signature
from local.fake_ado.identityref import identity_ref
from local.fake_ado.model import Organization, Project, Repository
from local.fake_ado.times import iso


def project_reference(organization: Organization, project: Project) -> dict[str, Any]:
    """The project inside of a repository."""
    return {
        "id": project.id,
        "name": project.name,
        "url": f"https://dev.azure.com/{organization.name}/_apis/projects/{project.id}",
        "state": project.state,
        "revision": project.revision,
        "visibility": project.visibility,
        "lastUpdateTime": iso(project.last_update_time),
    }


def repository_url(organization: Organization, repository: Repository) -> str:
    """The REST address of a repository."""
    base = f"https://dev.azure.com/{organization.name}/{repository.project_id}"
    return f"{base}/_apis/git/repositories/{repository.id}"


def repository_row(organization: Organization, repository: Repository, *, is_single: bool = False) -> dict[str, Any]:
    """A repository. ``defaultBranch`` is absent while it is empty, ``isFork`` unless it is one."""
    project = organization.projects[repository.project_id]
    page = urls.repository_page(organization, repository)
    row: dict[str, Any] = {
        "id": repository.id,
        "name": repository.name,
        "url": repository_url(organization, repository),
        "project": project_reference(organization, project),
        "size": repository.size,
        "remoteUrl": urls.clone_url(organization, repository),
        "sshUrl": f"git@ssh.dev.azure.com:v3/{organization.name}/{quote(project.name)}/{quote(repository.name)}",
        "webUrl": page,
        "isDisabled": repository.is_disabled,
        "isInMaintenance": repository.is_in_maintenance,
    }
    if repository.default_branch is not None:
        row["defaultBranch"] = repository.default_branch
    if repository.is_fork:
        row["isFork"] = True
    if is_single:
        row["_links"] = _repository_links(organization, repository, page)
        parent = organization.repositories.get(repository.parent_id or "")
        if parent is not None and parent.deleted_at is None:
            row["parentRepository"] = short_repository(organization, parent)
    return row


def short_repository(organization: Organization, repository: Repository) -> dict[str, Any]:
    """A repository inside of other things."""
    project = organization.projects[repository.project_id]
    return {
        "id": repository.id,
        "name": repository.name,
        "url": repository_url(organization, repository),
        "project": {"id": project.id, "name": project.name, "state": "unchanged"},
    }


def _repository_links(organization: Organization, repository: Repository, page: str) -> dict[str, Any]:
    own = repository_url(organization, repository)
    links = {"self": {"href": own}, "web": {"href": page}}
    links["project"] = {"href": f"vstfs:///Classification/TeamProject/{repository.project_id}"}
    for name in ("commits", "refs", "pullRequests", "items", "pushes"):
        links[name] = {"href": f"{own}/{name}"}
    return links


def ref_row(
    organization: Organization, repository: Repository, history: History, name: str, *, peels: bool
) -> dict[str, Any]:
    """A branch, a tag or a merge ref; an annotated tag's commit with ``peels``."""
    sha = history.refs[name]
    row: dict[str, Any] = {"name": name, "objectId": sha}
    if peels and sha in history.tags:
        row["peeledObjectId"] = history.tags[sha].target
    creator = history.creators.get(name)
    if creator is not None:
        row["creator"] = identity_ref(organization, creator)
    short = quote(name.removeprefix("refs/"), safe="")
    row["url"] = f"{repository_url(organization, repository)}/refs?filter={short}"
    return row


def signature_row(signature: Signature) -> dict[str, str]:
    """Name, mail, and the time in UTC to the second."""
    return {"name": signature.name, "email": signature.email, "date": iso(signature.at.astimezone(UTC))}


def commit_row(
    organization: Organization, repository: Repository, history: History, commit: Commit, *, is_single: bool = False
) -> dict[str, Any]:
    """A commit; lists show its first line only, and neither tree nor parents."""
    first = commit.message.strip().split("\n")[0]
    row: dict[str, Any] = {}
    if is_single:
        row |= {"treeId": commit.tree, "parents": list(commit.parents)}
        push = push_of(history, commit.sha)
        if push is not None:
            row["push"] = short_push(organization, push)
    row |= {
        "commitId": commit.sha,
        "author": signature_row(commit.author),
        "committer": signature_row(commit.committer),
        "comment": commit.message if is_single else first,
    }
    if not is_single and first != commit.message:
        row["commentTruncated"] = True
    row["changeCounts"] = change_counts(history, commit)
    row["url"] = f"{repository_url(organization, repository)}/commits/{commit.sha}"
    row["remoteUrl"] = f"{urls.repository_page(organization, repository)}/commit/{commit.sha}"
    return row


def short_commit(organization: Organization, repository: Repository, sha: str) -> dict[str, str]:
    """A commit inside of other things."""
    return {"commitId": sha, "url": f"{repository_url(organization, repository)}/commits/{sha}"}


def change_kinds(history: History, commit: Commit) -> list[tuple[str, str]]:
    """(path, add | edit | delete) against the first parent."""
    before = history.files[commit.parents[0]] if commit.parents else {}
    return [(path, "delete" if blob is None else "edit" if path in before else "add") for path, blob in commit.changes]


def change_counts(history: History, commit: Commit) -> dict[str, int]:
    """Numbers of files, not of lines."""
    kinds = [kind for _, kind in change_kinds(history, commit)]
    return {"Add": kinds.count("add"), "Edit": kinds.count("edit"), "Delete": kinds.count("delete")}


def push_of(history: History, sha: str) -> Push | None:
    """The first push after which a branch led to the commit, as far as the tips of pushes tell."""
    return next((push for push in history.pushes if any(new == sha for _, _, new in push.updates)), None)


def short_push(organization: Organization, push: Push) -> dict[str, Any]:
    """A push inside of a commit."""
    return {"pushedBy": identity_ref(organization, push.pusher_id), "pushId": push.id, "date": precise(push.at)}


def push_row(organization: Organization, repository: Repository, push: Push, *, with_updates: bool) -> dict[str, Any]:
    """A push, with its ref updates on request."""
    row: dict[str, Any] = {}
    if with_updates:
        row["refUpdates"] = [
            {"repositoryId": repository.id, "name": ref, "oldObjectId": old, "newObjectId": new}
            for ref, old, new in push.updates
        ]
    row["repository"] = repository_row(organization, repository)
    row |= short_push(organization, push)
    row["url"] = f"{repository_url(organization, repository)}/pushes/{push.id}"
    return row


def precise(moment: datetime) -> str:
    """With up to seven digits of a second, as the git area has them; the seventh is made up."""
    moment = moment.astimezone(UTC)
    digits = f"{moment.microsecond:06d}{moment.microsecond % 7}".rstrip("0")
    base = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{base}.{digits}Z" if digits else f"{base}Z"
