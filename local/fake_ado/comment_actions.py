"""Threads and comments that people write on pull requests."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from local.fake_ado.making import next_number
from local.fake_ado.model import Comment, Organization, PullRequest, Thread

MARKDOWN = {"Microsoft.TeamFoundation.Discussion.SupportsMarkdown": 1}


def start_thread(
    organization: Organization,
    pull_request: PullRequest,
    at: datetime,
    by: str,
    text: str,
    *,
    place: tuple[str, int] | None = None,
    comment_type: Literal["text", "codeChange"] = "text",
) -> Thread:
    """A new thread with its first comment. ``place`` is a file's path and a line on its right side."""
    thread = Thread(
        next_number(organization, "thread"),
        at,
        at,
        "active",
        [Comment(1, by, text, at, at, at, comment_type=comment_type)],
        file_path=place[0] if place else None,
        line=place[1] if place else None,
        properties=dict(MARKDOWN),
    )
    pull_request.threads.append(thread)
    return thread


def reply(thread: Thread, at: datetime, by: str, text: str) -> Comment:
    """One more comment; a resolved thread becomes active again."""
    comment = Comment(len(thread.comments) + 1, by, text, at, at, at, parent_id=1)
    thread.comments.append(comment)
    thread.updated = at
    if thread.status not in (None, "active"):
        thread.status = "active"
    return comment


def edit(thread: Thread, comment: Comment, at: datetime, text: str) -> None:
    """Another text."""
    comment.content, comment.updated, comment.content_updated = text, at, at
    thread.updated = at


def delete(thread: Thread, comment: Comment, at: datetime) -> None:
    """The comment stays without its text; a thread whose comments are all deleted is deleted too."""
    comment.is_deleted, comment.content, comment.updated = True, None, at
    thread.updated = at
    thread.is_deleted = all(one.is_deleted for one in thread.comments)


def set_status(thread: Thread, at: datetime, status: str) -> None:
    """Resolve a thread, or open it again."""
    thread.status, thread.updated = status, at
