"""What becomes of a completed sign-in: one integration, or nothing after an hour."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.errors import CredentialError
from shared.oauth.claims import claim, expire_unused
from tests.functions.oauth.sign_in import BASE_URL, SignIn, completed, new_integration, secret_of
from tests.oauth.browser import completion_code, sent_back


def test_a_sign_in_serves_one_integration(api, parts):
    one = completed(api)
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda n: new_integration(one, f"Name {n}"), range(4)))
    assert sorted(reply.status for reply in replies) == [201, 409, 409, 409]
    assert {reply.json["code"] for reply in replies if reply.status == 409} == {"oauth_authorization_used"}
    body = {"base_url": BASE_URL, "auth": one.auth()}
    assert api.call("test_connection", body=body).json["code"] == "oauth_authorization_used"


def test_a_refused_integration_leaves_the_sign_in_free(api, parts, connect):
    connect("Taken")
    one = completed(api)
    assert new_integration(one, "Taken").status == 409
    assert new_integration(one, "Free").status == 201


def test_a_token_is_replaced_by_a_sign_in_and_a_sign_in_by_a_token(api, auth, connect, parts):
    created = connect()
    old = parts.integrations.load(api.workspace, created["id"]).secret_name
    changed = api.call("change_integration", created["id"], body={"auth": completed(api).auth()})
    assert (changed.status, changed.json["auth_type"]) == (200, "oauth")
    with pytest.raises(CredentialError):
        parts.vault.read(old)
    signed_in = parts.integrations.load(api.workspace, created["id"]).secret_name
    back = api.call("change_integration", created["id"], body={"auth": auth()})
    assert (back.status, back.json["auth_type"]) == (200, "access_token")
    with pytest.raises(CredentialError):
        parts.vault.read(signed_in)


def test_the_sign_in_that_it_has_may_be_given_again(api, parts, clock, connect):
    connect("Taken")
    one = completed(api)
    created = new_integration(one).json
    assert api.call("change_integration", created["id"], body={"auth": one.auth()}).status == 200
    name = secret_of(parts, one)
    assert parts.vault.read(name)
    refused = api.call("change_integration", created["id"], body={"auth": one.auth(), "name": "Taken"})
    assert refused.status == 409
    assert parts.authorizations.get(one.id).integration_id == created["id"]
    clock.added = timedelta(hours=2)
    expire_unused(parts, parts.clock())
    assert parts.vault.read(name)


def test_tokens_that_an_integration_names_are_never_deleted(api, parts, clock):
    one = completed(api)
    new_integration(one)
    found = parts.authorizations.get(one.id)
    parts.authorizations.replace(replace(found, integration_id=None))
    for hours in (2, 48):
        clock.added = timedelta(hours=hours)
        expire_unused(parts, parts.clock())
        assert parts.vault.read(found.secret_name)


def test_a_sign_in_that_lacks_a_permission_is_told_in_its_own_words(api, fake):
    asked = SignIn(api)
    narrow = asked.url.replace("vso.code+", "").replace("%2Fvso.code", "%2Fvso.profile")
    asked.complete(completion_code(asked.at_callback(**sent_back(narrow)).body))
    reply = api.call("test_connection", body={"base_url": BASE_URL, "auth": asked.auth()}).json
    (failed,) = [check for check in reply["checks"] if check["status"] == "failed"]
    assert (reply["outcome"], failed["id"]) == ("authorization_denied", "scope.code")
    assert "Sign in with Microsoft again" in failed["remedy"]


def test_a_claims_challenge_asks_for_a_new_sign_in(api, fake):
    one = completed(api)
    claims = {"WWW-Authenticate": 'Bearer error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="'}
    fake.set_fault("connectionData", status=401, headers=claims)
    reply = api.call("test_connection", body={"base_url": BASE_URL, "auth": one.auth()}).json
    (failed,) = [check for check in reply["checks"] if check["status"] == "failed"]
    assert (reply["outcome"], failed["id"]) == ("authorization_denied", "credentials")
    assert failed["remedy"] == "Sign in with Microsoft again."


def test_unused_tokens_are_deleted_after_an_hour(api, clock, parts):
    consented, unused, used = SignIn(api), completed(api), completed(api)
    consented.come_back()
    integration = new_integration(used).json
    names = {one: secret_of(parts, one) for one in (consented, unused, used)}
    clock.added = timedelta(minutes=59)
    expire_unused(parts, parts.clock())
    assert [one.status for one in (consented, unused, used)] == ["consented", "completed", "completed"]
    clock.added = timedelta(minutes=61)
    assert [one.status for one in (consented, unused)] == ["expired", "expired"]
    assert new_integration(unused, "Late").json["code"] == "oauth_expired"
    parts.tick(past_due=False)
    for one in (consented, unused):
        with pytest.raises(CredentialError):
            parts.vault.read(names[one])
        assert one.status == "expired"
    assert parts.vault.read(names[used])
    assert api.call("test_integration", integration["id"]).json["outcome"] == "connected"
    clock.added = timedelta(days=3)
    parts.tick(past_due=False)
    assert api.call("get_authorization", unused.id).status == 404
    assert parts.vault.read(names[used])


def test_tokens_of_an_integration_that_never_came_to_be_are_deleted(api, clock, parts):
    one = completed(api)
    found = parts.authorizations.get(one.id)
    claim(parts, api.workspace, one.id, "00000000-0000-4000-8000-000000000001")
    clock.added = timedelta(hours=2)
    expire_unused(parts, parts.clock())
    with pytest.raises(CredentialError):
        parts.vault.read(found.secret_name)
