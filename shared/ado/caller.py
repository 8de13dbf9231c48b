"""Who Azure DevOps thinks is asking, as ``connectionData`` tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.ado.refusals import ANONYMOUS
from shared.errors import ContractError


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller, and the organisation it was asked of. ``id`` is the storage key that identity references carry.

    ``account`` is the account name (a UPN or mail address) in the spelling Azure DevOps keeps, None where there is
    none. ``is_anonymous``: nobody was recognised, which organisations with public projects answer with a 200.
    """

    id: str
    organization_id: str
    display_name: str
    account: str | None
    descriptor: str
    subject_descriptor: str | None
    is_anonymous: bool


def read_caller(body: Mapping[str, Any]) -> Caller:
    """Read ``connectionData``. Raises ContractError for another shape, or where one identity acts for another."""
    user, acting = body.get("authenticatedUser"), body.get("authorizedUser")
    if not isinstance(user, Mapping) or not isinstance(acting, Mapping) or not user.get("id"):
        raise ContractError("connectionData does not say who is asking", code="caller.unknown")
    if user["id"] != acting.get("id"):
        raise ContractError("connectionData names two identities", code="caller.delegated")
    account = (user.get("properties") or {}).get("Account") or {}
    descriptor = str(user.get("descriptor") or "")
    return Caller(
        id=str(user["id"]),
        organization_id=str(body.get("instanceId") or ""),
        display_name=str(user.get("customDisplayName") or user.get("providerDisplayName") or ""),
        account=account.get("$value") or None,
        descriptor=descriptor,
        subject_descriptor=user.get("subjectDescriptor"),
        is_anonymous=str(user["id"]).lower() == ANONYMOUS or descriptor.startswith("System:PublicAccess"),
    )
