"""Token sets in the vault, renewed in time by one worker at a time; the newest is what is stored.

Microsoft gives a new refresh token at every use; the old one lives on for a while, so a lost write is survivable, but
an older one must never be stored last.
Source: https://learn.microsoft.com/entra/identity-platform/refresh-tokens
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

from shared.errors import CredentialError, TransientError
from shared.oauth.token_set import TokenSet
from shared.oauth.turns import Turns

if TYPE_CHECKING:
    from shared.oauth.turns import Turn
    from shared.tables import Tables
    from shared.vault import Secret, Vault

WAIT_SECONDS: Final = 30.0
"""So long a worker waits for another one's renewal."""
LOOK_SECONDS: Final = 0.2

log = logging.getLogger(__name__)


class Renewing(Protocol):
    """What gives new tokens for old ones: ``shared.oauth.entra.Entra``."""

    def refresh(self, tokens: TokenSet) -> TokenSet:
        """Raises CredentialError (``oauth.reconnect_needed``), TransientError."""
        ...


class TokenSets:
    """Store, renew. ``entra`` makes the client of Microsoft Entra ID when it is first wanted."""

    def __init__(
        self, vault: Vault, tables: Tables, entra: Callable[[], Renewing], clock: Callable[[], datetime]
    ) -> None:
        self._vault = vault
        self._turns = Turns(tables, clock)
        self._entra = entra
        self._clock = clock

    def store(self, name: str, tokens: TokenSet) -> None:
        """Keep the first set of a grant."""
        self._vault.put(name, tokens.to_secret())

    def forget(self, owner: str, name: str) -> None:
        """Remove what was noted about renewing; the secret itself is the vault's."""
        self._turns.forget(owner, name)

    def source(self, owner: str, name: str) -> TokenSource:
        """A client's access token. ``owner`` is the integration's id, or the authorization's before there is one."""
        return TokenSource(self, owner, name, self._clock)

    def current(self, owner: str, name: str) -> TokenSet:
        """A set that can be used now. Raises CredentialError (``oauth.reconnect_needed``), TransientError."""
        found = TokenSet.read(self._vault.get(name))
        return found if found.is_fresh(self._clock()) else self._renewed(owner, name)

    def _renewed(self, owner: str, name: str) -> TokenSet:
        """The newest set, renewed by us or by another worker."""
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            # In this order: whoever renews after the look makes our turn impossible.
            look = self._turns.look(owner, name)
            if look.is_free(self._clock()):
                secret, version = self._vault.read(name)
                found = TokenSet.read(secret)
                if found.is_fresh(self._clock()):
                    return found
                if refusal := look.refusal(version, self._clock()):
                    raise refusal
                if turn := self._turns.take(owner, name, look):
                    return self._renew(turn, name, found, version)
            time.sleep(random.uniform(LOOK_SECONDS / 2, LOOK_SECONDS))  # noqa: S311 - spreads looks, hides nothing
        raise TransientError("another worker renews the sign-in", code="oauth.renewing", retry_after=LOOK_SECONDS)

    def _renew(self, turn: Turn, name: str, old: TokenSet, version: str) -> TokenSet:
        refused = None
        try:
            tokens = self._entra().refresh(old)
            return self._replace(turn, name, tokens, version)
        except CredentialError as e:
            refused = e
            raise
        finally:
            self._turns.end(turn, version=version, refused=refused)

    def _replace(self, turn: Turn, name: str, tokens: TokenSet, version: str) -> TokenSet:
        """Store a newer set, if what it was made from is still what is stored; else what is stored is newer."""
        secret, current = self._vault.read(name)
        if current != version or not self._turns.may_write(turn):
            log.warning("oauth.renewed_too_late")
            return TokenSet.read(secret) if current != version else tokens
        self._vault.put(name, tokens.to_secret())
        self._vault.disable(name, version)
        log.info("oauth.renewed", extra={"tenant": tokens.tenant})
        return tokens


class TokenSource:
    """Gives one client its access token, request by request. Safe to share between threads."""

    def __init__(self, sets: TokenSets, owner: str, name: str, clock: Callable[[], datetime]) -> None:
        self._sets = sets
        self._owner = owner
        self._name = name
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: TokenSet | None = None

    def __call__(self) -> Secret:
        """Raises CredentialError (``oauth.reconnect_needed``), TransientError."""
        tokens = self._tokens
        if tokens is None or not tokens.is_fresh(self._clock()):
            with self._lock:
                tokens = self._tokens
                if tokens is None or not tokens.is_fresh(self._clock()):
                    tokens = self._tokens = self._sets.current(self._owner, self._name)
        return tokens.access_token
