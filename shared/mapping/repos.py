"""Repository to repo."""

from __future__ import annotations

from datetime import datetime

from shared.flow.repos import Repo
from shared.mapping.links import repository_page, without_user
from shared.mapping.times import to_time
from shared.mapping.values import AdoItem, guid, integer, need, text


def to_repo(item: AdoItem, *, integration_id: str, organization: str, is_imported: bool) -> Repo:
    """A listed Git repository. ``is_imported`` is the customer's choice, which the source knows nothing about."""
    repo_id = guid(item.get("id"), "a repository's id")
    what = f"repository {repo_id}"
    name = need(item, "name", str, what)
    project = need(item, "project", dict, what)
    project_name = need(project, "name", str, what)
    clone_url, page = text(item, "remoteUrl"), text(item, "webUrl")
    page = page or repository_page(organization, project_name, name)
    is_disabled = item.get("isDisabled") is True
    return Repo(
        integration_id=integration_id,
        id=repo_id,
        url=page,
        name=name,
        project_id=guid(project.get("id"), f"{what}: project"),
        project_name=project_name,
        clean_url=without_user(clone_url) if clone_url else None,
        commit_url=page + "/commit/{sha}",
        default_branch=text(item, "defaultBranch"),
        size_bytes=integer(item.get("size"), f"{what}: size"),
        is_private=project.get("visibility") != "public",
        is_fork=item.get("isFork") is True,
        is_disabled=is_disabled,
        is_in_maintenance=item.get("isInMaintenance") is True,
        is_imported=is_imported,
        blocked=is_disabled,
    )


def deleted_repository(item: AdoItem) -> tuple[str, datetime | None]:
    """Id and time of deletion of a repository in the recycle bin."""
    repo_id = guid(item.get("id"), "a deleted repository's id")
    return repo_id, to_time(item.get("deletedDate"), f"repository {repo_id}: deletedDate")
