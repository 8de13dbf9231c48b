"""Every stream against the fake Azure DevOps, which knows what is true: as the engine would run them, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from local.fake_ado.testing import FakeAdo, start_fake
from local.fake_ado.truth import truth
from shared.ado.auth import PatAuth
from shared.ado.client import AdoClient
from shared.ado.hosts import Hosts
from shared.flow.base import ORGANIZATION_UNIT
from shared.flow.catalog import LISTS
from shared.flow.projects import TicketProject
from shared.flow.rows import to_json
from shared.flow.tickets import TicketRevision, ticket_events
from shared.streams.catalog import STREAMS
from tests.comparing import differences
from tests.streams.playing import Runner

LISTED = ("ticket_projects", "users", "repos", "sprints", "tickets", "pull_requests", "pull_request_comments",
          "pull_request_events")  # fmt: skip


@pytest.fixture(scope="module", params=[1, 2, 3])
def fake(request: pytest.FixtureRequest) -> Iterator[FakeAdo]:
    with start_fake(["demo"], seed=request.param) as running:
        yield running


@pytest.fixture(scope="module")
def synced(fake: FakeAdo) -> Iterator[Runner]:
    client = AdoClient("demo", PatAuth(fake.token()), hosts=Hosts(fake.hosts()))
    runner = Runner(client)
    runner.initial_processed_at = datetime.now(UTC)
    _sync(runner)
    yield runner
    client.close()


def _sync(runner: Runner) -> None:
    """All streams in an order that ``after`` allows."""
    for stream in STREAMS.values():
        if stream.unit == "organization":
            runner.run(stream, now=datetime.now(UTC))
            continue
        for project in sorted(runner.stored.all(TicketProject), key=lambda one: one.id):
            if not project.is_deleted and not project.unavailable_since:
                runner.run(stream, now=datetime.now(UTC), unit=project.id, name=project.name)


def _differences(runner: Runner, fake: FakeAdo) -> list[str]:
    expected = truth(fake.organization("demo"), runner.initial_processed_at)
    found = []
    for name in LISTED:
        have = {entity.id: to_json(entity) for entity in runner.stored.all(LISTS[name])}
        found += differences(name, have, expected)
    return found + differences("ticket_events", _events(runner), expected)


def _events(runner: Runner) -> dict[str, Any]:
    revisions = sorted(runner.stored.all(TicketRevision), key=lambda one: (one.number, one.rev))
    before: dict[int, TicketRevision] = {}
    found = {}
    for revision in revisions:
        for event in ticket_events(before.get(revision.number), revision):
            found[event.id] = to_json(event)
        before[revision.number] = revision
    return found


def _skipped(runner: Runner, kind: str) -> dict[str, str]:
    return {source_id: reason for (list_, source_id), reason in runner.skips.items() if list_ == kind}


def test_a_first_sync_stores_what_is_true(fake: FakeAdo, synced: Runner) -> None:
    assert _differences(synced, fake) == []
    expected = truth(fake.organization("demo"), synced.initial_processed_at)["skipped"]
    six_months = {one["id"]: one["reason"] for one in expected["pull_requests"]}
    found = _skipped(synced, "pull_requests")
    assert {id_: reason for id_, reason in found.items() if reason == "six_month_rule"} == six_months
    assert _skipped(synced, "repos") == {one["id"]: one["reason"] for one in expected["repos"]}


def test_a_quiet_sync_writes_nothing(synced: Runner) -> None:
    written = []
    for stream in STREAMS.values():
        units: list[tuple[str, str | None]] = [(ORGANIZATION_UNIT, None)]
        if stream.unit == "project":
            projects = synced.stored.all(TicketProject)
            units = [(p.id, p.name) for p in projects if not p.is_deleted and not p.unavailable_since]
        for unit, name in units:
            synced.run(stream, now=datetime.now(UTC), unit=unit, name=name)
            written += [(stream.name, entity.id) for entity in synced.written()]
    assert written == []


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_later_syncs_store_what_is_true(fake: FakeAdo, synced: Runner, seed: int) -> None:
    from local.fake_ado.mutate import mutate

    mutate(fake.organization("demo"), seed, 40)
    _sync(synced)
    assert _differences(synced, fake) == []
