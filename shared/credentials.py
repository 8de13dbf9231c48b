"""A customer's credentials on their way in: how they are tried, and how often a workspace may try."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from shared.ado.auth import Auth, BearerAuth, PatAuth
from shared.connection_limit import count_test
from shared.connections import DEADLINE_SECONDS, Attempt, Connect, Diagnosis, diagnose, look_at
from shared.errors import CredentialError
from shared.http import ApiProblem
from shared.oauth.checks import for_sign_in
from shared.oauth.claims import usable
from shared.oauth.sign_in import configured
from shared.requests import AccessToken, OAuth

if TYPE_CHECKING:
    from shared.ado.client import AdoClient
    from shared.connection_answers import UrlAnswer
    from shared.flow.integration import Integration
    from shared.services import Services


class NoCredential:
    """For questions that send no credential."""

    is_bearer = False

    def header(self) -> str:
        """Raises CredentialError."""
        raise CredentialError("there is no credential to send", code="credentials.none")


def test_url(parts: Services, base_url: str) -> UrlAnswer:
    """Look at a base URL."""
    return look_at(_connect(parts), base_url)


def test_given(
    parts: Services, workspace: str, base_url: str, auth: AccessToken | OAuth, integration_id: str | None
) -> Diagnosis:
    """Try credentials from a request; ``integration_id`` is the integration they are for, None: they are only tried.

    Raises ApiProblem 404 and 409 for a sign-in that cannot be used, 429.
    """
    if isinstance(auth, OAuth):
        configured(parts)
        authorization = usable(parts, workspace, auth.authorization_id, integration_id)
        count_test(parts.tables, workspace, parts.clock())
        return _diagnose_sign_in(parts, base_url, authorization.id, authorization.secret_name)
    count_test(parts.tables, workspace, parts.clock())
    token = auth.token.strip()
    return _diagnose(parts, base_url, auth.email.strip(), lambda: PatAuth(token), auth.expires_on)


def test_stored(parts: Services, integration: Integration, base_url: str) -> Diagnosis:
    """Try the stored credentials under a base URL.

    Raises ApiProblem 429, TransientError while the vault does not answer.
    """
    count_test(parts.tables, integration.workspace, parts.clock())
    if integration.auth_type == "oauth":
        return _diagnose_sign_in(parts, base_url, integration.id, integration.secret_name)
    expires_at = integration.token_expires_at
    return _diagnose(
        parts,
        base_url,
        integration.username,
        lambda: PatAuth(parts.vault.get(integration.secret_name)),
        expires_at.date() if expires_at else None,
    )


def must_connect(diagnosis: Diagnosis) -> Diagnosis:
    """The diagnosis itself. Raises ApiProblem 422 with all checks for one that has not passed."""
    if diagnosis.connected:
        return diagnosis
    failed = [check for check in diagnosis.answer.checks if check.status == "failed"]
    raise ApiProblem(
        422,
        "connection_test_failed",
        f"{diagnosis.answer.message}: the connection test has not passed.",
        remedy=failed[0].remedy if failed else "Try again in a few minutes.",
        checks=diagnosis.answer.checks,
    )


def expires_at(day: date | None) -> datetime | None:
    """The moment from which a token that expires on ``day`` is no longer counted on: the day's beginning, UTC."""
    return datetime.combine(day, time(), UTC) if day else None


def _diagnose_sign_in(parts: Services, base_url: str, owner: str, secret_name: str) -> Diagnosis:
    source = parts.token_sets.source(owner, secret_name)
    return for_sign_in(_diagnose(parts, base_url, None, lambda: BearerAuth(source), None))


def _diagnose(
    parts: Services, base_url: str, email: str | None, auth: Callable[[], Auth], expires_on: date | None
) -> Diagnosis:
    today = parts.clock().date()
    attempt = Attempt(base_url=base_url, email=email, auth=auth, expires_on=expires_on, today=today)
    return diagnose(_connect(parts), attempt)


def _connect(parts: Services) -> Connect:
    def connect(organization: str, auth: Auth | None) -> AdoClient:
        return parts.ado_client_for(organization, auth or NoCredential(), timeout=DEADLINE_SECONDS)

    return connect
