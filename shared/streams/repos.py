"""Repos: all Git repositories of the organisation, in one request, compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from shared.ado.endpoints import git
from shared.errors import UnavailableError
from shared.flow.projects import TicketProject
from shared.flow.pull_requests import PullRequest
from shared.flow.repos import Repo
from shared.mapping.pull_requests import STATE
from shared.mapping.repos import deleted_repository, to_repo
from shared.mapping.values import guid
from shared.streams.base import Batch, Skip, Slice
from shared.streams.git_projects import KIND, look_for_git
from shared.streams.whole_lists import ROWS_IN_A_BATCH, batches_of, changed, lots


def read_repos(slice_: Slice) -> Iterator[Batch]:
    """One request, and one for the recycle bin of each project where a stored repo is missing.

    A project that has no Git repository is asked once more, for what it has instead.
    A repo in the bin, or of a project that is listed as deleted, becomes a tombstone, and so do its pull requests,
    which no list shows any more; a restored one brings them back. A repo that is missing without such a proof keeps
    its row.
    Source: https://learn.microsoft.com/azure/devops/repos/git/delete-existing-repo
    """
    stored = {repo.id: repo for repo in slice_.stored.all(Repo)}
    listed: dict[str, Repo] = {}
    for page in slice_.client.pages(git.REPOSITORIES):
        for item in page.items:
            known = stored.get(guid(item.get("id"), "a repository's id"))
            repo = to_repo(
                item,
                integration_id=slice_.integration_id,
                organization=slice_.organization,
                is_imported=known.is_imported if known else True,
            )
            listed[repo.id] = repo
    missing = [repo for repo in stored.values() if repo.id not in listed and not repo.is_deleted]
    gone = list(_gone(slice_, missing))
    projects = look_for_git(slice_, {repo.project_id for repo in listed.values()})
    # Pull requests first: once the repo's row is stored, nobody would look for them.
    restored = [repo for repo in listed.values() if repo.id in stored and stored[repo.id].is_deleted]
    for repo in (*gone, *restored):
        yield from _pull_requests(slice_, repo)
    rows = changed(listed.values(), stored)
    batches = batches_of(slice_, rows + gone, read=len(listed), without_repos=projects.without_repos)
    for index, batch in enumerate(batches):
        yield (
            batch
            if index
            else replace(
                batch,
                skips=(*projects.skips, *_disabled(rows)),
                unskipped=(*projects.unskipped, *_enabled(rows, stored)),
            )
        )


def _disabled(rows: Iterable[Repo]) -> Iterator[Skip]:
    for repo in rows:
        if repo.is_disabled and not repo.is_deleted:
            yield Skip(KIND, repo.id, "repo_disabled", "the repository is disabled", project_id=repo.project_id)


def _enabled(rows: Iterable[Repo], stored: dict[str, Repo]) -> Iterator[tuple[str, str]]:
    return ((KIND, row.id) for row in rows if not row.is_disabled and row.id in stored and stored[row.id].is_disabled)


def _gone(slice_: Slice, missing: Iterable[Repo]) -> Iterator[Repo]:
    """Those of ``missing`` that are proven to be deleted, as tombstones."""
    by_project: dict[str, list[Repo]] = {}
    for repo in missing:
        by_project.setdefault(repo.project_id, []).append(repo)
    for project_id, repos in by_project.items():
        project = slice_.stored.get(TicketProject, "", project_id)
        if project and project.is_deleted:
            yield from (_tombstone(repo, project.deleted_at) for repo in repos)
        else:
            times = _recycle_bin(slice_, project_id)
            yield from (_tombstone(repo, times[repo.id] or slice_.now) for repo in repos if repo.id in times)


def _recycle_bin(slice_: Slice, project_id: str) -> dict[str, datetime | None]:
    """Deleted repositories of a project with the time of deletion; none where the project cannot be read."""
    try:
        pages = list(slice_.client.pages(git.DELETED_REPOSITORIES, path={"project": project_id}))
    except UnavailableError:
        return {}
    return dict(deleted_repository(item) for page in pages for item in page.items)


def _tombstone(repo: Repo, deleted_at: datetime | None) -> Repo:
    return replace(repo, is_deleted=True, deleted_at=deleted_at)


def _pull_requests(slice_: Slice, repo: Repo) -> Iterator[Batch]:
    """The stored pull requests of a repo that was deleted or restored, as that changes them."""
    rows = (_follow(row, repo, slice_.now) for row in slice_.stored.all(PullRequest, f"|{repo.id}"))
    for lot in lots((row for row in rows if row), ROWS_IN_A_BATCH):
        yield Batch(slice_.watermark or {}, tuple(lot))


def _follow(row: PullRequest, repo: Repo, now: datetime) -> PullRequest | None:
    if (row.state == "deleted") == repo.is_deleted:
        return None
    state = "deleted" if repo.is_deleted else STATE[row.ado_status]
    return replace(row, state=state, is_deleted=repo.is_deleted, deleted_at=repo.deleted_at, read_at=now)
