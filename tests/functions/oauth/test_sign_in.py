"""A sign-in from its beginning to an integration, through the real worker."""

from __future__ import annotations

import base64
import json
import logging
from datetime import timedelta
from urllib.parse import quote

import pytest

from shared.storage import TABLES
from tests.functions.oauth.sign_in import BASE_URL, CLIENT, SignIn, new_integration, secret_of
from tests.oauth.browser import completion_code, parameters, sent_back


def test_a_sign_in_from_its_beginning_to_an_integration(api, parts, fake, sign_in):
    assert (sign_in.started.status, sign_in.status) == (201, "pending")
    assert sign_in.started.headers["location"] == f"/api/v1/oauth/authorizations/{sign_in.id}"
    assert sign_in.url.startswith(f"{fake.url}/login.microsoftonline.com/organizations/oauth2/v2.0/authorize?")
    page = sign_in.come_back()
    assert (page.status, sign_in.status) == (200, "consented")
    assert sign_in.shown()["account"] is None
    done = sign_in.complete(completion_code(page.body))
    assert done.status == 200
    assert done.json == {
        **sign_in.shown(),
        "status": "completed",
        "account": {"display_name": "Flow Service", "email": "Svc.Flow@contoso.example"},
        "organizations": [{"name": "contoso", "base_url": BASE_URL}],
        "error": None,
    }
    test = api.call("test_connection", body={"base_url": BASE_URL, "auth": sign_in.auth()}).json
    assert (test["outcome"], [check["id"] for check in test["checks"] if check["status"] == "failed"]) == (
        "connected",
        [],
    )
    created = new_integration(sign_in)
    assert created.status == 201, created.json
    assert (created.json["auth_type"], created.json["username"], created.json["token_expires_at"]) == (
        "oauth",
        "Svc.Flow@contoso.example",
        None,
    )
    assert api.call("test_integration", created.json["id"]).json["outcome"] == "connected"
    stored = parts.integrations.load(api.workspace, created.json["id"])
    assert stored.secret_name == secret_of(parts, sign_in)


def test_the_authorization_url_asks_for_what_is_needed_and_no_more(sign_in):
    asked = parameters(sign_in.url)
    resource = "499b84ac-1321-427f-aa17-267ca6975798"
    names = ("profile", "project", "code", "build", "work", "graph", "identity")
    wanted = {f"{resource}/vso.{name}" for name in names} | {"openid", "profile", "offline_access"}
    assert set(asked["scope"].split()) == wanted
    assert (asked["client_id"], asked["response_type"], asked["code_challenge_method"]) == (CLIENT, "code", "S256")
    assert asked["redirect_uri"] == "https://flow.example/api/v1/oauth/callback"
    assert len(asked["state"]) >= 43
    assert asked["nonce"]


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_beginning_needs_nothing(api, body):
    assert api.call("begin_authorization", raw=body).status == 201


def test_beginning_takes_nothing(api):
    assert api.call("begin_authorization", body={"redirect_uri": "https://evil.example"}).status == 400


def test_no_secret_shows_itself_anywhere(api, caplog, clock, fake, parts, queued, tmp_path):
    caplog.set_level(logging.DEBUG)
    answers = []
    one = SignIn(api)
    sent = sent_back(one.url)
    page = one.at_callback(**sent)
    code = completion_code(page.body)
    answers += [one.complete(code).body, one.at_callback(**sent).body, one.complete(code).body]
    created = new_integration(one)
    answers += [created.body, api.call("get_integration", created.json["id"]).body, json.dumps(one.shown()).encode()]
    first = parts.vault.read(secret_of(parts, one))[0].reveal()
    clock.added = timedelta(hours=2)
    answers.append(api.call("test_integration", created.json["id"]).body)
    second = parts.vault.read(secret_of(parts, one))[0].reveal()
    fake.settings.entra_refresh_is_dead = True
    clock.added = timedelta(hours=4)
    answers.append(api.call("test_integration", created.json["id"]).body)
    canaries = [code, sent["code"], fake.settings.entra_secret]
    for tokens in (json.loads(first), json.loads(second)):
        canaries += [tokens["access_token"], tokens["refresh_token"]]
    assert first != second
    rows = [stored.row for table in TABLES for stored in parts.tables.query(table)]
    seen = b"\n".join(answers).decode() + json.dumps([rows, queued("sync-plan", created.json["id"])], default=str)
    logged = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    for canary in canaries:
        for form in (canary, quote(canary), base64.b64encode(f":{canary}".encode()).decode(), canary[:20]):
            assert form not in seen
            assert form not in logged
    assert one.state not in seen
