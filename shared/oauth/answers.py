"""What callers get to see of an authorization."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.connection_answers import AccountAnswer

AuthorizationStatus = Literal["pending", "consented", "completed", "denied", "expired"]


class AuthorizationStarted(Struct, frozen=True):
    """A sign-in that has begun: where to send the person's browser, and until when it may come back."""

    authorization_id: str
    authorization_url: str
    expires_at: datetime


class OrganizationChoice(Struct, frozen=True):
    """An organisation that the signed-in account can really read."""

    name: str
    base_url: str


class AuthorizationError(Struct, frozen=True):
    """Why a sign-in has failed, or what is missing. `detail` is Microsoft's own sentence: text, never markup."""

    code: str
    message: str
    remedy: str | None
    detail: str | None


class AuthorizationAnswer(Struct, frozen=True):
    """How a sign-in goes. Account and organizations are told once it is completed."""

    authorization_id: str
    status: AuthorizationStatus
    account: AccountAnswer | None
    organizations: list[OrganizationChoice]
    error: AuthorizationError | None
    expires_at: Annotated[datetime, Meta(description="Until when the next step may be taken.")]
