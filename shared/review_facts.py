"""What happened to one pull request, in the terms of review metrics: times between actions, by its events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

DEFINITION_VERSION: Final = "pull_requests/1"
"""1: actions are opening, publishing, pushes, comments, votes other than 0, completing, abandoning and reopening, by
persons who are known. A reviewer reacts to the last action of the submitter, once until the next one; the submitter
responds to the last action of a reviewer, once. Iteration time runs from the first comment of a reviewer to the last
push, 0 where there is none after it. A comment is regular from 10 words on and robust from 30."""

ACTIONS: Final = frozenset(
    {"opened", "published", "commit", "comment", "approval", "vote_other", "merged", "closed", "reopened"}
)
REGULAR: Final = 10
ROBUST: Final = 30
"""Words from which on a comment is more than trivial, and more than regular."""


@dataclass(frozen=True, slots=True)
class Action:
    """Somebody did something; ``actor_id`` is a user alias."""

    at: datetime
    actor_id: str
    is_submitter: bool


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """Of one merged pull request. ``reactions`` and ``responses`` are waiting times, in order."""

    time_to_merge: timedelta
    time_to_first_comment: timedelta | None
    reactions: tuple[timedelta, ...]
    responses: tuple[timedelta, ...]
    iteration_time: timedelta
    follow_on_commits: int
    has_comment: bool
    """By a reviewer."""
    has_approval: bool
    is_thorough: bool
    """A reviewer wrote a comment that is not trivial."""


def reactions(actions: Iterable[Action]) -> list[timedelta]:
    """How long each reviewer took to act after the submitter had: the first action of each, until the submitter acts
    again. ``actions`` in order of time."""
    found: list[timedelta] = []
    since: datetime | None = None
    reacted: set[str] = set()
    for action in actions:
        if action.is_submitter:
            since, reacted = action.at, set()
        elif since is not None and action.actor_id not in reacted:
            reacted.add(action.actor_id)
            found.append(action.at - since)
    return found


def responses(actions: Iterable[Action]) -> list[timedelta]:
    """How long the submitter took to act after the last action of a reviewer. ``actions`` in order of time."""
    found: list[timedelta] = []
    since: datetime | None = None
    for action in actions:
        if not action.is_submitter:
            since = action.at
        elif since is not None:
            found.append(action.at - since)
            since = None
    return found


def iteration_time(first_comment_at: datetime | None, pushes: Sequence[datetime]) -> timedelta:
    """From a reviewer's first comment to the last push; nothing where there is no push after it."""
    last = max(pushes, default=None)
    if first_comment_at is None or last is None:
        return timedelta()
    return max(last - first_comment_at, timedelta())
