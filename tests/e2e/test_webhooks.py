"""Events on the real stack: what changes is stored without a sync; what is lost the sync repairs."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from tests.comparing import differences
from tests.e2e.compare import assert_true_to_source
from tests.e2e.stack import Fake, Stack

CHANGES = ["ticket_created", "ticket_state", "pull_request_commented", "pull_request_voted", "build_finished"]
LISTS = ("tickets", "ticket_events", "pull_requests", "pull_request_comments", "pull_request_events", "builds")
PATIENCE_SECONDS = 60


def _settings(fake: Fake, **changes: Any) -> None:
    requests.post(f"{fake.url}/_fake/settings", json=changes, timeout=10).raise_for_status()


def _subscriptions(fake: Fake) -> list[dict[str, Any]]:
    url = f"{fake.url}/dev.azure.com/{fake.organization}/_apis/hooks/subscriptions?api-version=7.1"
    reply = requests.get(url, auth=("", fake.info()["tokens"]["good"]), timeout=10)
    assert reply.status_code == 200, reply.text
    return list(reply.json()["value"])


def _until(what: Any) -> Any:
    """What ``what`` gives as soon as it is true, or at last."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := what()) and time.monotonic() < end:
        time.sleep(0.2)
    return found


def _connect(stack: Stack, fake: Fake) -> str:
    integration = stack.connect(fake)
    assert integration["services"]["webhooks"] is True
    assert stack.wait(integration["id"])["status"] == "succeeded"
    assert _until(lambda: len(_subscriptions(fake)) == 17)
    return str(integration["id"])


def _missing(stack: Stack, fake: Fake, integration_id: str) -> list[str]:
    """What is not stored as it is in Azure DevOps."""
    started = min(run["started_at"] for run in stack.rows(f"/integrations/{integration_id}/runs"))
    truth = fake.truth(started)
    found: list[str] = []
    for name in LISTS:
        rows = stack.rows(f"/integrations/{integration_id}/{name}", include_deleted="true")
        found += differences(name, {row["id"]: row for row in rows}, truth)
    return found


def _kinds(stack: Stack, integration_id: str) -> list[str]:
    return [run["kind"] for run in stack.rows(f"/integrations/{integration_id}/runs")]


@pytest.mark.parametrize("copies", [1, 3])
def test_what_changes_is_stored_without_a_sync_however_often_it_is_told(fake: Fake, stack: Stack, copies: int) -> None:
    integration_id = _connect(stack, fake)
    _settings(fake, hook_copies=copies)
    assert sum(fake.mutate(5, 20, CHANGES).values()) == 20
    assert _until(lambda: not _missing(stack, fake, integration_id)), _missing(stack, fake, integration_id)[:20]
    assert set(_kinds(stack, integration_id)) == {"initial", "webhook"}
    assert {one["status"] for one in _subscriptions(fake)} == {"enabled"}


def test_what_no_event_told_the_sync_finds_and_a_deletion_ends_the_events(fake: Fake, stack: Stack) -> None:
    integration_id = _connect(stack, fake)
    _settings(fake, hooks_are_lost=True)
    assert sum(fake.mutate(6, 20, CHANGES).values()) == 20
    assert _missing(stack, fake, integration_id)
    assert stack.sync(integration_id)["kind"] == "incremental"
    assert_true_to_source(stack, fake, integration_id)
    assert stack.call("DELETE", f"/integrations/{integration_id}").status_code == 202
    assert _until(lambda: not _subscriptions(fake))
    reply = requests.post(f"{stack.url}/webhooks/azure-devops/{integration_id}", json={}, timeout=10)
    assert reply.status_code == 410
