"""Every way in which a credential, a right or an address is refused."""

from __future__ import annotations

import base64
from urllib.parse import unquote

import pytest
import requests

from local.fake_ado.authentication import Credential, Door
from local.fake_ado.named_tokens import SIX_SCOPES
from local.fake_ado.refusals import Refusal
from local.fake_ado.routing import find
from local.fake_ado.testing import start_fake
from tests.local.fake_ado.minimal import ALPHA, HIDDEN, Client, basic, minimal_organization

SUPPRESS = {"X-TFS-FedAuthRedirect": "Suppress"}
EXPIRED = "Access Denied: The Personal Access Token used has expired."


@pytest.mark.parametrize("token", [None, "revoked"])
def test_without_a_good_credential_a_sign_in_page_comes_as_203(client, token):
    reply = client.get("_apis/projects", token=token)
    assert reply.status == 203
    assert reply.headers["content-type"].startswith("text/html")
    assert b"Azure DevOps Services | Sign In" in reply.content
    assert "x-vss-userdata" not in reply.headers


@pytest.mark.parametrize("token", [None, "revoked"])
def test_who_suppresses_the_redirect_gets_an_empty_401_with_all_challenges(client, token):
    reply = client.get("_apis/projects", token=token, headers=SUPPRESS)
    assert (reply.status, reply.content) == (401, b"")
    assert {"Bearer", "Basic", "TFS-Federated"} <= set(reply.headers["www-authenticate"].replace(",", "").split())


def test_the_sign_in_may_be_a_redirect(client, fake):
    fake.settings.sign_in = "redirect"
    reply = client.get("_apis/projects", token=None)
    assert reply.status == 302
    assert "/_signin?" in reply.headers["location"]


@pytest.mark.parametrize(
    "header",
    [
        basic("unknown"),
        "Basic",
        "Basic !!!",
        "Bearer",
        "Negotiate abc",
        "Basic " + base64.b64encode(b"no colon").decode(),
    ],
)
def test_a_credential_that_means_nothing_is_as_none(client, header):
    reply = client.get("_apis/projects", headers={"Authorization": header, **SUPPRESS})
    assert (reply.status, reply.content) == (401, b"")


def test_base64_must_be_canonical(client, fake):
    value = fake.token()
    good = base64.b64encode(f"m:{value}".encode()).decode()
    assert good.endswith("=")
    sloppy = good.rstrip("=")[:-1] + chr(ord(good.rstrip("=")[-1]) + 1) + "=" * good.count("=")
    assert client.get("_apis/projects", headers={"Authorization": f"Basic {good}"}).status == 200
    assert client.get("_apis/projects", headers={"Authorization": f"Basic {sloppy}", **SUPPRESS}).status == 401


ANONYMOUS = "TF400813: The user 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa' is not authorized to access this resource."


def test_a_bad_credential_may_also_be_a_401_in_json(client):
    client.fake.settings.unauthorized = "message"
    reply = client.get("_apis/projects", token="revoked")
    assert (reply.status, reply.json()["typeKey"]) == (401, "UnauthorizedRequestException")
    assert reply.json()["message"] == ANONYMOUS


def test_patch_with_a_bad_credential_always_is(fake):
    match = find("GET", "dev.azure.com", ["demo", "_apis", "projects"])
    assert match is not None
    credential = Credential("basic", "unknown")
    door = Door(fake.model, fake.organization("demo"), match.route, "PATCH", {}, credential)
    with pytest.raises(Refusal) as raised:
        door.caller()
    assert raised.value.answer.status == 401
    assert ANONYMOUS in raised.value.answer.content.decode()


def test_an_expired_token_is_named_in_json_text_or_a_title(client):
    replies = {name: client.get("_apis/projects", token=name) for name in ("expired", "expired_html", "expired_text")}
    assert {reply.status for reply in replies.values()} == {401}
    assert replies["expired"].json()["typeKey"] == "AccessCheckException"
    assert replies["expired"].json()["message"] == EXPIRED
    assert f"<title>{EXPIRED}</title>".encode() in replies["expired_html"].content
    assert replies["expired_text"].content.decode() == EXPIRED
    for reply in replies.values():
        assert unquote(reply.headers["x-tfs-serviceerror"]) == EXPIRED


SCOPED = [
    ("no_code", "dev.azure.com", f"{ALPHA}/_apis/git/pullrequests?$top=1", "7.1"),
    ("no_build", "dev.azure.com", f"{ALPHA}/_apis/build/definitions?$top=1", "7.1"),
    ("no_graph", "vssps.dev.azure.com", "_apis/graph/users", "7.1-preview.1"),
    ("no_identity", "vssps.dev.azure.com", "_apis/identities?searchFilter=General&filterValue=x", "7.1"),
    ("no_project", "dev.azure.com", "_apis/teams?$top=1", "7.1-preview.3"),
    ("no_work", "dev.azure.com", "_apis/wit/fields/System.Id", "7.1"),
]


@pytest.mark.parametrize(("token", "host", "path", "version"), SCOPED)
def test_a_missing_scope_is_an_empty_401_that_names_the_caller(client, token, host, path, version):
    reply = client.get(path, token=token, host=host, version=version)
    assert (reply.status, reply.content) == (401, b"")
    assert reply.headers["www-authenticate"].startswith("Basic realm=")
    assert reply.headers["x-vss-userdata"].endswith(":Svc.Flow@demo.example")
    assert client.get("_apis/connectionData", token=token, version=None).status == 200


@pytest.mark.parametrize(("token", "host", "path", "version"), SCOPED)
def test_each_of_those_requests_succeeds_with_all_six_scopes(client, token, host, path, version):
    assert client.get(path, host=host, version=version).status == 200


def test_every_one_of_the_six_scopes_has_a_token_without_it(fake):
    tokens = fake.organization("demo").tokens.values()
    missing = {frozenset(SIX_SCOPES - one.scopes) for one in tokens if one.name.startswith("no_")}
    assert missing == {frozenset({scope}) for scope in SIX_SCOPES}


def test_profile_comes_with_other_scopes_so_projects_need_no_project_scope(client):
    assert client.get("_apis/projects?$top=1", token="no_project").status == 200


def test_a_stranger_is_told_so_in_json(client):
    reply = client.get("_apis/connectionData", token="stranger", version=None)
    assert reply.status == 401
    assert reply.json()["typeKey"] == "UnauthorizedRequestException"
    assert reply.headers["www-authenticate"] == "TFS-Federated, Bearer"
    assert "x-vss-userdata" in reply.headers


def test_who_was_removed_is_a_stranger(client, fake):
    organization = fake.organization("demo")
    owner = organization.tokens[fake.token("reader")].identity_id
    organization.identities[owner].is_active = False
    assert client.get("_apis/projects", token="reader").json()["typeKey"] == "UnauthorizedRequestException"


def test_a_permission_that_is_missing_is_named_with_its_numbers(client):
    reply = client.get("_apis/projects", token="limited")
    body = reply.json()
    assert (reply.status, body["typeKey"]) == (403, "AccessCheckException")
    assert body["message"].endswith("to perform this action: View instance-level information")
    assert body["customProperties"]["RequestedPermissions"] == 1
    assert body["customProperties"]["Token"] == "NAMESPACE"
    assert client.get("_apis/connectionData", token="limited", version=None).status == 200


def test_conditional_access_and_the_policy_on_global_tokens(client):
    denied = client.get("_apis/projects", token="conditional_access")
    assert (denied.status, denied.json()["typeKey"], denied.json()["eventId"]) == (403, "VssServiceException", 3000)
    assert denied.json()["message"].startswith("VS403463:")
    blocked = client.get("_apis/projects", token="global_blocked")
    assert (blocked.status, blocked.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert "allow list" in unquote(blocked.headers["x-tfs-serviceerror"])
    assert b"allow list" not in blocked.content


def test_a_stakeholder_reads_no_git(client):
    reply = client.get(f"{ALPHA}/_apis/git/pullrequests", token="stakeholder")
    assert (reply.status, reply.json()["typeKey"]) == (403, "MissingLicenseException")
    assert client.get("_apis/projects", token="stakeholder").status == 200


def test_bearer_tokens_say_less_when_they_fail(client, fake):
    def ask(name: str, scheme: str = "Bearer"):
        value = fake.token(name)
        header = f"Bearer {value}" if scheme == "Bearer" else basic(value)
        return client.get("_apis/projects", headers={"Authorization": header, **SUPPRESS})

    assert ask("bearer").status == 200
    assert (ask("bearer_expired").status, ask("bearer_expired").content) == (401, b"")
    assert (ask("bearer", "Basic").status, ask("bearer", "Basic").content) == (401, b"")
    assert ask("good").status == 401
    wrong = ask("bearer_wrong_tenant")
    assert (wrong.status, wrong.headers["retry-after"], wrong.headers["x-ratelimit-remaining"]) == (429, "600", "0")
    assert "x-vss-userdata" not in wrong.headers, "the directory of another tenant's account is unknown here"


def test_a_token_of_another_organisation_is_as_unknown():
    with start_fake([minimal_organization("demo"), minimal_organization("other")]) as fake:
        foreign = basic(fake.token("good", "other"))
        reply = Client(fake).get("_apis/projects", headers={"Authorization": foreign, **SUPPRESS})
        assert (reply.status, reply.content) == (401, b"")
        assert Client(fake, "other").get("_apis/projects").status == 200


def test_an_unknown_organisation_is_a_page(client, fake):
    url = f"{fake.url}/dev.azure.com/nobody/_apis/projects?api-version=7.1"
    answer = requests.get(url, headers={"Authorization": basic(fake.token())}, timeout=10)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "The resource cannot be found." in answer.text
    assert "X-VSS-UserData" not in answer.headers


@pytest.mark.parametrize("name", [HIDDEN, "Hidden", "Gone", "absent", "f" * 36])
def test_a_project_that_is_hidden_deleted_or_absent_is_not_found(client, name):
    reply = client.get(f"_apis/projects/{name}/properties", version="7.1-preview.1")
    assert (reply.status, reply.json()["typeKey"]) == (404, "ProjectDoesNotExistWithNameException")
    assert reply.json()["message"].startswith(f"TF200016: The following project does not exist: {name}.")


def test_the_build_area_says_400_for_it(client):
    reply = client.get(f"{HIDDEN}/_apis/build/builds")
    assert (reply.status, reply.json()["typeKey"]) == (400, "ProjectDoesNotExistException")
    assert reply.json()["message"].startswith("VS800075:")


def test_an_empty_project_segment_is_not_found(client):
    assert client.get("/_apis/build/builds").status == 404


def test_the_error_envelope_has_its_seven_fields(client):
    body = client.get("_apis/projects/absent").json()
    assert set(body) == {"$id", "innerException", "message", "typeName", "typeKey", "errorCode", "eventId"}
    assert body["typeName"].split(",")[0].endswith(body["typeKey"])


def test_headers_for_support_and_for_the_tenant_are_on_refusals_too(client, fake):
    reply = client.get("_apis/connectionData", token=None, version=None)
    assert reply.headers["x-vss-resourcetenant"] == fake.organization("demo").tenant_id
    assert reply.headers["activityid"] == reply.headers["x-vss-e2eid"]
    assert "vstssession" in reply.headers["set-cookie"].lower()
