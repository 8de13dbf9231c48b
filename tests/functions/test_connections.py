"""The connection endpoints: shapes, the limit, sign-ins that are not set up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

BASE_URL = "https://dev.azure.com/contoso"


def body(auth, **other):
    return {"base_url": BASE_URL, "auth": auth, **other}


def test_a_base_url_is_answered_with_everything_that_follows_from_it(api):
    assert api.call("test_url", body={"base_url": BASE_URL}).json == {
        "outcome": "ok", "message": "The organization contoso exists.", "organization": "contoso",
        "base_url": BASE_URL, "suggested_base_url": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["contoso", f"{BASE_URL}/", "HTTP://DEV.AZURE.COM/contoso", "contoso.visualstudio.com"]
)
def test_a_suggested_base_url_is_accepted(api, text):
    refused = api.call("test_url", body={"base_url": text}).json
    assert (refused["outcome"], refused["organization"], refused["base_url"]) == ("error", None, None)
    assert api.call("test_url", body={"base_url": refused["suggested_base_url"]}).json["outcome"] == "ok"


def test_a_connection_that_works_is_told_with_its_account(api, auth):
    answer = api.call("test_connection", body=body(auth())).json
    assert (answer["outcome"], answer["organization"], answer["base_url"]) == ("connected", "contoso", BASE_URL)
    assert answer["account"] == {"display_name": "Flow Service", "email": "Svc.Flow@contoso.example"}
    assert answer["services"]["webhooks"] == {"available": True, "reason": None}


def test_blanks_around_a_token_and_an_address_are_no_part_of_them(api, auth):
    given = auth()
    padded = {**given, "token": f" {given['token']}\n", "email": f"{given['email']} "}
    assert api.call("test_connection", body=body(padded)).json["outcome"] == "connected"


def test_a_refused_connection_is_an_answer_and_no_problem(api, auth):
    reply = api.call("test_connection", body=body(auth("revoked")))
    assert (reply.status, reply.json["outcome"]) == (200, "authorization_denied")


@pytest.mark.parametrize("day", ["2026-13-01", "tomorrow", "0001-01-01", "9999-12-31", 20261201])
def test_an_expiry_is_a_date_of_these_years(api, auth, day):
    reply = api.call("test_connection", body=body(auth(expires_on=day)))
    assert (reply.status, reply.json["field"]) == (400, "auth.expires_on")


def test_a_sign_in_is_refused_where_it_is_not_set_up(api):
    reply = api.call("test_connection", body=body({"type": "oauth", "authorization_id": "x"}))
    assert (reply.status, reply.json["code"]) == (409, "oauth_not_configured")


def refused(api):
    """A well-formed test that costs nothing to answer."""
    auth = {"type": "access_token", "email": "a@example.com", "token": "x"}
    return api.call("test_connection", body={"base_url": "contoso", "auth": auth})


def test_the_31st_test_of_a_minute_has_to_wait(api, clock):
    assert {refused(api).status for _ in range(30)} == {200}
    reply = refused(api)
    assert (reply.status, reply.json["code"]) == (429, "too_many_tests")
    seconds = int(reply.headers["retry-after"])
    assert 1 <= seconds <= 60
    clock.added += timedelta(seconds=seconds)
    assert refused(api).status == 200


def test_the_limit_holds_for_tests_that_come_at_once(api):
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: refused(api).status, range(40)))
    assert (statuses.count(200), statuses.count(429)) == (30, 10)


def test_every_way_to_test_is_counted_and_each_workspace_for_itself(api, connect, auth):
    created = connect()
    for _ in range(27):
        refused(api)
    assert api.call("test_integration", created["id"]).status == 200
    assert api.call("change_integration", created["id"], body={"auth": auth()}).status == 200
    assert api.call("test_integration", created["id"]).status == 429
    assert api.call("change_integration", created["id"], body={"auth": auth()}).status == 429
    assert api.call("create_integration", body=body(auth(), name="Another")).status == 429
    assert api.call("change_integration", created["id"], body={"name": "No test"}).status == 200
    assert api.call("test_connection", body=body(auth()), workspace="elsewhere").status == 200
