"""What Microsoft refuses, and trouble with the parts: explained, and nothing is stored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.vault import Secret
from tests.functions.oauth.sign_in import BASE_URL, CLIENT, SECRET_NAME, SignIn, completion_is_absent, nothing_is_stored


def test_a_declined_consent_says_so(fake, parts, sign_in):
    fake.settings.entra_error = "access_denied|AADSTS65004: User declined to consent."
    reply = sign_in.come_back()
    assert reply.status == 400
    assert b"consent was declined" in reply.body
    shown = sign_in.shown()
    assert (shown["status"], shown["error"]["code"]) == ("denied", "oauth.denied")
    assert shown["error"]["remedy"]
    assert nothing_is_stored(parts, sign_in)
    assert sign_in.complete("anything").status == 409


@pytest.mark.parametrize(
    ("word", "number", "code"),
    [
        ("consent_required", 65001, "oauth.consent_needed"),
        ("access_denied", 90094, "oauth.admin_consent_needed"),
        ("unauthorized_client", 700016, "oauth.app_not_in_tenant"),
        ("invalid_request", 50020, "oauth.wrong_tenant"),
        ("interaction_required", 50076, "oauth.mfa_needed"),
        ("access_denied", 53003, "oauth.conditional_access"),
    ],
)
def test_a_refusal_is_explained(fake, sign_in, word, number, code):
    fake.settings.entra_error = f"{word}|AADSTS{number}: Something. Trace ID: 1234"
    page = sign_in.come_back()
    error = sign_in.shown()["error"]
    assert (error["code"], error["detail"]) == (code, f"AADSTS{number}: Something.")
    assert error["message"][1:] in page.body.decode()
    assert error["remedy"]


def test_administrators_get_the_address_where_they_consent(fake, sign_in):
    fake.settings.entra_error = "access_denied|AADSTS90094: Admin consent is required."
    sign_in.come_back()
    where = f"https://login.microsoftonline.com/organizations/adminconsent?client_id={CLIENT}"
    assert where in sign_in.shown()["error"]["remedy"]


def test_while_microsoft_does_not_answer_nothing_is_stored(api, fake, parts, sign_in):
    fake.set_fault("oauth2/v2.0/token", status=500)
    reply = sign_in.come_back()
    assert reply.status == 503
    assert sign_in.status == "denied"
    assert nothing_is_stored(parts, sign_in)


def test_while_the_vault_does_not_answer_nothing_is_promised(api, vault_server, sign_in):
    vault_server.throttle(20, retry_after=0)
    reply = sign_in.come_back()
    vault_server.throttle(0)
    assert reply.status == 503
    assert completion_is_absent(reply)
    assert sign_in.status == "denied"


def test_an_expired_app_secret_is_the_operators_to_renew(fake, parts, sign_in):
    fake.settings.entra_token_error = "invalid_client|7000222|The provided client secret keys are expired."
    sign_in.come_back()
    error = sign_in.shown()["error"]
    assert (error["code"], "operator" in error["remedy"]) == ("oauth.app_credential", True)
    assert nothing_is_stored(parts, sign_in)


def test_a_renewed_app_secret_is_read_at_once(api, fake, parts):
    assert SignIn(api).come_back().status == 200
    fake.settings.entra_secret = "renewed"
    assert SignIn(api).come_back().status == 503
    parts.vault._client.set_secret(SECRET_NAME, "renewed")
    assert SignIn(api).come_back().status == 200
    parts.vault.put(SECRET_NAME, Secret("fake-application-secret"))


@pytest.mark.parametrize("name", ["begin_authorization", "test_connection", "create_integration"])
def test_without_an_application_it_says_so(api, parts, monkeypatch, name):
    monkeypatch.setattr(parts, "settings", replace(parts.settings, oauth_client_id=None))
    monkeypatch.delitem(vars(parts), "entra", raising=False)
    auth = {"type": "oauth", "authorization_id": "00000000-0000-4000-8000-000000000000"}
    bodies = {
        "begin_authorization": {},
        "test_connection": {"base_url": BASE_URL, "auth": auth},
        "create_integration": {"name": "x", "base_url": BASE_URL, "auth": auth},
    }
    reply = api.call(name, body=bodies[name])
    assert (reply.status, reply.json["code"]) == (409, "oauth_not_configured")
    assert reply.json["remedy"]


def test_without_a_secret_the_managed_identity_speaks_for_the_app(api, parts, monkeypatch):
    monkeypatch.setattr(parts, "settings", replace(parts.settings, oauth_secret_name=None))
    monkeypatch.delitem(vars(parts), "entra", raising=False)
    assert SignIn(api).come_back().status == 200
    monkeypatch.delitem(vars(parts), "entra", raising=False)
