"""Pull requests with their comments, commits and events."""

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


def pull_request_key(number: int) -> str:
    """RowKey of a pull request."""
    return f"{number:010d}"


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
    source_commit_sha: str | None = None
    """The head of the source branch; after the end, what it was then."""
    commits_complete: bool = False
    """Whether all its commits up to that head are stored; without, only those that were pushed after the creation."""
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
        return pull_request_key(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestComment(Entity):
    """A comment by a person. ``id`` is ``{repo_id}/{number}/{thread_id}/{comment_id}``; ids repeat in each thread."""

    TABLE: ClassVar[str] = "pullrequestcomments"
    LISTED: ClassVar[str | None] = "pull_request_comments"
    VERSION: ClassVar[str | None] = "read_at"

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
    read_at: datetime | None = None
    """When the source was read; the newer reading wins. A deletion may leave ``updated_at`` as it is."""

    def partition_key(self) -> str:
        return f"{self.integration_id}|{self.repo_id}"

    def row_key(self) -> str:
        return f"{self.number:010d}|{self.thread_id:08d}|{self.comment_id:06d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestCommit(Entity):
    """A commit that reached a pull request. ``id`` is ``{repo_id}/{number}/{sha}``; ``repo_id`` is the target's."""

    TABLE: ClassVar[str] = "pullrequestcommits"
    LISTED: ClassVar[str | None] = "pull_request_commits"
    VERSION: ClassVar[str | None] = "detail"

    pull_request_id: str
    number: int
    repo_id: str
    project_id: str
    hexsha: str
    author_name: str | None = None
    author_email: str | None = None
    author_date: datetime | None = None
    pushed_at: datetime
    """When it reached the pull request first; what was there at the creation came with it."""
    iteration_id: int | None = None
    iteration_reason: str | None = None
    """The source's word for the push: ``push``, ``forcePush``, ``rebase`` ..., several with commas."""
    is_follow_on: bool
    """Pushed after the creation."""
    is_current: bool | None = None
    """Whether it is still in it, or was pushed away; None where that is not known yet."""
    detail: int = 0
    """0: as a thread tells it; 1: as the iterations do, which is more, and so never replaced by the former."""

    def partition_key(self) -> str:
        return f"{self.integration_id}|{self.repo_id}"

    def row_key(self) -> str:
        return f"{self.number:010d}|{self.hexsha}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestEvent(Entity):
    """One action on a pull request. ``id`` is ``{repo_id}/{number}/{source_ref}``.

    ``source_ref`` says where it was read: ``opened``, ``comment-{thread}-{comment}``, ``thread-{thread}``, and where
    no system thread tells it ``iteration-{iteration}`` for a push and ``ended`` for the end of the pull request.
    """

    TABLE: ClassVar[str] = "pullrequestevents"
    LISTED: ClassVar[str | None] = "pull_request_events"
    VERSION: ClassVar[str | None] = "read_at"

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
    read_at: datetime | None = None
    """When the source was read; the newer reading wins."""

    def partition_key(self) -> str:
        return f"{self.integration_id}|{self.repo_id}"

    def row_key(self) -> str:
        return f"{self.number:010d}|{self.source_ref}"
