"""What one listed pull request becomes: its rows, or the reason why it is not stored."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from shared.ado.endpoints import git
from shared.errors import UnavailableError
from shared.flow.repos import Repo
from shared.mapping.links import repository_page
from shared.mapping.pull_request_commits import PullRequestHistory, pushed_at, rewrites
from shared.mapping.pull_requests import (
    PullRequestRows,
    last_activity,
    needs_single_read,
    number_of,
    repository_of,
    threads_tell,
    to_pull_request,
)
from shared.mapping.times import months_before, to_text
from shared.streams.base import Skip, Slice

KIND: Final = "pull_requests"
NO_REF: Final = "heads/~"
"""No ref begins so: Git allows no tilde in a name. A repository that can be read answers with an empty list."""
MONTHS: Final = 6
"""A pull request counts if it was touched within so many calendar months before the first processing, or since."""


Commits = Literal["auto", "ask", "known", "left_out"]
"""``auto``: ask for the iterations if the threads are known to lack a push; ``ask``: in any case; ``known``: all
commits are stored, and so the pull request counts; ``left_out``: by the six-month rule, when its iterations were looked
at; a push since then has its thread, so they are asked for only if it counts now."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One pull request, read: exactly one of ``rows`` and ``skip`` is set."""

    number: int
    rows: PullRequestRows | None = None
    skip: Skip | None = None


class PullRequestDetails:
    """Reads the threads of listed pull requests of one project, and their single form where the list cuts it."""

    def __init__(self, slice_: Slice) -> None:
        self._slice = slice_
        repos = (repo for repo in slice_.stored.all(Repo) if repo.project_id == slice_.unit_id)
        self._repos = {repo.id: repo for repo in repos}
        self._refused: set[str] = set()
        self._asking = threading.Lock()
        self.cutoff: datetime = months_before(slice_.initial_processed_at, MONTHS)

    def has_repos(self) -> bool:
        """Whether the project has any Git repository; one without (TFVC only) refuses to list pull requests."""
        return any(not repo.is_deleted for repo in self._repos.values())

    def readable(self) -> set[str]:
        """Ids of the repos whose pull requests can be read and are wanted, as far as is known by now."""
        return {repo.id for repo in self._repos.values() if not repo.is_deleted and not _why_not(repo)} - self._refused

    def read(self, items: Iterable[dict[str, Any]], commits: Mapping[int, Commits]) -> Iterator[Outcome]:
        """An outcome for each item, in order, with a bounded number of requests in flight.

        ``commits``: by number, what is wanted of those that are not ``auto``.
        """
        return self._slice.map(lambda item: self._one(item, commits.get(number_of(item), "auto")), items)

    def _one(self, item: dict[str, Any], commits: Commits) -> Outcome:
        number, repo_id = number_of(item), repository_of(item)
        repo = self._repos.get(repo_id)
        if repo and (why := _why_not(repo)):
            return self._skipped(number, repo_id, *why)
        if repo_id in self._refused:
            return self._skipped(number, repo_id, "repo_disabled", "the repository is listed, and refuses to be read")
        try:
            return self._asked(item, number, repo_id, commits)
        except UnavailableError as error:
            if self._refuses(repo_id):
                return self._skipped(number, repo_id, "repo_disabled", str(error))
            # A round asks again; the others of its repository are not held up by it.
            return self._skipped(number, repo_id, "forbidden", str(error))

    def _refuses(self, repo_id: str) -> bool:
        """Whether a refusal is that of the whole repository, disabled since the repos were read; asked once."""
        with self._asking:
            if repo_id not in self._refused:
                path = {"project": self._slice.unit_id, "repositoryId": repo_id}
                try:
                    list(self._slice.client.pages(git.REFS, path=path, query={"filter": NO_REF}))
                except UnavailableError:
                    self._refused.add(repo_id)
            return repo_id in self._refused

    def _asked(self, item: dict[str, Any], number: int, repo_id: str, commits: Commits) -> Outcome:
        """One request; more where the list cuts something off that is to be stored, or no thread tells of a push."""
        client = self._slice.client
        path = {"project": self._slice.unit_id, "repositoryId": repo_id, "pullRequestId": str(number)}
        threads = [thread for page in client.pages(git.PULL_REQUEST_THREADS, path=path) for thread in page.items]
        are_wanted = commits == "ask" or (commits != "known" and not threads_tell(item, threads))
        if commits == "left_out" and last_activity(item, threads) < self.cutoff:
            are_wanted = False
        history = self._history(item, path) if are_wanted else None
        touched = max([last_activity(item, threads), *(pushed_at(history) if history else ())])
        if touched < self.cutoff and commits != "known":
            detail = f"last touched {to_text(touched)}, before {to_text(self.cutoff)}"
            return self._skipped(number, repo_id, "six_month_rule", detail)
        if needs_single_read(item, threads):
            # Labels are shown on lists only, so what the single read lacks is kept.
            item = {**item, **client.one(git.PULL_REQUEST, path=path)}
        rows = to_pull_request(
            item,
            threads,
            integration_id=self._slice.integration_id,
            repo_page=self._page(item, repo_id),
            read_at=self._slice.now,
            history=history,
        )
        return Outcome(number, rows=rows)

    def _history(self, item: dict[str, Any], path: dict[str, str]) -> PullRequestHistory:
        """The iterations; where one took commits away, or does not list all, also the commits of now.

        A pull request that does not support iterations has its commits only, as if all were there at the creation.
        """
        client = self._slice.client
        pages = client.pages(git.PULL_REQUEST_ITERATIONS, path=path, query={"includeCommits": "true"})
        iterations = [iteration for page in pages for iteration in page.items]
        if iterations and not rewrites(iterations):
            return PullRequestHistory(iterations)
        commits = [row for page in client.pages(git.PULL_REQUEST_COMMITS, path=path) for row in page.items]
        if not iterations:
            return PullRequestHistory([{"id": 1, "createdDate": item["creationDate"], "commits": commits}])
        return PullRequestHistory(iterations, {str(row["commitId"]).lower() for row in commits})

    def _skipped(self, number: int, repo_id: str, reason: Any, detail: str) -> Outcome:
        skip = Skip(KIND, f"{repo_id}/{number}", reason, detail, project_id=self._slice.unit_id)
        return Outcome(number, skip=skip)

    def _page(self, item: dict[str, Any], repo_id: str) -> str:
        """The repository's web page, which lists of pull requests do not give."""
        repo = self._repos.get(repo_id)
        if repo and repo.url:
            return repo.url
        repository = item["repository"]
        return repository_page(self._slice.organization, repository["project"]["name"], repository["name"])


def _why_not(repo: Repo) -> tuple[str, str] | None:
    if repo.is_disabled:
        return "repo_disabled", "the repository is disabled"
    if not repo.is_imported:
        return "service_off", "the repository is not imported"
    return None
