"""The whole road on the real stack: connect, ingest, change, sync again, kill in the middle; compare every row."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.canaries import traces
from tests.e2e.compare import assert_true_to_source
from tests.e2e.stack import Fake, Stack


def test_every_stored_row_is_true_after_the_first_and_after_later_syncs(fake: Fake, stack: Stack) -> None:
    integration = stack.connect(fake)
    first = stack.wait(integration["id"])
    assert first["status"] == "succeeded", first
    assert first["kind"] == "initial"
    assert_true_to_source(stack, fake, integration["id"])
    for seed in (1, 2, 3):
        assert sum(fake.mutate(seed, 25).values()) == 25
        run = stack.sync(integration["id"])
        assert run["status"] == "succeeded", run
        assert run["kind"] == "incremental"
        assert_true_to_source(stack, fake, integration["id"])


def test_a_quiet_sync_writes_nothing_and_asks_once_for_all_tickets(fake: Fake, stack: Stack) -> None:
    integration = stack.connect(fake)
    stack.wait(integration["id"])
    stack.sync(integration["id"])
    fake.reset_requests()
    run = stack.sync(integration["id"])
    written = {s["stream"]: s["written"] for s in run["streams"]}
    assert set(written.values()) == {0}, written
    feeds = {route: n for route, n in fake.requests()["by_route"].items() if "workitemrevisions" in route}
    assert list(feeds.values()) == [1], feeds


@pytest.mark.parametrize("seconds_into_it", [0.5, 1.5])
def test_an_import_killed_in_the_middle_is_finished_after_a_restart(
    fake: Fake, stack: Stack, seconds_into_it: float
) -> None:
    fake.set_latency(0.03)
    integration = stack.connect(fake)
    _wait_until_rows_are_stored(stack, integration["id"], seconds_into_it)
    assert stack.get(f"/integrations/{integration['id']}")["data_status"] == "processing"
    stack.kill()
    fake.set_latency(0)
    stack.start()
    run = stack.wait(integration["id"])
    assert run["status"] == "succeeded", run
    assert_true_to_source(stack, fake, integration["id"])


def test_no_token_is_left_anywhere(fake: Fake, stack: Stack, tmp_path: Path) -> None:
    info = fake.info()
    integration = stack.connect(fake)
    stack.wait(integration["id"])
    for token in info["tokens"].values():
        auth = {"type": "access_token", "email": info["email"], "token": token}
        answers = [
            stack.call("POST", "/connections/test", {"base_url": info["base_url"], "auth": auth}),
            stack.call("PATCH", f"/integrations/{integration['id']}", {"auth": auth}),
        ]
        assert not [answer.text for answer in answers if traces(answer.content)]
        assert {answer.status_code for answer in answers} <= {200, 422, 429}
    stack.stop()
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or not traces(path.read_bytes()), f"{path} holds a token"


def _wait_until_rows_are_stored(stack: Stack, integration_id: str, seconds: float) -> None:
    """Let the import run for a while: rows are there, and the run has not ended."""
    import time

    end = time.monotonic() + seconds
    while time.monotonic() < end or not stack.get(f"/integrations/{integration_id}/ticket_projects")["results"]:
        time.sleep(0.05)
