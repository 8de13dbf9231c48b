"""What callers get: answers as structs, so that a body and its description in OpenAPI cannot drift apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import GenericAlias
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, defstruct

from shared.connection_answers import CheckAnswer
from shared.flow.commits import Commit
from shared.flow.pull_requests import PullRequest, PullRequestEvent
from shared.flow.tickets import Ticket
from shared.ticket_answers import EpicOutside

Share = Annotated[float, Meta(ge=0, le=1)]


class Problem(Struct):
    """Why a request was refused (RFC 9457). `code` is stable; `field`, `remedy` and `checks` only where they help."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    remedy: str | None = None
    checks: list[CheckAnswer] | None = None


class SwitchesAnswer(Struct, frozen=True):
    """Which services are on."""

    repos: bool
    pull_requests: bool
    tickets: bool
    webhooks: bool


class StatusDetail(Struct, frozen=True):
    """One reason for a data status."""

    code: str
    severity: Literal["error", "warning", "info"]
    scope: Literal["integration", "project"]
    project_id: str | None
    project_name: str | None
    stream: str | None
    message: str
    remedy: str | None


class IntegrationAnswer(Struct, frozen=True):
    """One connected organisation."""

    id: str
    name: str
    vendor_type: Literal["azure_devops"]
    auth_type: Literal["access_token", "oauth"]
    organization: str
    base_url: str
    username: str | None
    services: SwitchesAnswer
    data_status: Literal["processing", "healthy", "failed_integration", "failed_project", "rate_limited"]
    data_status_detail: list[StatusDetail]
    created_at: datetime
    updated_at: datetime
    last_synced_at: datetime | None
    token_expires_at: datetime | None
    auto_import_projects: bool
    auto_import_repos: bool


class IntegrationPage(Struct, frozen=True):
    """A page of integrations."""

    results: list[IntegrationAnswer]
    next_cursor: str | None


class RunReference(Struct, frozen=True):
    """The run that does what was asked."""

    run_id: str


class RunAnswer(Struct):
    """One sync, as a list shows it."""

    id: str
    kind: Literal["initial", "incremental", "full", "webhook"]
    status: Literal["running", "succeeded", "partially_failed", "failed", "rate_limited"]
    started_at: datetime
    finished_at: datetime | None
    progress: Share
    error: str | None


class RunStreamAnswer(Struct):
    """One stream of a run, for the organization, one project or one repo. Counts add up over its slices."""

    stream: str
    project_id: str | None
    project_name: str | None
    repo_id: str | None
    status: Literal["queued", "running", "rate_limited", "succeeded", "failed", "failed_project", "stopped"]
    read: int
    written: int
    skipped: int
    requests: int
    seconds: float
    errors: int
    progress: Share
    error: str | None
    error_code: str | None
    remedy: str | None


class RunDetail(RunAnswer):
    """One sync with its streams."""

    streams: list[RunStreamAnswer]


class RunPage(Struct, frozen=True):
    """A page of runs, newest first."""

    results: list[RunAnswer]
    next_cursor: str | None


class DeletionAnswer(Struct, frozen=True):
    """How far the removal of an integration is. Its id is the integration's."""

    id: str
    status: Literal["running", "succeeded"]
    started_at: datetime
    finished_at: datetime | None
    rows_removed: int


class CoverageAnswer(Struct, frozen=True):
    """Why one thing is or is not stored."""

    kind: str
    source_id: str
    status: Literal["stored", "skipped", "unknown"]
    reason: str | None
    detail: str | None
    since: datetime | None


class StatePeriod(Struct, frozen=True):
    """How long a ticket was in a state; `ended_at` is null for the present one."""

    state: str
    started_at: datetime
    ended_at: datetime | None
    rev: int
    actor: str | None
    actor_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketAnswer(Ticket):
    """A ticket with its parent by the links that hold, its epic, its links to pull requests and commits, and its
    states, oldest first, with what follows from them.

    The epic is the nearest ancestor of the epic category; `epic_integration_id` says which integration holds it. Where
    the way up leaves what is stored, `epic_outside` says so. A stage is null where nobody knows what the state means.
    """

    epic_number: int | None
    epic_integration_id: str | None
    epic_outside: EpicOutside | None
    pull_request_ids: list[str]
    commit_ids: list[str]
    stage: Literal["not_started", "active", "done", "canceled"] | None
    is_waiting: bool
    first_active_at: datetime | None
    done_at: datetime | None
    cycle_seconds: float | None
    queue_seconds: float
    transitions: int
    backflow_transitions: int
    status_history: list[StatePeriod]


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestAnswer(PullRequest):
    """A pull request with the numbers of its tickets, and its events in order of time."""

    work_item_ids: list[int]
    events: list[PullRequestEvent]


class EventAnswer(Struct, frozen=True):
    """An event was taken; what it names is read soon."""

    status: Literal["accepted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitAnswer(Commit):
    """A commit with the numbers of its tickets."""

    work_item_ids: list[int]


class HealthChecks(Struct, frozen=True):
    """What this app needs, each `ok` or `failed`."""

    tables: Literal["ok", "failed"]
    queues: Literal["ok", "failed"]
    vault: Literal["ok", "failed"]


class HealthAnswer(Struct, frozen=True):
    """Whether the app can work."""

    status: Literal["ok", "failed"]
    checks: HealthChecks


Json = dict[str, Any]


def page_of(entity: type[Any]) -> type[Struct]:
    """The answer of an entity's list."""
    fields = [("results", GenericAlias(list, (entity,))), ("next_cursor", str | None)]
    return defstruct(f"{entity.__name__}Page", fields, frozen=True, namespace={"__doc__": "A page of a list."})
