"""Replacing credentials, and starting again what was stopped for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

import shared.credentials
from shared.errors import CredentialError, TransientError
from shared.integrations import create
from shared.requests import AccessToken, NewIntegration
from shared.secret_ledger import GRACE
from shared.storage import SECRETS

BASE_URL = "https://dev.azure.com/contoso"


def load(parts, api, integration_id):
    found = parts.integrations.load(api.workspace, integration_id)
    assert found is not None
    return found


def test_new_credentials_replace_the_old_ones_after_their_test(api, auth, connect, parts):
    created = connect()
    before = load(parts, api, created["id"])
    reply = api.call("change_integration", created["id"], body={"auth": auth("reader", expires_on="2027-01-31")})
    after = load(parts, api, created["id"])
    assert (reply.json["username"], reply.json["token_expires_at"]) == (auth("reader")["email"], "2027-01-31T00:00:00Z")
    assert parts.vault.get(after.secret_name).reveal() == auth("reader")["token"]
    assert after.secret_name != before.secret_name
    with pytest.raises(CredentialError):
        parts.vault.get(before.secret_name)


def test_credentials_of_another_account_are_taken_and_the_answer_says_so(api, auth, connect):
    created = connect()
    changed = api.call("change_integration", created["id"], body={"auth": auth("reader")}).json
    (message,) = changes_of_identity(changed)
    assert auth()["email"] in message
    assert auth("reader")["email"] in message
    kept = api.call("change_integration", created["id"], body={"auth": auth("reader")}).json
    assert changes_of_identity(kept) == [message]


def changes_of_identity(shown):
    details = shown["data_status_detail"]
    return [detail["message"] for detail in details if detail["code"] == "credential.identity_changed"]


def test_a_new_token_of_the_same_account_is_no_change_of_identity(api, auth, connect):
    created = connect()
    changed = api.call("change_integration", created["id"], body={"auth": auth("full")}).json
    assert changes_of_identity(changed) == []


def test_the_old_secret_is_deleted_later_when_the_vault_does_not_answer_now(
    api, auth, connect, parts, clock, monkeypatch
):
    created = connect()
    before = load(parts, api, created["id"]).secret_name

    def silent(_name):
        raise TransientError("the vault does not answer", code="vault.unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(parts.vault, "delete", silent)
        assert api.call("change_integration", created["id"], body={"auth": auth("full")}).status == 200
    assert parts.vault.get(before).reveal() == auth()["token"]
    clock.added += GRACE + timedelta(seconds=1)
    parts.tick(past_due=False)
    with pytest.raises(CredentialError):
        parts.vault.get(before)
    assert parts.vault.get(load(parts, api, created["id"]).secret_name).reveal() == auth("full")["token"]


def test_a_worker_killed_between_the_secret_and_its_integration_leaves_nothing_behind(
    api, auth, parts, clock, monkeypatch
):
    class Killed(BaseException):
        """The worker is gone."""

    def killed(_integration):
        raise Killed

    body = NewIntegration("Demo", BASE_URL, msgspec.convert(auth(), AccessToken))
    with monkeypatch.context() as patch:
        patch.setattr(parts.integrations, "create", killed)
        with pytest.raises(Killed):
            create(parts, api.workspace, body, "gone-1")
    (name,) = [str(one.row["RowKey"]) for one in parts.tables.query(SECRETS, partition="gone-1")]
    clock.added += GRACE + timedelta(seconds=1)
    parts.tick(past_due=False)
    parts.vault.forget(name)
    with pytest.raises(CredentialError):
        parts.vault.get(name)
    assert not list(parts.tables.query(SECRETS, partition="gone-1"))


def test_credentials_whose_test_fails_replace_nothing(api, auth, connect, parts):
    created = connect()
    reply = api.call("change_integration", created["id"], body={"auth": auth("expired"), "name": "Not this"})
    assert (reply.status, reply.json["code"]) == (422, "connection_test_failed")
    assert api.get("get_integration", created["id"]) == created
    assert parts.vault.get(load(parts, api, created["id"]).secret_name).reveal() == auth()["token"]


def test_credentials_for_what_is_another_organization_now_are_refused(api, auth, connect, parts):
    created = connect()
    parts.integrations.replace(replace(load(parts, api, created["id"]), organization_id="another"))
    reply = api.call("change_integration", created["id"], body={"auth": auth()})
    assert (reply.status, reply.json["code"]) == (422, "another_organization")


def test_a_name_that_is_taken_leaves_the_credentials_as_they_were(api, auth, connect, parts):
    connect("Taken")
    created = connect("Mine")
    before = load(parts, api, created["id"]).secret_name
    assert api.call("change_integration", created["id"], body={"name": "taken", "auth": auth()}).status == 409
    assert load(parts, api, created["id"]).secret_name == before
    assert parts.vault.get(before).reveal() == auth()["token"]


def stop(parts, api, integration_id):
    parts.integrations.replace(
        replace(load(parts, api, integration_id), state="stopped", stopped_code="credentials.expired",
                stopped_message="the token has expired", stopped_remedy="Create a new one.")
    )  # fmt: skip


def test_a_stopped_integration_says_why_and_does_not_sync(api, connect, parts):
    created = connect()
    stop(parts, api, created["id"])
    assert api.get("get_integration", created["id"])["data_status"] == "failed_integration"
    reply = api.call("sync_integration", created["id"])
    assert (reply.status, reply.json["remedy"]) == (409, "Create a new one.")


def test_new_credentials_start_a_stopped_integration_again(api, auth, connect, parts):
    created = connect()
    stop(parts, api, created["id"])
    changed = api.call("change_integration", created["id"], body={"auth": auth()}).json
    assert changed["data_status"] == "processing"
    assert api.call("sync_integration", created["id"]).status == 202


def test_a_test_of_the_stored_credentials_that_passes_starts_it_again_too(api, connect, parts):
    created = connect()
    stop(parts, api, created["id"])
    assert api.call("test_integration", created["id"]).json["outcome"] == "connected"
    assert load(parts, api, created["id"]).state == "active"


def test_stored_credentials_that_are_gone_are_told_as_such(api, connect, parts):
    created = connect()
    parts.vault.delete(load(parts, api, created["id"]).secret_name)
    answer = api.call("test_integration", created["id"]).json
    assert answer["outcome"] == "authorization_denied"
    assert [check["id"] for check in answer["checks"] if check["status"] == "failed"] == ["credentials"]


def test_what_a_test_found_of_the_old_credential_is_not_told_of_a_new_one(api, auth, connect, parts, monkeypatch):
    created = connect()
    really = shared.credentials.test_stored

    def overtaken(*given):
        diagnosis = replace(really(*given), account_id="of the old credential")
        assert api.call("change_integration", created["id"], body={"auth": auth()}).status == 200
        return diagnosis

    monkeypatch.setattr("shared.integrations.test_stored", overtaken)
    assert api.call("test_integration", created["id"]).json["outcome"] == "connected"
    assert parts.integrations.load(api.workspace, created["id"]).account_id != "of the old credential"
