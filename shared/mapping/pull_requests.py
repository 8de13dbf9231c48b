"""Pull request and its threads to pull request, comments and events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from shared.flow.pull_requests import (
    PullRequest,
    PullRequestComment,
    PullRequestCommit,
    PullRequestEvent,
    PullRequestState,
)
from shared.mapping.comments import PullRequestRef, comment_event, comments_of
from shared.mapping.events import APPROVALS, STATUS_EVENTS, Fact, events_of, to_event
from shared.mapping.pull_request_commits import (
    PullRequestHistory,
    commits_of_iterations,
    commits_of_threads,
    tells_pushes,
    untold_pushes,
)
from shared.mapping.pull_request_fields import DESCRIPTION_CUT, listed_fields
from shared.mapping.thread_properties import NOBODY, Actor
from shared.mapping.times import need_time, to_time
from shared.mapping.users import is_person
from shared.mapping.values import AdoItem, guid, known, need, text

STATE: Final[dict[str, PullRequestState]] = {"active": "open", "completed": "merged", "abandoned": "closed"}
_ENDS: Final = frozenset({"merged", "closed"})


@dataclass(frozen=True, slots=True)
class PullRequestRows:
    """All rows of one pull request, of one reading."""

    pull_request: PullRequest
    comments: tuple[PullRequestComment, ...]
    commits: tuple[PullRequestCommit, ...]
    events: tuple[PullRequestEvent, ...]


def repository_of(item: AdoItem) -> str:
    """Id of the repository that a listed pull request targets."""
    return guid(need(item, "repository", dict, "a pull request").get("id"), "a pull request's repository")


def number_of(item: AdoItem) -> int:
    """A listed pull request's number, unique in the organisation."""
    return need(item, "pullRequestId", int, "a pull request")


def closed_at(item: AdoItem) -> datetime | None:
    """When a listed pull request was completed or abandoned; None while it is active."""
    return to_time(item.get("closedDate"), f"pull request {item.get('pullRequestId')}: closedDate")


def created_at(item: AdoItem) -> datetime:
    """When a listed pull request was created."""
    return need_time(item.get("creationDate"), f"pull request {item.get('pullRequestId')}: creationDate")


def last_activity(item: AdoItem, threads: Sequence[AdoItem]) -> datetime:
    """The newest of: created, closed, any thread's update. Pushes, votes and status changes are threads too."""
    what = f"pull request {item.get('pullRequestId')}"
    times = (
        to_time(thread.get(name), f"{what} thread {thread.get('id')}: {name}")
        for thread in threads
        for name in ("publishedDate", "lastUpdatedDate")
    )
    return max(filter(None, (created_at(item), closed_at(item), *times)))


def needs_single_read(item: AdoItem, threads: Sequence[AdoItem]) -> bool:
    """Whether the listed ``item`` lacks what only the single read has: the whole description, or who closed it.

    Who closed it is not in lists; mostly a system thread tells.
    """
    if len(item.get("description") or "") >= DESCRIPTION_CUT:
        return True
    if closed_at(item) is None or item.get("closedBy"):
        return False
    ref = _ref(item, "")
    end = _last_status(list(events_of(ref, threads)))
    return not _tells_the_end(end, str(item.get("status"))) or end is None or end.actor_id is None


def threads_tell(item: AdoItem, threads: Sequence[AdoItem]) -> bool:
    """Whether the threads are known to lack no push.

    Of some, mostly old, pull requests the service has not kept all threads. It shows where the last push that they
    tell is not the branch's head, where none tells of the end, or one of the reopening after an end that none tells.
    """
    changes = sorted(_status_changes(list(events_of(_ref(item, ""), threads))), key=lambda event: event.occurred_at)
    if changes and changes[0].event_type == "reopened":
        return False
    if closed_at(item) and not _tells_the_end(changes[-1] if changes else None, str(item.get("status"))):
        return False
    return tells_pushes(item, threads)


def to_pull_request(
    item: AdoItem,
    threads: Sequence[AdoItem],
    *,
    integration_id: str,
    repo_page: str,
    read_at: datetime,
    history: PullRequestHistory | None = None,
) -> PullRequestRows:
    """A pull request with all its threads. ``repo_page``: the repository's web page; ``read_at``: when it was read;
    ``history``: its iterations, if they were asked for.

    ``state`` comes from the status only: a test merge is no merge. Raises ContractError for an undocumented status,
    naming the pull request.
    """
    ref = _ref(item, integration_id)
    what = f"pull request {ref.id}"
    listed = listed_fields(item)
    status: str = listed["ado_status"]
    state = STATE[known(status, STATE, f"{what}: status", "pull_request.unknown_status")]
    comments = tuple(comments_of(ref, threads))
    created, closed = listed["created_at"], listed["closed_at"]
    events = list(events_of(ref, threads))
    untold = list(untold_pushes(ref, history, threads)) if history else []
    closer = _closer(item, events, status) if closed else NOBODY
    submitter: AdoItem = need(item, "createdBy", dict, what)
    events.append(_opened(ref, submitter, created))
    if closed and not _tells_the_end(_last_status(events), status):
        events.append(to_event(ref, Fact(STATUS_EVENTS[status], closer), occurred_at=closed, source_ref="ended"))
    pull_request = PullRequest(
        integration_id=integration_id,
        id=ref.id,
        url=f"{repo_page}/pullrequest/{ref.number}",
        number=ref.number,
        repo_id=ref.repo_id,
        project_id=ref.project_id,
        body=text(item, "description"),
        state=state,
        created_by_id=ref.submitter_id,
        created_by_name=text(submitter, "displayName") or ref.submitter_id,
        closed_by_id=closer.id,
        merged_at=closed if state == "merged" else None,
        merged_by_id=closer.id if state == "merged" else None,
        commits_complete=history is not None,
        last_activity_at=max([last_activity(item, threads), *(event.occurred_at for event in untold)]),
        read_at=read_at,
        **listed,
        **_counts(item, ref, comments),
    )
    commits = commits_of_iterations(ref, history) if history else commits_of_threads(ref, item, threads, created)
    events += [*untold, *map(comment_event, comments)]
    return PullRequestRows(
        pull_request,
        tuple(replace(comment, read_at=read_at) for comment in comments),
        tuple(commits),
        tuple(replace(event, read_at=read_at) for event in events),
    )


def _ref(item: AdoItem, integration_id: str) -> PullRequestRef:
    number, repo_id = number_of(item), repository_of(item)
    what = f"pull request {repo_id}/{number}"
    project = need(need(item, "repository", dict, what), "project", dict, what)
    return PullRequestRef(
        integration_id=integration_id,
        project_id=guid(project.get("id"), f"{what}: project"),
        repo_id=repo_id,
        number=number,
        submitter_id=guid(need(item, "createdBy", dict, what).get("id"), f"{what}: createdBy"),
    )


def _opened(ref: PullRequestRef, submitter: AdoItem, created: datetime) -> PullRequestEvent:
    actor = Actor(ref.submitter_id, text(submitter, "displayName") or ref.submitter_id)
    return to_event(ref, Fact("opened", actor), occurred_at=created, source_ref="opened")


def _status_changes(events: Sequence[PullRequestEvent]) -> list[PullRequestEvent]:
    return [event for event in events if event.event_type in STATUS_EVENTS.values()]


def _last_status(events: Sequence[PullRequestEvent]) -> PullRequestEvent | None:
    return max(reversed(_status_changes(events)), key=lambda event: event.occurred_at, default=None)


def _tells_the_end(event: PullRequestEvent | None, status: str) -> bool:
    return event is not None and event.event_type in _ENDS and event.event_type == STATUS_EVENTS.get(status)


def _closer(item: AdoItem, events: Sequence[PullRequestEvent], status: str) -> Actor:
    closed_by: AdoItem = item.get("closedBy") or {}
    if closed_by:
        return Actor(
            guid(closed_by.get("id"), f"pull request {number_of(item)}: closedBy"), text(closed_by, "displayName")
        )
    end = _last_status(events)
    return Actor(end.actor_id, end.actor_name) if end and _tells_the_end(end, status) else NOBODY


def _counts(item: AdoItem, ref: PullRequestRef, comments: Sequence[PullRequestComment]) -> dict[str, Any]:
    """What is summed up, of people only: a group's vote rolls up those of its members."""
    people = [reviewer for reviewer in item.get("reviewers") or () if is_person(reviewer)]
    voters = {guid(reviewer.get("id"), "a reviewer"): reviewer["vote"] for reviewer in people if reviewer.get("vote")}
    approvers = sorted(voter for voter, vote in voters.items() if vote in APPROVALS)
    written = [comment for comment in comments if comment.comment_type == "text" and not comment.is_deleted]
    by_reviewers = [comment for comment in written if not comment.is_submitter]
    took_part = {comment.author_id for comment in by_reviewers} | voters.keys()
    return {
        "approvers": approvers,
        "approval_count": len(approvers),
        "comment_count": len(written),
        "reviewer_comment_count": len(by_reviewers),
        "reviewer_count": len(took_part - {ref.submitter_id}),
        "first_comment_at": min((comment.created_at for comment in by_reviewers), default=None),
    }
