"""Who calls: the principal that App Service Authentication puts before each request, and Flow's permission levels.

Source: https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import msgspec

from shared.http import ApiProblem

WORKSPACE: Final = re.compile(r"[a-z0-9-]{1,63}")
PRINCIPAL_HEADER: Final = "x-ms-client-principal"
MAX_PRINCIPAL: Final = 64 * 1024

# The platform passes some claims of an Entra token on under their long names.
_LONG_NAMES: Final = {
    "tid": "http://schemas.microsoft.com/identity/claims/tenantid",
    "oid": "http://schemas.microsoft.com/identity/claims/objectidentifier",
}


class Level(IntEnum):
    """Flow's permission levels; each includes those below it."""

    VIEW = 1
    MANAGE = 2
    DELETE = 3


ROLES: Final = {
    "Integrations.View": Level.VIEW,
    "Integrations.Manage": Level.MANAGE,
    "Integrations.Delete": Level.DELETE,
}


class _Claim(msgspec.Struct):
    typ: str
    val: str


class _Principal(msgspec.Struct):
    claims: list[_Claim]
    role_typ: str = "roles"


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in caller: the workspace of its claim and its highest level (None: no role of ours)."""

    workspace: str
    level: Level | None


def platform_authenticates(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether App Service Authentication stands before this app. Without it anyone can send the principal header."""
    return environ.get("WEBSITE_AUTH_ENABLED", "").lower() == "true"


def read_principal(header: str | None, workspace_claim: str) -> Principal:
    """Read ``x-ms-client-principal``. Raises ApiProblem 401 where there is none, 403 where it names no workspace."""
    if not header or len(header) > MAX_PRINCIPAL:
        raise _not_signed_in()
    try:
        found = msgspec.json.decode(base64.b64decode(header, validate=True), type=_Principal)
    except (binascii.Error, ValueError, RecursionError) as e:
        raise _not_signed_in() from e
    names = {workspace_claim, _LONG_NAMES.get(workspace_claim, workspace_claim)}
    workspaces = {claim.val.lower() for claim in found.claims if claim.typ in names}
    if len(workspaces) != 1 or not WORKSPACE.fullmatch(workspace := workspaces.pop()):
        raise ApiProblem(403, "workspace_unknown", "The sign-in names no workspace.")
    levels = [ROLES[claim.val] for claim in found.claims if claim.typ == found.role_typ and claim.val in ROLES]
    return Principal(workspace, max(levels, default=None))


def _not_signed_in() -> ApiProblem:
    return ApiProblem(401, "not_signed_in", "Nobody is signed in.", remedy="Sign in and try again.")
