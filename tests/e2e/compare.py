"""The lists of an integration, read over the API, against the fake's ground truth."""

from __future__ import annotations

from tests.comparing import differences
from tests.e2e.stack import Fake, Stack

LISTS = (
    "ticket_projects", "users", "repos", "sprints", "tickets", "ticket_events",
    "pull_requests", "pull_request_comments", "pull_request_events", "builds", "deployments",
)  # fmt: skip


def assert_true_to_source(stack: Stack, fake: Fake, integration_id: str) -> None:
    """Every list of the integration equals what a perfect reader would have stored."""
    started = min(run["started_at"] for run in stack.rows(f"/integrations/{integration_id}/runs"))
    truth = fake.truth(started)
    truth["ticket_projects"] += truth["boards"]
    found: list[str] = []
    for name in LISTS:
        rows = list(stack.rows(f"/integrations/{integration_id}/{name}", include_deleted="true"))
        have = {row["id"]: row for row in rows}
        assert len(have) == len(rows), f"{name}: {len(rows) - len(have)} rows came twice"
        found += differences(name, have, truth)
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:40])
