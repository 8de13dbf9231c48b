"""What the fake knows about repositories and pull requests; see ``model.py``."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal


@dataclass
class Repository:
    id: str
    project_id: str
    name: str
    default_branch: str | None = "refs/heads/main"
    size: int = 0
    is_disabled: bool = False
    is_in_maintenance: bool = False
    is_fork: bool = False
    parent_id: str | None = None
    deleted_at: datetime | None = None
    deleted_by: str | None = None
    created_at: datetime | None = None


@dataclass
class Comment:
    id: int
    author_id: str
    content: str | None
    published: datetime
    updated: datetime
    content_updated: datetime
    parent_id: int = 0
    comment_type: Literal["text", "codeChange", "system"] = "text"
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class ThreadEvent:
    """What a system thread is about, apart from the properties that say so in one of several spellings."""

    kind: Literal["vote", "push", "reviewer_added", "reviewer_removed", "status", "draft", "other"]
    actor_id: str | None = None
    subject_id: str | None = None
    """The reviewer who was added or removed."""
    value: str = ""
    """vote: the number; status: active, completed or abandoned; draft: published or drafted."""


@dataclass
class Thread:
    id: int
    published: datetime
    updated: datetime
    status: str | None
    comments: list[Comment] = field(default_factory=list)
    file_path: str | None = None
    line: int | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    """Bare values; the area wraps them in ``$type`` and ``$value``."""
    identities: dict[str, str] | None = None
    """Index -> identity id, as system threads name the people they are about."""
    is_deleted: bool = False
    event: ThreadEvent | None = None
    """None: a thread of people."""


@dataclass
class Reviewer:
    identity_id: str
    vote: int = 0
    is_required: bool = False
    has_declined: bool = False
    is_flagged: bool = False


@dataclass
class Iteration:
    """A push to the source branch of a pull request."""

    id: int
    author_id: str
    created: datetime
    updated: datetime
    reason: str
    source_commit: str
    target_commit: str
    common_commit: str
    commit_ids: list[str] = field(default_factory=list)
    push_id: int | None = None
    old_target_ref: str | None = None
    new_target_ref: str | None = None
    is_told: bool = True
    """False: a push that left no system thread."""


@dataclass
class PullRequest:
    id: int
    repository_id: str
    title: str
    description: str
    creator_id: str
    created: datetime
    source_ref: str
    target_ref: str
    status: Literal["active", "completed", "abandoned"] = "active"
    closed: datetime | None = None
    closed_by: str | None = None
    is_draft: bool = False
    merge_status: str = "succeeded"
    merge_id: str = ""
    last_merge_source: str | None = None
    last_merge_target: str | None = None
    last_merge_commit: str | None = None
    auto_complete_by: str | None = None
    merge_strategy: str = "noFastForward"
    labels: list[str] = field(default_factory=list)
    reviewers: list[Reviewer] = field(default_factory=list)
    threads: list[Thread] = field(default_factory=list)
    iterations: list[Iteration] = field(default_factory=list)
    work_item_ids: list[int] = field(default_factory=list)
    source_repository_id: str | None = None
    """The fork it comes from; None: its own repository."""
    completion_queued: datetime | None = None
