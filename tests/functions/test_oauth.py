"""Signing in through the real worker: the fake sign-in of Microsoft, real tables, a vault of its own."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from shared.errors import CredentialError
from shared.oauth.claims import expire_unused
from shared.oauth.page import SCRIPT, STYLE
from shared.storage import TABLES
from shared.vault import Secret
from tests.oauth.browser import completion_code, parameters, sent_back

CLIENT = "11111111-2222-4333-8444-555555555555"
BASE_URL = "https://dev.azure.com/contoso"
PORTAL = "https://portal.example"
SECRET_NAME = "flow-app"


@pytest.fixture(scope="module")
def more_settings():
    return {
        "OAUTH_CLIENT_ID": CLIENT,
        "OAUTH_TENANT": "organizations",
        "OAUTH_SECRET_NAME": SECRET_NAME,
        "PUBLIC_BASE_URL": "https://flow.example",
        "PORTAL_ORIGIN": PORTAL,
    }


@pytest.fixture(scope="module", autouse=True)
def _app_secret(parts, fake):
    parts.vault.put(SECRET_NAME, Secret(fake.settings.entra_secret))


@pytest.fixture(autouse=True)
def _usual_sign_in(fake):
    before = dict(vars(fake.settings))
    yield
    vars(fake.settings).update(before)
    fake.clear_faults()


class SignIn:
    """One authorization on its way."""

    def __init__(self, api, workspace=None):
        self.api, self.workspace = api, workspace
        self.started = api.call("begin_authorization", body={}, workspace=workspace)
        self.id = self.started.json["authorization_id"]
        self.url = self.started.json["authorization_url"]
        self.state = parameters(self.url)["state"]

    def come_back(self, **changes):
        """The browser at our callback; ``changes`` to what Microsoft sent (None: left out)."""
        sent = {**sent_back(self.url), **changes}
        return self.at_callback(**{name: value for name, value in sent.items() if value is not None})

    def at_callback(self, **query):
        # No workspace, no key, no cookie: it is anybody's browser.
        return self.api.call("oauth_callback", query=query, headers={})

    def complete(self, code, workspace=None):
        body = {"completion_code": code}
        return self.api.call("complete_authorization", self.id, body=body, workspace=workspace or self.workspace)

    def shown(self):
        return self.api.call("get_authorization", self.id, workspace=self.workspace).json

    @property
    def status(self):
        return self.shown()["status"]

    def auth(self):
        return {"type": "oauth", "authorization_id": self.id}


@pytest.fixture
def sign_in(api):
    return SignIn(api)


def completed(api, workspace=None):
    one = SignIn(api, workspace)
    reply = one.complete(completion_code(one.come_back().body))
    assert reply.status == 200, reply.json
    return one


def secret_of(parts, sign_in):
    return parts.authorizations.get(sign_in.id).secret_name


def nothing_is_stored(parts, sign_in):
    with pytest.raises(CredentialError):
        parts.vault.read(secret_of(parts, sign_in))
    return True


def new_integration(sign_in, name="Signed in", **other):
    body = {"name": name, "base_url": BASE_URL, "auth": sign_in.auth(), **other}
    return sign_in.api.call("create_integration", body=body, workspace=sign_in.workspace)


def test_a_sign_in_from_its_beginning_to_an_integration(api, parts, fake, sign_in):
    assert (sign_in.started.status, sign_in.status) == (201, "pending")
    assert sign_in.started.headers["location"] == f"/api/v1/oauth/authorizations/{sign_in.id}"
    assert sign_in.url.startswith(f"{fake.url}/login.microsoftonline.com/organizations/oauth2/v2.0/authorize?")
    page = sign_in.come_back()
    assert (page.status, sign_in.status) == (200, "consented")
    assert sign_in.shown()["account"] is None
    done = sign_in.complete(completion_code(page.body))
    assert done.status == 200
    assert done.json == {
        **sign_in.shown(),
        "status": "completed",
        "account": {"display_name": "Flow Service", "email": "Svc.Flow@contoso.example"},
        "organizations": [{"name": "contoso", "base_url": BASE_URL}],
        "error": None,
    }
    test = api.call("test_connection", body={"base_url": BASE_URL, "auth": sign_in.auth()}).json
    assert (test["outcome"], [check["id"] for check in test["checks"] if check["status"] == "failed"]) == (
        "connected",
        [],
    )
    created = new_integration(sign_in)
    assert created.status == 201, created.json
    assert (created.json["auth_type"], created.json["username"], created.json["token_expires_at"]) == (
        "oauth",
        "Svc.Flow@contoso.example",
        None,
    )
    assert api.call("test_integration", created.json["id"]).json["outcome"] == "connected"
    stored = parts.integrations.load(api.workspace, created.json["id"])
    assert stored.secret_name == secret_of(parts, sign_in)


def test_the_authorization_url_asks_for_what_is_needed_and_no_more(sign_in):
    asked = parameters(sign_in.url)
    resource = "499b84ac-1321-427f-aa17-267ca6975798"
    names = ("profile", "project", "code", "build", "work", "graph", "identity")
    wanted = {f"{resource}/vso.{name}" for name in names} | {"openid", "profile", "offline_access"}
    assert set(asked["scope"].split()) == wanted
    assert (asked["client_id"], asked["response_type"], asked["code_challenge_method"]) == (CLIENT, "code", "S256")
    assert asked["redirect_uri"] == "https://flow.example/api/v1/oauth/callback"
    assert len(asked["state"]) >= 43
    assert asked["nonce"]


def test_two_sign_ins_share_nothing(api):
    first, second = (parameters(SignIn(api).url) for _ in range(2))
    assert {name for name in first if first[name] == second[name]}.isdisjoint({"state", "nonce", "code_challenge"})


def refused(reply, code):
    assert reply.status == 400
    assert completion_is_absent(reply)
    return True


def completion_is_absent(reply):
    return b"completion-code" not in reply.body


def test_a_state_works_once(parts, sign_in):
    sent = sent_back(sign_in.url)
    assert sign_in.at_callback(**sent).status == 200
    before = parts.vault.read(secret_of(parts, sign_in))
    again = sign_in.at_callback(**sent_back(sign_in.url))
    replayed = sign_in.at_callback(**sent)
    assert (again.status, replayed.status) == (400, 400)
    assert completion_is_absent(again)
    assert completion_is_absent(replayed)
    assert parts.vault.read(secret_of(parts, sign_in)) == before
    assert sign_in.status == "consented"


def test_of_two_browsers_with_one_state_one_gets_the_code(sign_in):
    sent = sent_back(sign_in.url)
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: sign_in.at_callback(**sent), range(6)))
    assert sorted(reply.status for reply in replies) == [200, 400, 400, 400, 400, 400]


def test_swapped_states_are_refused_and_nothing_is_stored(api, parts):
    mine, other = SignIn(api), SignIn(api)
    foreign = sent_back(other.url)
    reply = mine.at_callback(**{**foreign, "state": mine.state})
    assert reply.status == 400
    assert mine.status == "denied"
    assert nothing_is_stored(parts, mine)
    assert other.status == "pending"
    assert nothing_is_stored(parts, other)


def test_halves_of_two_states_make_none(api, parts):
    mine, other = SignIn(api), SignIn(api)
    mixed = mine.id + other.state[len(other.id) :]
    assert mine.come_back(state=mixed).status == 400
    assert {mine.status, other.status} == {"pending"}


def test_a_state_is_good_for_ten_minutes(clock, parts, sign_in):
    sent = sent_back(sign_in.url)
    clock.added = timedelta(minutes=10)
    assert sign_in.at_callback(**sent).status == 400
    assert sign_in.status == "expired"
    assert nothing_is_stored(parts, sign_in)


@pytest.mark.parametrize(
    "state", [None, "", "x", "a/b", "'", "\x00", "x" * 5000, "00000000-0000-4000-8000-000000000000." + "A" * 43]
)
def test_a_made_up_state_is_refused(parts, sign_in, state):
    reply = sign_in.come_back(state=state)
    assert reply.status == 400
    assert sign_in.status == "pending"


def test_a_code_that_was_got_without_our_verifier_is_refused(parts, fake, sign_in):
    """Somebody else's sign-in, brought into ours: another challenge stands behind its code."""
    asked = {**parameters(sign_in.url), "code_challenge": base64.urlsafe_b64encode(b"x" * 32).decode().rstrip("=")}
    query = "&".join(f"{name}={quote(value)}" for name, value in asked.items())
    reply = sign_in.at_callback(**sent_back(f"{sign_in.url.partition('?')[0]}?{query}"))
    assert reply.status == 400
    assert sign_in.status == "denied"
    assert nothing_is_stored(parts, sign_in)


def test_a_code_without_challenge_is_refused_too(parts, sign_in):
    asked = {name: value for name, value in parameters(sign_in.url).items() if not name.startswith("code_challenge")}
    query = "&".join(f"{name}={quote(value)}" for name, value in asked.items())
    assert sign_in.at_callback(**sent_back(f"{sign_in.url.partition('?')[0]}?{query}")).status == 400
    assert nothing_is_stored(parts, sign_in)


def test_a_code_with_another_nonce_is_refused(parts, sign_in):
    asked = {**parameters(sign_in.url), "nonce": "somebody-elses"}
    query = "&".join(f"{name}={quote(value)}" for name, value in asked.items())
    reply = sign_in.at_callback(**sent_back(f"{sign_in.url.partition('?')[0]}?{query}"))
    assert reply.status in (400, 503)
    assert sign_in.status == "denied"
    assert nothing_is_stored(parts, sign_in)


def test_a_code_that_was_redeemed_before_is_refused(api, parts):
    first, second = SignIn(api), SignIn(api)
    code = sent_back(first.url)["code"]
    assert first.at_callback(code=code, state=first.state).status == 200
    assert second.at_callback(code=code, state=second.state).status == 400
    assert second.status == "denied"
    assert nothing_is_stored(parts, second)


@pytest.mark.parametrize("changes", [{"code": None}, {"code": ""}, {"code": "x" * 9000}])
def test_a_return_without_a_code_is_refused(parts, sign_in, changes):
    assert sign_in.come_back(**changes).status == 400
    assert sign_in.status == "denied"
    assert nothing_is_stored(parts, sign_in)


def test_a_declined_consent_says_so(fake, parts, sign_in):
    fake.settings.entra_error = "access_denied|AADSTS65004: User declined to consent."
    reply = sign_in.come_back()
    assert reply.status == 400
    assert b"consent was declined" in reply.body
    shown = sign_in.shown()
    assert (shown["status"], shown["error"]["code"]) == ("denied", "oauth.denied")
    assert shown["error"]["remedy"]
    assert nothing_is_stored(parts, sign_in)
    assert sign_in.complete("anything").status == 409


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</blockquote></main><iframe src=//evil.example>",
    "' autofocus onfocus='alert(1)",
    "&lt;script&gt;",
    "\u202e\u2066<svg/onload=alert(1)>\x00\r\nSet-Cookie: a=b",
]


class Tags(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text, self.scripts = [], [], "", []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data):
        if self.lasttag in ("script", "style") and data.strip():
            self.scripts.append(data)
        else:
            self.text += data


@pytest.mark.parametrize("description", HOSTILE)
def test_a_hostile_description_is_text(api, fake, sign_in, description):
    usual = Tags(SignIn(api).come_back(error="access_denied", error_description="Plain.", code=None).body.decode())
    reply = sign_in.come_back(error="access_denied", error_description=description, code=None)
    page = Tags(reply.body.decode())
    assert reply.status == 400
    assert (page.tags, page.attributes, page.scripts) == (usual.tags, usual.attributes, usual.scripts)
    assert all(part in page.text for part in re.findall(r"[a-z/=.]{5,}", description))
    assert "set-cookie" not in reply.headers
    assert sign_in.shown()["error"]["detail"]


def test_what_a_stranger_writes_is_not_shown_without_a_sign_in_of_ours(api):
    query = {"error": "access_denied", "error_description": "Call 0800 12345", "state": "made-up"}
    assert b"0800" not in api.call("oauth_callback", query=query, headers={}).body


def test_the_page_allows_its_own_script_and_style_and_nothing_else(sign_in):
    reply = sign_in.come_back()
    policy = reply.headers["content-security-policy"]
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (SCRIPT, STYLE)]
    for directive in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"):
        assert directive in policy
    assert re.findall(r"'sha256-([^']+)'", policy) == hashes
    assert "unsafe" not in policy
    page = Tags(reply.body.decode())
    assert page.scripts == [STYLE, SCRIPT]
    assert not [name for name in page.attributes if name.startswith("on") or name in ("src", "href", "style")]
    assert (reply.headers["cache-control"], reply.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-type"].startswith("text/html")


def test_the_code_goes_to_the_portals_origin_alone(sign_in):
    page = sign_in.come_back().body.decode()
    assert f'data-origin="{PORTAL}"' in page
    assert "postMessage(message, found.origin)" in page
    assert '"*"' not in page


def test_a_completion_code_works_once_and_only_for_its_own_sign_in(api, parts):
    mine, other = SignIn(api), SignIn(api)
    my_code, other_code = (completion_code(one.come_back().body) for one in (mine, other))
    for wrong in (other_code, my_code[:-1], my_code.upper(), "x"):
        reply = mine.complete(wrong)
        assert (reply.status, reply.json["field"]) == (422, "completion_code")
    assert mine.status == "consented"
    assert mine.complete(f" {my_code} ").status == 200
    again = mine.complete(my_code)
    assert (again.status, again.json["code"]) == (409, "oauth_completed")


def test_of_two_completions_at_once_one_succeeds(sign_in):
    code = completion_code(sign_in.come_back().body)
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: sign_in.complete(code), range(4)))
    assert sorted(reply.status for reply in replies) == [200, 409, 409, 409]


def test_a_sign_in_that_is_not_completed_is_of_no_use(api, sign_in):
    body = {"base_url": BASE_URL, "auth": sign_in.auth()}
    assert sign_in.complete("x").json["code"] == "oauth_pending"
    assert api.call("test_connection", body=body).json["code"] == "oauth_pending"
    sign_in.come_back()
    assert api.call("test_connection", body=body).json["code"] == "oauth_consented"
    reply = new_integration(sign_in)
    assert (reply.status, reply.json["code"]) == (409, "oauth_consented")


def test_another_workspace_sees_nothing(api, parts, connect):
    mine = SignIn(api)
    code = completion_code(mine.come_back().body)
    missing = api.call("get_authorization", "00000000-0000-4000-8000-000000000000")
    foreign = api.call("get_authorization", mine.id, workspace="other")
    assert (foreign.status, foreign.body) == (404, missing.body)
    assert mine.complete(code, workspace="other").body == missing.body
    assert mine.complete(code).status == 200
    body = {"base_url": BASE_URL, "auth": mine.auth()}
    assert api.call("test_connection", body=body, workspace="other").body == missing.body
    body = {"name": "x", **body}
    assert api.call("create_integration", body=body, workspace="other").body == missing.body
    theirs = connect(workspace="other", name="theirs")
    reply = api.call("change_integration", theirs["id"], body={"auth": mine.auth()}, workspace="other")
    assert reply.body == missing.body


def test_a_sign_in_serves_one_integration(api, parts):
    one = completed(api)
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda n: new_integration(one, f"Name {n}"), range(4)))
    assert sorted(reply.status for reply in replies) == [201, 409, 409, 409]
    assert {reply.json["code"] for reply in replies if reply.status == 409} == {"oauth_authorization_used"}
    body = {"base_url": BASE_URL, "auth": one.auth()}
    assert api.call("test_connection", body=body).json["code"] == "oauth_authorization_used"


def test_a_refused_integration_leaves_the_sign_in_free(api, parts, connect):
    connect("Taken")
    one = completed(api)
    assert new_integration(one, "Taken").status == 409
    assert new_integration(one, "Free").status == 201


def test_a_token_is_replaced_by_a_sign_in_and_a_sign_in_by_a_token(api, auth, connect, parts):
    created = connect()
    old = parts.integrations.load(api.workspace, created["id"]).secret_name
    changed = api.call("change_integration", created["id"], body={"auth": completed(api).auth()})
    assert (changed.status, changed.json["auth_type"]) == (200, "oauth")
    with pytest.raises(CredentialError):
        parts.vault.read(old)
    signed_in = parts.integrations.load(api.workspace, created["id"]).secret_name
    back = api.call("change_integration", created["id"], body={"auth": auth()})
    assert (back.status, back.json["auth_type"]) == (200, "access_token")
    with pytest.raises(CredentialError):
        parts.vault.read(signed_in)


def test_a_sign_in_that_lacks_a_permission_is_told_in_its_own_words(api, fake):
    asked = SignIn(api)
    narrow = asked.url.replace("vso.code+", "").replace("%2Fvso.code", "%2Fvso.profile")
    asked.complete(completion_code(asked.at_callback(**sent_back(narrow)).body))
    reply = api.call("test_connection", body={"base_url": BASE_URL, "auth": asked.auth()}).json
    (failed,) = [check for check in reply["checks"] if check["status"] == "failed"]
    assert (reply["outcome"], failed["id"]) == ("authorization_denied", "scope.code")
    assert "Sign in with Microsoft again" in failed["remedy"]


def test_unused_tokens_are_deleted_after_an_hour(api, clock, parts):
    consented, unused, used = SignIn(api), completed(api), completed(api)
    consented.come_back()
    integration = new_integration(used).json
    names = {one: secret_of(parts, one) for one in (consented, unused, used)}
    clock.added = timedelta(minutes=59)
    expire_unused(parts, parts.clock())
    assert [one.status for one in (consented, unused, used)] == ["consented", "completed", "completed"]
    clock.added = timedelta(minutes=61)
    assert [one.status for one in (consented, unused)] == ["expired", "expired"]
    assert new_integration(unused, "Late").json["code"] == "oauth_expired"
    parts.tick(past_due=False)
    for one in (consented, unused):
        with pytest.raises(CredentialError):
            parts.vault.read(names[one])
        assert one.status == "expired"
    assert parts.vault.read(names[used])
    assert api.call("test_integration", integration["id"]).json["outcome"] == "connected"
    clock.added = timedelta(days=3)
    parts.tick(past_due=False)
    assert api.call("get_authorization", unused.id).status == 404
    assert parts.vault.read(names[used])


def test_tokens_of_an_integration_that_never_came_to_be_are_deleted(api, clock, parts):
    one = completed(api)
    found = parts.authorizations.get(one.id)
    from shared.oauth.claims import claim

    claim(parts, api.workspace, one.id, "00000000-0000-4000-8000-000000000001")
    clock.added = timedelta(hours=2)
    expire_unused(parts, parts.clock())
    with pytest.raises(CredentialError):
        parts.vault.read(found.secret_name)


def test_organizations_that_refuse_the_sign_in_are_not_offered(api, fake):
    home, other = fake.organization("contoso"), fake.organization("fabrikam")
    person = next(one for one in home.identities.values() if one.account == "Svc.Flow@contoso.example")
    other.identities[person.id] = person
    try:
        names = [one["name"] for one in completed(api).shown()["organizations"]]
        assert names == ["contoso", "fabrikam"]
        wrong_tenant = {
            "X-RateLimit-Remaining": "0", "X-RateLimit-Limit": "4000", "X-RateLimit-Resource": "DBCPU",
            "Retry-After": "600",
        }  # fmt: skip
        fake.set_fault("fabrikam/_apis/connectionData", status=429, headers=wrong_tenant, times=9)
        assert [one["name"] for one in completed(api).shown()["organizations"]] == ["contoso"]
        fake.set_fault("contoso/_apis/connectionData", status=401, times=9)
        shown = completed(api).shown()
        assert (shown["organizations"], shown["error"]["code"]) == ([], "oauth.other_tenant")
    finally:
        del other.identities[person.id]


def test_while_azure_devops_does_not_answer_the_code_is_not_used_up(api, fake, sign_in):
    code = completion_code(sign_in.come_back().body)
    fake.set_fault("profiles/me", status=503)
    assert sign_in.complete(code).status == 503
    fake.clear_faults()
    assert sign_in.complete(code).status == 200


def test_while_microsoft_does_not_answer_nothing_is_stored(api, fake, parts, sign_in):
    fake.set_fault("oauth2/v2.0/token", status=500)
    reply = sign_in.come_back()
    assert reply.status == 503
    assert sign_in.status == "denied"
    assert nothing_is_stored(parts, sign_in)


def test_while_the_vault_does_not_answer_nothing_is_promised(api, vault_server, sign_in):
    vault_server.throttle(20, retry_after=0)
    reply = sign_in.come_back()
    vault_server.throttle(0)
    assert reply.status == 503
    assert completion_is_absent(reply)
    assert sign_in.status == "denied"


def test_an_expired_app_secret_is_the_operators_to_renew(fake, parts, sign_in):
    fake.settings.entra_token_error = "invalid_client|7000222|The provided client secret keys are expired."
    sign_in.come_back()
    error = sign_in.shown()["error"]
    assert (error["code"], "operator" in error["remedy"]) == ("oauth.app_credential", True)
    assert nothing_is_stored(parts, sign_in)


def test_a_renewed_app_secret_is_read_at_once(api, fake, parts):
    assert SignIn(api).come_back().status == 200
    fake.settings.entra_secret = "renewed"
    assert SignIn(api).come_back().status == 503
    parts.vault._client.set_secret(SECRET_NAME, "renewed")
    assert SignIn(api).come_back().status == 200
    parts.vault.put(SECRET_NAME, Secret("fake-application-secret"))


@pytest.mark.parametrize(
    ("word", "number", "code"),
    [
        ("consent_required", 65001, "oauth.consent_needed"),
        ("access_denied", 90094, "oauth.admin_consent_needed"),
        ("unauthorized_client", 700016, "oauth.app_not_in_tenant"),
        ("invalid_request", 50020, "oauth.wrong_tenant"),
        ("interaction_required", 50076, "oauth.mfa_needed"),
        ("access_denied", 53003, "oauth.conditional_access"),
    ],
)
def test_a_refusal_is_explained(fake, sign_in, word, number, code):
    fake.settings.entra_error = f"{word}|AADSTS{number}: Something. Trace ID: 1234"
    page = sign_in.come_back()
    error = sign_in.shown()["error"]
    assert (error["code"], error["detail"]) == (code, f"AADSTS{number}: Something.")
    assert error["message"][1:] in page.body.decode()
    assert error["remedy"]


def test_administrators_get_the_address_where_they_consent(fake, sign_in):
    fake.settings.entra_error = "access_denied|AADSTS90094: Admin consent is required."
    sign_in.come_back()
    where = f"https://login.microsoftonline.com/organizations/adminconsent?client_id={CLIENT}"
    assert where in sign_in.shown()["error"]["remedy"]


def test_a_claims_challenge_asks_for_a_new_sign_in(api, fake):
    one = completed(api)
    claims = {"WWW-Authenticate": 'Bearer error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="'}
    fake.set_fault("connectionData", status=401, headers=claims)
    reply = api.call("test_connection", body={"base_url": BASE_URL, "auth": one.auth()}).json
    (failed,) = [check for check in reply["checks"] if check["status"] == "failed"]
    assert (reply["outcome"], failed["id"]) == ("authorization_denied", "credentials")
    assert failed["remedy"] == "Sign in with Microsoft again."


def test_no_secret_shows_itself_anywhere(api, caplog, clock, fake, parts, queued, tmp_path):
    caplog.set_level(logging.DEBUG)
    answers = []
    one = SignIn(api)
    sent = sent_back(one.url)
    page = one.at_callback(**sent)
    code = completion_code(page.body)
    answers += [one.complete(code).body, one.at_callback(**sent).body, one.complete(code).body]
    created = new_integration(one)
    answers += [created.body, api.call("get_integration", created.json["id"]).body, json.dumps(one.shown()).encode()]
    first = parts.vault.read(secret_of(parts, one))[0].reveal()
    clock.added = timedelta(hours=2)
    answers.append(api.call("test_integration", created.json["id"]).body)
    second = parts.vault.read(secret_of(parts, one))[0].reveal()
    fake.settings.entra_refresh_is_dead = True
    clock.added = timedelta(hours=4)
    answers.append(api.call("test_integration", created.json["id"]).body)
    canaries = [code, sent["code"], fake.settings.entra_secret]
    for tokens in (json.loads(first), json.loads(second)):
        canaries += [tokens["access_token"], tokens["refresh_token"]]
    assert first != second
    rows = [stored.row for table in TABLES for stored in parts.tables.query(table)]
    seen = b"\n".join(answers).decode() + json.dumps([rows, queued("sync-plan", created.json["id"])], default=str)
    logged = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    for canary in canaries:
        for form in (canary, quote(canary), base64.b64encode(f":{canary}".encode()).decode(), canary[:20]):
            assert form not in seen
            assert form not in logged
    assert one.state not in seen


@pytest.mark.parametrize("name", ["begin_authorization", "test_connection", "create_integration"])
def test_without_an_application_it_says_so(api, parts, monkeypatch, name):
    from dataclasses import replace

    monkeypatch.setattr(parts, "settings", replace(parts.settings, oauth_client_id=None))
    monkeypatch.delitem(vars(parts), "entra", raising=False)
    auth = {"type": "oauth", "authorization_id": "00000000-0000-4000-8000-000000000000"}
    bodies = {
        "begin_authorization": {},
        "test_connection": {"base_url": BASE_URL, "auth": auth},
        "create_integration": {"name": "x", "base_url": BASE_URL, "auth": auth},
    }
    reply = api.call(name, body=bodies[name])
    assert (reply.status, reply.json["code"]) == (409, "oauth_not_configured")
    assert reply.json["remedy"]


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_beginning_needs_nothing(api, body):
    assert api.call("begin_authorization", raw=body).status == 201


def test_beginning_takes_nothing(api):
    assert api.call("begin_authorization", body={"redirect_uri": "https://evil.example"}).status == 400


def test_without_a_secret_the_managed_identity_speaks_for_the_app(api, parts, monkeypatch):
    from dataclasses import replace

    monkeypatch.setattr(parts, "settings", replace(parts.settings, oauth_secret_name=None))
    monkeypatch.delitem(vars(parts), "entra", raising=False)
    assert SignIn(api).come_back().status == 200
    monkeypatch.delitem(vars(parts), "entra", raising=False)
