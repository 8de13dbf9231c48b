"""Whose sign-in it is, and which organisations can be read with it.

The directory lists organisations of every tenant that the account is in, while a token works in its own tenant only:
each is asked before it is offered.
Sources: https://learn.microsoft.com/rest/api/azure/devops/profile/profiles/get,
https://learn.microsoft.com/rest/api/azure/devops/account/accounts/list
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from shared.ado.auth import BearerAuth
from shared.ado.base_url import FORM, BaseUrlError, parse_base_url
from shared.ado.caller import Caller, read_caller
from shared.ado.endpoints.account import ACCOUNTS, PROFILE
from shared.ado.endpoints.location import CONNECTION_DATA
from shared.errors import ConnectorError, TransientError
from shared.probes import Probes

if TYPE_CHECKING:
    from shared.oauth.token_sets import TokenSource
    from shared.services import Services

SECONDS: Final = 8.0
MOST: Final = 100
"""So many organisations are asked and offered."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """The account, and the names of its organisations; ``missing`` says why there are none."""

    display_name: str | None
    email: str | None
    organizations: tuple[str, ...]
    missing: ConnectorError | None = None


def discover(parts: Services, source: TokenSource) -> Discovered:
    """Ask Azure DevOps. Raises TransientError where it does not answer; a refusal becomes ``missing``."""
    auth = BearerAuth(source)
    client = parts.ado_client_for("", auth, timeout=SECONDS)
    try:
        profile = client.one(PROFILE, path={"id": "me"}, confirm=False)
        member = str(profile.get("publicAlias") or profile.get("id") or "")
        listed = client.one(ACCOUNTS, query={"memberId": member}, confirm=False).get("value")
    except TransientError:
        raise
    except ConnectorError as e:
        return Discovered(None, None, (), e)
    finally:
        client.close()
    names = _names(listed)
    found = _readable(parts, auth, names)
    missing = None if found else _none_readable(bool(names))
    return Discovered(_text(profile.get("displayName")), _text(profile.get("emailAddress")), found, missing)


def _names(listed: Any) -> list[str]:
    """The enabled organisations, in order of their names."""
    names = set()
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict) and str(item.get("accountStatus") or "enabled").lower() == "enabled":
            try:
                names.add(parse_base_url(FORM.format(organization=item.get("accountName"))))
            except BaseUrlError:
                continue
    return sorted(names, key=str.lower)[:MOST]


def _readable(parts: Services, auth: BearerAuth, names: list[str]) -> tuple[str, ...]:
    with Probes(SECONDS) as asked:
        found = asked.ask({name: partial(_caller, parts, auth, name) for name in names})
    callers = {name: one for name, one in found.items() if isinstance(one, Caller)}
    return tuple(name for name in names if name in callers and not callers[name].is_anonymous)


def _caller(parts: Services, auth: BearerAuth, organization: str) -> Caller:
    client = parts.ado_client_for(organization, auth, timeout=SECONDS)
    try:
        return read_caller(client.one(CONNECTION_DATA, confirm=False))
    finally:
        client.close()


def _none_readable(any_listed: bool) -> ConnectorError:
    if any_listed:
        return ConnectorError(
            "the account is in Azure DevOps organizations, but none of them accepts this sign-in",
            code="oauth.other_tenant",
            remedy="Sign in again with an account of the directory that the organization is connected to.",
        )
    return ConnectorError(
        "the account is in no Azure DevOps organization",
        code="oauth.no_organization",
        remedy="Add the account to the organization, or sign in with another one.",
    )


def _text(value: Any) -> str | None:
    return value[:320] if isinstance(value, str) and value else None
