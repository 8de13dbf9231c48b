"""The signed-in user and the organisations that the account is in.

Specification: MicrosoftDocs/vsts-rest-api-specs ``profile/7.1/profile.json``, ``account/7.1/accounts.json``. A personal
access token opens them only if it is global:
https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
"""

from __future__ import annotations

from local.fake_ado import access, refusals
from local.fake_ado.answers import Answer, plain, value
from local.fake_ado.context import Call
from local.fake_ado.routing import GRAPH_HOST, PROFILE_HOST, route

_STAMP = "2026-01-05T09:30:00.0000000+00:00"


@route("GET", PROFILE_HOST, "/_apis/profile/profiles/{id}", version="7.1", scopes=("vso.profile",))
@route("GET", GRAPH_HOST, "/{organization}/_apis/profile/profiles/{id}", version="7.1")
def get_profile(call: Call) -> Answer:
    """``me`` or the caller's own id; anybody else's profile is refused."""
    who = call.caller
    if call.parameters["id"].lower() not in ("me", who.id):
        raise refusals.Refusal(404, "ProfileDoesNotExistException", "VS403283: The profile could not be found.")
    body = {
        "displayName": who.display_name,
        "publicAlias": who.id,
        "emailAddress": who.mail or who.account,
        "coreRevision": 1,
        "timeStamp": _STAMP,
        "id": who.id,
        "revision": 1,
    }
    if call.query.flag("details"):
        body["coreAttributes"] = {"Country": {"value": "DE", "timeStamp": _STAMP, "revision": 1}}
    return plain(body)


@route("GET", PROFILE_HOST, "/_apis/accounts", version="7.1", scopes=("vso.profile",))
def list_accounts(call: Call) -> Answer:
    """Organisations of a member or an owner; without either the request is refused."""
    member = (call.query.one("memberId") or call.query.one("ownerId")).lower()
    if not member:
        raise refusals.invalid_argument("VS403357: Either memberId or ownerId is required.")
    who = call.caller
    homes = [
        one for one in call.fake.organizations.values() if member == who.id and access.member(one, who) is not None
    ]
    return value(
        [
            {
                "accountId": home.id,
                "accountUri": f"https://vssps.dev.azure.com/{home.name}/",
                "accountName": home.name,
                "accountStatus": "enabled",
                "accountType": "organization",
                "properties": {},
            }
            for home in homes
        ]
    )
