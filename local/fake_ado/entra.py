"""What the sign-in of Microsoft Entra ID remembers: codes, refresh tokens, and how it answers.

Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from local.fake_ado.model import Identity, Organization, Token
from local.fake_ado.named_tokens import CANARY, expand, main_account
from local.fake_ado.times import current

if TYPE_CHECKING:
    from local.fake_ado.state import Fake

RESOURCE = "499b84ac-1321-427f-aa17-267ca6975798"
ISSUER = "https://login.microsoftonline.com"
_CODE_SECONDS = 600


class EntraError(Exception):
    """What an endpoint refuses with: the OAuth word, the AADSTS number and its sentence."""

    def __init__(self, word: str, number: int, sentence: str, *, status: int = 400) -> None:
        super().__init__(f"AADSTS{number}: {sentence}")
        self.word, self.number, self.status = word, number, status


@dataclass
class Grant:
    """A consent: who gave it, to which application, for what."""

    home: Organization
    identity: Identity
    client_id: str
    scope: str
    redirect_uri: str
    challenge: str
    nonce: str
    is_used: bool = False
    made: float = field(default_factory=time.monotonic)


@dataclass
class Entra:
    """Authorisation codes and refresh tokens of one fake."""

    codes: dict[str, Grant] = field(default_factory=dict)
    refresh_tokens: dict[str, Grant] = field(default_factory=dict)
    refreshes: int = 0

    def person(self, fake: Fake, account: str) -> tuple[Organization, Identity]:
        """Who signs in: the account of that name, or the main account of the first organisation."""
        for organization in fake.organizations.values():
            for identity in organization.identities.values():
                if account and identity.account.lower() == account.lower():
                    return organization, identity
        first = next(iter(fake.organizations.values()))
        return first, main_account(first)

    def consent(self, grant: Grant) -> str:
        """A code for a consent."""
        code = f"0.A{CANARY}{uuid4().hex}"
        self.codes[code] = grant
        return code

    def redeem(self, form: dict[str, str]) -> Grant:
        """The grant of a code. Raises EntraError: unknown, used, old, other redirect address, wrong verifier."""
        grant = self.codes.get(form.get("code", ""))
        if grant is None or grant.client_id != form.get("client_id"):
            raise EntraError("invalid_grant", 9002313, "Invalid request. The code is malformed or invalid.")
        if grant.is_used:
            raise EntraError("invalid_grant", 54005, "OAuth2 Authorization code was already redeemed.")
        if time.monotonic() - grant.made > _CODE_SECONDS:
            raise EntraError("invalid_grant", 70008, "The provided authorization code has expired.")
        if grant.redirect_uri != form.get("redirect_uri"):
            raise EntraError("invalid_grant", 500112, "The reply address does not match the one of the request.")
        if grant.challenge != (_challenge(form["code_verifier"]) if form.get("code_verifier") else ""):
            raise EntraError("invalid_grant", 501481, "The Code_Verifier does not match the code_challenge.")
        grant.is_used = True
        return grant

    def refresh(self, form: dict[str, str], *, is_dead: bool) -> Grant:
        """The grant of a refresh token; older ones of the same grant keep working. Raises EntraError."""
        self.refreshes += 1
        grant = self.refresh_tokens.get(form.get("refresh_token", ""))
        if grant is None or is_dead:
            raise EntraError("invalid_grant", 700082, "The refresh token has expired due to inactivity.")
        return grant

    def tokens(self, grant: Grant, lifetime: int) -> dict[str, Any]:
        """A new set of tokens; the access token is good at once in the fake's organisations."""
        access_token, refresh_token = f"eyJ0eXAi.{CANARY}{uuid4().hex}", f"1.AR{CANARY}{uuid4().hex}{uuid4().hex}"
        words = frozenset(word.rpartition("/")[2] for word in grant.scope.split() if "vso." in word)
        is_full = any(word.endswith(("/.default", "/user_impersonation")) for word in grant.scope.split())
        grant.home.tokens[access_token] = Token(
            value=access_token,
            identity_id=grant.identity.id,
            scopes=frozenset({"*"}) if is_full else expand(words),
            kind="bearer",
            expires_at=current(grant.home) + timedelta(seconds=lifetime),
        )
        answer = {"token_type": "Bearer", "scope": grant.scope, "expires_in": lifetime, "ext_expires_in": lifetime}
        answer["access_token"] = access_token
        if "offline_access" in grant.scope.split():
            self.refresh_tokens[refresh_token] = grant
            answer["refresh_token"] = refresh_token
        if "openid" in grant.scope.split():
            answer["id_token"] = id_token(grant)
            answer["client_info"] = _encoded({"uid": grant.identity.origin_id, "utid": grant.home.tenant_id})
        return answer


def id_token(grant: Grant) -> str:
    """A JWT in form; nobody has signed it. Its times are the machine's, as clients check them."""
    now, tenant = int(time.time()), grant.home.tenant_id
    claims = {
        "aud": grant.client_id,
        "iss": f"{ISSUER}/{tenant}/v2.0",
        "iat": now,
        "nbf": now,
        "exp": now + 3600,
        "name": grant.identity.display_name,
        "nonce": grant.nonce,
        "oid": grant.identity.origin_id,
        "preferred_username": grant.identity.account,
        "sub": grant.identity.origin_id,
        "tid": tenant,
        "ver": "2.0",
    }
    return f"{_encoded({'alg': 'RS256', 'typ': 'JWT'})}.{_encoded(claims)}.{_encoded({})}"


def _encoded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def is_redirect(address: str) -> bool:
    """HTTPS, or HTTP on loopback, as Entra takes for redirect addresses."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (parts.scheme == "https" or parts.hostname in ("127.0.0.1", "localhost"))
