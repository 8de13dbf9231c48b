"""Every way in which Azure DevOps is known to refuse, through the connection test: outcome, failed checks, remedy.

The fake answers as others have seen the service answer; a row says where in the test it does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from local.fake_ado.refusals import REALM, envelope
from local.fake_ado.testing import start_fake
from shared import checks as ids
from shared.checks import SCOPES
from tests.connecting import Try

DENIED, ERROR, CONNECTED = "authorization_denied", "error", "connected"
WHO = "connectionData"
VERIFY = "Verify the token"
ANYBODY = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"


def said(status, type_key, message, **headers):
    """A refusal with an error's body."""
    body = orjson.dumps(envelope(type_key, message, namespace="Microsoft.TeamFoundation")).decode()
    return {"status": status, "body": body, "headers": {"Content-Type": "application/json", **headers}}


def page(status, title, **headers):
    return {"status": status, "html": True, "body": f"<html><title>{title}</title></html>", "headers": headers}


def empty(status, **headers):
    return {"status": status, "headers": {name.replace("_", "-"): value for name, value in headers.items()}}


@dataclass(frozen=True)
class Row:
    """``path``: what of the test is answered so; the rest is answered as for ``token``."""

    name: str
    outcome: str
    failed: list[str]
    remedy: str | None
    fault: dict[str, Any] | None = None
    path: str = WHO
    token: str = "good"
    bearer: bool = False
    detail: str = ""
    base_url: str = "https://dev.azure.com/contoso"
    skipped: tuple[str, ...] = field(default=())


def unknown_token(name, fault):
    return Row(name, DENIED, [ids.CREDENTIALS], VERIFY, fault)


EXPIRED = "Access Denied: The Personal Access Token used has expired."
CONDITIONAL = "VS403463: The conditional access policy defined by your {} administrator has failed."
SIGN_IN = "https://spsprodweu2.vssps.visualstudio.com/_signin?realm=dev.azure.com"
GLOBAL = quote("Organization policy prohibits the use of global Personal Access Tokens unless on an allow list.")
WRONG_TENANT = {
    "Retry-After": "600", "X-RateLimit-Resource": "AzureDevOps/DBCPU", "X-RateLimit-Limit": "4000",
    "X-RateLimit-Remaining": "0",
}  # fmt: skip
VERSION = "The requested version is not supported."

ROWS = [
    unknown_token("no credential: a sign-in page", page(203, "Azure DevOps Services | Sign In")),
    unknown_token("no credential: a sign-in page as 200", page(200, "Azure DevOps Services | Sign In")),
    unknown_token("no credential: a redirect to it", empty(302, Location=SIGN_IN)),
    unknown_token("a malformed or unknown token", empty(401, WWW_Authenticate=f"Bearer, {REALM}, TFS-Federated")),
    Row("a token that was revoked", DENIED, [ids.CREDENTIALS], VERIFY, token="revoked"),
    Row("a token that never was", DENIED, [ids.CREDENTIALS], VERIFY, token="never-was"),
    unknown_token(
        "TF400813 of nobody", said(401, "UnauthorizedRequestException", f"TF400813: The user '{ANYBODY}' is not ...")
    ),
    Row("expired, as JSON", DENIED, [ids.CREDENTIALS, ids.TOKEN_EXPIRY], "new token", token="expired"),
    Row("expired, as the title of a page", DENIED, [ids.CREDENTIALS, ids.TOKEN_EXPIRY], "new token",
        token="expired_html"),
    Row("expired, as text", DENIED, [ids.CREDENTIALS, ids.TOKEN_EXPIRY], "new token", token="expired_text"),
    Row("expired, in a header alone", DENIED, [ids.CREDENTIALS, ids.TOKEN_EXPIRY], "new token",
        empty(401, X_TFS_ServiceError=quote(EXPIRED))),
    Row("no member, TF400813", DENIED, [ids.CREDENTIALS], "add the token's owner", token="stranger"),
    Row("no member, VS30063", DENIED, [ids.CREDENTIALS], "add the token's owner",
        said(401, "VssServiceException", "VS30063: You are not authorized to access https://dev.azure.com.")),
    *(Row(f"scope missing: {token}", DENIED, [scope], "Review the token's scopes", token=token)
      for token, scope in [("no_code", ids.CODE), ("no_build", ids.BUILD), ("no_graph", ids.GRAPH),
                           ("no_identity", ids.IDENTITY), ("no_project", ids.PROJECT_AND_TEAM),
                           ("no_work", ids.WORK_ITEMS)]),
    Row("permission missing, everywhere", DENIED, [ids.VIEW_INSTANCE], "View instance-level information",
        token="limited"),
    Row("permission missing, on the first call", DENIED, [ids.VIEW_INSTANCE], "View instance-level information",
        said(403, "AccessCheckException", "Access Denied: X needs the following permission(s) to perform this action")),
    Row("permission missing in one project is no missing scope", CONNECTED, [], None,
        said(403, "AccessCheckException", "Access Denied: X needs the following permission(s): View builds"),
        path="build/definitions"),
    Row("license missing", DENIED, [ids.CODE], "Basic access", token="stakeholder"),
    Row("conditional access, JSON", DENIED, [ids.CONDITIONAL_ACCESS], "conditional access policy",
        said(403, "VssServiceException", CONDITIONAL.format("Microsoft Entra"))),
    Row("conditional access, under its older name", DENIED, [ids.CONDITIONAL_ACCESS], "service account",
        said(403, "VssServiceException", CONDITIONAL.format("Azure Active Directory"))),
    Row("conditional access, as a page's title", DENIED, [ids.CONDITIONAL_ACCESS], "administrator",
        page(403, CONDITIONAL.format("Microsoft Entra"))),
    Row("conditional access, as 401", DENIED, [ids.CONDITIONAL_ACCESS], "administrator",
        said(401, "VssServiceException", CONDITIONAL.format("Microsoft Entra"))),
    Row("conditional access, on one area only", DENIED, [ids.CONDITIONAL_ACCESS], "administrator",
        said(403, "VssServiceException", CONDITIONAL.format("Microsoft Entra")), path="_apis/teams"),
    Row("global tokens blocked", DENIED, [ids.CREDENTIALS], "for this one organization only", token="global_blocked"),
    Row("global tokens blocked, in a header alone", DENIED, [ids.CREDENTIALS], "allow list",
        page(401, "Azure DevOps Services | Unauthorized", **{"X-TFS-ServiceError": GLOBAL})),
    Row("third-party access switched off looks like a bad token", DENIED, [ids.CREDENTIALS], None,
        empty(401, WWW_Authenticate=REALM), bearer=True, token="bearer"),
    Row("a project that vanished, in the build area", CONNECTED, [], None,
        said(400, "ProjectDoesNotExistException", "VS800075: The project does not exist"), path="build/definitions"),
    Row("a project that vanished, elsewhere", CONNECTED, [], None,
        said(404, "ProjectDoesNotExistWithNameException", "TF200016: The following project does not exist"),
        path="build/definitions"),
    Row("no such organization", ERROR, [ids.ORGANIZATION], "Verify the base URL",
        base_url="https://dev.azure.com/nowhere"),
    Row("an organization that was deleted: a page", ERROR, [ids.ORGANIZATION], "Verify the base URL",
        page(404, "The resource cannot be found.")),
    Row("an organization that moved: a redirect", ERROR, [ids.ORGANIZATION], "moved",
        empty(302, Location="https://elsewhere.visualstudio.com/")),
    Row("throttled", ERROR, [], None, said(429, "RequestBlockedException", "TF400733: The request has been canceled"),
        detail="throttling", skipped=(ids.CREDENTIALS,)),
    Row("throttled, as 401 that asks to wait", ERROR, [], None, empty(401, Retry_After="30"), detail="throttling",
        skipped=(ids.CREDENTIALS,)),
    Row("throttled, in one area", ERROR, [], None, empty(429, Retry_After="30"), path="graph/descriptors",
        detail="throttling", skipped=(ids.GRAPH,)),
    Row("throttled beside a missing scope is no denial", ERROR, [ids.CODE], "Review", empty(429, Retry_After="30"),
        path="graph/descriptors", token="no_code", skipped=(ids.GRAPH,)),
    Row("a sign-in of another tenant, as 429", DENIED, [ids.CREDENTIALS], "own tenant", token="bearer_wrong_tenant",
        bearer=True, detail="another Microsoft Entra tenant"),
    Row("the same answer to an access token is throttling", ERROR, [], None,
        {"status": 429, "headers": WRONG_TENANT}, detail="throttling", skipped=(ids.CREDENTIALS,)),
    Row("a sign-in that has expired, was revoked or lacks a scope", DENIED, [ids.CREDENTIALS], None,
        token="bearer_expired", bearer=True, detail="expired"),
    Row("a version out of range", ERROR, [], None, said(400, "VssVersionOutOfRangeException", VERSION),
        path="workitemrelationtypes", skipped=(ids.WORK_ITEMS,)),
    Row("a version that needs its preview flag", ERROR, [], None,
        said(400, "VssInvalidPreviewVersionException", VERSION), skipped=(ids.CREDENTIALS,)),
    Row("an answer that is cut off", ERROR, [], None, {"garbage": True}, skipped=(ids.CREDENTIALS,)),
    Row("a permission that cannot be asked about stands in nobody's way", CONNECTED, [], None,
        empty(401, WWW_Authenticate=REALM), path="_apis/permissions/", token="reader",
        skipped=(ids.VIEW_INSTANCE, ids.ADMINISTRATOR)),
]  # fmt: skip


@pytest.fixture(scope="module")
def shared_fake():
    with start_fake(["contoso"]) as running:
        yield running


@pytest.fixture
def fake(shared_fake):
    yield shared_fake
    shared_fake.clear_faults()


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_refusal_is_told_for_what_it_is(fake, row):
    if row.fault:
        fake.set_fault(row.path, times=None, **row.fault)
    tried = Try(fake, row.token, base_url=row.base_url, bearer=row.bearer)
    assert (tried.outcome, tried.failed) == (row.outcome, row.failed)
    assert set(row.skipped) <= set(tried.with_status("skipped"))
    remedies = " ".join(tried.checks[check].remedy for check in tried.failed)
    assert row.remedy is None or row.remedy in remedies
    assert row.detail in " ".join(check.detail for check in tried.answer.checks)


@pytest.mark.parametrize("row", [row for row in ROWS if row.outcome == ERROR], ids=lambda row: row.name)
def test_trouble_blames_no_credential(fake, row):
    if row.fault:
        fake.set_fault(row.path, times=None, **row.fault)
    tried = Try(fake, row.token, base_url=row.base_url)
    blamed = [check for check in tried.failed if check in (ids.CREDENTIALS, ids.CONDITIONAL_ACCESS, *SCOPES)]
    assert blamed == ([ids.CODE] if row.token == "no_code" else [])
