"""Secrets in Key Vault, behind one small class and one redacting type.

Facts: https://learn.microsoft.com/azure/key-vault/secrets/about-secrets
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn

from shared.azure_clients import pooled
from shared.errors import CredentialError, TransientError

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential
    from azure.keyvault.secrets import SecretClient

_CACHE_SECONDS: Final = 300
_TIMEOUTS: Final[dict[str, Any]] = {"connection_timeout": 5, "read_timeout": 15, "retry_total": 3}
_PING: Final[dict[str, Any]] = {"connection_timeout": 2, "read_timeout": 2, "retry_total": 0}
_PING_NAME: Final = "health-check"


class Secret:
    """A secret on its way through the app: it shows itself only to ``reveal()``."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    __hash__ = None  # type: ignore[assignment] # no secret is a key of anything

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")


class DevelopmentCredential:
    """A fixed token for the stand-in vault of the local stack."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        from azure.core.credentials import AccessToken

        return AccessToken("development", int(time.time()) + 3600)


def new_secret_name(integration_id: str) -> str:
    """A name never used before: a deleted secret's name stays blocked until its retention ends."""
    return f"ado-{integration_id}-{secrets.token_hex(8)}"


class Vault:
    """Put, get and delete secrets. Raises TransientError (``vault.unavailable``) while Key Vault does not serve us.

    What was read is kept in memory for five minutes, as Key Vault throttles and cold starts wait for it, and then
    dropped at the next reading of any secret.
    """

    def __init__(self, client: SecretClient, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._monotonic = monotonic
        self._kept: dict[str, tuple[Secret, float]] = {}
        self._lock = threading.Lock()

    @classmethod
    def connect(cls, url: str, credential: TokenCredential, ca_file: str | None = None) -> Vault:
        """``ca_file``: the certificate of a stand-in vault, whose address is not Azure's."""
        from azure.keyvault.secrets import SecretClient

        if ca_file:
            transport = pooled(**_TIMEOUTS, connection_verify=ca_file)
            return cls(SecretClient(url, credential, verify_challenge_resource=False, transport=transport, **_TIMEOUTS))
        return cls(SecretClient(url, credential, transport=pooled(**_TIMEOUTS), **_TIMEOUTS))

    def put(self, name: str, value: Secret, expires_on: datetime | None = None) -> None:
        """Store a secret under a fresh name, or a new version under a known one."""
        with _translated("store"):
            self._client.set_secret(name, value.reveal(), expires_on=expires_on)
        self._keep(name, value)

    def get(self, name: str) -> Secret:
        """Read a secret. Raises CredentialError when there is none (any more)."""
        with self._lock:
            self._drop_old(self._monotonic())
            kept = self._kept.get(name)
        if kept:
            return kept[0]
        with _translated("read"):
            value = self._client.get_secret(name).value
        secret = Secret(value or "")
        self._keep(name, secret)
        return secret

    def read(self, name: str) -> tuple[Secret, str]:
        """A secret as the vault has it at this moment, and its version. Raises CredentialError."""
        with _translated("read"):
            found = self._client.get_secret(name)
        secret = Secret(found.value or "")
        self._keep(name, secret)
        return secret, found.properties.version or ""

    def disable(self, name: str, version: str) -> None:
        """Make an old version unreadable: a newer one has taken its place."""
        with _translated("change"):
            self._client.update_secret_properties(name, version, enabled=False)

    def forget(self, name: str) -> None:
        """Read it anew next time: the other side has refused what we had."""
        with self._lock:
            self._kept.pop(name, None)

    def delete(self, name: str) -> None:
        """Delete a secret; one that is gone is fine. Azure destroys it when its retention ends."""
        self.forget(name)
        try:
            with _translated("delete"):
                self._client.begin_delete_secret(name)
        except CredentialError:
            return

    def ping(self) -> None:
        """Ask for a secret that need not exist, quickly. Raises TransientError."""
        try:
            with _translated("reach"):
                self._client.get_secret(_PING_NAME, **_PING)
        except CredentialError:
            return

    def _keep(self, name: str, secret: Secret) -> None:
        now = self._monotonic()
        with self._lock:
            self._drop_old(now)
            self._kept[name] = (secret, now + _CACHE_SECONDS)

    def _drop_old(self, now: float) -> None:
        # Also those that nobody asks for any more.
        self._kept = {name: kept for name, kept in self._kept.items() if now < kept[1]}


@contextmanager
def _translated(verb: str) -> Iterator[None]:
    """Azure's exceptions in our classes. Messages name neither secret nor vault."""
    from azure.core.exceptions import AzureError, ResourceNotFoundError

    try:
        yield
    except ResourceNotFoundError as e:
        raise CredentialError(
            "the stored credential is gone", code="credential.missing", remedy="Enter the credential again."
        ) from e
    except AzureError as e:
        # A refusal too: the app's role in the vault is given or mended while messages wait.
        raise TransientError(f"cannot {verb} the credential in the vault", code="vault.unavailable") from e
