"""What callers get about pull requests and commits beyond the stored entities."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from shared.ticket_answers import Spread


class PullRequestMetrics(Struct, frozen=True):
    """Metrics of one group of merged pull requests; a null group is that of all. Rates are null of nothing."""

    group: str | None
    pull_requests_merged: int
    time_to_merge_seconds: Spread | None
    """From the creation on, whatever the target branch; its mean is the metric."""
    time_to_first_comment_seconds: Spread | None
    """From the creation to the first comment of a reviewer, of those that have one."""
    reaction_seconds: Spread | None
    """Of each reviewer, from the submitter's last action to the reviewer's first one after it."""
    responsiveness_seconds: Spread | None
    """Of the submitter, from the last action of a reviewer on."""
    iteration_seconds: Spread | None
    """From the first comment of a reviewer to the last push; 0 without one."""
    follow_on_commits: int
    iterated: int
    """With a commit that was pushed after the creation."""
    iterated_rate: float | None
    uncommented: int
    """Without a comment of a reviewer, approved or not."""
    uncommented_rate: float | None
    unapproved: int
    """Without an approval at the end, commented on or not."""
    unreviewed: int
    """With neither."""
    unreviewed_rate: float | None
    thoroughly_reviewed: int
    """With a comment of a reviewer that is not trivial."""
    thoroughly_reviewed_rate: float | None
    """Of those that were commented on or approved."""


class PullRequestMetricsAnswer(Struct, frozen=True, rename={"start": "from", "end": "to"}):
    """Metrics of the pull requests that were merged in a period."""

    definition_version: str
    start: datetime
    end: datetime
    group_by: str | None
    results: list[PullRequestMetrics]


class CommitMetrics(Struct, frozen=True):
    """Metrics of one group of commits; a null group is that of all. Line numbers are sums over those computed."""

    group: str | None
    commits: int
    insertions: int
    deletions: int
    haloc: int
    new_work: int
    legacy_refactor: int
    help_others: int
    churn: int
    efficiency: int | None
    """Per cent of the changed lines that are not churn, rounded up; of the commits whose work types are computed."""
    coding_days: int
    """Days, by the authors' clocks, on which an author made a commit; each author's days count."""
    coding_days_per_week: float
    commits_per_day: float | None
    lines_not_computed: int
    work_types_not_computed: int


class CommitMetricsAnswer(Struct, frozen=True, rename={"start": "from", "end": "to"}):
    """Metrics of the commits that were made in a period; merges and orphans left out, each commit counted once."""

    definition_version: str
    work_type_definition_version: int
    start: datetime
    end: datetime
    group_by: str | None
    results: list[CommitMetrics]
