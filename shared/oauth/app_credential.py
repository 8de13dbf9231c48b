"""How this app proves itself to Microsoft Entra ID: a secret from the vault, or its managed identity's assertion.

Source: https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
"""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson

from shared.errors import CredentialError, TransientError
from shared.oauth.errors import APP_CREDENTIAL

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential

    from shared.vault import Secret, Vault

ASSERTION_SCOPE: Final = "api://AzureADTokenExchange/.default"


class AppCredential(Protocol):
    """What ``msal`` is given as ``client_credential``."""

    def current(self) -> tuple[object, Any]:
        """A mark that changes with the credential, and the credential. Raises TransientError."""
        ...

    def forget(self) -> None:
        """Microsoft has refused it: read it anew next time."""
        ...


class VaultSecret:
    """A client secret that lies in the vault."""

    def __init__(self, vault: Vault, name: str) -> None:
        self._vault = vault
        self._name = name

    def current(self) -> tuple[Secret, str]:
        try:
            secret = self._vault.get(self._name)
        except CredentialError as e:
            meaning = APP_CREDENTIAL
            raise TransientError(
                "this app's own credential is not in the vault", code=meaning.code, remedy=meaning.remedy
            ) from e
        return secret, secret.reveal()

    def forget(self) -> None:
        self._vault.forget(self._name)


class IdentityAssertion:
    """A token of the managed identity, made for the exchange; the identity's own client keeps it fresh."""

    def __init__(self, identity: TokenCredential) -> None:
        self._identity = identity

    def current(self) -> tuple[str, dict[str, Any]]:
        return "assertion", {"client_assertion": self._assertion}

    def _assertion(self) -> str:
        from azure.core.exceptions import AzureError

        try:
            return self._identity.get_token(ASSERTION_SCOPE).token
        except AzureError as e:
            raise TransientError(
                "the managed identity gives no assertion for this app", code="oauth.app_credential",
                remedy=APP_CREDENTIAL.remedy,
            ) from e  # fmt: skip

    def forget(self) -> None:
        """Nothing is kept here."""


class DevelopmentIdentity:
    """The identity of the local stack: its assertion has the form of one and is signed by nobody."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        from azure.core.credentials import AccessToken

        claims = {"aud": "api://AzureADTokenExchange", "iss": "local-development", "sub": "local-development"}
        parts = (
            base64.urlsafe_b64encode(orjson.dumps(part)).decode().rstrip("=") for part in ({"alg": "none"}, claims)
        )
        return AccessToken(".".join((*parts, "")), int(time.time()) + 3600)
