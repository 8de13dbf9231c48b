"""Who may do what: the effective permission of an identity, bit by bit.

Administrators have every bit. Others have what membership and visibility imply, plus ``Organization.grants``, less
``Organization.denials``. Namespaces and bits: https://learn.microsoft.com/azure/devops/organizations/security/namespace-reference
"""

from __future__ import annotations

from local.fake_ado.model import Identity, Organization, Project

COLLECTION = "3e65f728-f8bc-4ecd-8764-7e378b19bfa7"
PROJECT = "52d39943-cb85-4d7f-8fa8-c6baac873819"
GIT = "2e9eb7ed-3c0a-47d4-87c1-0ffdd275fd87"
AREA = "83e28ad4-2d72-4ceb-97b0-c7726d5502c3"
BUILD = "33344d9c-fc72-4d6f-aba5-fa317101a7e9"
HOOKS = "cb594ebe-87dd-4fc9-ac2c-6a10a4c92046"

VIEW_INSTANCE = (COLLECTION, "NAMESPACE", 1)
EDIT_INSTANCE = (COLLECTION, "NAMESPACE", 2)
PROJECT_TOKEN = "$PROJECT:vstfs:///Classification/TeamProject/"  # noqa: S105 - the name of a permission's resource

_IMPLIED_BITS = {PROJECT: 1, GIT: 2, AREA: 16 | 1, BUILD: 1}


def has(organization: Organization, identity: Identity, namespace: str, token: str, bits: int) -> bool:
    """True if ``identity`` has all of ``bits`` on ``token``."""
    single = [1 << position for position in range(bits.bit_length()) if bits >> position & 1]
    return bool(single) and all(_has_bit(organization, identity, namespace, token, bit) for bit in single)


def _has_bit(organization: Organization, identity: Identity, namespace: str, token: str, bit: int) -> bool:
    asked = (namespace, token, bit)
    if identity.id in organization.administrators:
        return True
    if asked in organization.denials.get(identity.id, ()):
        return False
    return asked in organization.grants.get(identity.id, ()) or _is_implied(organization, identity, asked)


def _is_implied(organization: Organization, identity: Identity, asked: tuple[str, str, int]) -> bool:
    namespace, token, bit = asked
    if asked == VIEW_INSTANCE:
        return identity.id in organization.identities and identity.is_active
    if not bit & _IMPLIED_BITS.get(namespace, 0):
        return False
    project = _project_of(organization, namespace, token)
    if project is None or not sees(organization, identity, project):
        return False
    return namespace != GIT or identity.licence != "stakeholder" or project.visibility == "public"


def _project_of(organization: Organization, namespace: str, token: str) -> Project | None:
    if namespace == AREA:
        nodes = [node for node in organization.nodes.values() if token.endswith(node.identifier)]
        return organization.projects.get(nodes[0].project_id) if nodes else None
    text = token.removeprefix(PROJECT_TOKEN).removeprefix("repoV2/")
    return organization.projects.get(text.split("/")[0].lower())


def member(organization: Organization, identity: Identity) -> Identity | None:
    """The same person in ``organization``: by id, else by the id of its origin, as Entra accounts are in several."""
    found = organization.identities.get(identity.id)
    if found is not None:
        return found
    same = (one for one in organization.identities.values() if one.origin_id == identity.origin_id)
    return next(same, None)


def sees(organization: Organization, identity: Identity, project: Project) -> bool:
    """True if the project is in the identity's lists. Administrators too are bound by ``hidden_from``."""
    if identity.id in project.hidden_from:
        return False
    return identity.id in organization.identities or project.visibility == "public"
