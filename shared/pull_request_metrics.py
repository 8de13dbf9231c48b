"""Metrics of the pull requests merged in a period, by group, computed on reading from rows, events and comments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from shared.code_answers import PullRequestMetrics, PullRequestMetricsAnswer
from shared.flow.pull_requests import PullRequest, PullRequestComment, PullRequestCommit, PullRequestEvent
from shared.flow.rows import from_row
from shared.metric_periods import grouped, in_time, period, rate
from shared.review_facts import (
    ACTIONS,
    DEFINITION_VERSION,
    REGULAR,
    Action,
    ReviewFacts,
    iteration_time,
    reactions,
    responses,
)
from shared.table_filter import Condition
from shared.ticket_metrics_report import spread

if TYPE_CHECKING:
    from shared.tables import Row, Tables

GROUPS: Final = ("project_id", "repo_id", "created_by_id", "target_branch", "week", "month")
"""What results can be grouped by; weeks and months are those of the merge."""


@dataclass(slots=True)
class _Around:
    """What lies around one pull request."""

    actions: list[Action] = field(default_factory=list)
    pushes: list[datetime] = field(default_factory=list)
    most_words: int = 0
    follow_on_commits: int = 0


def pull_request_metrics(
    tables: Tables,
    integration_id: str,
    *,
    start: datetime | None,
    end: datetime | None,
    project_id: str | None,
    group_by: str | None,
    now: datetime,
) -> PullRequestMetricsAnswer:
    """Metrics of the pull requests merged in ``start`` <= merged < ``end``; those of deleted repos do not count."""
    asked = period(start, end, now)
    where: dict[str, Condition | tuple[Condition, ...]] = {
        "is_deleted": Condition("eq", False),
        "state": Condition("eq", "merged"),
        "merged_at": (Condition("ge", asked.start), Condition("lt", asked.end)),
    }
    if project_id is not None:
        where["project_id"] = Condition("eq", project_id)
    merged: defaultdict[str, list[PullRequest]] = defaultdict(list)
    for found in tables.query(PullRequest.TABLE, prefix=f"{integration_id}|", where=where):
        merged[str(found.row["PartitionKey"])].append(from_row(PullRequest, found.row))
    facts = (one for partition, rows in merged.items() for one in _facts(tables, partition, rows, group_by))
    return PullRequestMetricsAnswer(
        definition_version=DEFINITION_VERSION,
        start=asked.start,
        end=asked.end,
        group_by=group_by,
        results=grouped(facts, _result, one=group_by is None),
    )


def _facts(
    tables: Tables, partition: str, rows: Sequence[PullRequest], group_by: str | None
) -> Iterator[tuple[str | None, ReviewFacts]]:
    """Each pull request of one repo with its group."""
    around = _read_around(tables, partition, {row.number: row for row in rows})
    for row in rows:
        assert row.merged_at is not None  # the query asked for it
        groups = in_time(row.merged_at)
        name = None if group_by is None else groups[group_by] if group_by in groups else getattr(row, group_by)
        yield name, _of_one(row, row.merged_at, around[row.number])


def _of_one(row: PullRequest, merged_at: datetime, around: _Around) -> ReviewFacts:
    actions = sorted(around.actions, key=lambda action: action.at)
    first = row.first_comment_at
    return ReviewFacts(
        time_to_merge=merged_at - row.created_at,
        time_to_first_comment=max(first - row.created_at, timedelta()) if first else None,
        reactions=tuple(reactions(actions)),
        responses=tuple(responses(actions)),
        iteration_time=iteration_time(first, around.pushes),
        follow_on_commits=around.follow_on_commits,
        has_comment=row.reviewer_comment_count > 0,
        has_approval=row.approval_count > 0,
        is_thorough=around.most_words >= REGULAR,
    )


def _read_around(tables: Tables, partition: str, rows: Mapping[int, PullRequest]) -> Mapping[int, _Around]:
    """Three scans of the repo between the lowest and the highest number, which lie close together in a period."""
    around: defaultdict[int, _Around] = defaultdict(_Around)

    def scan(table: str, *select: str) -> Iterator[tuple[int, Row]]:
        row_from, row_to = f"{min(rows):010d}|", f"{max(rows):010d}}}"
        names = ("RowKey", "number", "is_deleted", *select)
        for found in tables.query(table, partition=partition, row_from=row_from, row_to=row_to, select=names):
            number = int(str(found.row["number"]))
            if number in rows and not found.row.get("is_deleted"):
                yield number, found.row

    for number, row in scan(PullRequestEvent.TABLE, "event_type", "occurred_at", "actor_id", "vote"):
        _add_event(around[number], row, rows[number].created_by_id)
    for number, row in scan(PullRequestComment.TABLE, "word_count", "is_submitter", "comment_type"):
        if row.get("comment_type") == "text" and not row.get("is_submitter"):
            around[number].most_words = max(around[number].most_words, int(str(row.get("word_count", 0))))
    for number, row in scan(PullRequestCommit.TABLE, "is_follow_on"):
        around[number].follow_on_commits += row.get("is_follow_on") is True
    return around


def _add_event(around: _Around, row: Mapping[str, Any], submitter_id: str) -> None:
    kind, at, actor_id = row["event_type"], row["occurred_at"], row.get("actor_id")
    if kind == "commit":
        around.pushes.append(at)
    is_vote_taken_back = kind == "vote_other" and not row.get("vote")
    if actor_id and kind in ACTIONS and not is_vote_taken_back:
        around.actions.append(Action(at, actor_id, actor_id == submitter_id))


def _result(name: str | None, facts: Sequence[ReviewFacts]) -> PullRequestMetrics:
    count = len(facts)
    iterated = sum(one.follow_on_commits > 0 for one in facts)
    uncommented = sum(not one.has_comment for one in facts)
    unreviewed = sum(not one.has_comment and not one.has_approval for one in facts)
    thorough = sum(one.is_thorough for one in facts)
    return PullRequestMetrics(
        group=name,
        pull_requests_merged=count,
        time_to_merge_seconds=spread([one.time_to_merge.total_seconds() for one in facts]),
        time_to_first_comment_seconds=spread(
            [one.time_to_first_comment.total_seconds() for one in facts if one.time_to_first_comment is not None]
        ),
        reaction_seconds=spread([wait.total_seconds() for one in facts for wait in one.reactions]),
        responsiveness_seconds=spread([wait.total_seconds() for one in facts for wait in one.responses]),
        iteration_seconds=spread([one.iteration_time.total_seconds() for one in facts]),
        follow_on_commits=sum(one.follow_on_commits for one in facts),
        iterated=iterated,
        iterated_rate=rate(iterated, count),
        uncommented=uncommented,
        uncommented_rate=rate(uncommented, count),
        unapproved=sum(not one.has_approval for one in facts),
        unreviewed=unreviewed,
        unreviewed_rate=rate(unreviewed, count),
        thoroughly_reviewed=thorough,
        thoroughly_reviewed_rate=rate(thorough, count - unreviewed),
    )
