"""Rows of the Graph area: subjects and memberships, with their links."""

from __future__ import annotations

import base64
from typing import Any

from local.fake_ado.identityref import avatar_url
from local.fake_ado.model import Identity, Organization

_ORIGINS = {"aad": "aad", "aadgp": "aad", "aadsp": "aad", "msa": "msa", "imp": "ad"}
_DOMAINS = {"service": "Build"}


def href(organization: Organization, kind: str, key: str) -> str:
    """The address of one thing of the Graph area."""
    return f"https://vssps.dev.azure.com/{organization.name}/_apis/Graph/{kind}/{key}"


def scope_descriptor(project_id: str) -> str:
    """The descriptor of a project as a scope of groups."""
    return "scp." + base64.b64encode(project_id.encode()).decode().rstrip("=")


def subject_row(organization: Organization, identity: Identity) -> dict[str, Any]:
    """A user, group or service principal. It carries no storage key, only a link to it."""
    descriptor = identity.descriptor
    prefix = descriptor.partition(".")[0]
    plural = {"vssgp": "Groups", "aadgp": "Groups", "aadsp": "ServicePrincipals"}.get(prefix, "Users")
    links = {
        "self": {"href": href(organization, plural, descriptor)},
        "memberships": {"href": href(organization, "Memberships", descriptor)},
        "membershipState": {"href": href(organization, "MembershipStates", descriptor)},
        "storageKey": {"href": href(organization, "StorageKeys", descriptor)},
    }
    if plural != "Groups":
        links["avatar"] = {"href": avatar_url(organization, identity)}
    return {
        **_kind(identity, plural),
        "domain": _domain(organization, identity),
        "principalName": identity.account,
        "mailAddress": identity.mail if identity.kind == "group" else identity.mail or "",
        "origin": _ORIGINS.get(prefix, "vsts"),
        "originId": identity.origin_id,
        "displayName": _display_name(identity),
        "_links": links,
        "url": href(organization, plural, descriptor),
        "descriptor": descriptor,
    }


def _kind(identity: Identity, plural: str) -> dict[str, Any]:
    if plural == "Groups":
        return {"subjectKind": "group", "description": ""}
    if plural == "ServicePrincipals":
        return {"subjectKind": "servicePrincipal", "metaType": "application", "applicationId": identity.origin_id}
    alias = {"directoryAlias": identity.account.partition("@")[0]} if identity.kind == "user" else {}
    return {"subjectKind": "user", "metaType": "guest" if identity.is_guest else "member", **alias}


def _display_name(identity: Identity) -> str:
    """Groups without the scope that goes before their name elsewhere."""
    return identity.display_name.rpartition("\\")[2] if identity.kind == "group" else identity.display_name


def _domain(organization: Organization, identity: Identity) -> str:
    if identity.kind != "group":
        return identity.domain or _DOMAINS.get(identity.kind, organization.tenant_id)
    scope = identity.scope_project_id
    if scope:
        return f"vstfs:///Classification/TeamProject/{scope}"
    return f"vstfs:///Framework/IdentityDomain/{organization.id}"


def membership_row(organization: Organization, container: Identity, member: Identity) -> dict[str, Any]:
    """One direct membership."""
    kind = "Groups" if member.kind == "group" else "Users"
    return {
        "containerDescriptor": container.descriptor,
        "memberDescriptor": member.descriptor,
        "_links": {
            "self": {"href": href(organization, "Memberships", f"{member.descriptor}/{container.descriptor}")},
            "member": {"href": href(organization, kind, member.descriptor)},
            "container": {"href": href(organization, "Groups", container.descriptor)},
        },
    }
