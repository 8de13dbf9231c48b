"""An identity as other objects carry it (``IdentityRef`` of the REST specification)."""

from __future__ import annotations

from typing import Any

from local.fake_ado.model import Identity, Organization

UNKNOWN_ID = "00000000-0000-0000-0000-000000000000"


def avatar_url(organization: Organization, identity: Identity) -> str:
    """Where the service keeps the picture."""
    return f"https://dev.azure.com/{organization.name}/_apis/GraphProfile/MemberAvatars/{identity.descriptor}"


def identity_url(organization: Organization, identity_id: str) -> str:
    """The regional address that identities carry; not a place to call."""
    return f"https://spsprodweu2.vssps.visualstudio.com/A{organization.id}/_apis/Identities/{identity_id}"


def identity_ref(organization: Organization, identity_id: str) -> dict[str, Any]:
    """The reference with everything the service still fills. An id that is nobody's gives an empty name."""
    identity = organization.identities.get(identity_id)
    if identity is None:
        return {"displayName": "", "id": identity_id, "uniqueName": "", "url": identity_url(organization, identity_id)}
    avatar = avatar_url(organization, identity)
    reference: dict[str, Any] = {
        "displayName": identity.display_name,
        "url": identity_url(organization, identity.id),
        "_links": {"avatar": {"href": avatar}},
        "id": identity.id,
        "uniqueName": unique_name(organization, identity),
        "imageUrl": avatar,
        "descriptor": identity.descriptor,
    }
    if identity.kind == "group":
        reference["isContainer"] = True
    if not identity.is_active:
        reference["inactive"] = True
    return reference


def unique_name(organization: Organization, identity: Identity) -> str:
    """Account or mail of a person; groups of a project are named by its URI."""
    if identity.kind != "group":
        return identity.account
    name = identity.account.rsplit("\\", 1)[-1]
    scope = identity.scope_project_id
    where = f"Classification/TeamProject/{scope}" if scope else f"Framework/IdentityDomain/{organization.id}"
    return f"vstfs:///{where}\\{name}"


def combined_name(organization: Organization, identity_id: str) -> str:
    """``Display Name <account>``: an identity in the text form of feeds and service hooks."""
    identity = organization.identities.get(identity_id)
    return f"{identity.display_name} <{identity.account}>" if identity else ""
