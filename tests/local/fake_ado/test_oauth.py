"""Signing in through the stand-in of Microsoft Entra ID, with Microsoft's own client library."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import msal
import pytest
import requests

SCOPES = [f"499b84ac-1321-427f-aa17-267ca6975798/{scope}" for scope in ("vso.profile", "vso.project", "vso.code")]
BACK = "http://127.0.0.1:7071/api/v1/oauth/callback"
LOGIN = "https://login.microsoftonline.com"


class Mapped:
    """An HTTP client that reaches the sign-in host at the fake."""

    def __init__(self, fake):
        self.base = f"{fake.url}/login.microsoftonline.com"

    def _send(self, method, url, **options):
        options.pop("allow_redirects", None)
        address = url.replace(LOGIN, self.base, 1)
        return requests.request(method, address, allow_redirects=False, timeout=10, **options)

    def get(self, url, **options):
        return self._send("GET", url, **options)

    def post(self, url, **options):
        return self._send("POST", url, **options)

    def close(self):
        """Nothing is kept open."""


@pytest.fixture
def application(fake):
    def make(secret=fake.settings.entra_secret):
        return msal.ConfidentialClientApplication(
            "11111111-2222-4333-8444-555555555555",
            authority=f"{LOGIN}/organizations",
            client_credential=secret,
            http_client=Mapped(fake),
        )

    return make


def sign_in(fake, application):
    """The flow, and what the browser comes back with."""
    flow = application.initiate_auth_code_flow(SCOPES, redirect_uri=BACK)
    answer = Mapped(fake).get(flow["auth_uri"])
    assert answer.status_code == 302
    where = urlsplit(answer.headers["Location"])
    assert answer.headers["Location"].startswith(BACK)
    return flow, {name: values[0] for name, values in parse_qs(where.query).items()}


def test_a_sign_in_gives_a_token_that_is_good_for_what_was_asked(fake, client, application):
    app = application()
    flow, back = sign_in(fake, app)
    tokens = app.acquire_token_by_auth_code_flow(flow, back)
    assert tokens["id_token_claims"]["preferred_username"] == "Svc.Flow@demo.example"
    assert tokens["expires_in"] == fake.settings.entra_token_seconds
    headers = {"Authorization": f"Bearer {tokens['access_token']}", "X-TFS-FedAuthRedirect": "Suppress"}
    assert client.get("_apis/projects", headers=headers).status == 200
    assert client.get("_apis/identities", headers=headers, host="vssps.dev.azure.com").status == 401
    me = requests.get(f"{fake.url}/app.vssps.visualstudio.com/_apis/profile/profiles/me", headers=headers, timeout=10)
    assert me.json()["displayName"] == "Flow Service"


def test_a_code_works_once(fake, application):
    app = application()
    flow, back = sign_in(fake, app)
    assert "access_token" in app.acquire_token_by_auth_code_flow(flow, back)
    again = application().acquire_token_by_auth_code_flow(flow, back)
    assert (again["error"], again["error_codes"]) == ("invalid_grant", [54005])


def test_a_code_needs_its_verifier_and_its_address(fake, application):
    app = application()
    for change, number in (({"code_verifier": "x" * 43}, 501481), ({"redirect_uri": "https://evil.example/"}, 500112)):
        flow, back = sign_in(fake, app)
        refused = app.acquire_token_by_auth_code_flow({**flow, **change}, back)
        assert (refused["error"], refused["error_codes"]) == ("invalid_grant", [number])


def test_the_secret_must_be_right(fake, application):
    app = application("wrong")
    flow, back = sign_in(fake, app)
    refused = app.acquire_token_by_auth_code_flow(flow, back)
    assert (refused["error"], refused["error_codes"]) == ("invalid_client", [7000215])


def test_a_token_is_refreshed_and_the_older_refresh_token_still_works(fake, application):
    app = application()
    flow, back = sign_in(fake, app)
    first = app.acquire_token_by_auth_code_flow(flow, back)
    second = app.acquire_token_by_refresh_token(first["refresh_token"], SCOPES)
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] != first["refresh_token"]
    assert "access_token" in app.acquire_token_by_refresh_token(first["refresh_token"], SCOPES)
    assert fake.model.entra.refreshes == 2
    fake.settings.entra_refresh_is_dead = True
    assert app.acquire_token_by_refresh_token(second["refresh_token"], SCOPES)["error"] == "invalid_grant"


def test_an_expired_access_token_is_an_empty_401(fake, client, application):
    fake.settings.entra_token_seconds = 0
    app = application()
    flow, back = sign_in(fake, app)
    tokens = app.acquire_token_by_auth_code_flow(flow, back)
    reply = client.get("_apis/projects", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert (reply.status, reply.content) == (401, b"")


def test_a_declined_sign_in_comes_back_with_the_error(fake, application):
    fake.settings.entra_error = "access_denied|AADSTS65004: User declined to consent."
    _, back = sign_in(fake, application())
    assert (back["error"], back["error_description"]) == ("access_denied", "AADSTS65004: User declined to consent.")
    assert "state" in back


def test_another_account_may_sign_in(fake, application):
    fake.settings.entra_account = "A@demo.example"
    app = application()
    flow, back = sign_in(fake, app)
    assert app.acquire_token_by_auth_code_flow(flow, back)["id_token_claims"]["name"] == "Person A"


def test_a_bad_redirect_address_gets_no_redirect(fake):
    url = (
        f"{LOGIN}/organizations/oauth2/v2.0/authorize?client_id=x&response_type=code&redirect_uri=http://evil.example/"
    )
    answer = Mapped(fake).get(url)
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_an_application_may_act_for_itself(fake, client, application):
    tokens = application().acquire_token_for_client(["499b84ac-1321-427f-aa17-267ca6975798/.default"])
    assert client.get("_apis/projects", headers={"Authorization": f"Bearer {tokens['access_token']}"}).status == 200


def test_a_code_that_was_asked_for_without_a_challenge_takes_no_verifier(fake, application):
    app = application()
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=BACK)
    plain = re.sub(r"&code_challenge(_method)?=[^&]*", "", flow["auth_uri"])
    where = urlsplit(Mapped(fake).get(plain).headers["Location"])
    back = {name: values[0] for name, values in parse_qs(where.query).items()}
    assert app.acquire_token_by_auth_code_flow(flow, back)["error_codes"] == [501481]


def test_tokens_are_refused_as_ordered(fake, application):
    fake.settings.entra_token_error = "interaction_required|53003|Access has been blocked."
    flow, back = sign_in(fake, application())
    refused = application().acquire_token_by_auth_code_flow(flow, back)
    assert (refused["error"], refused["error_codes"]) == ("interaction_required", [53003])
