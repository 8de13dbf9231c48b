"""Commits, and the tips up to which a repo's commits are stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from shared.flow.base import Entity

Computed = Literal["computed", "not_computed"]

WORK_TYPE_DEFINITION_VERSION = 1
"""Which definition of the four work types a row's numbers follow.

1: of each hunk the replaced or deleted lines are ``churn`` (the author's own, younger than ``rework_days``),
``help_others`` (someone else's, as young) or ``legacy_refactor`` (older), and the lines that it adds beyond those are
``new_work``: together the hunk's ``haloc``. Lines come from where the parent commit had them; renames are not followed.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit(Entity):
    """A commit in one repo. ``id`` is its sha, unique in the repo only: forks share commits.

    Line counts are those of ``git log --numstat --no-renames``. Where they, or the work types, could not be had, they
    are None and a reason says why: ``merge`` (git counts none, and the commits that it merges have their own),
    ``too_many_files``, ``git_refused``, ``git_unavailable``, ``git_unreadable``, ``too_large``; for work types also
    ``history_not_read`` and ``origins_not_read``.
    """

    TABLE: ClassVar[str] = "commits"
    LISTED: ClassVar[str | None] = "commits"

    repo_id: str
    project_id: str
    author_name: str
    author_email: str
    author_date: datetime
    author_tzoffset: int | None = None
    """Seconds east of UTC; None where only the REST API told of the commit."""
    author_local_date: datetime
    """The author's wall clock, written as if it were UTC; in UTC where the offset is not known."""
    committer_name: str
    committer_email: str
    committer_date: datetime
    committer_tzoffset: int | None = None
    message: str
    message_truncated: bool = False
    parents: list[str] | None = None
    """In git's order; None where only the REST API told of the commit."""
    is_merge: bool | None = None
    files: int | None = None
    binary_files: int | None = None
    large_files: int | None = None
    """Files too large, or too different, to be compared: they count no lines."""
    insertions: int | None = None
    deletions: int | None = None
    hunks: int | None = None
    haloc: int | None = None
    """The larger of insertions and deletions of each hunk, added up."""
    lines: Computed
    lines_reason: str | None = None
    new_work: int | None = None
    legacy_refactor: int | None = None
    help_others: int | None = None
    churn: int | None = None
    work_types: Computed
    work_types_reason: str | None = None
    work_type_definition_version: int = WORK_TYPE_DEFINITION_VERSION
    rework_days: int
    """The age up to which replaced lines count as recent."""
    is_orphaned: bool = False
    """No branch leads to it any more."""
    first_pushed_at: datetime | None = None
    pushed_by: str | None = None
    """Identity of who pushed it first: a user's id."""
    pushed_by_name: str | None = None
    updated_at: datetime
    """When this row last changed."""

    def partition_key(self) -> str:
        return f"{self.integration_id}|{self.repo_id}"

    def row_key(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTips(Entity):
    """A part of the branch tips of a repo whose commits are stored: the state of the reading, shown nowhere.

    ``id`` numbers the parts. A repo may have more branches than fit into one row, or into a watermark.
    """

    TABLE: ClassVar[str] = "committips"

    repo_id: str
    tips: list[str] = field(default_factory=list)
    began_at: datetime | None = None
    """Commits changed since then when these tips were read."""
    read_at: datetime | None = None

    def partition_key(self) -> str:
        return f"{self.integration_id}|{self.repo_id}"

    def row_key(self) -> str:
        return self.id
