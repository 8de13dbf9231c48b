"""What can go wrong, by what happens next: the class of an error decides where its message goes."""

from __future__ import annotations


class ConnectorError(Exception):
    """Any failure this app knows. ``str(error)`` names the thing; ``remedy`` says what a person can do, or is None.

    ``code`` is stable and machine-readable, for example ``"scope.code"`` or ``"pull_request.unknown_status"``.
    Neither text ever holds a token, a header or a body. ``facts`` is what the other side said, where that helps to
    decide or to log (Azure DevOps: ``shared.ado.refusals.Refusal``).
    """

    facts: object | None = None

    def __init__(self, message: str, *, code: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.remedy = remedy


class TransientError(ConnectorError):
    """Try again later: 429, 5xx, time-outs, broken connections.

    ``retry_after`` is in seconds, None where the other side gave none. ``throttled`` separates "slow down"
    (waited for as often as it takes) from trouble (a counted number of tries, then poison).
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        retry_after: float | None = None,
        throttled: bool = False,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message, code=code, remedy=remedy)
        self.retry_after = retry_after
        self.throttled = throttled


class CredentialError(ConnectorError):
    """The credential does not work for the organisation: stop the integration, say how to mend it."""


class UnavailableError(ConnectorError):
    """One project or repo cannot be read (hidden, disabled, removed): mark it, keep its rows, go on."""


class ContractError(ConnectorError):
    """A reply or value outside the documented shape: let it reach the poison queue, with where it was found."""
