"""What is stored, held against what is true of the demo organisation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.cli.api import Api

LISTS = (
    "ticket_projects", "users", "repos", "sprints", "tickets", "ticket_events",
    "pull_requests", "pull_request_comments", "pull_request_events",
)  # fmt: skip
_SHOWN_IDS = 3


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many rows of a kind are stored, and how many a perfect reader would have stored; ids of what differs."""

    kind: str
    stored: int
    true: int
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        return self.stored == self.true and not self.missing and not self.extra

    def __str__(self) -> str:
        words = [f"{self.stored:,} stored, {self.true:,} true"]
        for what, ids in (("missing", self.missing), ("extra", self.extra)):
            if ids:
                words.append(f"{what} {', '.join(ids[:_SHOWN_IDS])}{' ...' if len(ids) > _SHOWN_IDS else ''}")
        return f"{self.kind}: {'; '.join(words)}"


def compare(kind: str, stored: Iterable[str], true: Iterable[str], unknowable: Iterable[str] = ()) -> Comparison:
    """Hold ids against ids. Rows with ``unknowable`` ids are no fault, whether they are stored or not."""
    excused = set(unknowable)
    have, want = set(stored), set(true)
    missing, extra = sorted(want - have - excused), sorted(have - want - excused)
    counted, expected = have - (excused - want), want - (excused - have)
    return Comparison(kind, len(counted), len(expected), tuple(missing), tuple(extra))


def compare_all(api: Api, integration_id: str, run: Mapping[str, Any], truth: Mapping[str, Any]) -> list[Comparison]:
    """Every list, and how many pull requests the six-month rule left out; ``run`` is the first, with its streams."""
    # The list of ticket projects has boards, too.
    wanted = {**truth, "ticket_projects": truth["ticket_projects"] + truth["boards"]}
    found = [
        compare(
            name,
            (row["id"] for row in api.rows(integration_id, name)),
            (row["id"] for row in wanted[name]),
            truth["unknowable"].get(name, ()),
        )
        for name in LISTS
    ]
    skipped = sum(stream["skipped"] for stream in run["streams"] if stream["stream"] == "pull_requests")
    return [*found, Comparison("pull_requests skipped", skipped, len(truth["skipped"]["pull_requests"]))]
