"""Stored rows against the fake's ground truth, field by field."""

from __future__ import annotations

from typing import Any

from tests.e2e.stack import Fake, Stack

LISTS = (
    "ticket_projects", "users", "repos", "sprints", "tickets", "ticket_events",
    "pull_requests", "pull_request_comments", "pull_request_events",
)  # fmt: skip


def differences(stack: Stack, integration_id: str, truth: dict[str, Any]) -> list[str]:
    """Every difference as a line: missing and extra ids, and fields that are not as they should be."""
    found: list[str] = []
    for name in LISTS:
        path = f"/integrations/{integration_id}/{name}"
        stored = list(stack.rows(path, include_deleted="true"))
        found += _compare(name, stored, truth[name], set(map(str, truth.get("unknowable", {}).get(name, []))))
    return found


def _compare(
    name: str, stored: list[dict[str, Any]], expected: list[dict[str, Any]], unknowable: set[str]
) -> list[str]:
    have = {row["id"]: row for row in stored}
    want = {row["id"]: row for row in expected}
    found = [f"{name}: {len(stored) - len(have)} rows came twice"] if len(have) != len(stored) else []
    found += [f"{name} {id_}: missing" for id_ in sorted(want.keys() - have.keys())]
    found += [
        f"{name} {id_}: extra" for id_ in sorted(have.keys() - want.keys()) if id_.split("/")[0] not in unknowable
    ]
    for id_ in want.keys() & have.keys():
        for field, value in want[id_].items():
            if have[id_].get(field, "no such field") != value:
                found.append(f"{name} {id_} {field}: stored {have[id_].get(field)!r}, true {value!r}")
    return found


def assert_true_to_source(stack: Stack, fake: Fake, integration_id: str) -> None:
    """Every list of the integration equals what a perfect reader would have stored."""
    started = min(run["started_at"] for run in stack.rows(f"/integrations/{integration_id}/runs"))
    found = differences(stack, integration_id, fake.truth(started))
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:40])
