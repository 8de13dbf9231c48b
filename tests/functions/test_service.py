"""Health and the description, open to everybody."""

from __future__ import annotations

import pytest

from shared.openapi import openapi


def test_health_is_ok_where_everything_answers(api):
    reply = api.call("get_health", headers={})
    assert reply.status == 200
    assert reply.json == {"status": "ok", "checks": {"tables": "ok", "queues": "ok", "vault": "ok"}}


@pytest.mark.parametrize("part", ["tables", "queues", "vault"])
def test_health_is_503_when_a_part_does_not_answer(api, parts, monkeypatch, part):
    checks = {"tables": "ok", "queues": "ok", "vault": "ok", part: "failed"}
    monkeypatch.setattr(type(parts), "health", lambda _self: checks)
    reply = api.call("get_health")
    assert (reply.status, reply.json) == (503, {"status": "failed", "checks": checks})


def test_the_description_needs_no_key_and_is_the_one_that_is_tested(api):
    assert api.call("get_openapi", headers={}).json == openapi()
