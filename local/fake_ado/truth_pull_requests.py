"""The truth about pull requests, their comments and events, and those that the six-month rule leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from local.fake_ado.model import Comment, PullRequest, Thread, ThreadEvent
from local.fake_ado.truth_view import View, iso

_STATES = {"active": "open", "completed": "merged", "abandoned": "closed"}
_ENDS = {"completed": "merged", "abandoned": "closed", "active": "reopened"}


def readable(view: View) -> Iterator[PullRequest]:
    """Those in repositories that can be read (neither disabled nor deleted), by number."""
    repositories = {one.id for one in view.repositories() if not one.is_disabled}
    for number in sorted(view.organization.pull_requests):
        pull_request = view.organization.pull_requests[number]
        if pull_request.repository_id in repositories:
            yield pull_request


def last_activity(pull_request: PullRequest) -> datetime:
    """Newest of: created, closed, any thread's update, any push."""
    moments = [pull_request.created]
    moments += [pull_request.closed] if pull_request.closed else []
    moments += [thread.updated for thread in pull_request.threads]
    moments += [iteration.created for iteration in pull_request.iterations]
    return max(moments)


def counts_for(view: View, pull_request: PullRequest) -> bool:
    """The six-month rule: something happened at or after the border."""
    return last_activity(pull_request) >= view.border


def key(pull_request: PullRequest) -> str:
    """``{repo_id}/{number}``."""
    return f"{pull_request.repository_id}/{pull_request.id}"


def row(view: View, pull_request: PullRequest) -> dict[str, Any]:
    """A pull request. ``closed_by_id`` is who did it, as the single read or the system thread tells.

    Counts are of people only: groups and services are left out. ``approval_count`` is the number of ``approvers``;
    ``reviewer_count`` those, other than the submitter, who wrote a comment that stands or whose vote is not 0 now.
    """
    comments = [one for _, one in _by_people(view, pull_request) if one.comment_type == "text" and not one.is_deleted]
    foreign = [one for one in comments if one.author_id != pull_request.creator_id]
    voters = [one for one in pull_request.reviewers if one.vote and view.is_person(one.identity_id)]
    approvers = sorted(one.identity_id for one in voters if one.vote >= 5)
    reviewing = {one.author_id for one in foreign} | {one.identity_id for one in voters} - {pull_request.creator_id}
    is_merged = pull_request.status == "completed"
    return {
        **_owner(view, pull_request),
        "id": key(pull_request),
        "vendor": "azure_devops",
        "title": pull_request.title,
        "body": pull_request.description or None,
        "body_truncated": False,
        "state": _STATES[pull_request.status],
        "ado_status": pull_request.status,
        "is_draft": pull_request.is_draft,
        "source_branch": pull_request.source_ref,
        "target_branch": pull_request.target_ref,
        "created_at": iso(pull_request.created),
        "created_by_id": pull_request.creator_id,
        "created_by_name": view.referred(pull_request.creator_id)[1],
        "closed_at": iso(pull_request.closed),
        "closed_by_id": pull_request.closed_by,
        "merged_at": iso(pull_request.closed) if is_merged else None,
        "merged_by_id": pull_request.closed_by if is_merged else None,
        "merge_status": pull_request.merge_status,
        "merge_commit_sha": pull_request.last_merge_commit if is_merged else None,
        "source_commit_sha": pull_request.last_merge_source,
        "extracted_tags": list(pull_request.labels),
        "reviewers": _reviewers(view, pull_request),
        "approvers": approvers,
        "comment_count": len(comments),
        "reviewer_comment_count": len(foreign),
        "reviewer_count": len(reviewing),
        "approval_count": len(approvers),
        "first_comment_at": iso(min((one.published for one in foreign), default=None)),
        "last_activity_at": iso(last_activity(pull_request)),
        "is_deleted": False,
    }


def comments(view: View, pull_request: PullRequest) -> Iterator[dict[str, Any]]:
    """Comments of people; a deleted one stays as a tombstone without its text."""
    for thread, comment in _by_people(view, pull_request):
        yield {
            **_child(view, pull_request),
            "id": f"{key(pull_request)}/{thread.id}/{comment.id}",
            "thread_id": thread.id,
            "comment_id": comment.id,
            "parent_comment_id": comment.parent_id or None,
            "author_id": comment.author_id,
            "author_name": view.referred(comment.author_id)[1],
            "body": comment.content,
            "body_truncated": False,
            "comment_type": comment.comment_type,
            "thread_status": thread.status,
            "file_path": thread.file_path,
            "line": thread.line,
            "is_submitter": comment.author_id == pull_request.creator_id,
            "created_at": iso(comment.published),
            "updated_at": iso(comment.content_updated),
            "is_deleted": comment.is_deleted,
        }


def events(view: View, pull_request: PullRequest) -> Iterator[dict[str, Any]]:
    """Every action once; ``source_ref`` says where it is told."""
    yield _event(view, pull_request, "opened", "opened", pull_request.created, pull_request.creator_id)
    for thread, comment in _by_people(view, pull_request):
        ref = f"comment-{thread.id}-{comment.id}"
        event = _event(view, pull_request, ref, "comment", comment.published, comment.author_id)
        yield {**event, "is_deleted": comment.is_deleted}
    for thread in pull_request.threads:
        kind = _kind(thread.event) if thread.event else None
        if kind is None or thread.event is None:
            continue
        found = _event(view, pull_request, f"thread-{thread.id}", kind, thread.published, thread.event.actor_id)
        found["subject_id"] = thread.event.subject_id
        found["vote"] = int(thread.event.value) if thread.event.kind == "vote" else None
        yield found
    for iteration in pull_request.iterations:
        if not iteration.is_told:
            ref = f"iteration-{iteration.id}"
            yield _event(view, pull_request, ref, "commit", iteration.created, iteration.author_id)
    if pull_request.closed is not None and not _is_end_told(pull_request):
        kind = _ENDS[pull_request.status]
        yield _event(view, pull_request, "ended", kind, pull_request.closed, pull_request.closed_by)


def commits(view: View, pull_request: PullRequest) -> Iterator[dict[str, Any]]:
    """Every commit that was ever pushed, by the first iteration that has it."""
    history = view.organization.histories[pull_request.repository_id]
    last = pull_request.iterations[-1]
    current = set(history.between(last.common_commit, last.source_commit))
    seen: set[str] = set()
    for iteration in pull_request.iterations:
        for sha in iteration.commit_ids:
            if sha in seen:
                continue
            seen.add(sha)
            author = history.commits[sha].author
            yield {
                **_child(view, pull_request),
                "id": f"{key(pull_request)}/{sha}",
                "hexsha": sha,
                "author_name": author.name,
                "author_email": author.email,
                "author_date": iso(author.at),
                "pushed_at": iso(iteration.created),
                "iteration_id": iteration.id,
                "iteration_reason": iteration.reason,
                "is_follow_on": iteration.id > 1,
                "is_current": sha in current,
                "is_deleted": False,
            }


def _kind(event: ThreadEvent) -> str | None:
    if event.kind == "vote":
        return "approval" if int(event.value) >= 5 else "vote_other"
    if event.kind == "status":
        return _ENDS[event.value]
    if event.kind == "draft":
        return event.value
    return {"push": "commit", "reviewer_added": "reviewer_added", "reviewer_removed": "reviewer_removed"}.get(
        event.kind
    )


def _is_end_told(pull_request: PullRequest) -> bool:
    told = [one.event.value for one in pull_request.threads if one.event is not None and one.event.kind == "status"]
    return bool(told) and told[-1] == pull_request.status


def _by_people(view: View, pull_request: PullRequest) -> Iterator[tuple[Thread, Comment]]:
    for thread in pull_request.threads:
        for comment in thread.comments:
            if comment.comment_type != "system" and view.is_person(comment.author_id):
                yield thread, comment


def _owner(view: View, pull_request: PullRequest) -> dict[str, Any]:
    repository = view.organization.repositories[pull_request.repository_id]
    return {"number": pull_request.id, "repo_id": repository.id, "project_id": repository.project_id}


def _child(view: View, pull_request: PullRequest) -> dict[str, Any]:
    return {"pull_request_id": key(pull_request), **_owner(view, pull_request)}


def _reviewers(view: View, pull_request: PullRequest) -> list[dict[str, Any]]:
    rows = []
    for reviewer in sorted(pull_request.reviewers, key=lambda one: one.identity_id):
        identity = view.organization.identities[reviewer.identity_id]
        rows.append(
            {
                "id": identity.id,
                "name": identity.display_name,
                "vote": reviewer.vote,
                "is_required": reviewer.is_required,
                "is_container": identity.kind == "group",
                "has_declined": reviewer.has_declined,
                "is_flagged": reviewer.is_flagged,
            }
        )
    return rows


def _event(
    view: View, pull_request: PullRequest, ref: str, kind: str, at: datetime, actor: str | None
) -> dict[str, Any]:
    return {
        **_child(view, pull_request),
        "id": f"{key(pull_request)}/{ref}",
        "event_type": kind,
        "occurred_at": iso(at),
        "actor_id": actor,
        "actor_name": view.referred(actor)[1],
        "actor_role": "submitter" if actor == pull_request.creator_id else "reviewer",
        "subject_id": None,
        "vote": None,
        "source_ref": ref,
        "is_deleted": False,
    }
