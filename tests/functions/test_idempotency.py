"""``Idempotency-Key``: sent twice, done once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared.errors import TransientError
from shared.http import Answer
from shared.idempotency import IN_FLIGHT, KEPT, Once

BASE_URL = "https://dev.azure.com/contoso"


def body(auth, name="Demo", **other):
    return {"name": name, "base_url": BASE_URL, "auth": auth, **other}


def test_a_repeated_key_gives_the_same_answer_and_does_it_once(api, auth):
    first = api.call("create_integration", body=body(auth()), headers=keyed(api, "k-1"))
    again = api.call("create_integration", body=body(auth()), headers=keyed(api, "k-1"))
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["etag"] == first.headers["etag"]
    assert len(api.rows("list_integrations")) == 1


def keyed(api, key):
    return {"x-flow-workspace": api.workspace, "Idempotency-Key": key}


def test_a_key_stands_for_one_body(api, auth):
    api.call("create_integration", body=body(auth()), headers=keyed(api, "k-1"))
    reply = api.call("create_integration", body=body(auth(), name="Other"), headers=keyed(api, "k-1"))
    assert (reply.status, reply.json["code"]) == (422, "idempotency_key_reused")


def test_a_key_belongs_to_a_workspace(api, auth):
    first = api.call("create_integration", body=body(auth()), headers=keyed(api, "k-1"))
    headers = {**keyed(api, "k-1"), "x-flow-workspace": f"{api.workspace}-b"}
    assert api.call("create_integration", body=body(auth()), headers=headers).json["id"] != first.json["id"]


def test_a_refused_request_lets_go_of_its_key(api, auth):
    assert api.call("create_integration", body=body(auth("revoked")), headers=keyed(api, "k-1")).status == 422
    assert api.call("create_integration", body=body(auth()), headers=keyed(api, "k-1")).status == 201


def test_a_key_is_forgotten_after_a_day(api, auth, clock):
    first = api.call("create_integration", body=body(auth()), headers=keyed(api, "k-1")).json
    api.call("delete_integration", first["id"])
    clock.added += KEPT
    assert api.call("create_integration", body=body(auth()), headers=keyed(api, "k-1")).json["id"] != first["id"]


@pytest.mark.parametrize("key", ["", " ", "ü", "x" * 256, "a b"])
def test_a_key_is_a_short_word(api, auth, key):
    reply = api.call("create_integration", body=body(auth()), headers=keyed(api, key))
    assert (reply.status, reply.json["field"]) == (400, "Idempotency-Key")


def test_of_requests_with_one_key_at_once_one_is_done(api, auth):
    with ThreadPoolExecutor(6) as pool:
        replies = list(
            pool.map(lambda _: api.call("create_integration", body=body(auth()), headers=keyed(api, "k-1")), range(6))
        )
    assert {reply.status for reply in replies} <= {201, 409}
    assert {reply.json["code"] for reply in replies if reply.status == 409} <= {"idempotency_in_flight"}
    assert len({reply.json["id"] for reply in replies if reply.status == 201}) == 1
    assert len(api.rows("list_integrations")) == 1


def once(parts, api, now):
    return Once(parts.tables, api.workspace, now)


def test_a_request_in_flight_is_not_begun_again_until_nobody_can_be_at_it(parts, api, clock):
    class Killed(BaseException):
        """The worker is gone, and says nothing any more."""

    def killed(_id):
        raise Killed

    now = clock()
    with pytest.raises(Killed):
        once(parts, api, now).do("k", {}, "first", killed)
    with pytest.raises(Exception, match="still being worked on"):
        once(parts, api, now + IN_FLIGHT - timedelta(seconds=1)).do("k", {}, "second", killed)
    ids = []

    def done(id_):
        ids.append(id_)
        return Answer(201, {})

    once(parts, api, now + IN_FLIGHT).do("k", {}, "third", done)
    assert ids == ["first"]


def test_what_broke_off_is_gone_on_with_at_once_under_the_same_id(api, auth, parts, monkeypatch):
    def broken(*_arguments, **_options):
        raise TransientError("the queue does not answer", code="storage.unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(type(parts), "start_sync", broken)
        reply = api.call("create_integration", body=body(auth()), headers=keyed(api, "k-1"))
    assert (reply.status, reply.json["code"]) == (503, "storage.unavailable")
    assert int(reply.headers["retry-after"]) > 0
    (stored,) = api.rows("list_integrations")
    again = api.call("create_integration", body=body(auth()), headers=keyed(api, "k-1"))
    assert (again.status, again.json["id"]) == (201, stored["id"])
    assert len(api.rows("list_runs", stored["id"])) == 1
