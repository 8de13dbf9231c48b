"""What lists already say about a pull request, and whether that is what is stored."""

from __future__ import annotations

from typing import Any, Final

from shared.flow.pull_requests import PullRequest
from shared.mapping.times import need_time, to_time
from shared.mapping.values import AdoItem, guid, integer, known, need, text

MERGE_STATUSES: Final = frozenset({"notSet", "queued", "conflicts", "succeeded", "rejectedByPolicy", "failure"})
"""Of the test merge; says nothing about completion.

Source: https://learn.microsoft.com/rest/api/azure/devops/git/pull-requests/get-pull-requests
"""
DESCRIPTION_CUT: Final = 400
"""Lists cut a description to this many characters."""


def listed_fields(item: AdoItem) -> dict[str, Any]:
    """The fields of a pull request that need nothing but its row in a list."""
    what = f"pull request {item.get('pullRequestId')}"
    status = need(item, "status", str, what)
    landed: AdoItem = item.get("lastMergeCommit") or {}
    return {
        "title": need(item, "title", str, what),
        "ado_status": status,
        "is_draft": item.get("isDraft") is True,
        "source_branch": need(item, "sourceRefName", str, what),
        "target_branch": need(item, "targetRefName", str, what),
        "created_at": need_time(item.get("creationDate"), f"{what}: creationDate"),
        "closed_at": to_time(item.get("closedDate"), f"{what}: closedDate"),
        "merge_status": _merge_status(item, what),
        "merge_commit_sha": text(landed, "commitId") if status == "completed" else None,
        "source_commit_sha": source_commit(item),
        "extracted_tags": [label["name"] for label in item.get("labels") or () if label.get("active") is not False],
        "reviewers": _reviewers(item, what),
    }


def looks_changed(item: AdoItem, stored: PullRequest) -> bool:
    """Whether a listed pull request shows something else than what is stored of it.

    Comments and votes that came and went do not show, nor does a description beyond where lists cut it.
    """
    if stored.is_deleted or any(getattr(stored, name) != value for name, value in listed_fields(item).items()):
        return True
    listed, body = text(item, "description") or "", stored.body or ""
    return not body.startswith(listed) if len(listed) >= DESCRIPTION_CUT else body != listed


def source_commit(item: AdoItem) -> str | None:
    """The head of the source branch as the pull request knows it."""
    sha = text(item.get("lastMergeSourceCommit") or {}, "commitId")
    return sha.lower() if sha else None


def _merge_status(item: AdoItem, what: str) -> str | None:
    status = text(item, "mergeStatus")
    return status and known(status, MERGE_STATUSES, f"{what}: mergeStatus", "pull_request.unknown_merge_status")


def _reviewers(item: AdoItem, what: str) -> list[dict[str, Any]]:
    reviewers = [
        {
            "id": guid(reviewer.get("id"), f"{what}: reviewer"),
            "name": text(reviewer, "displayName"),
            "vote": integer(reviewer.get("vote"), f"{what}: vote") or 0,
            "is_required": reviewer.get("isRequired") is True,
            "is_container": reviewer.get("isContainer") is True,
            "has_declined": reviewer.get("hasDeclined") is True,
            "is_flagged": reviewer.get("isFlagged") is True,
        }
        for reviewer in item.get("reviewers") or ()
    ]
    return sorted(reviewers, key=lambda reviewer: str(reviewer["id"]))
