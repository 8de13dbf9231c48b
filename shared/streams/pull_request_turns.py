"""Which of the listed pull requests a round reads again: each costs a request, and most have not changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from shared.flow.pull_requests import PullRequest
from shared.mapping.pull_request_fields import looks_changed
from shared.mapping.pull_requests import created_at, number_of

LIVELY: Final = timedelta(hours=4)
"""So long after something happened to it a pull request is read in every round: comments answer each other."""
EVERY: Final = 4
"""A quiet one is read in every so many-th round."""


@dataclass(frozen=True, slots=True)
class Turns:
    """``rounds``: how many there were before this one; ``now``: when this one began."""

    rounds: int
    now: datetime
    cutoff: datetime
    """The beginning of the six months."""

    def has_come(self, item: dict[str, Any], stored: PullRequest | None) -> bool:
        """Whether to read a listed pull request: its fields changed, it is lively, or its turn has come.

        One that is not stored is new, unless it is so old that the six-month rule left it out.
        """
        if number_of(item) % EVERY == self.rounds % EVERY:
            return True
        if stored is None:
            return created_at(item) >= self.cutoff
        return looks_changed(item, stored) or self.now - stored.last_activity_at < LIVELY
