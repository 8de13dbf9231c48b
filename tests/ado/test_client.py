"""The client against a real HTTP server: what it sends, reads and counts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

import orjson
import pytest

from shared.ado.auth import BearerAuth
from shared.ado.endpoints import core, git, graph, location, wit
from shared.errors import ConnectorError, ContractError
from tests.ado.conftest import TOKEN
from tests.ado.server import Answer

PROJECTS = {"count": 1, "value": [{"id": "p1"}]}


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


@pytest.mark.parametrize("name", ["Größe 1", "a?b#c", "%2e%2e", "a;b&c=d", "...", "x@y:z", "+ +"])
def test_a_segment_arrives_as_it_was_meant(server, client, name):
    server.answers(Answer({"id": "p"}))
    client.one(core.PROJECT, path={"projectId": name})
    assert unquote(server.asked[0].path) == f"/dev.azure.com/contoso/_apis/projects/{name}"


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
