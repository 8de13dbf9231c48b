"""What each refusal that Azure DevOps is known to give means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ado import remedies
from shared.ado.endpoint import Endpoint
from shared.ado.endpoints import build, core, git, hooks, location, wit
from shared.ado.refusal import MAX_TEXT, Refusal, is_refusal, read_refusal
from shared.ado.refusals import ANONYMOUS, error_of, refusal_of
from shared.ado.wire import Reply
from shared.errors import ConnectorError, ContractError, CredentialError, TransientError, UnavailableError

KNOWN = {"x-vss-userdata": "5f6a1c3e-0000-0000-0000-000000000001:svc@contoso.com"}
SIGN_IN = b"<!DOCTYPE html><html><head><title>Azure DevOps Services | Sign In</title></head></html>"
HTML_404 = b"<html><title>The resource cannot be found.</title></html>"
BASIC = {"www-authenticate": 'Basic realm="https://tfsprodeus.visualstudio.com/"'}
GLOBAL_PAT = quote("Organization policy prohibits global PATs unless they are on the allow list.")
EXPIRED = "Access Denied: The Personal Access Token used has expired."
WRONG_TENANT = {
    "x-ratelimit-remaining": "0", "x-ratelimit-limit": "4000", "x-ratelimit-resource": "Service/DBCPU",
    "retry-after": "600",
}  # fmt: skip


def said(message: str, type_key: str = "VssServiceException", **more: Any) -> bytes:
    return orjson.dumps({"$id": "1", "message": message, "typeKey": type_key, "errorCode": 0, "eventId": 3000, **more})


@dataclass(frozen=True)
class Row:
    """A refusal as it was seen, and what it must mean."""

    what: str
    status: int
    error: type[ConnectorError]
    code: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    endpoint: Endpoint = core.PROJECTS
    html: bool = False
    bearer: bool = False
    accepted: bool = False

    @property
    def reply(self) -> Reply:
        kind = "text/html; charset=utf-8" if self.html else "application/json; charset=utf-8"
        content = {"content-type": kind} if self.body else {}
        return Reply(self.status, {**content, **self.headers}, self.body)


ROWS = [
    # No credential, or one that Azure DevOps does not know.
    Row("sign-in page", 203, CredentialError, "credentials.rejected", SIGN_IN, html=True),
    Row("sign-in page as 200", 200, CredentialError, "credentials.rejected", SIGN_IN, html=True),
    Row("sign-in page without a type", 200, CredentialError, "credentials.rejected", b"\r\n<html></html>"),
    Row("203 with JSON", 203, CredentialError, "credentials.rejected", b'{"value": []}'),
    Row(
        "redirect to sign-in", 302, CredentialError, "credentials.rejected",
        headers={"location": "https://app.vssps.visualstudio.com/_signin?realm=dev.azure.com"},
    ),
    Row(
        "redirect to Entra", 302, CredentialError, "credentials.rejected",
        headers={"location": "https://login.microsoftonline.com/common/oauth2/authorize"},
    ),
    Row("empty 401", 401, CredentialError, "credentials.rejected", headers=BASIC),
    Row(
        "invalid on PATCH", 401, CredentialError, "credentials.rejected",
        said(f"TF400813: The user '{ANONYMOUS}' is not authorized to access this resource.",
             "UnauthorizedRequestException"),
    ),
    Row("TF400813 in a page", 401, CredentialError, "credentials.rejected",
        f"<title>TF400813: The user '{ANONYMOUS.upper()}' is not authorized</title>".encode(), html=True),
    Row("TF400813 that names nobody", 401, CredentialError, "credentials.rejected",
        said("TF400813: Resource not available for anonymous access.", "UnauthorizedRequestException")),
    # Expired: the one sentence without a code, in any of four places.
    Row("expired, JSON", 401, CredentialError, "credentials.expired", said(EXPIRED, "AccessCheckException")),
    Row("expired, text", 401, CredentialError, "credentials.expired", EXPIRED.encode(),
        {"content-type": "text/plain"}),
    Row("expired, title", 401, CredentialError, "credentials.expired", f"<title>{EXPIRED}</title>".encode(), html=True),
    Row("expired, header", 401, CredentialError, "credentials.expired", headers={"x-tfs-serviceerror": quote(EXPIRED)}),
    Row("expired, sign-in page", 203, CredentialError, "credentials.expired", SIGN_IN,
        {"x-tfs-serviceerror": quote(EXPIRED)}, html=True),
    # A good token without the scope: Azure DevOps knows who is asking.
    Row("scope missing", 401, CredentialError, "scope.missing", headers={**BASIC, **KNOWN}),
    Row("scope missing on a project", 401, CredentialError, "scope.missing", headers=KNOWN, endpoint=build.BUILDS),
    Row("no scope to miss", 401, CredentialError, "credentials.rejected", headers=KNOWN,
        endpoint=location.CONNECTION_DATA),
    # A good token of somebody who is no member.
    Row("stranger", 401, CredentialError, "credentials.foreign",
        said("TF400813: The user 'Svc Flow' is not authorized to access this resource.",
             "UnauthorizedRequestException"),
        {"www-authenticate": "TFS-Federated, Bearer"}),
    Row("stranger, VS30063", 401, CredentialError, "credentials.foreign",
        said("VS30063: You are not authorized to access https://dev.azure.com.")),
    # Permissions.
    Row("permission, organization", 403, CredentialError, "permission.missing",
        said("Access Denied: Svc needs the following permission(s) on the resource x: View", "AccessCheckException"),
        KNOWN),
    Row("permission, project", 403, UnavailableError, "permission.missing",
        said("Access Denied: Svc needs the following permission(s)", "AccessCheckException"), KNOWN, git.PULL_REQUESTS),
    Row("permission, hooks", 400, CredentialError, "permission.missing",
        said("Access Denied: Svc needs the following permission(s) on the resource PublisherSecurity",
             "AccessCheckException"), KNOWN, hooks.CREATE_SUBSCRIPTION),
    Row("403 without a word", 403, CredentialError, "permission.missing"),
    Row("license", 403, UnavailableError, "license.missing", said("TF400409: x", "MissingLicenseException"),
        endpoint=git.PULL_REQUESTS),
    Row("license, organization", 403, CredentialError, "license.missing",
        said("TF400409: You do not have licensing rights to access this feature", "MissingLicenseException")),
    # Policies.
    Row("conditional access", 403, CredentialError, "conditional_access",
        said("VS403463: The conditional access policy defined by your Microsoft Entra administrator has failed.")),
    Row("conditional access, 401", 401, CredentialError, "conditional_access",
        said("VS403463: Die Richtlinie ist fehlgeschlagen.")),
    Row("conditional access, page", 403, CredentialError, "conditional_access",
        b"<html><title>VS403463: The conditional access policy</title></html>", html=True),
    Row("conditional access, project", 403, CredentialError, "conditional_access", said("VS403463: x"),
        endpoint=git.PULL_REQUESTS),
    Row("global token", 401, CredentialError, "policy.global_pat", b"<html></html>",
        {"x-tfs-serviceerror": GLOBAL_PAT}, html=True),
    # Absent, hidden or disabled.
    Row("project hidden", 404, UnavailableError, "project.unavailable",
        said("TF200016: The following project does not exist: X.", "ProjectDoesNotExistWithNameException"),
        endpoint=git.PULL_REQUESTS),
    Row("project hidden, by id", 404, UnavailableError, "project.unavailable",
        said("x", "ProjectDoesNotExistException"), endpoint=core.PROJECT),
    Row("project hidden, builds", 400, UnavailableError, "project.unavailable",
        said("VS800075: The project with id 'x' does not exist", "ProjectDoesNotExistException"),
        endpoint=build.BUILDS),
    Row("repository disabled", 404, UnavailableError, "repository.unavailable",
        said("TF401019: The Git repository with name or identifier x does not exist", "GitRepositoryNotFoundException"),
        endpoint=git.PULL_REQUEST_THREADS),
    Row("project, 404 without a word", 404, UnavailableError, "project.unavailable", endpoint=wit.WORK_ITEM_TYPES),
    Row("work item", 404, UnavailableError, "not_found",
        said("TF401232: Work item 7 does not exist", "WorkItemUnauthorizedAccessException"), endpoint=wit.FIELD),
    Row("organization absent", 404, CredentialError, "organization.not_found", HTML_404, html=True),
    Row("organization absent, look-up", 404, UnavailableError, "not_found", HTML_404,
        endpoint=location.ORGANIZATION_LOCATION, html=True),
    Row("organization moved", 302, CredentialError, "organization.moved",
        headers={"location": "https://newname.visualstudio.com/_apis/projects"}),
    # Throttling is never about the credential, except where an Entra token never worked.
    Row("throttled", 429, TransientError, "throttled", said("TF400733: The request has been canceled"), KNOWN),
    Row("throttled with 503", 503, TransientError, "throttled", said("TF400733: The request has been canceled")),
    Row("throttled with 401", 401, TransientError, "throttled", headers={"retry-after": "30"}),
    Row("wrong tenant", 429, CredentialError, "wrong_tenant", headers=WRONG_TENANT, bearer=True),
    Row("claims challenge", 401, CredentialError, "oauth.reconnect_needed",
        headers={"www-authenticate": 'Bearer error="insufficient_claims", claims="eyJhY2Nlc3MifQ=="'}, bearer=True),
    Row("claims challenge for a token", 401, CredentialError, "credentials.rejected",
        headers={"www-authenticate": 'Bearer error="insufficient_claims", claims="eyJhY2Nlc3MifQ=="'}),
    Row("not a bearer", 429, TransientError, "throttled", headers=WRONG_TENANT),
    Row("worked before", 429, TransientError, "throttled", headers=WRONG_TENANT, bearer=True, accepted=True),
    Row("knows the caller", 429, TransientError, "throttled", headers={**WRONG_TENANT, **KNOWN}, bearer=True),
    Row("another resource", 429, TransientError, "throttled",
        headers={**WRONG_TENANT, "x-ratelimit-resource": "Service/ATCPU"}, bearer=True),
    # Trouble.
    Row("500", 500, TransientError, "server.trouble"),
    Row("503", 503, TransientError, "server.trouble", b"<html></html>", html=True),
    Row("408", 408, TransientError, "server.trouble"),
    # Our own mistakes.
    Row("version", 400, ContractError, "api_version",
        said("The requested REST API version of 0.0 is out of range", "VssVersionOutOfRangeException")),
    Row("version on a project", 400, ContractError, "api_version", said("x", "VssVersionOutOfRangeException"),
        endpoint=git.PULL_REQUESTS),
    Row("preview", 400, ContractError, "api_version",
        said("The requested version \"7.1\" is under preview.", "VssInvalidPreviewVersionException")),
    Row("unknown field", 400, ContractError, "request.refused",
        said("TF51535: Cannot find field Custom.X.", "FieldDoesNotExistException"), endpoint=wit.WORK_ITEM_REVISIONS),
    Row("method", 405, ContractError, "request.refused"),
    Row("anonymous look-up refused", 203, ContractError, "reply.sign_in", SIGN_IN,
        endpoint=location.ORGANIZATION_LOCATION, html=True),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_a_refusal_says_what_happens_next(row):
    assert is_refusal(row.reply)
    error = error_of(row.endpoint, read_refusal(row.reply), bearer=row.bearer, accepted=row.accepted)
    assert (type(error), error.code) == (row.error, row.code)
    if isinstance(error, CredentialError | UnavailableError):
        assert error.remedy
    refusal = refusal_of(error)
    assert refusal is not None
    assert refusal.status == row.status
    assert refusal.known_caller == ("x-vss-userdata" in row.headers)


def test_every_code_of_the_words_is_met():
    assert {row.code for row in ROWS} >= remedies.MESSAGES.keys()
    assert remedies.REMEDIES.keys() == remedies.MESSAGES.keys() | {"throttled", "scope.missing"}


@pytest.mark.parametrize("row", [row for row in ROWS if row.error is CredentialError], ids=lambda row: row.what)
def test_who_has_signed_in_is_not_told_to_copy_a_token(row):
    error = error_of(row.endpoint, read_refusal(row.reply), bearer=True)
    if error.code in {"credentials.rejected", "credentials.expired"}:
        assert "Sign in with Microsoft again" in (error.remedy or "")
    assert refusal_of(error) is not None


def test_a_pause_is_as_long_as_ado_says():
    refusal = Refusal(status=429, retry_after=42)
    error = error_of(core.PROJECTS, refusal)
    assert isinstance(error, TransientError)
    assert (error.retry_after, error.throttled) == (42, True)


def test_a_scope_is_named_as_the_token_page_names_it():
    error = error_of(build.BUILDS, Refusal(status=401, known_caller=True))
    assert "Build (Read)" in str(error)


@given(
    status=st.integers(200, 599),
    body=st.one_of(st.binary(max_size=60), st.builds(orjson.dumps, st.dictionaries(st.text(max_size=9), st.text()))),
    headers=st.dictionaries(
        st.sampled_from(["content-type", "retry-after", "x-tfs-serviceerror", "location", "activityid"]), st.text()
    ),
)
def test_any_reply_is_an_answer_or_one_of_the_four_errors(status, body, headers):
    reply = Reply(status, headers, body)
    if not is_refusal(reply):
        assert 200 <= status < 300
        return
    refusal = read_refusal(reply)
    error = error_of(core.PROJECTS, refusal)
    assert isinstance(error, TransientError | CredentialError | UnavailableError | ContractError)
    assert max(len(refusal.text), len(refusal.service_error)) <= MAX_TEXT
    assert str(error).isprintable()
