"""Of which pull requests a reading also asks for the iterations: for their commits, of which threads tell only some."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from shared.flow.pull_requests import PullRequest
from shared.mapping.pull_request_fields import source_commit
from shared.mapping.pull_requests import created_at, number_of
from shared.streams.pull_request_details import Commits

WHOLE: Final = 25
"""Of how many in one reading the commits are asked for that nobody has told: those that were there at the creation."""
SETTLED: Final = timedelta(hours=1)
"""They are asked for once the pull request has rested for so long: what is still pushed to would be asked twice."""

Stored = dict[int, PullRequest | None]
"""What is stored of some listed pull requests, by number."""


class WantedCommits:
    """Decides within one slice. ``cutoff``: the beginning of the six months."""

    def __init__(self, now: datetime, cutoff: datetime) -> None:
        self._now = now
        self._cutoff = cutoff
        self._left = WHOLE

    def of(self, items: Iterable[dict[str, Any]], stored: Stored) -> dict[int, Commits]:
        """What is wanted of those listed pull requests that are not ``auto``, by number."""
        found = {number_of(item): self._of_one(item, stored[number_of(item)]) for item in items}
        return {number: wanted for number, wanted in found.items() if wanted != "auto"}

    def _of_one(self, item: dict[str, Any], row: PullRequest | None) -> Commits:
        if row is None:
            return "left_out" if created_at(item) < self._cutoff else "auto"
        if row.commits_complete:
            return "known" if row.source_commit_sha == source_commit(item) else "auto"
        if self._left and self._now - row.read_at >= SETTLED:
            self._left -= 1
            return "ask"
        return "auto"
