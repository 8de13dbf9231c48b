"""Pull requests with their comments and events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

from shared.flow.base import Entity

PullRequestState = Literal["open", "merged", "closed", "deleted"]
EventType = Literal[
    "opened", "published", "drafted", "commit", "comment", "approval", "vote_other",
    "reviewer_added", "reviewer_removed", "merged", "closed", "reopened",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest(Entity):
    """A pull request. ``id`` is ``{repo_id}/{number}``; people are user alias ids.

    ``reviewers`` holds ``{"id", "name", "vote", "is_required", "is_container", "has_declined", "is_flagged"}`` in
    order of id; groups stand there too, and are left out of every count.
    """

    TABLE: ClassVar[str] = "pullrequests"
    LISTED: ClassVar[str | None] = "pull_requests"
    VERSION: ClassVar[str | None] = "read_at"

    number: int
    repo_id: str
    project_id: str
    vendor: str = "azure_devops"
    title: str
    body: str | None = None
    body_truncated: bool = False
    state: PullRequestState
    ado_status: str
    is_draft: bool = False
    source_branch: str
    target_branch: str
    created_at: datetime
    created_by_id: str
    created_by_name: str
    closed_at: datetime | None = None
    closed_by_id: str | None = None
    merged_at: datetime | None = None
    merged_by_id: str | None = None
    merge_status: str | None = None
    merge_commit_sha: str | None = None
    """The commit that landed on the target; None unless merged (a test merge is not a merge)."""
    extracted_tags: list[str] = field(default_factory=list)
    reviewers: list[dict[str, Any]] = field(default_factory=list)
    approvers: list[str] = field(default_factory=list)
    """People whose vote is an approval (10 or 5), sorted."""
    comment_count: int = 0
    """Text comments by people, deleted ones left out."""
    reviewer_comment_count: int = 0
    """Those not by the submitter."""
    reviewer_count: int = 0
    """People other than the submitter who commented or voted."""
    approval_count: int = 0
    first_comment_at: datetime | None = None
    """First comment by a reviewer."""
    last_activity_at: datetime
    """Newest of: created, closed, any thread's update or push."""
    read_at: datetime
    """When the source was read; the newer reading wins."""

    def partition_key(self) -> str:
        return f"{self.integration_id}|{self.repo_id}"

    def row_key(self) -> str:
        return f"{self.number:010d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestComment(Entity):
    """A comment by a person. ``id`` is ``{repo_id}/{number}/{thread_id}/{comment_id}``; ids repeat in each thread."""

    TABLE: ClassVar[str] = "pullrequestcomments"
    LISTED: ClassVar[str | None] = "pull_request_comments"

    pull_request_id: str
    number: int
    repo_id: str
    project_id: str
    thread_id: int
    comment_id: int
    parent_comment_id: int | None = None
    """None at the top of the thread."""
    author_id: str
    author_name: str
    body: str | None = None
    body_truncated: bool = False
    word_count: int = 0
    comment_type: str
    thread_status: str | None = None
    file_path: str | None = None
    line: int | None = None
    is_submitter: bool
    created_at: datetime
    updated_at: datetime

    def partition_key(self) -> str:
        return f"{self.integration_id}|{self.repo_id}"

    def row_key(self) -> str:
        return f"{self.number:010d}|{self.thread_id:08d}|{self.comment_id:06d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestEvent(Entity):
    """One action on a pull request. ``id`` is ``{repo_id}/{number}/{source_ref}``.

    ``source_ref`` says where it was read: ``opened``, ``comment-{thread}-{comment}``, ``thread-{thread}``, and
    ``ended`` for the end of a pull request that no system thread tells.
    """

    TABLE: ClassVar[str] = "pullrequestevents"
    LISTED: ClassVar[str | None] = "pull_request_events"

    pull_request_id: str
    number: int
    repo_id: str
    project_id: str
    event_type: EventType
    occurred_at: datetime
    actor_id: str | None = None
    actor_name: str | None = None
    actor_role: Literal["submitter", "reviewer"] = "reviewer"
    subject_id: str | None = None
    """Whom it is about: the reviewer who was added or removed."""
    vote: int | None = None
    source_ref: str

    def partition_key(self) -> str:
        return f"{self.integration_id}|{self.repo_id}"

    def row_key(self) -> str:
        return f"{self.number:010d}|{self.source_ref}"
