"""System threads of a pull request to events: votes, pushes, reviewers, status and draft changes, with their times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.flow.pull_requests import EventType, PullRequestEvent
from shared.mapping.comments import PullRequestRef
from shared.mapping.thread_properties import Actor, ThreadProperties
from shared.mapping.times import need_time
from shared.mapping.values import AdoItem, integer, need

STATUS_EVENTS: Final[dict[str, EventType]] = {"active": "reopened", "completed": "merged", "abandoned": "closed"}
APPROVALS: Final = frozenset({5, 10})
"""Approved with suggestions, approved; 0 is no vote (any more), -5 waits for the author, -10 rejects."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What happened, without when and where it was read."""

    event_type: EventType
    actor: Actor
    subject_id: str | None = None
    vote: int | None = None


def events_of(pull_request: PullRequestRef, threads: Iterable[AdoItem]) -> Iterator[PullRequestEvent]:
    """The events that system threads tell, in the threads' order; kinds that are not ours to tell give none.

    The author of a system comment is a service account: who acted is in the thread's properties.
    """
    for thread in threads:
        what = f"pull request {pull_request.id} thread {thread.get('id')}"
        for index, fact in enumerate(_facts(ThreadProperties(thread), what)):
            # A thread that adds several reviewers gives a row for each.
            suffix = f"-{index + 1}" if index else ""
            yield to_event(
                pull_request,
                fact,
                occurred_at=need_time(thread.get("publishedDate"), f"{what}: publishedDate"),
                source_ref=f"thread-{need(thread, 'id', int, what)}{suffix}",
            )


def to_event(pull_request: PullRequestRef, fact: Fact, *, occurred_at: datetime, source_ref: str) -> PullRequestEvent:
    """``fact`` as a row of ``pull_request``."""
    return PullRequestEvent(
        integration_id=pull_request.integration_id,
        id=f"{pull_request.id}/{source_ref}",
        pull_request_id=pull_request.id,
        number=pull_request.number,
        repo_id=pull_request.repo_id,
        project_id=pull_request.project_id,
        event_type=fact.event_type,
        occurred_at=occurred_at,
        actor_id=fact.actor.id,
        actor_name=fact.actor.name,
        actor_role="submitter" if fact.actor.id == pull_request.submitter_id else "reviewer",
        subject_id=fact.subject_id,
        vote=fact.vote,
        source_ref=source_ref,
    )


def _facts(properties: ThreadProperties, what: str) -> Iterator[Fact]:
    match properties.kind:
        case "VoteUpdate":
            vote = integer(properties.get("CodeReviewVoteResult"), f"{what}: vote")
            approved = vote in APPROVALS
            yield Fact("approval" if approved else "vote_other", properties.actor("CodeReviewVotedBy"), vote=vote)
        case "RefUpdate":
            yield Fact("commit", properties.actor("CodeReviewRefUpdatedBy"))
        case "ReviewersUpdate":
            yield from _reviewer_changes(properties)
        case "StatusUpdate":
            event_type = STATUS_EVENTS.get((properties.get("CodeReviewStatus") or "").lower())
            if event_type:
                yield Fact(event_type, properties.actor("CodeReviewStatusUpdatedBy"))
        case "IsDraftUpdate":
            is_draft = properties.flag("CodeReviewIsDraftNowSet")
            if is_draft is None:
                is_draft = properties.flag("CodeReviewIsDraft")
            if is_draft is not None:
                yield Fact("drafted" if is_draft else "published", properties.actor("CodeReviewIsDraftUpdatedBy"))


def _reviewer_changes(properties: ThreadProperties) -> Iterator[Fact]:
    actor = properties.actor("CodeReviewReviewersUpdatedBy")
    changes: tuple[tuple[EventType, str], ...] = (("reviewer_added", "Added"), ("reviewer_removed", "Removed"))
    for event_type, change in changes:
        for person in properties.people(f"CodeReviewReviewersUpdated{change}"):
            yield Fact(event_type, actor, subject_id=person.id)
