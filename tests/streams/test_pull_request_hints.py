"""Pull requests that events name are read out of turn, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from local.fake_ado.mutate import KINDS, mutate
from local.fake_ado.testing import FakeAdo, start_fake
from shared.ado.auth import PatAuth
from shared.ado.client import AdoClient
from shared.ado.hosts import Hosts
from shared.flow.base import Entity
from shared.flow.pull_requests import PullRequest
from shared.streams.catalog import STREAMS
from tests.streams.against import sync, truth_of, units, wrong
from tests.streams.playing import Runner

LISTS = ("pull_requests", "pull_request_comments", "pull_request_events")
CHANGES = [name for name in KINDS if name.startswith("pull_request_") and name != "pull_request_created"]


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeAdo]:
    with start_fake(["demo"], seed=4, size="tiny") as running:
        yield running


@pytest.fixture
def runner(fake: FakeAdo) -> Iterator[Runner]:
    made = Runner(AdoClient("demo", PatAuth(fake.token()), hosts=Hosts(fake.hosts())))
    made.initial_processed_at = datetime.now(UTC)
    sync(made, ("projects", "repos", "pull_requests"))
    yield made
    made.client.close()


def read(runner: Runner, monkeypatch: pytest.MonkeyPatch, *hints: str) -> list[Entity]:
    """One slice of each project with hints; what was written."""
    plain = runner.slice
    monkeypatch.setattr(runner, "slice", lambda *a, **k: replace(plain(*a, **k), hints=hints))
    written = []
    for unit, name in units(runner, "project"):
        runner.run(STREAMS["pull_requests"], now=datetime.now(UTC), unit=unit, name=name)
        written += runner.written()
    monkeypatch.undo()
    return written


def test_what_changed_is_stored_when_it_is_named(fake, runner, monkeypatch):
    mutate(fake.organization("demo"), 3, 15, CHANGES)
    assert wrong(runner, fake, LISTS)
    named = [one["id"] for one in truth_of(runner, fake)["pull_requests"]]
    before = dict(runner.watermarks)
    read(runner, monkeypatch, *named)
    assert wrong(runner, fake, LISTS) == []
    assert {key: mark["read_at"] for key, mark in runner.watermarks.items() if "read_at" in (mark or {})} == {
        key: mark["read_at"] for key, mark in before.items() if "read_at" in (mark or {})
    }


def test_only_what_is_named_is_asked_for(fake, runner, monkeypatch):
    one = next(row for row in runner.stored.all(PullRequest) if row.closed_at is not None)
    fake.clear_requests()
    read(runner, monkeypatch, one.id)
    asked = fake.requests()["by_route"]
    assert sum(count for route, count in asked.items() if route.lower().endswith("/threads")) == 1


@pytest.mark.parametrize("hint", ["x/1", "/", "none", "00000000-0000-4000-8000-000000000000/1", "../../x/1"])
def test_forged_hints_ask_for_nothing(fake, runner, monkeypatch, hint):
    fake.clear_requests()
    assert read(runner, monkeypatch, hint) == []
    assert fake.requests()["total"] == 0


def test_a_number_that_there_is_not_fails_nothing(fake, runner, monkeypatch):
    repo_id = next(iter(runner.stored.all(PullRequest))).id.partition("/")[0]
    assert read(runner, monkeypatch, f"{repo_id}/999999") == []


def test_no_hint_left_reads_nothing(fake, runner, monkeypatch):
    fake.clear_requests()
    assert read(runner, monkeypatch) == []
    assert fake.requests()["total"] == 0
