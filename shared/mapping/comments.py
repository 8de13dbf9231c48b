"""Comment threads of a pull request to comments and their events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from shared.flow.pull_requests import PullRequestComment, PullRequestEvent
from shared.mapping.text import word_count
from shared.mapping.times import need_time, to_time
from shared.mapping.users import is_person
from shared.mapping.values import AdoItem, guid, known, need, text

COMMENT_TYPES: Final = frozenset({"unknown", "text", "codeChange", "system"})
THREAD_STATUSES: Final = frozenset({"unknown", "active", "fixed", "wontFix", "closed", "byDesign", "pending"})
"""Source: https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads/list"""


@dataclass(frozen=True, slots=True)
class PullRequestRef:
    """The pull request that comments and events belong to."""

    integration_id: str
    project_id: str
    repo_id: str
    number: int
    submitter_id: str

    @property
    def id(self) -> str:
        return f"{self.repo_id}/{self.number}"


def comments_of(pull_request: PullRequestRef, threads: Iterable[AdoItem]) -> Iterator[PullRequestComment]:
    """What people wrote, deleted comments as tombstones without a body; what services wrote is left out.

    Raises ContractError for an undocumented comment type or thread status, naming the pull request.
    """
    for thread in threads:
        what = f"pull request {pull_request.id} thread {thread.get('id')}"
        for comment in thread.get("comments") or ():
            kind = known(comment.get("commentType"), COMMENT_TYPES, f"{what}: commentType", "comment.unknown_type")
            author = need(comment, "author", dict, f"{what} comment {comment.get('id')}")
            if kind != "system" and is_person(author):
                yield _to_comment(pull_request, thread, comment, author, what)


def comment_event(comment: PullRequestComment) -> PullRequestEvent:
    """The action of having written ``comment``; deleted with it."""
    source_ref = f"comment-{comment.thread_id}-{comment.comment_id}"
    return PullRequestEvent(
        integration_id=comment.integration_id,
        id=f"{comment.pull_request_id}/{source_ref}",
        is_deleted=comment.is_deleted,
        deleted_at=comment.deleted_at,
        pull_request_id=comment.pull_request_id,
        number=comment.number,
        repo_id=comment.repo_id,
        project_id=comment.project_id,
        event_type="comment",
        occurred_at=comment.created_at,
        actor_id=comment.author_id,
        actor_name=comment.author_name,
        actor_role="submitter" if comment.is_submitter else "reviewer",
        source_ref=source_ref,
    )


def _to_comment(
    pull_request: PullRequestRef, thread: AdoItem, comment: AdoItem, author: AdoItem, what: str
) -> PullRequestComment:
    thread_id, comment_id = need(thread, "id", int, what), need(comment, "id", int, what)
    author_id = guid(author.get("id"), f"{what}: author")
    is_deleted = comment.get("isDeleted") is True
    created_at = need_time(comment.get("publishedDate"), f"{what}: publishedDate")
    updated_at = to_time(comment.get("lastUpdatedDate"), f"{what}: lastUpdatedDate") or created_at
    content_at = to_time(comment.get("lastContentUpdatedDate"), f"{what}: lastContentUpdatedDate")
    body = None if is_deleted else text(comment, "content")
    file_path, line = _place(thread)
    return PullRequestComment(
        integration_id=pull_request.integration_id,
        id=f"{pull_request.id}/{thread_id}/{comment_id}",
        is_deleted=is_deleted,
        deleted_at=updated_at if is_deleted else None,
        pull_request_id=pull_request.id,
        number=pull_request.number,
        repo_id=pull_request.repo_id,
        project_id=pull_request.project_id,
        thread_id=thread_id,
        comment_id=comment_id,
        parent_comment_id=comment.get("parentCommentId") or None,
        author_id=author_id,
        author_name=text(author, "displayName") or author_id,
        body=body,
        word_count=word_count(body),
        comment_type=need(comment, "commentType", str, what),
        thread_status=_status(thread, what),
        file_path=file_path,
        line=line,
        is_submitter=author_id == pull_request.submitter_id,
        created_at=created_at,
        updated_at=content_at or updated_at,
    )


def _status(thread: AdoItem, what: str) -> str | None:
    status = text(thread, "status")
    return status and known(status, THREAD_STATUSES, f"{what}: status", "thread.unknown_status")


def _place(thread: AdoItem) -> tuple[str | None, int | None]:
    """File and line that a thread is about; the new side of a diff where it names both."""
    context: AdoItem = thread.get("threadContext") or {}
    start = context.get("rightFileStart") or context.get("leftFileStart") or {}
    return text(context, "filePath"), start.get("line")
