"""HTTP triggers, over real connections to a real worker."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests

from local.host.host import Host
from tests.local.host.conftest import APPS, basic_settings, eventually


def call(host, method, path, **options):
    return requests.request(method, f"{host.url}/api/{path}", timeout=30, **options)


@pytest.fixture(scope="module")
def web(azurite, loop_thread, tmp_path_factory) -> Iterator[Host]:
    """One host for the tests that leave it as it was."""
    settings = basic_settings(azurite, "web", tmp_path_factory.mktemp("web") / "notes")
    host = Host(APPS / "basic", settings, 0, function_key="fk", master_key="mk")
    loop_thread.run(host.start())
    yield host
    loop_thread.run(host.stop(0))


def test_a_request_arrives_as_the_real_host_passes_it(web):
    host = web
    reply = call(host, "POST", "items/7?a=1&a=2&b=&B=3&c=x+y%26", data=b"\x00\xff", headers={"X-Two": "1"})
    seen = reply.json()
    headers = seen.pop("headers")
    assert (reply.status_code, reply.headers["X-Answer"], reply.headers["Content-Type"]) == (
        201,
        "yes",
        "application/json",
    )
    assert seen == {
        "function": "item",
        "method": "POST",
        "url": f"{host.url}/api/items/7?a=1&a=2&b=&B=3&c=x+y%26",
        # repeated values joined, empty ones dropped
        "params": {"a": "1,2", "B": "3", "c": "x y&"},
        "route": {"id": "7"},
        "body": "\x00\xff",
    }
    assert headers["x-two"] == "1"
    assert all(name == name.lower() for name in headers)


def test_routes_keys_and_answers(web):
    host = web
    key = {"x-functions-key": "fk"}
    master = {"x-functions-key": "mk"}
    expected = [
        ("GET", "items/abc", {}, 201),
        ("GET", "ITEMS/Special", {}, 201),
        ("PUT", "items/7", {}, 201),  # `items/{name}` takes every method
        ("PUT", "items/special/x", {}, 404),
        ("GET", "nothing", {}, 404),
        ("GET", "off", {}, 404),
        ("GET", "text", {"x-functions-key": "wrong"}, 200),
        ("GET", "secret", {}, 401),
        ("GET", "secret", {"x-functions-key": "wrong"}, 401),
        ("GET", "secret", key, 201),
        ("GET", "secret?code=fk", {}, 201),
        ("GET", "secret?code=fk", {"x-functions-key": "wrong"}, 401),
        ("GET", "secret", master, 201),
        ("GET", "master", key, 401),
        ("GET", "master", master, 201),
        ("GET", "boom", {}, 500),
    ]
    seen = [(*row[:3], call(host, *row[:2], headers=row[2])) for row in expected]
    assert [(*row[:3], row[3].status_code) for row in seen] == expected
    assert {reply.content for *_, reply in seen if reply.status_code >= 400} == {b""}
    assert call(host, "GET", "items/special").json()["function"] == "special"
    assert call(host, "GET", "text").text == "plain"
    assert call(host, "GET", "text").headers["Content-Type"] == "text/plain; charset=utf-8"


def test_every_cookie_is_set(web):
    reply = call(web, "GET", "cookies")
    assert reply.raw.headers.getlist("set-cookie") == ["a=1; Path=/", "b=2; HttpOnly; Path=/"]


def test_a_path_parameter_keeps_what_kestrel_keeps(web):
    host = web
    connection = http.client.HTTPConnection(urlsplit(host.url).netloc)
    connection.request("GET", "/api/files/a/b%2Fc/d%20e%C3%A9")
    assert json.loads(connection.getresponse().read())["route"] == {"path": "a/b%2Fc/d eé"}
    connection.close()


def test_a_compressed_body_is_handed_on_as_it_came(web):
    body = gzip.compress(b"hello")
    reply = call(web, "POST", "items/7", data=body, headers={"Content-Encoding": "gzip"})
    assert reply.json()["body"].encode("latin-1") == body


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused(start, chunked):
    host = start(more={"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "1000"})
    assert call(host, "POST", "items/7", data=b"x" * 1000).status_code == 201
    body = iter([b"x" * 600, b"x" * 600]) if chunked else b"x" * 1001
    reply = call(host, "POST", "items/7", data=body)
    assert (reply.status_code, reply.content) == (413, b"")


def test_a_body_of_megabytes_passes_through(web):
    body = bytes(range(256)) * 20_000
    assert call(web, "POST", "items/7", data=body).json()["body"].encode("latin-1") == body


def test_calls_run_side_by_side_on_threads_and_on_the_loop(web):
    host = web
    # Each waits for three others like it: one after another, all of them would run into functionTimeout.
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda path: call(host, "GET", path), ["meet", "meet_async"] * 4))
    assert [reply.status_code for reply in replies] == [200] * 8


def test_the_front_end_gives_up_and_the_function_goes_on(start):
    host = start(front_end_seconds=0.2)
    reply = call(host, "GET", "slow?seconds=0.8")
    assert (reply.status_code, reply.content) == (504, b"")
    assert call(host, "GET", "text").status_code == 200
    assert host.worker.restarts == 0


def test_admin_endpoints_ask_for_the_master_key(start, notes):
    host = start(master_key="mk")
    master = {"x-functions-key": "mk"}

    def admin(method, path, headers=master, **options):
        return requests.request(method, f"{host.url}/admin/{path}", headers=headers, timeout=30, **options)

    assert admin("GET", "host/status", {"x-functions-key": "local"}).status_code == 401
    assert admin("GET", "host/status").json()["state"] == "Running"
    assert admin("POST", "host/ping").status_code == 200
    assert admin("GET", "functions/TICK").json()["trigger"] == "TimerTrigger"
    assert {function["name"] for function in admin("GET", "functions").json()} >= {"item", "work", "tick"}
    assert admin("GET", "functions/nothing").status_code == 404
    assert admin("DELETE", "functions/tick").status_code == 404
    assert admin("POST", "functions/text", json={}).status_code == 400
    assert admin("POST", "functions/tick", data="{").status_code == 400
    assert admin("POST", "functions/tick", json={}).status_code == 202
    assert admin("POST", "functions/work", json={"input": "by hand"}).status_code == 202
    assert eventually(lambda: notes.all(function="work", done="by hand"))
    [tick] = eventually(lambda: notes.all(function="tick", did="begin"))
    assert (tick["past_due"], tick["schedule_status"]) == (False, {})


def test_the_app_sees_its_settings_and_little_else(start, monkeypatch, tmp_path):
    monkeypatch.setenv("ADO_TOKEN", "from the shell")
    seen = call(start(more={"MY_SETTING": "mine"}), "GET", "environment").json()
    assert seen["variables"]["MY_SETTING"] == "mine"
    assert seen["variables"]["TZ"] == "UTC"
    assert "ADO_TOKEN" not in seen["variables"]
    assert seen["folder"].endswith("apps/basic")


def test_what_the_app_logs_and_prints_goes_to_the_output(start, tmp_path):
    with (tmp_path / "log").open("wb") as output:
        host = start(output=output.fileno())
        assert call(host, "GET", "log").status_code == 200
    lines = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert [line.partition(" ")[2] for line in lines if "line.one" in line] == [
        "INFO log_something app: line.one\\nline.two"
    ]
    assert "printed" in lines


def test_a_failure_is_logged_once_with_its_place(web, caplog):
    call(web, "GET", "boom")
    [line] = [record.getMessage() for record in caplog.records if "boom" in record.getMessage()]
    assert line.startswith(
        "boom failed: LookupError('on purpose\\nin two lines') (function_app.py:".replace("\n", "\\n")
    )


def test_calls_beyond_the_limits_wait_and_then_are_refused(start):
    http_settings = {
        "AzureFunctionsJobHost__extensions__http__maxConcurrentRequests": "3",
        "AzureFunctionsJobHost__extensions__http__maxOutstandingRequests": "3",
    }
    host = start(more=http_settings)
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(call, host, "GET", "meet") for _ in range(3)]
        eventually(lambda: host.worker.running == 3)
        reply = call(host, "GET", "text")
        # The three wait in vain for a fourth, until functionTimeout.
        assert [done.result().status_code for done in waiting] == [500] * 3
    assert (reply.status_code, reply.content) == (429, b"")
    assert call(host, "GET", "text").status_code == 200


def test_calls_beyond_the_concurrent_ones_wait_their_turn(start):
    host = start(more={"AzureFunctionsJobHost__extensions__http__maxConcurrentRequests": "2"})
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: call(host, "GET", "slow?seconds=0.1"), range(6)))
    assert [reply.status_code for reply in replies] == [201] * 6


def test_what_is_no_text_in_a_header_is_refused(web):
    connection = http.client.HTTPConnection(urlsplit(web.url).netloc)
    connection.putrequest("GET", "/api/text")
    connection.putheader("X-Odd", b"\xff\xfe")
    connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()


def test_a_caller_that_goes_away_disturbs_nobody(web, caplog):
    host = web
    netloc = urlsplit(host.url)
    for sent in (b"", b"half a body"):
        with socket.create_connection((netloc.hostname or "", netloc.port or 0)) as connection:
            connection.sendall(b"POST /api/items/7 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n" + sent)
    with socket.create_connection((netloc.hostname or "", netloc.port or 0)) as connection:
        connection.sendall(b"POST /api/items/7 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.0 400 ")
    with socket.create_connection((netloc.hostname or "", netloc.port or 0)) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.0 400 ")
    with pytest.raises(requests.Timeout):
        requests.get(f"{host.url}/api/slow?seconds=0.5", timeout=0.1)
    assert call(host, "GET", "text").status_code == 200
    assert [record.getMessage() for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []


def test_a_caller_that_asks_before_it_sends_its_body_is_told_to_go_on(web):
    netloc = urlsplit(web.url)
    with socket.create_connection((netloc.hostname or "", netloc.port or 0)) as connection:
        head = b"POST /api/items/7 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"hi")
        assert connection.recv(100).startswith(b"HTTP/1.1 201 ")
