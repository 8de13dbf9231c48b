"""When a second question must decide what a refusal means, and what the second answer says."""

from __future__ import annotations

from shared.ado import refusals
from shared.ado.endpoint import Endpoint
from shared.ado.endpoints.location import CONNECTION_DATA
from shared.ado.transport import BrokenConnectionError
from shared.errors import ContractError, CredentialError, TransientError


class Standing:
    """Whether a credential may still be sent. Once its refusal has been made sure of it is not. Thread-safe."""

    def __init__(self) -> None:
        self._refused: CredentialError | None = None

    def lost(self, error: CredentialError) -> CredentialError:
        """Remember ``error`` as the end, and give it."""
        self._refused = error
        return error

    def check(self) -> None:
        """Raises the refusal again, without asking Azure DevOps."""
        if self._refused:
            again = CredentialError(str(self._refused), code=self._refused.code, remedy=self._refused.remedy)
            again.facts = self._refused.facts
            raise again


def must_confirm(endpoint: Endpoint, suspicion: CredentialError) -> bool:
    """Whether a refusal may be about the credential or about the address."""
    refusal = refusals.refusal_of(suspicion)
    return refusal is not None and refusal.is_suspicion and endpoint is not CONNECTION_DATA


def finer(suspicion: CredentialError, again: CredentialError) -> CredentialError:
    """Of two refusals the one that says more: the second, unless it only says no where the first said why."""
    first_says_why = suspicion.code.startswith(("credentials.", "policy.", "conditional_access", "oauth."))
    return suspicion if again.code == "credentials.rejected" and first_says_why else again


def with_a_good_token(endpoint: Endpoint, again: CredentialError) -> CredentialError | ContractError:
    """What a second refusal means once Azure DevOps has said who we are."""
    refusal = refusals.refusal_of(again)
    if refusal is not None and again.code == "credentials.rejected":
        return refusals.scope_missing(endpoint, refusal)
    if again.code.startswith("organization."):
        return ContractError(
            f"Azure DevOps does not know {endpoint.route} in version {endpoint.api_version}", code="api_version"
        )
    return again


def worth_a_second_try(trouble: TransientError) -> bool:
    """Whether the same request may well succeed in a moment."""
    if isinstance(trouble, BrokenConnectionError):
        return True
    return trouble.code in ("server.trouble", "reply.cut") and trouble.retry_after is None
