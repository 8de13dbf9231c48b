"""Metrics of the commits made in a period, by group, computed on reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, Final

from shared.code_answers import CommitMetrics, CommitMetricsAnswer
from shared.flow.commits import WORK_TYPE_DEFINITION_VERSION, Commit
from shared.flow.rows import from_row
from shared.metric_periods import Period, grouped, in_time, period
from shared.table_filter import Condition

if TYPE_CHECKING:
    from shared.tables import Tables

DEFINITION_VERSION: Final = "commits/1"
"""1: by the author's date; without merges and orphans; a commit that several repos share counts once, in the first."""
GROUPS: Final = ("project_id", "repo_id", "author_email", "week", "month")
"""What results can be grouped by; weeks and months are those of the author's clock."""


def commit_metrics(
    tables: Tables,
    integration_id: str,
    *,
    start: datetime | None,
    end: datetime | None,
    project_id: str | None,
    group_by: str | None,
    now: datetime,
) -> CommitMetricsAnswer:
    """Metrics of the commits made in ``start`` <= author's date < ``end``. Raises ApiProblem 400 for a bad period."""
    asked = period(start, end, now)
    commits = ((_group(one, group_by), one) for one in _commits(tables, integration_id, asked, project_id))
    return CommitMetricsAnswer(
        definition_version=DEFINITION_VERSION,
        work_type_definition_version=WORK_TYPE_DEFINITION_VERSION,
        start=asked.start,
        end=asked.end,
        group_by=group_by,
        results=grouped(commits, lambda name, rows: _result(name, rows, asked.weeks), one=group_by is None),
    )


def _commits(tables: Tables, integration_id: str, asked: Period, project_id: str | None) -> Iterator[Commit]:
    where: dict[str, Condition | tuple[Condition, ...]] = {
        "is_deleted": Condition("eq", False),
        "is_orphaned": Condition("eq", False),
        "author_date": (Condition("ge", asked.start), Condition("lt", asked.end)),
    }
    if project_id is not None:
        where["project_id"] = Condition("eq", project_id)
    seen: set[str] = set()
    for found in tables.query(Commit.TABLE, prefix=f"{integration_id}|", where=where):
        commit = from_row(Commit, found.row)
        if not commit.is_merge and commit.id not in seen:
            seen.add(commit.id)
            yield commit


def _group(commit: Commit, group_by: str | None) -> str | None:
    if group_by is None:
        return None
    groups = in_time(commit.author_local_date)
    if group_by in groups:
        return groups[group_by]
    name = str(getattr(commit, group_by))
    return name.lower() if group_by == "author_email" else name


def _result(name: str | None, rows: Sequence[Commit], weeks: float) -> CommitMetrics:
    days = {(row.author_email.lower(), row.author_local_date.date()) for row in rows}
    computed = [row for row in rows if row.work_types == "computed"]
    haloc, churn = sum(row.haloc or 0 for row in computed), sum(row.churn or 0 for row in computed)
    return CommitMetrics(
        group=name,
        commits=len(rows),
        insertions=sum(row.insertions or 0 for row in rows),
        deletions=sum(row.deletions or 0 for row in rows),
        haloc=sum(row.haloc or 0 for row in rows),
        new_work=sum(row.new_work or 0 for row in rows),
        legacy_refactor=sum(row.legacy_refactor or 0 for row in rows),
        help_others=sum(row.help_others or 0 for row in rows),
        churn=churn,
        # Whole numbers until the end: 100 * (1 - 0.1) is a little more than 90.
        efficiency=ceil(100 * (haloc - churn) / haloc) if haloc else None,
        coding_days=len(days),
        coding_days_per_week=round(len(days) / weeks, 4),
        commits_per_day=round(len(rows) / len(days), 4) if days else None,
        lines_not_computed=sum(row.lines != "computed" for row in rows),
        work_types_not_computed=sum(row.work_types != "computed" for row in rows),
    )
