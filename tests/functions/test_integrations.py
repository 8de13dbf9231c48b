"""Integrations from creation to deletion, on a real table store, queue and vault."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta

import pytest

from shared.storage import API_REQUESTS, INTEGRATIONS

BASE_URL = "https://dev.azure.com/contoso"


def body(auth, name="Demo", **other):
    return {"name": name, "base_url": BASE_URL, "auth": auth, **other}


def load(parts, api, integration_id):
    found = parts.integrations.load(api.workspace, integration_id)
    assert found is not None
    return found


def test_a_created_integration_is_shown_and_its_first_sync_queued(api, auth, queued):
    reply = api.call("create_integration", body=body(auth(expires_on="2027-05-31"), name=" Demo "))
    created = reply.json
    assert reply.status == 201
    assert reply.headers["location"] == f"/api/v1/integrations/{created['id']}"
    shown: dict[str, object] = {
        "name": "Demo", "vendor_type": "azure_devops", "auth_type": "access_token", "organization": "contoso",
        "base_url": BASE_URL, "username": "Svc.Flow@contoso.example", "data_status": "processing",
        "services": {"repos": True, "pull_requests": True, "tickets": True, "webhooks": True},
        "last_synced_at": None, "token_expires_at": "2027-05-31T00:00:00Z", "auto_import_projects": True,
        "auto_import_repos": True, "data_status_detail": [],
    }  # fmt: skip
    assert shown.items() <= created.items()
    read = api.call("get_integration", created["id"])
    assert (read.json, read.headers["etag"]) == (created, reply.headers["etag"])
    assert api.rows("list_integrations") == [created]
    (run,) = api.rows("list_runs", created["id"])
    assert (run["kind"], run["status"]) == ("initial", "running")
    message, other = queued("sync-plan", created["id"])
    assert message["run_id"] == run["id"]
    assert other["action"] == "webhooks"


def test_the_token_lies_in_the_vault_and_nowhere_else(api, auth, connect, parts, queued):
    created = connect()
    token = auth()["token"]
    found = load(parts, api, created["id"])
    assert parts.vault.get(found.secret_name).reveal() == token
    rows = [stored.row for table in (INTEGRATIONS, API_REQUESTS) for stored in parts.tables.query(table)]
    assert token[:6] not in json.dumps([rows, queued("sync-plan", created["id"]), created], default=str)


def test_a_failed_test_stores_nothing_and_tells_every_check(api, auth, parts):
    reply = api.call("create_integration", body=body(auth("no_code")))
    assert (reply.status, reply.json["code"]) == (422, "connection_test_failed")
    assert [check["id"] for check in reply.json["checks"] if check["status"] == "failed"] == ["scope.code"]
    assert reply.json["remedy"]
    assert api.rows("list_integrations") == []


@pytest.mark.parametrize("name", ["Demo", "DEMO", " demo "])
def test_a_name_is_taken_once_in_a_workspace(api, auth, connect, name):
    connect("Demo")
    reply = api.call("create_integration", body=body(auth(), name=name))
    assert (reply.status, reply.json["field"]) == (409, "name")
    assert len(api.rows("list_integrations")) == 1
    assert api.call("create_integration", body=body(auth()), workspace=f"{api.workspace}-b").status == 201


def test_the_list_looks_at_several_integrations_at_once_and_keeps_their_order(api, connect, parts, monkeypatch):
    made = [connect(f"Demo {number}")["id"] for number in range(4)]
    real, together = type(parts).status, threading.Barrier(4)

    def status(self, integration):
        together.wait(30)
        return real(self, integration)

    monkeypatch.setattr(type(parts), "status", status)
    assert [one["id"] for one in api.rows("list_integrations")] == sorted(made)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\n", "x" * 201, 7, None])
def test_a_name_is_one_line_of_text(api, auth, name):
    reply = api.call("create_integration", body=body(auth(), name=name))
    assert (reply.status, reply.json["field"]) == (400, "name")


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\u202eRTL", "Ünïcödé 🚀", "x" * 200, "'; drop"])
def test_any_line_of_text_is_a_name(connect, api, name):
    assert connect(name)["name"] == name


def test_services_can_be_chosen(connect):
    created = connect(services={"tickets": False, "webhooks": False})
    assert created["services"] == {"repos": True, "pull_requests": True, "tickets": False, "webhooks": False}


def test_webhooks_are_off_where_they_are_not_available(connect):
    assert connect(token="reader")["services"]["webhooks"] is False


def test_webhooks_without_the_permission_are_refused_with_the_check(api, auth, connect):
    reply = api.call("create_integration", body=body(auth("reader"), services={"webhooks": True}))
    assert (reply.status, reply.json["code"]) == (422, "webhooks_not_available")
    assert reply.json["checks"][0]["id"] == "permission.project_collection_administrator"
    created = connect(token="reader")
    assert api.call("change_integration", created["id"], body={"services": {"webhooks": True}}).status == 422


def test_an_integration_can_be_renamed_and_its_old_name_is_free(api, connect):
    created = connect("Old")
    changed = api.call("change_integration", created["id"], body={"name": "New"}).json
    assert changed["name"] == "New"
    assert changed["updated_at"] > created["updated_at"]
    assert connect("old")["name"] == "old"
    assert api.call("change_integration", created["id"], body={"name": "OLD"}).status == 409


def test_a_service_can_be_switched_alone(api, connect, queued):
    created = connect()
    off = api.call("change_integration", created["id"], body={"services": {"tickets": False}}).json
    assert off["services"] == {**created["services"], "tickets": False}
    on = api.call("change_integration", created["id"], body={"services": {"tickets": True}}).json
    assert on["services"] == created["services"]


def test_a_change_to_what_it_is_already_changes_nothing(api, connect):
    created = connect("Demo")
    changed = api.call("change_integration", created["id"], body={"name": "Demo"}).json
    assert {**changed, "updated_at": None} == {**created, "updated_at": None}


@pytest.mark.parametrize("change", [{}, {"services": {}}])
def test_a_change_that_names_nothing_is_refused(api, connect, change):
    created = connect()
    reply = api.call("change_integration", created["id"], body=change)
    assert (reply.status, reply.json["code"], reply.json["field"]) == (400, "body_invalid", "body")
    assert reply.json["detail"] == "body: names nothing to change."
    assert api.call("get_integration", created["id"]).json["updated_at"] == created["updated_at"]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"organization": "x"}, "organization"), ({"name": None}, "name"), ({"services": {"builds": True}},
     "services.builds"), ({"services": {"repos": None}}, "services.repos"), ({"auth": {"token": "x"}}, "auth.type")],
)  # fmt: skip
def test_a_change_of_something_else_is_refused_by_its_name(api, connect, change, field):
    reply = api.call("change_integration", connect()["id"], body=change)
    assert (reply.status, reply.json["field"]) == (400, field)


def test_a_sync_that_goes_on_is_given_instead_of_a_second_one(api, connect):
    created = connect()
    (run,) = api.rows("list_runs", created["id"])
    for given in ({}, {"full": False}, {"full": True}):
        assert api.call("sync_integration", created["id"], body=given).json == {"run_id": run["id"]}
    assert api.call("sync_integration", created["id"]).json == {"run_id": run["id"]}
    assert len(api.rows("list_runs", created["id"])) == 1


def test_a_run_is_shown_with_its_streams(api, connect, parts):
    created = connect()
    (run,) = api.rows("list_runs", created["id"])
    single = api.get("get_run", created["id"], run["id"])
    assert {**single, "streams": None} == {**run, "streams": None}
    assert single["streams"] == []


@pytest.mark.parametrize("run_id", ["_sync", "x", "A", "a/b", "0" * 100])
def test_a_run_that_never_was_is_not_found(api, connect, run_id):
    assert api.call("get_run", connect()["id"], run_id).status == 404


def test_a_deleted_integration_is_gone_at_once_and_its_removal_can_be_followed(api, connect, queued):
    created = connect("Demo")
    reply = api.call("delete_integration", created["id"])
    assert (reply.status, reply.headers["location"]) == (202, f"/api/v1/deletions/{created['id']}")
    for name in ("get_integration", "list_tickets", "list_runs"):
        assert api.call(name, created["id"]).status == 404
    assert api.call("delete_integration", created["id"]).status == 404
    assert api.rows("list_integrations") == []
    deletion = api.get("get_deletion", created["id"])
    assert (deletion["id"], deletion["status"], deletion["finished_at"]) == (created["id"], "running", None)
    assert [message["action"] for message in queued("sync-plan", created["id"])] == ["plan", "webhooks", "remove"]
    assert connect("Demo")["id"] != created["id"]


def test_there_is_no_deletion_of_what_lives(api, connect):
    assert api.call("get_deletion", connect()["id"]).status == 404


@pytest.mark.parametrize(("name", "change"), [("change_integration", {"name": "Other"}), ("delete_integration", None)])
def test_a_change_of_an_older_state_is_refused(api, connect, name, change):
    created = connect()
    old = api.call("get_integration", created["id"]).headers["etag"]
    api.call("change_integration", created["id"], body={"name": "Newer"})
    headers = {"x-flow-workspace": api.workspace, "If-Match": old}
    reply = api.call(name, created["id"], body=change, headers=headers)
    assert (reply.status, reply.json["code"]) == (412, "precondition_failed")
    assert api.get("get_integration", created["id"])["name"] == "Newer"


@pytest.mark.parametrize("form", ["{}", '"a", {}', "*"])
def test_a_change_of_the_present_state_is_made(api, connect, form):
    created = connect()
    etag = api.call("get_integration", created["id"]).headers["etag"]
    headers = {"x-flow-workspace": api.workspace, "If-Match": form.format(etag)}
    reply = api.call("change_integration", created["id"], body={"name": "Other"}, headers=headers)
    assert reply.status == 200
    assert reply.headers["etag"] not in (etag, "")


def test_integrations_are_listed_in_pages(api, connect):
    names = {connect(f"Demo {n}")["name"] for n in range(5)}
    got = api.rows("list_integrations", limit="2")
    assert ({one["name"] for one in got}, len(got)) == (names, 5)


@pytest.mark.parametrize("name", ["list_integrations", "list_runs"])
def test_a_made_up_cursor_is_refused(api, connect, name):
    ids = [connect()["id"]] if name == "list_runs" else []
    assert api.call(name, *ids, query={"cursor": "made-up"}).status == 400


def test_times_are_utc_with_a_z(connect):
    created = connect()
    for field in ("created_at", "updated_at"):
        assert created[field].endswith("Z")
        assert datetime.fromisoformat(created[field]).utcoffset() == timedelta()
