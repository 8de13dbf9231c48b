"""A credential that stops working in the middle of a sync: made sure of once, then never sent again."""

from __future__ import annotations

import pytest

from local.fake_ado.named_tokens import named_tokens
from shared.messages import Ingest
from tests.functions.draining import drain


@pytest.fixture
def token(fake):
    """The token that the integration uses; works again afterwards."""
    found = named_tokens(fake.organization("contoso"))["good"]
    yield found
    found.revoked = False


def revoke(fake, token):
    """What to do after each message: when the projects have been read, revoke the token and count from then on."""

    def after(message):
        if isinstance(message, Ingest) and message.stream == "projects":
            token.revoked = True
            fake.clear_requests()

    return after


@pytest.fixture
def stopped(fake, parts, connect, token):
    """An integration whose token was revoked after its projects had been read, with all its messages done."""
    created = connect()
    drain(parts, revoke(fake, token))
    return created


def test_the_refusal_and_the_question_that_confirms_it_are_all_that_is_sent(fake, stopped):
    asked = fake.requests()["by_route"]
    assert sum(n for route, n in asked.items() if "connectionData" in route) == 1
    assert fake.requests()["total"] == 2


def test_nothing_makes_it_try_again_by_itself(fake, parts, api, stopped):
    fake.clear_requests()
    for _ in range(3):
        parts.tick(past_due=False)
        assert not [message for message in drain(parts) if stopped["id"] in message.to_json().decode()]
        assert api.call("sync_integration", stopped["id"]).status == 409
    assert fake.requests()["total"] == 0


def test_the_integration_says_so_with_the_remedy(api, stopped):
    shown = api.get("get_integration", stopped["id"])
    assert shown["data_status"] == "failed_integration"
    detail = shown["data_status_detail"][0]
    assert (detail["code"], detail["severity"], detail["scope"]) == ("credentials.rejected", "error", "integration")
    assert detail["remedy"].startswith("Verify the token")
    (run,) = api.rows("list_runs", stopped["id"])
    assert run["status"] == "failed"


def test_throttling_on_the_way_stops_nothing(fake, parts, api, connect):
    created = connect(token="reader")
    token = named_tokens(fake.organization("contoso"))["reader"]
    fake.set_fault("connectionData", status=429, headers={"Retry-After": "60"}, times=None)
    try:
        drain(parts, revoke(fake, token))
        shown = api.get("get_integration", created["id"])
        assert (shown["data_status"], [one["code"] for one in shown["data_status_detail"]]) == (
            "processing", ["rate_limited"],
        )  # fmt: skip
    finally:
        token.revoked = False
        fake.clear_faults()


def test_a_new_credential_takes_it_up_where_it_stopped(parts, api, auth, stopped, token):
    reply = api.call("change_integration", stopped["id"], body={"auth": auth("full")})
    assert (reply.status, reply.json["data_status"]) == (200, "processing")
    drain(parts)
    newest = api.rows("list_runs", stopped["id"])[0]
    assert newest["status"] in ("succeeded", "running")
    details = api.get("get_integration", stopped["id"])["data_status_detail"]
    assert not [detail for detail in details if detail["severity"] == "error"]
