"""A sign-in step by step: begun, come back from Microsoft, completed by the one who began it.

Against consent phishing (a foreign sign-in that somebody is lured into) the browser that finishes gets a one-time
completion code, and only with that code in the hands of the workspace that began it are the tokens of use.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from shared.connection_answers import AccountAnswer
from shared.errors import ConnectorError, TransientError
from shared.http import ApiProblem, not_found
from shared.integration_store import new_integration_id
from shared.oauth.answers import AuthorizationAnswer, AuthorizationError, OrganizationChoice
from shared.oauth.authorizations import (
    KEPT,
    SIGN_IN,
    UNUSED,
    Authorization,
    hashed,
    is_hash_of,
    is_id,
    new_secret_word,
)
from shared.oauth.errors import NotConfiguredError, Refused
from shared.oauth.organizations import discover
from shared.table_errors import RowChangedError
from shared.vault import new_secret_name

if TYPE_CHECKING:
    from shared.oauth.entra import Entra
    from shared.oauth.requests import CallbackQuery
    from shared.services import Services

MAX_CODE: Final = 8192

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a browser's return went, for its page. ``authorization_id`` None: it belongs to no sign-in that goes on."""

    authorization_id: str | None
    completion_code: str | None = None
    error: AuthorizationError | None = None
    ours: bool = False
    """The failure is trouble of ours or of Microsoft's, not a refusal."""

    def __repr__(self) -> str:
        return f"Ending({self.authorization_id!r}, {self.error!r})"


def configured(parts: Services) -> Entra:
    """Microsoft Entra ID. Raises ApiProblem 409 where signing in is not set up."""
    try:
        return parts.entra
    except NotConfiguredError as e:
        raise ApiProblem(409, e.code, "Signing in with Microsoft Entra ID is not set up here.", remedy=e.remedy) from e


def begin(parts: Services, workspace: str) -> tuple[Authorization, str]:
    """A new authorization, and the URL where the person signs in. Raises ApiProblem 409, TransientError."""
    entra = configured(parts)
    authorization_id = new_integration_id()
    state = f"{authorization_id}.{new_secret_word()}"
    started = entra.begin(state)
    authorization = Authorization(
        id=authorization_id,
        workspace=workspace,
        secret_name=new_secret_name(authorization_id),
        until=parts.clock() + SIGN_IN,
        state_hash=hashed(state),
        verifier=started.verifier,
        nonce=started.nonce,
    )
    return parts.authorizations.create(authorization), started.url


def come_back(parts: Services, query: CallbackQuery) -> Ending:
    """Take the browser that Microsoft has sent back. A state works once, whatever comes of it."""
    store = parts.authorizations
    found = store.of_state(query.state, parts.clock())
    try:
        taken = store.replace(_without_state(found, "exchanging")) if found else None
    except RowChangedError:
        taken = None  # it came twice at once, and the other one was first
    if found is None or taken is None:
        return Ending(None, error=_UNKNOWN)
    try:
        return _consented(parts, found, taken, query)
    except ConnectorError as e:
        log.warning("oauth.refused", extra={"authorization_id": found.id, "code": e.code})
        error = _error_of(e)
        _end(parts, taken, error)
        return Ending(found.id, error=error, ours=isinstance(e, TransientError))


def _consented(parts: Services, found: Authorization, taken: Authorization, query: CallbackQuery) -> Ending:
    if query.error or not query.code or len(query.code) > MAX_CODE:
        answer = {"error": query.error or "no_code", "error_description": query.error_description}
        raise parts.entra.refused(answer)
    granted = parts.entra.redeem(code=query.code, verifier=found.verifier or "", nonce=found.nonce or "")
    code = new_secret_word()
    unused_until = parts.clock() + UNUSED
    parts.token_sets.store(taken.secret_name, granted.tokens)
    consented = replace(
        taken,
        state="consented",
        completion_hash=hashed(code),
        display_name=granted.name,
        email=granted.account,
        until=unused_until,
        unused_until=unused_until,
    )
    try:
        parts.authorizations.replace(consented)
    except ConnectorError:
        parts.vault.delete(taken.secret_name)
        raise
    return Ending(found.id, completion_code=code)


def complete(parts: Services, workspace: str, authorization_id: str, completion_code: str) -> Authorization:
    """Make it usable. Raises ApiProblem 404, 409 (not at this step), 422 (wrong code), TransientError."""
    found = of_workspace(parts, workspace, authorization_id)
    status = found.status(parts.clock())
    if status != "consented":
        raise problem_of_status(found, status)
    if not is_hash_of(found.completion_hash, completion_code):
        raise ApiProblem(
            422, "completion_code_wrong", "This is not the completion code of this sign-in.",
            field="completion_code", remedy="Copy the code from the page that the sign-in ended on.",
        )  # fmt: skip
    # Asked before the code is used up: if Azure DevOps does not answer, the same code works again.
    known = discover(parts, parts.token_sets.source(found.id, found.secret_name))
    missing = known.missing
    completed = replace(
        found,
        state="completed",
        completion_hash=None,
        display_name=known.display_name or found.display_name,
        email=known.email or found.email,
        organizations=known.organizations,
        error_code=missing.code if missing else None,
        error_message=str(missing) if missing else None,
        error_remedy=missing.remedy if missing else None,
    )
    try:
        return parts.authorizations.replace(completed)
    except RowChangedError as e:
        now_stored = of_workspace(parts, workspace, authorization_id)
        raise problem_of_status(now_stored, now_stored.status(parts.clock())) from e


def of_workspace(parts: Services, workspace: str, authorization_id: str) -> Authorization:
    """Raises ApiProblem 404 for one that is unknown or another workspace's."""
    found = parts.authorizations.get(authorization_id) if is_id(authorization_id) else None
    if found is None or found.workspace != workspace:
        raise not_found()
    return found


def problem_of_status(authorization: Authorization, status: str) -> ApiProblem:
    """Why the next step cannot be taken."""
    text, remedy = _NOT_NOW[status]
    return ApiProblem(409, f"oauth_{status}", text, remedy=authorization.error_remedy or remedy)


def shown(authorization: Authorization, parts: Services) -> AuthorizationAnswer:
    """As callers see it."""
    status = authorization.status(parts.clock())
    completed = status == "completed"
    account = AccountAnswer(authorization.display_name, authorization.email) if completed else None
    names = authorization.organizations if completed else ()
    error = None
    if authorization.error_code:
        error = AuthorizationError(
            authorization.error_code,
            authorization.error_message or "",
            authorization.error_remedy,
            authorization.error_detail,
        )
    elif status == "expired":
        error = AuthorizationError("oauth.expired", *_NOT_NOW["expired"], None)
    choices = [OrganizationChoice(name, f"https://dev.azure.com/{name}") for name in names]
    return AuthorizationAnswer(authorization.id, status, account, choices, error, authorization.until)


def _without_state(authorization: Authorization, state: str) -> Authorization:
    return replace(authorization, state=state, state_hash=None, verifier=None, nonce=None)  # type: ignore[arg-type]


def _end(parts: Services, authorization: Authorization, error: AuthorizationError) -> None:
    ended = replace(
        authorization,
        state="denied",
        until=parts.clock() + KEPT,
        error_code=error.code,
        error_message=error.message,
        error_remedy=error.remedy,
        error_detail=error.detail,
    )
    try:
        parts.authorizations.replace(ended)
    except RowChangedError:
        return  # its time was up meanwhile, which ends it as well


def _error_of(error: ConnectorError) -> AuthorizationError:
    said = error.facts.said if isinstance(error.facts, Refused) else None
    return AuthorizationError(error.code, str(error), error.remedy, said)


_UNKNOWN: Final = AuthorizationError(
    "oauth.state_invalid",
    "this sign-in is not known here: it has been used already, is older than 10 minutes, or was never begun",
    "Begin the sign-in again.",
    None,
)
_NOT_NOW: Final = {
    "pending": ("The sign-in has not come back from Microsoft yet.", "Finish the sign-in in the browser."),
    "consented": (
        "The sign-in has not been completed.",
        "Complete it with the code from the page that it ended on.",
    ),
    "completed": ("The sign-in has been completed already.", "Use it, or begin a new one."),
    "denied": ("The sign-in was refused.", "Begin the sign-in again."),
    "expired": ("The sign-in is too old; its tokens are deleted.", "Begin the sign-in again."),
}
