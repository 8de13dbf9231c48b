"""Keeping what failed where people and later runs find it: in the run, at the stream, at the integration."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from shared.errors import ConnectorError
from shared.tables import RowChangedError
from shared.watermarks import Failure, StreamState

if TYPE_CHECKING:
    from shared.flow.integration import Integration
    from shared.runs import Run, RunStream
    from shared.services import Services

MAX_TEXT: Final = 2000
"""Characters of an error's text that are kept."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failed:
    """An error as it is stored: it never holds a token, a header or a body."""

    error: str
    code: str
    remedy: str | None

    @classmethod
    def of(cls, error: ConnectorError) -> Failed:
        return cls(str(error)[:MAX_TEXT], error.code, error.remedy and error.remedy[:MAX_TEXT])


def with_failure(state: StreamState, failure: Failure, failed: Failed, now: datetime) -> StreamState:
    """Since when it fails is kept from the first failure on."""
    return replace(
        state,
        failure=failure,
        error=failed.error,
        error_code=failed.code,
        remedy=failed.remedy,
        failing_since=state.failing_since or now,
    )


def without_failure(state: StreamState) -> StreamState:
    return replace(state, failure=None, error=None, error_code=None, remedy=None, failing_since=None)


def fail_stream(services: Services, row: RunStream, failed: Failed, failure: Failure) -> None:
    """End a stream of a run as failed, and keep the failure with the stream until it has been read well again."""
    now = services.clock()
    state = services.watermarks.get(row.integration_id, row.stream, row.unit_id)
    while state:
        try:
            services.watermarks.replace(with_failure(state, failure, failed, now))
        except RowChangedError:
            state = services.watermarks.get(row.integration_id, row.stream, row.unit_id)
        else:
            break
    services.runs.change_stream(row, lambda found: _failed_row(found, failed, failure, now))


def _failed_row(row: RunStream, failed: Failed, failure: Failure, now: datetime) -> RunStream:
    return replace(
        row,
        status=failure,
        errors=row.errors + 1,
        error=failed.error,
        error_code=failed.code,
        remedy=failed.remedy,
        finished_at=now,
        resume_at=None,
    )


def fail_run(services: Services, run: Run, failed: Failed) -> None:
    """End a run that cannot go on, with everything of it that has not ended."""
    now = services.clock()
    for row in services.runs.streams(run):
        services.runs.change_stream(row, lambda found: _failed_row(found, failed, "failed", now))
    services.runs.finish(run, services.runs.streams(run), failed.error)


def stop_integration(services: Services, integration: Integration, failed: Failed) -> bool:
    """Stop an integration whose credential does not work, and fail its active run.

    False, and nothing stopped, when its credential is another one by now.
    """

    def stopped(found: Integration) -> Integration | None:
        if found.state != "active" or found.secret_name != integration.secret_name:
            return None
        return replace(
            found,
            state="stopped",
            stopped_code=failed.code,
            stopped_message=failed.error,
            stopped_remedy=failed.remedy,
            updated_at=services.clock(),
        )

    found = services.integrations.change(integration.workspace, integration.id, stopped)
    services.vault.forget(integration.secret_name)
    if found and found.state == "active":
        return False
    log.warning("integration.stopped", extra={"integration_id": integration.id, "code": failed.code})
    run = services.runs.active(services.runs.state(integration.id))
    if run:
        fail_run(services, run, failed)
    return True
