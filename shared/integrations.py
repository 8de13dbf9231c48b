"""What an integration may become: created, renamed, switched, given new credentials, removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET

from shared.checks import ADMINISTRATOR
from shared.connection_answers import CheckAnswer
from shared.connections import Diagnosis
from shared.credentials import expires_at, must_connect, test_given, test_stored
from shared.flow.integration import SERVICES, AuthType, Integration
from shared.http import ApiProblem, not_found, precondition_failed
from shared.integration_store import DuplicateNameError
from shared.messages import Plan
from shared.oauth.claims import claim, release
from shared.requests import AccessToken, IntegrationChange, NewIntegration, OAuth
from shared.table_errors import RowChangedError
from shared.vault import Secret

if TYPE_CHECKING:
    from shared.connection_answers import ConnectionAnswer
    from shared.integration_index import Deletion
    from shared.runs import Run
    from shared.services import Services

Update = Callable[[Integration], Integration]

_NOT_STOPPED: Final[dict[str, Any]] = {
    "state": "active", "stopped_code": None, "stopped_message": None, "stopped_remedy": None,
}  # fmt: skip


def create(parts: Services, workspace: str, body: NewIntegration, integration_id: str) -> Integration:
    """Test the connection, store the integration, start its first sync.

    Raises ApiProblem 409 (name taken, sign-in not set up), 422 (test failed, webhooks not available), 429.
    """
    # Its own earlier try, when the answer of that never arrived.
    created = parts.integrations.get(workspace, integration_id)
    if created is None:
        diagnosis = must_connect(test_given(parts, workspace, body.base_url, body.auth, integration_id))
        created = _store_new(parts, workspace, body, integration_id, diagnosis)
    parts.start_sync(created)
    if created.service_on("webhooks"):
        _look_after_webhooks(parts, created)
    return created


def _store_new(
    parts: Services, workspace: str, body: NewIntegration, integration_id: str, diagnosis: Diagnosis
) -> Integration:
    now = parts.clock()
    switches = dict.fromkeys(SERVICES, True) | {"webhooks": diagnosis.webhooks_available} | body.services.given()
    _check_webhooks(switches, available=diagnosis.webhooks_available)
    credential = _keep(parts, workspace, integration_id, body.auth, diagnosis)
    blank = Integration(
        id=integration_id, workspace=workspace, name=body.name.strip(), services=switches, created_at=now,
        updated_at=now, organization=diagnosis.answer.organization or "", username="", secret_name="",
    )  # fmt: skip
    try:
        return parts.integrations.create(credential.of(blank))
    except DuplicateNameError as e:
        credential.let_go()
        raise _name_taken(e) from e


def change(parts: Services, integration: Integration, body: IntegrationChange, *, only_this: bool) -> Integration:
    """Rename, switch services, replace credentials, follow an organisation that was renamed; the last two only after
    the connection test has passed for the same organisation.

    ``only_this``: refuse (412) if it is no longer as read; otherwise the change is made to whatever is stored then.
    Raises ApiProblem 404, 409, 412, 422, 429.
    """
    switches = {} if body.services is UNSET else body.services.given()
    diagnosis = _tested(parts, integration, body)
    _check_webhooks(switches, available=(diagnosis or integration).webhooks_available)
    credential = None
    if diagnosis and body.auth is not UNSET:
        credential = _keep(parts, integration.workspace, integration.id, body.auth, diagnosis)

    def update(found: Integration) -> Integration:
        changed = _changed(found, body, diagnosis)
        changed = replace(changed, services={**found.services, **switches}, updated_at=parts.clock())
        return credential.of(changed) if credential else changed

    try:
        before, stored = _store(parts, integration, update, only_this=only_this)
    except (ApiProblem, DuplicateNameError) as e:
        if credential:
            credential.let_go()
        if isinstance(e, DuplicateNameError):
            raise _name_taken(e) from e
        raise
    if before.secret_name != stored.secret_name:  # the same sign-in may be given again
        parts.secrets.let_go(integration.id, before.secret_name)
    if diagnosis or any(switches.get(name) and not before.services.get(name) for name in switches):
        parts.start_sync(stored)
    if (diagnosis or switches) and (stored.service_on("webhooks") or before.service_on("webhooks")):
        _look_after_webhooks(parts, stored)
    return stored


def _changed(found: Integration, body: IntegrationChange, diagnosis: Diagnosis | None) -> Integration:
    """With the new name, and the new name of its organisation as the test has found it."""
    changed = found if body.name is UNSET else replace(found, name=body.name.strip())
    if body.base_url is UNSET or diagnosis is None or diagnosis.answer.organization is None:
        return changed
    return replace(changed, organization=diagnosis.answer.organization, **_NOT_STOPPED)


def _look_after_webhooks(parts: Services, integration: Integration) -> None:
    parts.queues.send(Plan(integration.workspace, integration.id, action="webhooks"))


def _store(
    parts: Services, integration: Integration, update: Update, *, only_this: bool
) -> tuple[Integration, Integration]:
    """What was stored before and what is now. Raises ApiProblem 404, 412, and DuplicateNameError."""
    before = integration
    while True:
        try:
            return before, parts.integrations.replace(update(before))
        except RowChangedError as e:
            if only_this:
                raise precondition_failed() from e
        found = parts.integrations.get(integration.workspace, integration.id)
        if found is None:
            raise not_found()
        before = found


def remove(parts: Services, integration: Integration, *, only_this: bool) -> Deletion:
    """Make it invisible at once and queue its removal. Raises ApiProblem 404, 412."""
    leaving: Integration | None = integration
    while leaving is not None:
        try:
            parts.integrations.begin_removal(leaving)
            break
        except RowChangedError as e:
            if only_this:
                raise precondition_failed() from e
        leaving = parts.integrations.get(integration.workspace, integration.id)
    deletion = parts.integrations.deletion(integration.id)
    if leaving is None or deletion is None:
        raise not_found()
    parts.queues.send(Plan(integration.workspace, integration.id, action="remove"))
    return deletion


def test_again(parts: Services, integration: Integration) -> ConnectionAnswer:
    """Test with the stored credentials; one that was stopped and passes goes on. Raises ApiProblem 404, 429."""
    diagnosis = test_stored(parts, integration, integration.base_url)
    if diagnosis.connected:
        facts: dict[str, Any] = {
            "organization_id": diagnosis.organization_id,
            "account_id": diagnosis.account_id,
            "webhooks_available": diagnosis.webhooks_available,
        }
        known = replace(integration, **facts, **_NOT_STOPPED)
        if known != integration:

            def update(found: Integration) -> Integration:
                # Another credential, given meanwhile, has facts of its own.
                same = found.secret_name == integration.secret_name
                return replace(found, **facts, **_NOT_STOPPED) if same else found

            before, stored = _store(parts, integration, update, only_this=False)
            if before.state == "stopped" and stored.state == "active":
                parts.start_sync(stored)
    return diagnosis.answer


def sync(parts: Services, integration: Integration, *, full: bool) -> Run:
    """Sync now; a run that goes on already is given instead. Raises ApiProblem 409 for a stopped integration."""
    if integration.state == "stopped":
        raise ApiProblem(
            409,
            "integration_stopped",
            f"It is stopped: {integration.stopped_message or 'its credential does not work'}.",
            remedy=integration.stopped_remedy or "Replace the credential.",
        )
    return parts.start_sync(integration, full=full)


@dataclass(frozen=True, slots=True)
class _Credential:
    """A credential that has passed its test and lies in the vault under a name of its own."""

    auth_type: AuthType
    secret_name: str
    username: str
    expires_at: datetime | None
    diagnosis: Diagnosis
    let_go: Callable[[], None]
    """For one that is not stored after all."""

    @property
    def webhooks_available(self) -> bool:
        return self.diagnosis.webhooks_available

    def of(self, integration: Integration) -> Integration:
        """The integration with this credential, and with what its test has told."""
        return replace(
            integration,
            auth_type=self.auth_type,
            secret_name=self.secret_name,
            username=self.username,
            token_expires_at=self.expires_at,
            organization_id=self.diagnosis.organization_id,
            account_id=self.diagnosis.account_id,
            webhooks_available=self.webhooks_available,
            **_NOT_STOPPED,
            **self._another_account(integration),
        )

    def _another_account(self, integration: Integration) -> dict[str, Any]:
        """What to remember when the credential before was of another account."""
        before, now = integration.account_id, self.diagnosis.account_id
        same = before == now if before and now else integration.username.casefold() == self.username.casefold()
        if same or not integration.username:
            return {}
        return {"former_username": integration.username, "identity_changed_at": integration.updated_at}


def _tested(parts: Services, integration: Integration, body: IntegrationChange) -> Diagnosis | None:
    """The test of new credentials, or of a new base URL, for the same organisation; None where neither is given.

    Raises ApiProblem 409, 422, 429.
    """
    if body.auth is UNSET and body.base_url is UNSET:
        return None
    moves = body.base_url is not UNSET
    url = integration.base_url if body.base_url is UNSET else body.base_url
    if body.auth is UNSET:
        diagnosis = must_connect(test_stored(parts, integration, url))
    else:
        diagnosis = must_connect(test_given(parts, integration.workspace, url, body.auth, integration.id))
    # Without a known id nobody can say that another name is the same organisation.
    if (integration.organization_id or moves) and diagnosis.organization_id != integration.organization_id:
        raise ApiProblem(
            422,
            "another_organization",
            "Under this base URL there is another organization.",
            remedy="Create a new integration for it.",
            checks=diagnosis.answer.checks,
        )
    return diagnosis


def _keep(
    parts: Services, workspace: str, integration_id: str, auth: AccessToken | OAuth, diagnosis: Diagnosis
) -> _Credential:
    """Put a token into the vault, or take a sign-in whose tokens are there. Raises ApiProblem 404, 409."""
    if isinstance(auth, OAuth):
        claimed = claim(parts, workspace, auth.authorization_id, integration_id)
        account = diagnosis.answer.account
        username = (account.email if account else None) or claimed.email or ""
        return _Credential("oauth", claimed.secret_name, username, None, diagnosis, partial(release, parts, claimed))
    end = expires_at(auth.expires_on)
    name = parts.secrets.keep(workspace, integration_id, Secret(auth.token.strip()), end)
    let_go = partial(parts.secrets.let_go, integration_id, name)
    return _Credential("access_token", name, auth.email.strip(), end, diagnosis, let_go)


def _check_webhooks(switches: dict[str, bool], *, available: bool) -> None:
    if switches.get("webhooks") and not available:
        detail = "Webhooks need a Project Collection Administrator."
        remedy = "Add the account to the group Project Collection Administrators, then test the connection again."
        raise ApiProblem(
            422,
            "webhooks_not_available",
            detail,
            field="services.webhooks",
            remedy=remedy,
            checks=[CheckAnswer(ADMINISTRATOR, "failed", detail, remedy)],
        )


def _name_taken(error: DuplicateNameError) -> ApiProblem:
    return ApiProblem(409, "name_taken", f"{error}.", field="name", remedy=error.remedy)
