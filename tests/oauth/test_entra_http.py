"""The HTTP client that msal gets, against real replies on loopback."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shared.ado.hosts import ENTRA, Hosts
from shared.errors import ContractError, TransientError
from shared.oauth.entra_http import LOGIN, MAX_REPLY_BYTES, EntraHttp, mapped


class Server:
    """Answers everything with ``status``, ``headers`` and ``body``, and remembers what was asked."""

    def __init__(self):
        self.status, self.body = 200, b'{"a": 1}'
        self.headers: dict[str, str] = {}
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                length = int(self.headers.get("Content-Length") or 0)
                server.asked.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))
                self.send_response(server.status)
                for name, value in {**server.headers, "Content-Length": str(len(server.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(server.body)

            do_POST = do_GET  # noqa: N815 - the library's name

            def log_message(self, *_arguments):
                """Quiet."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http.server_address[1]}/{ENTRA}"


@pytest.fixture
def server():
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


@pytest.fixture
def http(server):
    client = EntraHttp(Hosts({ENTRA: server.url}))
    yield client
    client.close()


def test_a_reply_is_what_msal_wants(http, server):
    server.headers = {"X-Thing": "yes"}
    reply = http.post(f"{LOGIN}/t/oauth2/v2.0/token", params={"x": "a b"}, data={"code": "ü&="}, headers={"H": "1"})
    assert (reply.status_code, reply.text, reply.headers["x-thing"]) == (200, '{"a": 1}', "yes")
    ((method, path, headers, body),) = server.asked
    assert (method, path) == ("POST", f"/{ENTRA}/t/oauth2/v2.0/token?x=a+b")
    assert body == b"code=%C3%BC%26%3D"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert headers["H"] == "1"
    reply.raise_for_status()


def test_a_refusal_is_passed_on(http, server):
    server.status, server.body = 400, b'{"error": "invalid_grant"}'
    reply = http.get(f"{LOGIN}/t")
    assert (reply.status_code, reply.text) == (400, '{"error": "invalid_grant"}')
    with pytest.raises(ContractError):
        reply.raise_for_status()


@pytest.mark.parametrize(
    "url",
    [
        "http://login.microsoftonline.com/t",
        "https://login.microsoftonline.com.evil.example/t",
        "https://login.microsoftonline.com:444/t",
        "https://user@login.microsoftonline.com/t",
        "https://LOGIN.microsoftonline.com/t",
        "https://login.microsoftonline.com@evil.example/t",
        "https://evil.example/login.microsoftonline.com",
        "https://169.254.169.254/metadata",
        "file:///etc/passwd",
        "//login.microsoftonline.com/t",
        "https://login.microsoftonline.com/t#x",
        "",
    ],
)
def test_no_other_address_is_ever_asked(http, server, url):
    for ask in (http.get, http.post):
        with pytest.raises(ContractError) as error:
            ask(url)
        assert error.value.code == "host.unknown"
    assert server.asked == []


def test_an_address_is_mapped_with_its_query():
    assert mapped(f"{LOGIN}/a/b?c=d", "http://x") == "http://x/a/b?c=d"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(http, server, status):
    server.status, server.headers = status, {"Location": f"{server.url}/elsewhere"}
    assert http.get(f"{LOGIN}/t").status_code == status
    assert len(server.asked) == 1


@pytest.mark.parametrize(("status", "body"), [
    (200, b""), (200, b"<html>"), (200, b'{"access_token": "canary'), (200, b"[1]"), (400, b"nope"),
    (429, b"{}"), (500, b"{}"), (503, b"{}"), (200, b"\xff"), (200, b" " * (MAX_REPLY_BYTES + 1)),
])  # fmt: skip
def test_what_is_no_answer_is_trouble_that_passes(http, server, caplog, status, body):
    server.status, server.body, server.headers = status, body, {"Retry-After": "7"}
    with pytest.raises(TransientError) as error:
        http.post(f"{LOGIN}/t", data={"refresh_token": "canary"})
    assert error.value.code == "oauth.entra_unavailable"
    assert not error.value.throttled
    assert "canary" not in caplog.text + str(error.value)


def test_nobody_there_is_trouble_that_passes():
    with pytest.raises(TransientError):
        EntraHttp(Hosts({ENTRA: "http://127.0.0.1:1"})).get(f"{LOGIN}/t")


def test_no_cookie_is_kept(http, server):
    server.headers = {"Set-Cookie": "a=b; Path=/"}
    http.get(f"{LOGIN}/t")
    http.get(f"{LOGIN}/t")
    assert "Cookie" not in server.asked[1][2]


def test_an_answer_names_another_address_for_the_tokens(server):
    """A metadata document that leads elsewhere: no browser and no credential goes there."""
    from datetime import UTC, datetime

    from shared.oauth.entra import Entra

    class Credential:
        def current(self):
            return "mark", "secret"

        def forget(self):
            """Nothing is kept."""

    server.body = (
        b'{"authorization_endpoint": "https://evil.example/authorize", "token_endpoint": "https://evil.example/token",'
        b' "issuer": "https://evil.example"}'
    )
    entra = Entra(
        client_id="c", tenant=None, redirect_uri="https://flow.example/back", credential=Credential(),
        hosts=Hosts({ENTRA: server.url}), clock=lambda: datetime.now(UTC),
    )  # fmt: skip
    with pytest.raises(ContractError):
        entra.begin("state")
    with pytest.raises(ContractError):
        entra.redeem(code="code", verifier="v" * 43, nonce="n")
    assert {path for _, path, _, _ in server.asked} == {f"/{ENTRA}/organizations/v2.0/.well-known/openid-configuration"}
