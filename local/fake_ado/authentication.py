"""From a request's credential to its caller, or to the refusal that Azure DevOps gives."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from local.fake_ado import access, refusals
from local.fake_ado.model import Identity, Organization, Token
from local.fake_ado.routing import CORE_HOST, Route
from local.fake_ado.state import Fake
from local.fake_ado.times import current

PUBLIC = Identity(
    id=refusals.ANONYMOUS_ID,
    descriptor="acs.YWFhYWFhYWEtYWFhYS1hYWFhLWFhYWEtYWFhYWFhYWFhYWFh",
    display_name="Anonymous",
    account="",
    mail=None,
    origin_id=refusals.ANONYMOUS_ID,
    kind="service",
)
NO_TENANT = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Credential:
    """What the Authorization header holds. ``scheme`` is ``basic``, ``bearer`` or ""; ``value`` is "" if unreadable."""

    scheme: str = ""
    value: str = ""


def read_credential(header: str) -> Credential:
    """Read an Authorization header. Base64 that is not canonical is unreadable, as the service has it."""
    scheme, _, text = header.partition(" ")
    if scheme.lower() == "bearer":
        return Credential("bearer", text.strip())
    if scheme.lower() != "basic":
        return Credential()
    try:
        decoded = base64.b64decode(text.strip(), validate=True)
        if base64.b64encode(decoded).decode() != text.strip():
            return Credential("basic")
        return Credential("basic", decoded.decode().partition(":")[2])
    except (binascii.Error, UnicodeDecodeError):
        return Credential("basic")


@dataclass(frozen=True, slots=True)
class Door:
    """One request at the door: what decides about it, and the form of a refusal."""

    fake: Fake
    organization: Organization | None
    route: Route
    method: str
    headers: Mapping[str, str]
    credential: Credential

    def caller(self) -> tuple[Identity, Token | None]:
        """Who asks. Raises Refusal; see ``user_data`` for what the refusal says about the caller."""
        found = self.fake.find_token(self.credential.value) if self.credential.value else None
        if found is None or not self._belongs(*found):
            return self._anonymous()
        home, token = found
        if token.kind != ("bearer" if self.credential.scheme == "bearer" else "pat"):
            raise refusals.scope_missing() if token.kind == "bearer" else self._rejected()
        if token.revoked:
            return self._anonymous()
        self._check_expiry(home, token)
        self._check_policy(token)
        return self._member(token), token

    def _belongs(self, home: Organization, token: Token) -> bool:
        """A token is good in its organisation; a global one, or a bearer token, wherever its owner is."""
        if self.organization is None:
            return token.kind == "bearer" or token.is_global
        return home is self.organization or token.kind == "bearer" or token.is_global

    def _check_expiry(self, home: Organization, token: Token) -> None:
        if token.expires_at is not None and token.expires_at <= current(home):
            raise refusals.expired(token.refusal_form) if token.kind == "pat" else refusals.scope_missing()

    def _check_policy(self, token: Token) -> None:
        if token.refusal == "conditional_access":
            raise refusals.conditional_access(token.refusal_form)
        if token.refusal == "global_policy":
            raise refusals.global_token_blocked()
        if token.refusal == "wrong_tenant":
            raise refusals.wrong_tenant()
        if token.refusal == "oauth_off":
            raise refusals.scope_missing()

    def _member(self, token: Token) -> Identity:
        identity = self.fake.find_identity(token.identity_id)
        if identity is not None and self.organization is not None:
            identity = access.member(self.organization, identity)
        if identity is None or not identity.is_active:
            raise refusals.not_authorized(token.identity_id, "TFS-Federated, Bearer")
        return identity

    def _anonymous(self) -> tuple[Identity, None]:
        is_public = self.organization is not None and self.organization.public_access
        if self.route.is_anonymous or (is_public and self.method == "GET" and self.route.host == CORE_HOST):
            return PUBLIC, None
        raise self._rejected()

    def _rejected(self) -> refusals.Refusal:
        tenant = self.organization.tenant_id if self.organization else NO_TENANT
        settings = self.fake.settings
        if self.method == "PATCH" or (settings.unauthorized == "message" and self.credential.scheme):
            return refusals.not_authorized(refusals.ANONYMOUS_ID, "Bearer, Basic, TFS-Federated")
        is_git = self.headers.get("user-agent", "").startswith("git/")
        if is_git or self.headers.get("x-tfs-fedauthredirect", "").lower() == "suppress":
            return refusals.unauthenticated(tenant)
        return refusals.sign_in_page(is_redirect=settings.sign_in == "redirect")


def check_rights(organization: Organization | None, route: Route, caller: Identity, token: Token | None) -> None:
    """Scope, licence and *View instance-level information*. Raises Refusal."""
    if token is None:
        return
    if route.scopes and "*" not in token.scopes and not token.scopes.intersection(route.scopes):
        raise refusals.scope_missing()
    if organization is None:
        return
    if not route.is_open and not access.has(organization, caller, *access.VIEW_INSTANCE):
        namespace, resource, bit = access.VIEW_INSTANCE
        raise refusals.permission_missing(
            caller.display_name, caller.descriptor, namespace, resource, "View instance-level information", bit
        )
    if route.is_git and caller.licence == "stakeholder":
        raise refusals.licence_missing("Code")


def user_data(fake: Fake, credential: Credential) -> str | None:
    """``X-VSS-UserData``: id and account of the caller once the token says who it is, also when it is refused."""
    found = fake.find_token(credential.value) if credential.value else None
    if found is None:
        return None
    home, token = found
    is_expired = token.expires_at is not None and token.expires_at <= current(home)
    if token.refusal == "wrong_tenant":
        return None  # the organisation's directory knows nobody of another one
    if token.revoked or is_expired or token.kind != ("bearer" if credential.scheme == "bearer" else "pat"):
        return None
    identity = fake.find_identity(token.identity_id)
    return f"{token.identity_id}:{identity.account if identity else 'somebody@elsewhere.example'}"
