"""Graph user and identity to user alias."""

from __future__ import annotations

from typing import Final

from shared.flow.users import UserAlias
from shared.mapping.values import AdoItem, guid, need, text

SERVICES: Final = frozenset({"svc", "s2s", "acs", "aadsp", "srv"})
"""First part of the subject descriptor of what is no person: build and service accounts, service principals.

Source: https://learn.microsoft.com/rest/api/azure/devops/graph/users/list
"""
GROUPS: Final = frozenset({"vssgp", "aadgp"})
SERVICE_DOMAINS: Final = frozenset({"build", "agentpool", "local authority", "system:serviceidentity"})


def to_user_alias(user: AdoItem, identity: AdoItem, *, integration_id: str) -> UserAlias:
    """A Graph user, with the identity that has the same descriptor: Graph's rows lack the storage key.

    The identity's custom display name wins; ``is_active`` is false for those who were removed from the organisation.
    """
    alias_id = guid(identity.get("id"), "an identity's id")
    what = f"user {alias_id}"
    descriptor = need(user, "descriptor", str, what)
    name = text(identity, "customDisplayName") or text(user, "displayName") or text(identity, "providerDisplayName")
    return UserAlias(
        integration_id=integration_id,
        id=alias_id,
        apex_user_id=alias_id,
        name=name or alias_id,
        username=text(user, "principalName"),
        email=text(user, "mailAddress"),
        descriptor=descriptor,
        origin=text(user, "origin"),
        origin_id=text(user, "originId"),
        is_service=is_service(user),
        is_group=str(user.get("subjectKind")).lower() == "group" or identity.get("isContainer") is True,
        is_active=identity.get("isActive") is not False,
    )


def identity_to_user_alias(identity: AdoItem, *, integration_id: str) -> UserAlias:
    """An identity that Graph does not list: inactive, whatever it says itself.

    Source: https://learn.microsoft.com/rest/api/azure/devops/ims/identities/read-identities
    """
    alias_id = guid(identity.get("id"), "an identity's id")
    descriptor = text(identity, "subjectDescriptor")
    return UserAlias(
        integration_id=integration_id,
        id=alias_id,
        apex_user_id=alias_id,
        name=text(identity, "customDisplayName") or text(identity, "providerDisplayName") or alias_id,
        username=_property(identity, "Account"),
        email=_property(identity, "Mail"),
        descriptor=descriptor,
        is_service=is_service({"descriptor": descriptor, "domain": _property(identity, "Domain")}),
        is_group=identity.get("isContainer") is True,
        is_active=False,
    )


def accounts_of(identity: AdoItem) -> set[str]:
    """The account and address of an identity, case-folded."""
    found = (_property(identity, "Account"), _property(identity, "Mail"))
    return {one.casefold() for one in found if one}


def _property(identity: AdoItem, name: str) -> str | None:
    """A property's text; each comes as ``{"$type", "$value"}``."""
    value = (identity.get("properties") or {}).get(name) or {}
    return text(value, "$value")


def is_person(reference: AdoItem) -> bool:
    """Whether an identity that a pull request refers to is a person: no service, no group.

    Source: https://learn.microsoft.com/rest/api/azure/devops/git/pull-requests/get-pull-request (IdentityRef)
    """
    kind = str(reference.get("descriptor")).partition(".")[0].lower()
    return reference.get("isContainer") is not True and kind not in SERVICES | GROUPS


def is_service(user: AdoItem) -> bool:
    """Whether a Graph subject is a service rather than a person or a group."""
    return (
        str(user.get("descriptor")).partition(".")[0].lower() in SERVICES
        or str(user.get("domain")).lower() in SERVICE_DOMAINS
        or str(user.get("metaType")).lower() == "application"
        or str(user.get("subjectKind")).lower() == "serviceprincipal"
    )
