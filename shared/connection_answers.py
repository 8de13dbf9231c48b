"""What callers get from a connection test."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Outcome = Literal["connected", "authorization_denied", "error"]
CheckStatus = Literal["passed", "failed", "warning", "skipped"]


class UrlAnswer(Struct, frozen=True):
    """What a base URL says, and whether its organisation exists."""

    outcome: Literal["ok", "error"]
    message: str
    organization: str | None
    base_url: str | None
    suggested_base_url: str | None


class CheckAnswer(Struct, frozen=True):
    """One check of a connection test; a failed one has a remedy."""

    id: str
    status: CheckStatus
    detail: str
    remedy: str | None = None


class AccountAnswer(Struct, frozen=True):
    """Whose credentials they are."""

    display_name: str | None
    email: str | None


class ServiceAnswer(Struct, frozen=True):
    """Whether a service can be switched on, and why not."""

    available: bool
    reason: str | None


class ServicesAnswer(Struct, frozen=True):
    """The four services."""

    repos: ServiceAnswer
    pull_requests: ServiceAnswer
    tickets: ServiceAnswer
    webhooks: ServiceAnswer


class ConnectionAnswer(Struct, frozen=True):
    """The diagnosis of a connection: an outcome and every check behind it."""

    outcome: Outcome
    message: str
    organization: str | None
    base_url: str | None
    account: AccountAnswer | None
    checks: list[CheckAnswer]
    services: ServicesAnswer
