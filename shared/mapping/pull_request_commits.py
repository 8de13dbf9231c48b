"""Commits of a pull request, and when they reached it: from the threads about pushes, or from the iterations.

A thread tells one push with its new commits, but nobody tells of the commits that were there at the creation; an
iteration has them too, for a request more.
Source: https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-iterations/list
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from shared.flow.pull_requests import PullRequestCommit, PullRequestEvent
from shared.mapping.comments import PullRequestRef
from shared.mapping.events import Fact, to_event
from shared.mapping.pull_request_fields import source_commit
from shared.mapping.thread_properties import Actor, ThreadProperties
from shared.mapping.times import need_time, to_time
from shared.mapping.values import AdoItem, guid, integer, need, text

REWRITING: Final = frozenset({"forcePush", "rebase"})
"""Reasons of iterations that may have taken commits away; a reason may name several, with commas."""


@dataclass(frozen=True, slots=True)
class Push:
    """A push that a thread tells: ``commits`` are its new ones, ``head`` where the branch then was."""

    at: datetime
    commits: tuple[str, ...]
    head: str | None
    is_whole: bool
    """False where the thread lists fewer commits than it counts."""


@dataclass(frozen=True, slots=True)
class PullRequestHistory:
    """``iterations`` as they came, with commits; ``current`` the commits that are in it now, None for all of them."""

    iterations: Sequence[AdoItem]
    current: Collection[str] | None = None


def pushes_of(threads: Iterable[AdoItem]) -> list[Push]:
    """The pushes that the threads tell, oldest first."""
    return sorted((push for thread in threads if (push := _push(thread))), key=lambda push: push.at)


def _push(thread: AdoItem) -> Push | None:
    properties = ThreadProperties(thread)
    if properties.kind != "RefUpdate":
        return None
    what = f"thread {thread.get('id')}"
    listed = properties.get("CodeReviewRefNewCommits") or ""
    commits = tuple(sha.strip().lower() for sha in listed.split(";") if sha.strip())
    count = integer(properties.get("CodeReviewRefNewCommitsCount"), f"{what}: commits") or len(commits)
    head = (properties.get("CodeReviewRefNewHeadCommit") or "").lower() or None
    at = need_time(thread.get("publishedDate"), f"{what}: publishedDate")
    return Push(at, commits, head, len(commits) >= count)


def tells_pushes(item: AdoItem, threads: Iterable[AdoItem]) -> bool:
    """Whether the newest push that the threads tell, if any, made the branch what the pull request says it is."""
    pushes, head = pushes_of(threads), source_commit(item)
    if not pushes or head is None:
        return True
    return pushes[-1].head == head and all(push.is_whole for push in pushes)


def pushed_at(history: PullRequestHistory) -> list[datetime]:
    """When the iterations were made."""
    return [need_time(iteration.get("createdDate"), "an iteration's time") for iteration in history.iterations]


def rewrites(iterations: Iterable[AdoItem]) -> bool:
    """Whether some commits of the iterations may not be in the pull request any more, or some are not listed."""
    return any(
        iteration.get("hasMoreCommits") is True or REWRITING & set(str(iteration.get("reason")).split(", "))
        for iteration in iterations
    )


def commits_of_threads(
    ref: PullRequestRef, item: AdoItem, threads: Iterable[AdoItem], created_at: datetime
) -> list[PullRequestCommit]:
    """What the threads tell; of the commits at the creation only the newest, if nothing was pushed since."""
    pushes, head = pushes_of(threads), source_commit(item)
    if not pushes:
        return [_commit(ref, head, created_at, is_follow_on=False, is_current=True)] if head else []
    told: dict[str, PullRequestCommit] = {}
    for push in pushes:
        for sha in push.commits:
            told.setdefault(sha, _commit(ref, sha, push.at, is_follow_on=True, is_current=sha == head or None))
    return list(told.values())


def commits_of_iterations(ref: PullRequestRef, history: PullRequestHistory) -> list[PullRequestCommit]:
    """Every commit that was ever pushed, each by the first iteration that has it."""
    found: dict[str, PullRequestCommit] = {}
    for iteration in history.iterations:
        number = _id(ref, iteration)
        at = _created(ref, iteration)
        for commit in iteration.get("commits") or ():
            sha = need(commit, "commitId", str, f"pull request {ref.id} iteration {number}").lower()
            author: AdoItem = commit.get("author") or {}
            found.setdefault(sha, _commit(
                ref, sha, at,
                iteration_id=number,
                iteration_reason=text(iteration, "reason"),
                author_name=text(author, "name"),
                author_email=text(author, "email"),
                author_date=to_time(author.get("date"), f"commit {sha}: date"),
                is_follow_on=number > 1,
                is_current=history.current is None or sha in history.current,
                detail=1,
            ))  # fmt: skip
    return list(found.values())


def untold_pushes(
    ref: PullRequestRef, history: PullRequestHistory, threads: Iterable[AdoItem]
) -> Iterator[PullRequestEvent]:
    """The pushes among the iterations that no thread tells, as events."""
    told = Counter(push.head for push in pushes_of(threads))
    before: str | None = None
    for iteration in history.iterations:
        head = text(iteration.get("sourceRefCommit") or {}, "commitId")
        is_push = _id(ref, iteration) > 1 and head != before
        before = head
        if not is_push:
            continue
        if told[head]:
            told[head] -= 1
            continue
        yield to_event(
            ref, Fact("commit", _author(ref, iteration)),
            occurred_at=_created(ref, iteration), source_ref=f"iteration-{_id(ref, iteration)}",
        )  # fmt: skip


def _author(ref: PullRequestRef, iteration: AdoItem) -> Actor:
    author: AdoItem = iteration.get("author") or {}
    if not author.get("id"):
        return Actor(None, text(author, "displayName"))
    return Actor(guid(author["id"], f"pull request {ref.id}: an iteration's author"), text(author, "displayName"))


def _id(ref: PullRequestRef, iteration: AdoItem) -> int:
    return need(iteration, "id", int, f"pull request {ref.id}: an iteration")


def _created(ref: PullRequestRef, iteration: AdoItem) -> datetime:
    return need_time(iteration.get("createdDate"), f"pull request {ref.id} iteration {iteration.get('id')}")


def _commit(ref: PullRequestRef, sha: str, pushed_at: datetime, **fields: Any) -> PullRequestCommit:
    return PullRequestCommit(
        integration_id=ref.integration_id,
        id=f"{ref.id}/{sha}",
        pull_request_id=ref.id,
        number=ref.number,
        repo_id=ref.repo_id,
        project_id=ref.project_id,
        hexsha=sha,
        pushed_at=pushed_at,
        **fields,
    )
