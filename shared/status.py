"""How an integration is, in Flow's words, computed from stored facts by one function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from shared.flow.base import ORGANIZATION_UNIT
from shared.flow.integration import Integration
from shared.flow.projects import TicketProject
from shared.flow.repos import Repo
from shared.flow.rows import rfc3339
from shared.run_rows import SyncState
from shared.stored_rows import IntegrationRows
from shared.sync import is_read
from shared.watermarks import StreamState

if TYPE_CHECKING:
    from shared.services import Services

DataStatus = Literal["processing", "healthy", "failed_integration", "failed_project", "rate_limited"]

EXPIRES_SOON_DAYS: Final = (30, 14, 7, 3, 1)
"""So many days before a token expires the warning begins, and then changes its words."""
IDENTITY_CHANGE_SHOWN: Final = timedelta(days=7)

_RENEW: Final = "Create a new token in Azure DevOps with the same scopes and enter it here."
_WAIT: Final = "Nothing needs to be done: it goes on by itself when Azure DevOps allows it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One thing worth knowing. ``scope``: what it is about."""

    code: str
    severity: Literal["error", "warning", "info"]
    scope: Literal["integration", "project"]
    project_id: str | None = None
    project_name: str | None = None
    stream: str | None = None
    message: str
    remedy: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the status follows from."""

    integration: Integration
    sync: SyncState
    streams: Iterable[StreamState] = ()
    """Of streams that are on."""
    projects: Mapping[str, str] = field(default_factory=dict)
    """Id -> name of the projects that are read."""
    paused_until: datetime | None = None
    repos: Mapping[str, Repo] = field(default_factory=dict)
    """By id, those of the projects that are read; only needed where a stream of a repo fails."""
    drift: Iterable[Detail] = ()
    """Warnings about what statuses mean."""
    webhooks: Iterable[Detail] = ()
    """Warnings about events."""
    now: datetime


def data_status(facts: Facts) -> tuple[DataStatus, list[Detail]]:
    """The status and its details, worst first.

    While the first sync runs it is ``processing``, unless the integration itself fails; after that a failure of the
    integration counts before one of a project, and that before a pause. A warning leaves it ``healthy``.
    """
    failures = [_failure(state, facts) for state in facts.streams if _counts(state, facts)]
    details = [*_stopped(facts.integration), *sorted(failures, key=lambda detail: detail.scope)]
    whole = any(detail.scope == "integration" for detail in details)
    parts = bool(details)
    details += [*_paused(facts), *_expiry(facts), *_identity(facts), *facts.drift, *facts.webhooks]
    if whole:
        return "failed_integration", details
    if not facts.sync.initial_done:
        return "processing", details
    if parts:
        return "failed_project", details
    return ("rate_limited" if facts.paused_until else "healthy"), details


def _counts(state: StreamState, facts: Facts) -> bool:
    return state.failure is not None and state.unit_id in {ORGANIZATION_UNIT, *facts.projects, *facts.repos}


def _failure(state: StreamState, facts: Facts) -> Detail:
    whole = state.unit_id == ORGANIZATION_UNIT
    repo = facts.repos.get(state.unit_id)
    project_id = None if whole else repo.project_id if repo else state.unit_id
    message = state.error or f"{state.stream} cannot be read"
    return Detail(
        code=state.error_code or "failed",
        severity="error",
        scope="integration" if whole else "project",
        project_id=project_id,
        project_name=facts.projects[project_id] if project_id else None,
        stream=state.stream,
        message=f"repository {repo.name}: {message}" if repo else message,
        remedy=state.remedy,
    )


def _stopped(integration: Integration) -> Iterable[Detail]:
    if integration.state == "stopped":
        yield Detail(
            code=integration.stopped_code or "stopped",
            severity="error",
            scope="integration",
            message=integration.stopped_message or "the integration is stopped",
            remedy=integration.stopped_remedy,
        )


def _paused(facts: Facts) -> Iterable[Detail]:
    if facts.paused_until:
        yield Detail(
            code="rate_limited",
            severity="info",
            scope="integration",
            message=f"Azure DevOps has asked to wait until {rfc3339(facts.paused_until)}",
            remedy=_WAIT,
        )


def _expiry(facts: Facts) -> Iterable[Detail]:
    expires_at = facts.integration.token_expires_at
    if expires_at is None:
        return
    left = expires_at - facts.now
    reached = [days for days in EXPIRES_SOON_DAYS if left <= timedelta(days=days)]
    if not reached:
        return
    days, gone = min(reached), left <= timedelta()
    when = "was to expire" if gone else f"expires within {days} {'day' if days == 1 else 'days'}"
    yield Detail(
        code="token.expired" if gone else "token.expires_soon",
        severity="warning",
        scope="integration",
        message=f"the token {when}, on {expires_at.date().isoformat()}",
        remedy=_RENEW,
    )


def _identity(facts: Facts) -> Iterable[Detail]:
    integration = facts.integration
    since = integration.identity_changed_at
    if since and facts.now - since < IDENTITY_CHANGE_SHOWN:
        yield Detail(
            code="credential.identity_changed",
            severity="warning",
            scope="integration",
            message=f"data is read as {integration.username} since {since.date().isoformat()}, before that it was read"
            f" as {integration.former_username}",
            remedy="Make sure that the new account may read the same projects; if it was not meant, enter a credential"
            " of the account before.",
        )


def integration_status(services: Services, integration: Integration) -> tuple[str, list[dict[str, Any]]]:
    """Read the facts of one integration and compute ``data_status`` and ``data_status_detail``."""
    on = {stream.name for stream in services.streams.values() if integration.service_on(stream.service)}
    failed = [state for state in services.watermarks.failing(integration.id) if state.stream in on]
    stored = IntegrationRows(services.tables, integration.id)
    projects = {project.id: project.name for project in stored.all(TicketProject) if is_read(project)}
    found = [stored.get(Repo, "", state.unit_id) for state in failed if services.streams[state.stream].unit == "repo"]
    facts = Facts(
        integration=integration,
        sync=services.runs.state(integration.id),
        streams=failed,
        projects=projects,
        repos={repo.id: repo for repo in found if repo and repo.is_imported and repo.project_id in projects},
        paused_until=services.pauses.until(integration.organization, integration.token_owner),
        drift=_drift(services, integration, projects),
        webhooks=_webhooks(services, integration),
        now=services.clock(),
    )
    status, details = data_status(facts)
    return status, [detail.to_json() for detail in details]


def _webhooks(services: Services, integration: Integration) -> Iterable[Detail]:
    from shared.webhooks.details import webhook_details

    return tuple(webhook_details(services, integration))


def _drift(services: Services, integration: Integration, projects: Mapping[str, str]) -> Iterable[Detail]:
    if not integration.service_on("tickets"):
        return ()
    from shared.status_drift import drift_details

    return tuple(drift_details(services.tables, integration.id, projects))
