"""Why one thing is or is not stored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.coverage import Coverage
from shared.lists import LISTED
from shared.run_rows import SyncState, state_row
from shared.storage import RUNS
from shared.streams.base import Skip
from tests.functions.entities import ONE_OF_EACH, PROJECT, REPO, T0, revision, ticket


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_coverage_finds_every_kind_of_row(api, stored, store, name):
    one = ONE_OF_EACH[name](stored)
    store(one)
    got = api.get("get_coverage", stored.id, kind=name, source_id=one.id)
    assert got == {"kind": name, "source_id": one.id, "status": "stored", "reason": None, "detail": None, "since": None}


def test_coverage_finds_events_of_tickets(api, stored, store):
    store(revision(stored, 5, 1), revision(stored, 5, 2, state="Active"))
    ids = ("5/1/state", "5/2/state", "5/2/type", "5/3/state", "5/x/state", "6/1/state")
    found = [api.get("get_coverage", stored.id, kind="ticket_events", source_id=id_)["status"] for id_ in ids]
    assert found == ["stored", "stored", "unknown", "unknown", "unknown", "unknown"]


def test_coverage_says_that_something_was_deleted(api, stored, store):
    store(replace(ticket(stored, 42), is_deleted=True, deleted_at=T0))
    got = api.get("get_coverage", stored.id, kind="tickets", source_id="42")
    assert (got["status"], got["reason"], got["since"]) == ("skipped", "deleted", "2026-03-02T10:00:00Z")


def test_coverage_reads_the_ledger(api, stored, parts):
    skip = Skip("pull_requests", f"{REPO}/9", "six_month_rule", "older than the cut-off", PROJECT)
    Coverage(parts.tables, stored.id, lambda: T0).add([skip])
    got = api.get("get_coverage", stored.id, kind="pull_requests", source_id=f"{REPO}/9")
    assert got == {
        "kind": "pull_requests", "source_id": f"{REPO}/9", "status": "skipped", "reason": "six_month_rule",
        "detail": "older than the cut-off", "since": "2026-03-02T10:00:00Z",
    }  # fmt: skip


def test_coverage_knows_a_service_that_is_off(api, stored, parts):
    parts.integrations.replace(replace(stored, services={**stored.services, "repos": False}))
    got = api.get("get_coverage", stored.id, kind="pull_requests", source_id=f"{REPO}/9")
    assert (got["status"], got["reason"]) == ("skipped", "service_off")


def test_coverage_tells_not_yet_from_not_found(api, stored, parts):
    ask = {"kind": "tickets", "source_id": "9"}
    assert api.get("get_coverage", stored.id, **ask)["reason"] == "not_yet_synced"
    parts.tables.upsert(RUNS, [state_row(SyncState(integration_id=stored.id, initial_done=True))])
    assert api.get("get_coverage", stored.id, **ask)["reason"] == "not_found"


@pytest.mark.parametrize("source_id", ["'", "a/b/c/d/e", "é" * 300, "//", "%2f", "x" * 300])
@pytest.mark.parametrize("kind", LISTED)
def test_coverage_of_odd_ids_is_unknown(api, stored, kind, source_id):
    assert api.get("get_coverage", stored.id, kind=kind, source_id=source_id)["status"] == "unknown"


@pytest.mark.parametrize(
    ("query", "field"),
    [({}, "kind"), ({"kind": "tickets"}, "source_id"), ({"kind": "branches", "source_id": "1"}, "kind")],
)
def test_coverage_needs_a_kind_and_an_id(api, stored, query, field):
    reply = api.call("get_coverage", stored.id, query=query)
    assert (reply.status, reply.json["field"]) == (400, field)
