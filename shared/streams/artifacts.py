"""What tickets may be linked to from outside: the stored commits and pull requests, in the order of their keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from shared.flow.commits import Commit, KnownTips
from shared.flow.pull_requests import PullRequest
from shared.flow.repos import Repo
from shared.flow.ticket_links import CommitTickets, PullRequestTickets
from shared.streams.base import Slice

# Source: https://learn.microsoft.com/azure/devops/integrate/concepts/work-items#artifact-links
_NAMES: Final = {"commit": "Commit", "pull_request": "PullRequestId"}


@dataclass(frozen=True, slots=True)
class Artifact:
    """A commit by its sha, or a pull request by its number, in a repo."""

    kind: Literal["commit", "pull_request"]
    project_id: str
    repo_id: str
    name: str

    @property
    def id(self) -> str:
        """As links name it."""
        return f"{self.repo_id}/{self.name}"

    @property
    def key(self) -> str:
        """Commits sort before pull requests, each kind by repo and row key."""
        return f"{self.kind}|{self.repo_id}|{self.name if self.kind == 'commit' else f'{int(self.name):010d}'}"

    @property
    def uri(self) -> str:
        return f"vstfs:///Git/{_NAMES[self.kind]}/{self.project_id}%2F{self.repo_id}%2F{self.name}"

    def with_tickets(self, numbers: list[int], slice_: Slice) -> CommitTickets | PullRequestTickets:
        """The row that says which tickets it has."""
        integration_id, read_at = slice_.integration_id, slice_.now
        if self.kind == "commit":
            return CommitTickets(
                integration_id=integration_id,
                id=self.id,
                repo_id=self.repo_id,
                sha=self.name,
                ticket_numbers=numbers,
                read_at=read_at,
            )
        return PullRequestTickets(
            integration_id=integration_id,
            id=self.id,
            repo_id=self.repo_id,
            number=int(self.name),
            ticket_numbers=numbers,
            read_at=read_at,
        )


class Artifacts:
    """Those that are not deleted; what is read of them once is kept for the slice."""

    def __init__(self, slice_: Slice) -> None:
        self._stored = slice_.stored
        self._repos = sorted(one.id for one in self._stored.all(Repo) if not one.is_deleted)
        live = (one for one in self._stored.all(PullRequest) if not one.is_deleted)
        self._pull_requests = sorted(((_of_pull_request(one), one.read_at) for one in live), key=lambda one: one[0].key)

    def changed(self, since: datetime | None, *, after: str = "") -> Iterator[Artifact]:
        """All of them, or those read since then, behind the key ``after``."""
        yield from self._commits(since, after)
        for one, read_at in self._pull_requests:
            if one.key > after and (since is None or read_at >= since):
                yield one

    def _commits(self, since: datetime | None, after: str) -> Iterator[Artifact]:
        kind, _, place = after.partition("|")
        if kind > "commit":
            return
        repo_id, _, sha = place.partition("|")
        begun = self._begun(since) if since else {}
        for id_ in self._repos:
            if id_ < repo_id or (since and id_ not in begun):
                continue
            row_from = f"{sha}!" if id_ == repo_id else None
            column = ("updated_at", begun[id_]) if since else None
            for one in self._stored.all(Commit, f"|{id_}", row_from=row_from, since=column):
                yield Artifact("commit", one.project_id, one.repo_id, one.id)

    def _begun(self, since: datetime) -> dict[str, datetime]:
        """Repos whose commits changed since then, with the time since when: most rows need not be looked at."""
        rows = self._stored.all(KnownTips, since=("read_at", since))
        return {one.repo_id: min(since, one.began_at or since) for one in rows}


def _of_pull_request(row: PullRequest) -> Artifact:
    return Artifact("pull_request", row.project_id, row.repo_id, str(row.number))
