"""Rate limits: advice, slow answers, refusals; and who asked although told to wait."""

from __future__ import annotations

import pytest

from local.fake_ado.throttle import Limit, Throttle
from tests.local.fake_ado.minimal import ALPHA


def _limit(fake, **limit):
    owner = fake.organization("demo").tokens[fake.token()].identity_id
    fake.model.throttle.set(owner, Limit(**{"delay_seconds": 0.0, "cost": 1.0, **limit}))


def test_there_is_no_limit_until_one_is_set(client):
    replies = [client.get("_apis/projects") for _ in range(20)]
    assert {reply.status for reply in replies} == {200}
    assert all("retry-after" not in reply.headers and "x-ratelimit-remaining" not in reply.headers for reply in replies)


def test_first_advice_then_slow_answers_then_429(client, fake):
    _limit(fake, limit=5, retry_after_seconds=7)
    replies = [client.get("_apis/projects") for _ in range(11)]
    assert [reply.status for reply in replies] == [200] * 10 + [429]
    remaining = [reply.headers.get("x-ratelimit-remaining") for reply in replies]
    assert remaining == [None, None, None, None, "0", "0", "0", "0", "0", "0", "0"]
    assert ["retry-after" in reply.headers for reply in replies] == [False] * 5 + [True] * 6
    slow, blocked = replies[5], replies[10]
    assert (slow.headers["retry-after"], slow.headers["x-ratelimit-delay"]) == ("7", "0.000")
    assert slow.values()
    assert blocked.json()["message"].startswith("TF400733: The request has been canceled")
    assert "x-ratelimit-delay" not in blocked.headers


def test_the_limit_is_the_owners_not_the_tokens(client, fake):
    _limit(fake, limit=1, block_factor=1.0)
    assert client.get("_apis/projects", token="good").status == 200
    assert client.get("_apis/projects", token="no_code").status == 429
    assert client.get("_apis/projects", token="reader").status == 200


def test_used_units_are_forgotten_after_the_window():
    throttle = Throttle()
    throttle.set("*", Limit(limit=1, window_seconds=0.0, block_factor=1.0, cost=1.0))
    assert not any(throttle.charge("anybody", 0.0).is_blocked for _ in range(5))


def test_each_operation_has_its_cost():
    throttle = Throttle()
    throttle.set("*", Limit(limit=1.0, block_factor=1.0))
    assert not throttle.charge("one", 0.9).is_blocked
    assert not throttle.charge("one", 0.2).is_blocked
    assert throttle.charge("one", 0.1).is_blocked
    assert not throttle.charge("other", 0.1).is_blocked


def test_core_routes_tell_their_cost_and_build_routes_do_not(client):
    assert client.get("_apis/projects").headers["x-ratelimit-cost"] == "0.004"
    assert "x-ratelimit-cost" not in client.get(f"{ALPHA}/_apis/build/builds").headers


def test_a_request_inside_an_announced_wait_is_counted(client, fake):
    _limit(fake, limit=1, retry_after_seconds=60)
    client.get("_apis/projects")
    assert client.get("_apis/projects").headers["retry-after"] == "60"
    assert fake.requests()["inside_retry_after"] == 0
    client.get("_apis/projects", token="reader")
    assert fake.requests()["inside_retry_after"] == 0
    client.get("_apis/projects")
    assert fake.requests()["inside_retry_after"] == 1


@pytest.mark.parametrize("status", [429, 503])
def test_so_is_one_after_a_fault_with_retry_after(client, fake, status):
    fake.set_fault("projects", status=status, headers={"Retry-After": "60"})
    assert client.get("_apis/projects").status == status
    client.get("_apis/teams", version="7.1-preview.3")
    assert fake.requests()["inside_retry_after"] == 1
