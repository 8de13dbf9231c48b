"""The people and tokens that every fake organisation has, for each way in which a credential can be refused.

``equip`` adds them to an organisation; doing it again changes nothing. ``GET /_fake/{organization}`` shows their names.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Final, Literal
from uuid import NAMESPACE_URL, uuid5

from local.fake_ado import access
from local.fake_ado.model import Identity, Organization, Token

CANARY: Final = "qZx7Kw"
"""How every token begins: six characters that nothing else holds, so that a trace of one is found wherever it is."""

SIX_SCOPES = frozenset({"vso.code", "vso.build", "vso.graph", "vso.identity", "vso.project", "vso.work"})
_INHERITED = {
    "vso.code": ("vso.hooks_write", "vso.hooks", "vso.profile"),
    "vso.build": ("vso.hooks_write", "vso.hooks", "vso.profile"),
    "vso.work": ("vso.hooks_write", "vso.hooks", "vso.profile"),
}

# Name of the account, display name, whether it is a Project Collection Administrator.
_ACCOUNTS: tuple[tuple[str, str, bool], ...] = (
    ("Svc.Flow", "Flow Service", True),
    ("flow.reader", "Flow Reader", False),
    ("flow.limited", "Flow Limited", False),
    ("flow.stakeholder", "Flow Stakeholder", False),
)
_EXPIRED: Final[tuple[tuple[str, Literal["json", "html", "text"]], ...]] = (
    ("expired", "json"),
    ("expired_html", "html"),
    ("expired_text", "text"),
)
_BY_SCOPE = {
    "no_code": "vso.code",
    "no_build": "vso.build",
    "no_graph": "vso.graph",
    "no_identity": "vso.identity",
    "no_project": "vso.project",
    "no_work": "vso.work",
}


def equip(organization: Organization) -> None:
    """Add the accounts and tokens that are not there yet."""
    people = {account: _person(organization, account, name) for account, name, _ in _ACCOUNTS}
    for account, _, is_administrator in _ACCOUNTS:
        identity = organization.identities.setdefault(people[account].id, people[account])
        if is_administrator:
            organization.administrators.add(identity.id)
            _join(organization, "Project Collection Administrators", identity)
        _join(organization, "Project Collection Valid Users", identity)
    organization.denials.setdefault(people["flow.limited"].id, set()).add(access.VIEW_INSTANCE)
    organization.identities[people["flow.stakeholder"].id].licence = "stakeholder"
    for token in _tokens(organization, {account: person.id for account, person in people.items()}):
        organization.tokens.setdefault(token.value, token)


def _join(organization: Organization, group: str, identity: Identity) -> None:
    for one in organization.identities.values():
        if one.account == f"[{organization.name}]\\{group}" and identity.id not in one.member_ids:
            one.member_ids.append(identity.id)


def expand(scopes: frozenset[str]) -> frozenset[str]:
    """The scopes with those that they include."""
    return scopes.union(*(_INHERITED.get(scope, ()) for scope in scopes))


def named_tokens(organization: Organization) -> dict[str, Token]:
    """The tokens that have a name."""
    return {token.name: token for token in organization.tokens.values() if token.name}


def main_account(organization: Organization) -> Identity:
    """The owner of the token ``good``."""
    return organization.identities[named_tokens(organization)["good"].identity_id]


def _person(organization: Organization, account: str, name: str) -> Identity:
    storage_key = _guid(organization, account)
    subject = base64.b64encode(_guid(organization, account + "#subject").encode()).decode().rstrip("=")
    address = f"{account}@{organization.name}.example"
    return Identity(
        id=storage_key,
        descriptor=f"aad.{subject}",
        display_name=name,
        account=address,
        mail=address,
        origin_id=_guid(organization, account + "#origin"),
        domain=organization.tenant_id,
    )


def _tokens(organization: Organization, owners: dict[str, str]) -> list[Token]:
    service, reader = owners["Svc.Flow"], owners["flow.reader"]

    def made(name: str, owner: str = service, scopes: frozenset[str] = SIX_SCOPES) -> Token:
        return Token(_value(organization, name), owner, expand(scopes), name=name)

    tokens = [made("good"), made("reader", reader), made("full", scopes=frozenset({"*"}))]
    tokens += [made(name, scopes=SIX_SCOPES - {scope}) for name, scope in _BY_SCOPE.items()]
    for name, form in _EXPIRED:
        token = made(name)
        token.expires_at, token.refusal_form = organization.now - timedelta(days=1), form
        tokens.append(token)
    tokens += [made("stranger", _guid(organization, "stranger")), made("limited", owners["flow.limited"])]
    tokens.append(made("stakeholder", owners["flow.stakeholder"]))
    revoked, conditional = made("revoked"), made("conditional_access")
    revoked.revoked, conditional.refusal = True, "conditional_access"
    blocked, everywhere = made("global_blocked"), made("global")
    blocked.is_global, blocked.refusal, everywhere.is_global = True, "global_policy", True
    bearers = [made("bearer"), made("bearer_wrong_tenant"), made("bearer_expired")]
    bearers[1].refusal, bearers[2].expires_at = "wrong_tenant", organization.now - timedelta(hours=1)
    for token in bearers:
        token.kind = "bearer"
    return [*tokens, revoked, conditional, blocked, everywhere, *bearers]


def _guid(organization: Organization, text: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"https://dev.azure.com/{organization.id}/{text}"))


def _value(organization: Organization, name: str) -> str:
    """84 characters with the signature of personal access tokens near their end, from the organisation and the name."""
    digits = (uuid5(NAMESPACE_URL, f"{organization.id}/{name}/{part}").hex for part in range(3))
    return (CANARY + "".join(digits))[:76] + "AZDO" + f"{len(name):04d}"
