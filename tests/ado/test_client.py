"""The client against a real HTTP server: what it sends, reads, waits for and counts."""

from __future__ import annotations

import gzip
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import orjson
import pytest

from shared.ado.auth import BearerAuth
from shared.ado.endpoints import core, git, graph, hooks, location, wit
from shared.ado.transport import Timeouts
from shared.errors import ConnectorError, ContractError, TransientError
from tests.ado.conftest import TOKEN
from tests.ado.server import Answer, Asked

PROJECTS = {"count": 1, "value": [{"id": "p1"}]}
QUICK = Timeouts(connect=0.5, read=0.3, total=1.0)


def test_a_request_carries_what_ado_wants(server, client):
    server.answers(Answer(PROJECTS))
    (page,) = client.pages(core.PROJECTS, query={"stateFilter": "all"})
    assert page.items == [{"id": "p1"}]
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("GET", "/dev.azure.com/contoso/_apis/projects")
    assert asked.query == {"$top": "1000", "stateFilter": "all", "api-version": "7.1"}
    headers = dict(asked.headers)
    assert headers.pop("authorization").startswith("Basic ")
    assert headers.pop("user-agent").startswith("Flow-AzureDevOps/")
    assert headers.pop("host") == server.url.removeprefix("http://")
    assert headers == {
        "accept": "application/json",
        "accept-encoding": "gzip",
        "accept-language": "en-US",
        "x-tfs-fedauthredirect": "Suppress",
    }


def test_a_bearer_token_goes_out_as_one(server, new_client):
    server.answers(Answer(PROJECTS))
    new_client(auth=BearerAuth(lambda: TOKEN)).one(core.PROJECTS)
    assert server.asked[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_an_anonymous_question_carries_no_credential(server, client):
    server.answers(Answer({"locationUrl": "https://dev.azure.com/contoso"}))
    client.one(location.ORGANIZATION_LOCATION, path={"areaId": location.CORE_AREA}, query={"accountName": "contoso"})
    (asked,) = server.asked
    assert "authorization" not in asked.headers
    assert asked.path == f"/dev.azure.com/_apis/resourceAreas/{location.CORE_AREA}"


def test_each_host_is_asked_at_its_own_place(server, client):
    server.answers(Answer({"value": []}))
    client.one(graph.USERS)
    assert server.asked[0].path == "/vssps.dev.azure.com/contoso/_apis/graph/users"


def test_a_body_is_posted_as_json(server, client):
    server.answers(Answer({"artifactUrisQueryResult": {}}))
    client.one(wit.ARTIFACT_URI_QUERY, body={"artifactUris": ["vstfs:///Git/x"]})
    (asked,) = server.asked
    assert asked.headers["content-type"] == "application/json"
    assert orjson.loads(asked.body) == {"artifactUris": ["vstfs:///Git/x"]}


@pytest.mark.parametrize(
    "form", [{}, {"gzip": True}, {"chunked": True}, {"gzip": True, "chunked": True}, {"no_length": True}]
)
def test_a_body_is_read_in_every_form_of_transfer(server, client, form):
    value = [{"id": str(n)} for n in range(5000)]
    server.answers(Answer({"value": value}, **form))
    assert client.one(core.PROJECTS)["value"] == value


def test_pages_are_asked_for_when_they_are_wanted(server, client):
    server.answers(
        Answer({"value": [{"id": "1"}]}, headers={"X-MS-ContinuationToken": "a b/1"}), Answer({"value": [{"id": "2"}]})
    )
    pages = client.pages(core.PROJECTS)
    assert next(pages).token == "a b/1"
    assert len(server.asked) == 1
    assert [page.items for page in pages] == [[{"id": "2"}]]
    assert server.asked[1].query["continuationToken"] == "a b/1"


def test_cookies_are_not_sent_back(server, client):
    server.answers(Answer(PROJECTS, headers={"Set-Cookie": "VstsSession=x; Path=/"}))
    client.one(core.PROJECTS)
    client.one(core.PROJECTS)
    assert all("cookie" not in asked.headers for asked in server.asked)


def test_a_redirect_is_not_followed(server, client):
    server.answers(Answer(b"", status=302, headers={"Location": f"{server.url}/elsewhere"}, content_type=None))
    with pytest.raises(ConnectorError):
        client.one(core.PROJECTS, confirm=False)
    assert [asked.path for asked in server.asked] == ["/dev.azure.com/contoso/_apis/projects"]


def test_a_netrc_file_does_not_replace_the_credential(server, client, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login x password y\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server.answers(Answer(PROJECTS))
    client.one(core.PROJECTS)
    assert server.asked[0].headers["authorization"].startswith("Basic OlF6")


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


def test_requests_are_counted_by_route(server, client):
    server.answers(Answer({"value": []}))
    for number in "123":
        path = {"project": "p", "repositoryId": "r", "pullRequestId": number}
        assert list(client.pages(git.PULL_REQUEST_THREADS, path=path))
    client.one(core.PROJECTS)
    assert client.routes == {git.PULL_REQUEST_THREADS.route: 3, core.PROJECTS.route: 1}
    assert client.requests == 4
    assert client.bytes_received == 4 * len(b'{"value":[]}')


def test_bytes_are_counted_as_they_came(server, client):
    body = {"value": [{"id": "x" * 1000}] * 20}
    server.answers(Answer(body, gzip=True))
    client.one(core.PROJECTS)
    assert client.bytes_received < 1000


def test_threads_share_a_client(server, client):
    server.script = lambda asked: Answer({"id": asked.path.rpartition("/")[2]})
    names = [str(n) for n in range(200)]
    with ThreadPoolExecutor(16) as pool:
        read = list(pool.map(lambda name: client.one(core.PROJECT, path={"projectId": name})["id"], names))
    assert read == names
    assert client.requests == len(names)


def test_no_error_or_text_form_shows_the_token(server, client):
    echo = Answer({"message": f"bad header Basic {TOKEN} {TOKEN}", "typeKey": "X"}, status=400)
    server.answers(echo)
    with pytest.raises(ContractError) as e:
        client.one(core.PROJECTS)
    assert TOKEN[:6] not in f"{e.value!r} {e.value} {e.value.facts} {client!r} {vars(client)}"
