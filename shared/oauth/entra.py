"""Signing in with Microsoft Entra ID through ``msal``: authorization code with PKCE, and refreshing.

Sources: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow,
https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/entra-oauth
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from shared.ado.auth import MAX_TOKEN
from shared.ado.hosts import ENTRA, Hosts
from shared.errors import ConnectorError, ContractError, CredentialError, TransientError
from shared.oauth.entra_http import LOGIN, EntraHttp, mapped
from shared.oauth.errors import read_refused, reconnect_needed
from shared.oauth.token_set import TokenSet
from shared.vault import Secret

if TYPE_CHECKING:
    from shared.oauth.app_credential import AppCredential

RESOURCE: Final = "499b84ac-1321-427f-aa17-267ca6975798"
"""The application id of Azure DevOps in every directory."""
SCOPES: Final = tuple(
    f"{RESOURCE}/vso.{name}" for name in ("profile", "project", "code", "build", "work", "graph", "identity")
)
"""msal adds openid, profile and offline_access by itself."""
ANY_TENANT: Final = "organizations"

_APPS: Final = 64
"""Directories whose endpoints are remembered."""
_TENANT = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,252}")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in that has begun: where the browser goes, and what is needed when it comes back."""

    url: str
    verifier: str = field(repr=False)
    nonce: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Granted:
    """What a person has granted: tokens, and who it was as the directory tells it."""

    tokens: TokenSet
    name: str | None
    account: str | None


class Entra:
    """The app as one directory's, or any directory's, people sign in to it. Safe to share between threads."""

    def __init__(
        self,
        *,
        client_id: str,
        tenant: str | None,
        redirect_uri: str,
        credential: AppCredential,
        hosts: Hosts,
        clock: Callable[[], datetime],
    ) -> None:
        self._client_id = client_id
        self._tenant = _checked_tenant(tenant or ANY_TENANT)
        self._redirect_uri = redirect_uri
        self._credential = credential
        self._base = hosts.url(ENTRA)
        self._http = EntraHttp(hosts)
        self._clock = clock
        self._apps: dict[str, tuple[object, Any]] = {}
        self._lock = threading.Lock()

    def begin(self, state: str) -> SignIn:
        """Begin a sign-in that will come back with ``state``. Raises TransientError."""
        flow = self._ask(
            self._tenant,
            lambda app: app.initiate_auth_code_flow(
                list(SCOPES), redirect_uri=self._redirect_uri, state=state, prompt="select_account"
            ),
        )
        return SignIn(mapped(flow["auth_uri"], self._base), flow["code_verifier"], flow["nonce"])

    def redeem(self, *, code: str, verifier: str, nonce: str) -> Granted:
        """Tokens for a code. Raises CredentialError and TransientError, with ``facts`` where Entra has spoken."""
        # The state is compared before, against its hash; msal insists on comparing it too.
        state = "-"
        flow = {
            "state": state,
            "redirect_uri": self._redirect_uri,
            "scope": [*SCOPES, "openid", "profile", "offline_access"],
            "code_verifier": verifier,
            "nonce": nonce,
        }
        answer = self._ask(
            self._tenant,
            lambda app: app.acquire_token_by_auth_code_flow(dict(flow), {"code": code, "state": state}),
        )
        # It came straight from Microsoft over TLS, which vouches for it; msal has compared the nonce.
        claims = answer.get("id_token_claims") or {}
        if claims.get("aud", self._client_id) != self._client_id:
            raise _unreadable()
        tenant = str(claims.get("tid") or "")
        # From now on the account's own directory is asked.
        tokens = self._token_set(answer, tenant if _GUID.fullmatch(tenant) else self._tenant, None)
        return Granted(tokens, _text(claims.get("name")), _text(claims.get("preferred_username")))

    def refused(self, answer: Mapping[str, Any]) -> ConnectorError:
        """The error that a redirect came back with."""
        return read_refused(answer, client_id=self._client_id, tenant=self._tenant).error

    def refresh(self, tokens: TokenSet) -> TokenSet:
        """A new set for an old one, whose refresh token is to be thrown away.

        Raises CredentialError (``oauth.reconnect_needed``) when only the person can go on, TransientError otherwise.
        """
        answer = self._ask(
            tokens.tenant,
            lambda app: app.acquire_token_by_refresh_token(tokens.refresh_token.reveal(), list(SCOPES)),
            refreshing=True,
        )
        return self._token_set(answer, tokens.tenant, tokens.refresh_token)

    def _ask(self, tenant: str, question: Callable[[Any], Any], *, refreshing: bool = False) -> dict[str, Any]:
        """msal's answer; the app's credential is read anew, once, when it is refused."""
        answer = self._answer(tenant, question)
        if answer.get("error") == "invalid_client":
            self._credential.forget()
            self._forget_app(tenant)
            answer = self._answer(tenant, question)
        if "error" not in answer:
            return answer
        refused = read_refused(answer, client_id=self._client_id, tenant=tenant)
        if refreshing and refused.meaning.whose == "person":
            raise reconnect_needed(refused)
        raise refused.error

    def _answer(self, tenant: str, question: Callable[[Any], Any]) -> dict[str, Any]:
        try:
            answer = question(self._app(tenant))
        except ConnectorError:
            raise
        except RuntimeError:
            # msal's texts quote nonces, claims and bodies: they are not passed on.
            raise CredentialError(
                "the sign-in belongs to another request", code="oauth.code_invalid", remedy="Begin the sign-in again."
            ) from None
        except (ValueError, KeyError) as e:
            raise _unreadable(type(e).__name__) from None
        if not isinstance(answer, dict):
            raise _unreadable()
        return answer

    def _app(self, tenant: str) -> Any:
        mark, credential = self._credential.current()
        with self._lock:
            known = self._apps.get(tenant)
        if known and known[0] == mark:
            return known[1]
        app = _msal().ConfidentialClientApplication(
            self._client_id,
            authority=f"{LOGIN}/{_checked_tenant(tenant)}",
            client_credential=credential,
            http_client=self._http,
            token_cache=_no_cache(),
            instance_discovery=False,
        )
        with self._lock:
            while len(self._apps) >= _APPS:
                self._apps.pop(next(iter(self._apps)))
            self._apps[tenant] = (mark, app)
        return app

    def _forget_app(self, tenant: str) -> None:
        with self._lock:
            self._apps.pop(tenant, None)

    def _token_set(self, answer: Mapping[str, Any], tenant: str, before: Secret | None) -> TokenSet:
        access, refresh, seconds = answer.get("access_token"), answer.get("refresh_token"), answer.get("expires_in")
        if refresh is None and before is not None:
            refresh = before.reveal()
        if not _is_token(access) or not _is_token(refresh) or not isinstance(seconds, int) or seconds < 0:
            raise _unreadable()
        now = self._clock()
        lifetime = timedelta(seconds=min(seconds, 7 * 86_400))
        return TokenSet.issued(Secret(str(access)), Secret(str(refresh)), tenant, now, lifetime)


@cache
def _msal() -> Any:
    """msal, which takes a while to import and so comes when it is wanted."""
    import warnings

    import msal

    # Our callback is a GET, as callers rely on; a code in its query is good once, and only with our verifier.
    warnings.filterwarnings("ignore", message="response_mode='form_post' is recommended")
    return msal


@cache
def _no_cache() -> Any:
    """A cache that keeps nothing: tokens lie in the vault alone, and msal's would log and hold them."""

    class NoCache(_msal().TokenCache):  # type: ignore[misc] # msal has no types
        def add(self, event: Any, now: Any = None) -> None:
            """Keep nothing."""

    return NoCache()


def _checked_tenant(tenant: str) -> str:
    if not _TENANT.fullmatch(tenant):
        raise ContractError("the tenant is neither an id nor a domain name", code="oauth.tenant")
    return tenant


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_TOKEN


def _text(value: Any) -> str | None:
    return value[:320] if isinstance(value, str) and value.isprintable() and value else None


def _unreadable(kind: str = "") -> TransientError:
    return TransientError(
        f"Microsoft Entra ID answered in a way that is not understood {kind and f'({kind})'}".rstrip(),
        code="oauth.entra_unavailable",
        remedy="Try again in a few minutes.",
    )
