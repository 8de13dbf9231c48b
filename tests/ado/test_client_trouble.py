"""The client when things go wrong: broken connections, trouble, silence, floods, and being asked to wait."""

from __future__ import annotations

import gzip
import threading
import tracemalloc
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from shared.ado.endpoints import core, graph, hooks
from shared.ado.transport import Timeouts
from shared.errors import ContractError, TransientError
from tests.ado.server import Answer, Asked

PROJECTS = {"count": 1, "value": [{"id": "p1"}]}
QUICK = Timeouts(connect=0.5, read=0.3, total=1.0)


@pytest.mark.parametrize(
    "form", [{}, {"chunked": True}, {"gzip": True}, {"gzip": True, "no_length": True}, {"no_length": True}]
)
def test_a_cut_body_is_asked_for_again(server, client, form):
    body = {"value": [{"id": str(n)} for n in range(500)]}
    server.answers(Answer(body, cut=200, **form), Answer(body, **form))
    assert client.one(core.PROJECTS) == body
    assert len(server.asked) == 2


def test_a_reset_is_tried_again_a_few_times(server, client):
    server.answers(Answer(reset=True), Answer(reset=True), Answer(PROJECTS))
    assert client.one(core.PROJECTS) == PROJECTS
    server.answers(Answer(reset=True))
    with pytest.raises(TransientError) as e:
        client.one(core.PROJECTS)
    assert (e.value.code, e.value.throttled) == ("connection.broken", False)
    assert client.requests == 6


@pytest.mark.parametrize("answer", [Answer(reset=True), Answer(status=500), Answer(PROJECTS, cut=3)])
def test_what_may_not_be_sent_twice_is_not(server, client, answer):
    server.answers(answer, Answer({"id": "s1"}))
    with pytest.raises(TransientError):
        client.one(hooks.CREATE_SUBSCRIPTION, body={"publisherId": "tfs"})
    assert len(server.asked) == 1


def test_a_post_that_only_reads_is_tried_again(server, client):
    server.answers(Answer(status=503), Answer({"value": {}}))
    client.one(graph.SUBJECT_LOOKUP, body={"lookupKeys": []})
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_trouble_is_tried_again_and_then_said(server, client, status):
    server.answers(Answer(b"<html>", status=status, content_type="text/html"))
    with pytest.raises(TransientError) as e:
        client.one(core.PROJECTS)
    assert (e.value.code, e.value.retry_after, e.value.throttled) == ("server.trouble", None, False)
    assert len(server.asked) == 3


def test_a_server_that_says_when_is_not_asked_before(server, new_client):
    told: list[float] = []
    client = new_client(on_pause=told.append)
    server.answers(Answer(status=503, headers={"Retry-After": "40"}))
    with pytest.raises(TransientError) as e:
        client.one(core.PROJECTS)
    assert (e.value.code, e.value.retry_after, told) == ("server.trouble", 40, [40])
    with pytest.raises(TransientError):
        client.one(core.PROJECTS)
    assert len(server.asked) == 1


def test_nobody_listening_is_trouble(new_client, server):
    server.server_close()
    with pytest.raises(TransientError) as e:
        new_client().one(core.PROJECTS)
    assert e.value.code == "connection.broken"


def test_silence_is_a_time_out_and_not_tried_again(server, new_client):
    over = threading.Event()

    def script(_asked: Asked) -> Answer:
        over.wait(5)
        return Answer()

    server.script = script
    with pytest.raises(TransientError) as e:
        new_client(timeouts=QUICK).one(core.PROJECTS)
    over.set()
    assert (e.value.code, len(server.asked)) == ("timeout", 1)


def test_a_body_that_trickles_for_ever_is_a_time_out(server, new_client):
    server.answers(Answer(b"[" * 200, delay=0.05))
    with pytest.raises(TransientError) as e:
        new_client(timeouts=QUICK).one(core.PROJECTS)
    assert e.value.code == "timeout"


@pytest.mark.parametrize("form", [{}, {"chunked": True}, {"gzip": True}, {"no_length": True}])
def test_a_body_has_a_bound(server, new_client, form):
    server.answers(Answer(b'"' + b"x" * 300_000 + b'"', **form))
    with pytest.raises(ContractError) as e:
        new_client(max_reply_bytes=200_000).one(core.PROJECTS)
    assert (e.value.code, len(server.asked)) == ("reply.too_large", 1)


def test_a_bomb_is_not_unpacked(server, new_client):
    bomb = gzip.compress(b" " * (64 << 20))
    server.answers(Answer(bomb, headers={"Content-Encoding": "gzip"}))
    client = new_client(max_reply_bytes=1 << 20)
    tracemalloc.start()
    with pytest.raises(ContractError):
        client.one(core.PROJECTS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


def test_a_body_that_is_no_gzip_is_refused(server, client):
    server.answers(Answer(b'{"value": []}', headers={"Content-Encoding": "gzip"}))
    with pytest.raises(ContractError) as e:
        client.one(core.PROJECTS)
    assert e.value.code == "reply.encoding"


def test_a_reply_after_a_bad_one_is_its_own(server, new_client):
    """What was left of an oversized reply must not be read as the next one."""
    client = new_client(max_reply_bytes=100_000)
    server.answers(Answer(b"x" * 300_000), Answer(PROJECTS))
    with pytest.raises(ContractError):
        client.one(core.PROJECTS)
    assert client.one(core.PROJECTS) == PROJECTS


@pytest.mark.parametrize("status", [200, 429])
def test_a_short_pause_is_waited_for(server, new_client, status):
    told: list[float] = []
    client = new_client(on_pause=told.append)
    server.answers(Answer(PROJECTS, status=status, headers={"Retry-After": "0.2"}), Answer(PROJECTS))
    if status == 429:
        with pytest.raises(TransientError):
            client.one(core.PROJECTS)
    else:
        client.one(core.PROJECTS)
    assert client.one(core.PROJECTS) == PROJECTS
    assert told == [0.2]


def test_a_slow_200_has_its_data_and_pauses_what_follows(server, new_client):
    told: list[float] = []
    client = new_client(on_pause=told.append)
    server.answers(Answer(PROJECTS, headers={"Retry-After": "30", "X-RateLimit-Remaining": "0"}))
    assert client.one(core.PROJECTS) == PROJECTS
    with pytest.raises(TransientError) as e:
        client.one(core.PROJECTS)
    assert (e.value.code, e.value.throttled, told) == ("throttled", True, [30])
    assert 25 < (e.value.retry_after or 0) <= 30
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("30", 30), ("0.5", 0.5), ("999999", 3600), (None, 60), ("soon", 60), ("nan", 60), ("-5", 60), ("inf", 3600)],
)
def test_a_429_says_how_long(server, new_client, header, seconds):
    told: list[float] = []
    server.answers(Answer(status=429, headers={"Retry-After": header} if header else {}))
    with pytest.raises(TransientError) as e:
        new_client(on_pause=told.append).one(core.PROJECTS)
    assert (e.value.retry_after, e.value.throttled, told) == (seconds, True, [seconds])
    assert len(server.asked) == 1


def test_a_date_is_understood(server, client):
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=120), usegmt=True)
    server.answers(Answer(status=429, headers={"Retry-After": later}))
    with pytest.raises(TransientError) as e:
        client.one(core.PROJECTS)
    assert 60 < (e.value.retry_after or 0) <= 120
