"""Who uses an authorization: one integration, for good; and what becomes of those that nobody uses."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from shared.errors import TransientError
from shared.http import ApiProblem
from shared.oauth.authorizations import KEPT, UNUSED, Authorization
from shared.oauth.sign_in import of_workspace, problem_of_status
from shared.table_errors import RowChangedError

if TYPE_CHECKING:
    from shared.services import Services

log = logging.getLogger(__name__)


def usable(parts: Services, workspace: str, authorization_id: str, integration_id: str | None = None) -> Authorization:
    """A completed authorization that no integration but ``integration_id`` has. Raises ApiProblem 404, 409."""
    found = of_workspace(parts, workspace, authorization_id)
    status = found.status(parts.clock())
    if status != "completed":
        raise problem_of_status(found, status)
    if found.integration_id not in (None, integration_id):
        raise ApiProblem(
            409, "oauth_authorization_used", "The sign-in belongs to an integration already.",
            field="auth.authorization_id", remedy="Begin a new sign-in for this integration.",
        )  # fmt: skip
    return found


def claim(parts: Services, workspace: str, authorization_id: str, integration_id: str) -> Authorization:
    """Give it to one integration, once. Raises ApiProblem 404, 409."""
    while True:
        found = usable(parts, workspace, authorization_id, integration_id)
        try:
            return parts.authorizations.replace(
                replace(found, integration_id=integration_id, until=parts.clock() + UNUSED)
            )
        except RowChangedError:
            continue  # somebody else may have it now: look again


def release(parts: Services, authorization: Authorization) -> None:
    """Take a claim back: the integration was not stored. One that it uses since before stays its own."""
    if _is_used(parts, authorization):
        return
    try:
        parts.authorizations.replace(
            replace(authorization, integration_id=None, until=authorization.unused_until or authorization.until)
        )
    except RowChangedError:
        return  # cleaned up meanwhile


def expire_unused(parts: Services, now: datetime) -> None:
    """Delete the tokens of authorizations that nobody has used in time, and forget those that ended long ago."""
    for authorization in parts.authorizations.over(now):
        try:
            _expire(parts, authorization, now)
        except RowChangedError:
            continue  # used at the last moment
        except TransientError as e:
            log.warning("oauth.not_expired", extra={"authorization_id": authorization.id, "code": e.code})


def _expire(parts: Services, authorization: Authorization, now: datetime) -> None:
    if authorization.integration_id is not None or authorization.state in ("denied", "expired"):
        # Ended ones once more, for a worker that died between the row and the vault.
        if not _is_used(parts, authorization):
            parts.vault.delete(authorization.secret_name)
        parts.token_sets.forget(authorization.id, authorization.secret_name)
        parts.authorizations.remove(authorization)
    else:
        blank = Authorization(
            id=authorization.id, workspace=authorization.workspace, secret_name=authorization.secret_name,
            state="expired", until=now + KEPT, etag=authorization.etag,
        )  # fmt: skip
        # The row first: from now on nobody can claim it.
        parts.authorizations.replace(blank)
        if not _is_used(parts, authorization):
            parts.vault.delete(authorization.secret_name)
        log.info("oauth.expired", extra={"authorization_id": authorization.id})


def _is_used(parts: Services, authorization: Authorization) -> bool:
    """Whether an integration names its secret, which is what counts, also where the row names no integration."""
    if authorization.integration_id is None:
        return any(one.secret_name == authorization.secret_name for one in parts.integrations.all())
    found = parts.integrations.load(authorization.workspace, authorization.integration_id)
    return found is not None and found.secret_name == authorization.secret_name
