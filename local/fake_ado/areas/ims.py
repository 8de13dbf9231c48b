"""Identities with legacy descriptors. Specification: MicrosoftDocs/vsts-rest-api-specs ``ims/7.1/identities.json``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.fake_ado import refusals
from local.fake_ado.answers import Answer, value
from local.fake_ado.context import Call
from local.fake_ado.model import Identity
from local.fake_ado.routing import GRAPH_HOST, route

_LEGACY_GROUP = "Microsoft.TeamFoundation.Identity"
_LEGACY_SERVICE = "Microsoft.TeamFoundation.ServiceIdentity"
_LEGACY_USER = "Microsoft.IdentityModel.Claims.ClaimsIdentity"

_SEARCHES: dict[str, Callable[[Identity, str], bool]] = {
    "general": lambda one, text: text in (one.account.lower(), (one.mail or "").lower(), one.display_name.lower()),
    "accountname": lambda one, text: one.account.lower() == text,
    "displayname": lambda one, text: one.display_name.lower() == text,
    "mailaddress": lambda one, text: (one.mail or "").lower() == text,
    "localgroupname": lambda one, text: one.kind == "group" and one.account.rsplit("\\", 1)[-1].lower() == text,
}


def legacy_descriptor(identity: Identity) -> str:
    """The descriptor as it was before subject descriptors."""
    if identity.kind == "group":
        return f"{_LEGACY_GROUP};S-1-9-{identity.origin_id}"
    if identity.kind == "service":
        return f"{_LEGACY_SERVICE};{identity.origin_id}:Build:{identity.id}"
    return f"{_LEGACY_USER};{identity.domain}\\{identity.account}"


def identity_row(identity: Identity, *, members: list[str] | None = None) -> dict[str, Any]:
    """One identity; properties carry their type."""
    properties: dict[str, tuple[str, str | int]] = {
        "SchemaClassName": ("System.String", "Group" if identity.kind == "group" else "User"),
        "Description": ("System.String", ""),
        "Domain": ("System.String", identity.domain),
        "Account": ("System.String", identity.account),
        "SpecialType": ("System.String", "Generic"),
    }
    if identity.mail:
        properties["Mail"] = ("System.String", identity.mail)
    row: dict[str, Any] = {
        "id": identity.id,
        "descriptor": legacy_descriptor(identity),
        "subjectDescriptor": identity.descriptor,
        "providerDisplayName": identity.display_name,
        "isActive": identity.is_active,
        "members": [],
        "memberOf": members or [],
        "memberIds": [],
        "properties": {name: {"$type": kind, "$value": text} for name, (kind, text) in properties.items()},
        "resourceVersion": 2,
        "metaTypeId": 1 if identity.is_guest else 0,
    }
    if identity.kind == "group":
        row["isContainer"] = True
    return row


@route("GET", GRAPH_HOST, "/{organization}/_apis/identities", version="7.1", scopes=("vso.identity",), cost=0.01)
def read_identities(call: Call) -> Answer:
    """By ids, by descriptors, or by a search; unknown ones are ``null`` in their place."""
    found = _wanted(call)
    expands = call.query.one("queryMembership", "None").lower() != "none"
    return value([one and identity_row(one, members=_groups_of(call, one) if expands else None) for one in found])


def _wanted(call: Call) -> list[Identity | None]:
    identities = call.organization.identities
    by_ids, by_subject = call.query.one("identityIds"), call.query.one("subjectDescriptors")
    by_legacy, search = call.query.one("descriptors"), call.query.one("searchFilter").lower()
    if by_ids:
        return [identities.get(one.strip().lower()) for one in by_ids.split(",")]
    if by_subject:
        known = {one.descriptor: one for one in identities.values()}
        return [known.get(one.strip()) for one in by_subject.split(",")]
    if by_legacy:
        known = {legacy_descriptor(one): one for one in identities.values()}
        return [known.get(one.strip()) for one in by_legacy.split(",")]
    if search not in _SEARCHES:
        raise refusals.invalid_argument("Invalid identity query: no ids, descriptors or search filter were given.")
    text = call.query.one("filterValue").lower()
    return [one for one in identities.values() if _SEARCHES[search](one, text)]


def _groups_of(call: Call, identity: Identity) -> list[str]:
    """Legacy descriptors of all groups that the identity is in, through other groups too."""
    found: dict[str, Identity] = {}
    fresh = {identity.id}
    while fresh:
        above = [one for one in call.organization.identities.values() if fresh.intersection(one.member_ids)]
        fresh = {one.id for one in above} - found.keys()
        found.update({one.id: one for one in above})
    return [legacy_descriptor(one) for one in found.values()]
