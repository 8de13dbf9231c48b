"""The tokens of one grant as they lie in the vault: one secret, a JSON object."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from shared.errors import CredentialError
from shared.oauth.errors import RECONNECT
from shared.vault import Secret

AHEAD: Final = timedelta(minutes=5)
"""So long before its end an access token is renewed."""


class _Stored(msgspec.Struct):
    access_token: str
    refresh_token: str
    tenant: str
    refresh_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TokenSet:
    """An access token, the refresh token for the next one, and the directory that gave them."""

    access_token: Secret
    refresh_token: Secret
    tenant: str
    refresh_at: datetime
    """From then on it is renewed before it is used."""
    expires_at: datetime

    @classmethod
    def issued(
        cls, access_token: Secret, refresh_token: Secret, tenant: str, now: datetime, lifetime: timedelta
    ) -> TokenSet:
        """A set given at ``now``; very short-lived access tokens are used for most of their life."""
        end = now + lifetime
        return cls(access_token, refresh_token, tenant, max(end - AHEAD, now + lifetime * 0.8), end)

    @classmethod
    def read(cls, secret: Secret) -> TokenSet:
        """Read it from the vault. Raises CredentialError for something else."""
        try:
            found = msgspec.json.decode(secret.reveal(), type=_Stored)
        except msgspec.DecodeError:
            raise CredentialError(
                "the stored sign-in cannot be read", code=RECONNECT, remedy="Sign in with Microsoft again."
            ) from None
        return cls(
            Secret(found.access_token), Secret(found.refresh_token), found.tenant, found.refresh_at, found.expires_at
        )

    def to_secret(self) -> Secret:
        """As it goes into the vault."""
        stored = _Stored(
            self.access_token.reveal(), self.refresh_token.reveal(), self.tenant, self.refresh_at, self.expires_at
        )
        return Secret(msgspec.json.encode(stored).decode())

    def is_fresh(self, now: datetime) -> bool:
        """Whether it may be used without being renewed."""
        return now < self.refresh_at
