"""Recorded replies and small handwritten ones for the mapping tests."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

RECORDED = Path(__file__).resolve().parent.parent / "recorded"
READ_AT = datetime(2026, 3, 1, tzinfo=UTC)

ANN = {"id": "aaaaaaaa-0000-4000-8000-000000000001", "displayName": "Ann Archer"}
BOB = {"id": "BBBBBBBB-0000-4000-8000-000000000002", "displayName": "Bob Burns"}
CAT = {"id": "cccccccc-0000-4000-8000-000000000003", "displayName": "Cat Cole"}
BOB_ID = BOB["id"].lower()


def body(name: str) -> Any:
    """The body of the one reply in a file."""
    responses = orjson.loads((RECORDED / name).read_bytes())["responses"]
    ((_, response),) = responses.items()
    return response["body"]


THREADS: list[dict[str, Any]] = body("git/GET_pullRequestThreads.json")["value"]
LISTED: dict[str, Any] = body("git/GET_pullRequests.json")["value"][0]


def pull_request(**changes: Any) -> dict[str, Any]:
    """A listed pull request by Ann, active, created 2026-01-05 at noon."""
    return deepcopy(LISTED) | {"createdBy": ANN, "creationDate": "2026-01-05T12:00:00Z", "reviewers": []} | changes


def comment(comment_id: int, author: dict[str, Any], at: str, **changes: Any) -> dict[str, Any]:
    """A text comment."""
    return {
        "id": comment_id,
        "parentCommentId": 0,
        "author": author,
        "content": "Looks good to me",
        "publishedDate": at,
        "lastUpdatedDate": at,
        "lastContentUpdatedDate": at,
        "commentType": "text",
    } | changes


def thread(thread_id: int, *comments: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A thread of people's comments."""
    at = comments[0]["publishedDate"] if comments else "2026-01-06T00:00:00Z"
    return {"id": thread_id, "publishedDate": at, "lastUpdatedDate": at, "comments": list(comments)} | changes


def system_thread(
    thread_id: int, kind: str, at: str, people: tuple[Any, ...] = (), **properties: Any
) -> dict[str, Any]:
    """A thread that the service wrote; ``people`` are its identities "1", "2", ..."""
    wrapped = {"CodeReviewThreadType": kind} | properties
    return {
        "id": thread_id,
        "publishedDate": at,
        "lastUpdatedDate": at,
        "comments": [comment(1, {"id": "00000002-0000-8888-8000-000000000000"}, at, commentType="system")],
        "properties": {name: {"$type": "System.String", "$value": value} for name, value in wrapped.items()},
        "identities": {str(index): person for index, person in enumerate(people, 1)} or None,
    }


def iteration(
    iteration_id: int, at: str, head: str, *commits: str, reason: str = "push", **changes: Any
) -> dict[str, Any]:
    """A push by Ann to the source branch; the first one is the creation."""
    return {
        "id": iteration_id,
        "createdDate": at,
        "updatedDate": at,
        "author": ANN,
        "reason": reason if iteration_id > 1 else "create",
        "sourceRefCommit": {"commitId": head},
        "commits": [{"commitId": sha, "author": {"name": "ann", "email": "ann@x", "date": at}} for sha in commits],
        "hasMoreCommits": False,
    } | changes


def push_thread(thread_id: int, at: str, head: str, *commits: str, **properties: Any) -> dict[str, Any]:
    """A thread that tells a push by Ann."""
    told = {"CodeReviewRefNewCommits": ";".join(commits), "CodeReviewRefNewCommitsCount": len(commits)}
    told |= {"CodeReviewRefNewHeadCommit": head, "CodeReviewRefUpdatedByIdentity": "1"}
    return system_thread(thread_id, "RefUpdate", at, (ANN,), **(told | properties))
