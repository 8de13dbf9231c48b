"""The operations about pull requests and commits beyond their lists: metrics."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, defstruct

from shared.code_answers import CommitMetricsAnswer, PullRequestMetricsAnswer
from shared.operations import Operation
from shared.principals import Level
from shared.requests import KeyText

_ONE: Final = "integrations/{integration_id}"
_Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339 with a zone.")]


def _query(name: str, groups: Any) -> Any:
    """A period (the last 28 days where it is absent), a project, what to group by. ``from`` is a word of Python's."""
    fields: list[tuple[str, Any, Any]] = [
        ("from", _Moment | None, None), ("to", _Moment | None, None),
        ("project_id", KeyText | None, None), ("group_by", groups, None),
    ]  # fmt: skip
    return defstruct(name, fields, forbid_unknown_fields=True, frozen=True)


PullRequestMetricsQuery = _query(
    "PullRequestMetricsQuery",
    Literal["project_id", "repo_id", "created_by_id", "target_branch", "week", "month"] | None,
)
CommitMetricsQuery = _query(
    "CommitMetricsQuery", Literal["project_id", "repo_id", "author_email", "week", "month"] | None
)

GET_PULL_REQUEST_METRICS: Final = Operation(
    name="get_pull_request_metrics", method="GET", path=f"{_ONE}/metrics/pull_requests", tag="code", level=Level.VIEW,
    summary="Time to merge, reaction, responsiveness and review coverage of the pull requests merged in a period.",
    query=PullRequestMetricsQuery, answer=PullRequestMetricsAnswer,
)  # fmt: skip
GET_COMMIT_METRICS: Final = Operation(
    name="get_commit_metrics", method="GET", path=f"{_ONE}/metrics/commits", tag="code", level=Level.VIEW,
    summary="Lines, work types, efficiency and coding days of the commits made in a period.",
    query=CommitMetricsQuery, answer=CommitMetricsAnswer,
)  # fmt: skip

CODE_OPERATIONS: Final = (GET_PULL_REQUEST_METRICS, GET_COMMIT_METRICS)
