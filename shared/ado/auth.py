"""How a request proves who asks: a personal access token, or a bearer token of Microsoft Entra ID.

Neither text form of an ``Auth`` shows its token.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Final, Protocol

from shared.errors import CredentialError

MAX_TOKEN: Final = 16_384


class Revealable(Protocol):
    """A secret that shows itself only when asked: ``shared.vault.Secret``."""

    def reveal(self) -> str:
        """The secret."""
        ...


class Auth(Protocol):
    """What a client needs of a credential."""

    @property
    def is_bearer(self) -> bool:
        """Whether it is a token of Entra ID, whose wrong tenant Azure DevOps answers in a way of its own."""
        ...

    def header(self) -> str:
        """The value of ``Authorization``. Raises CredentialError where no usable token is at hand."""
        ...


class PatAuth:
    """A personal access token, as Basic credentials with an empty user name.

    Raises CredentialError for a token that cannot be one (empty, too long, other than printable ASCII).
    Source: https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
    """

    is_bearer = False

    def __init__(self, token: str | Revealable) -> None:
        self._header = "Basic " + b64encode(f":{_checked(token)}".encode("ascii")).decode("ascii")

    def header(self) -> str:
        return self._header

    def __repr__(self) -> str:
        return "PatAuth(***)"


class BearerAuth:
    """A bearer token. ``source`` is asked for each request, so that a refreshed token is used at once."""

    is_bearer = True

    def __init__(self, source: Callable[[], str | Revealable]) -> None:
        self._source = source

    def header(self) -> str:
        return f"Bearer {_checked(self._source())}"

    def __repr__(self) -> str:
        return "BearerAuth(***)"


def _checked(token: str | Revealable) -> str:
    text = token if isinstance(token, str) else token.reveal()
    if not text or len(text) > MAX_TOKEN or not all("!" <= character <= "~" for character in text):
        raise CredentialError(
            "the token is empty or holds characters that no Azure DevOps token has",
            code="credentials.malformed",
            remedy="Copy the whole token from Azure DevOps again, without spaces or line breaks.",
        )
    return text
